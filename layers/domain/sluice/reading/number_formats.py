"""Number formats of spreadsheets: what they make of a number, and which numbers they show as something else.

A format reduces to a *kind*, a number that a cell format of the minimal workbook can name: General, a date, a span of
time, and what distinguishes a shown number from the digits that it has. Amounts are General: thousands separators,
percent and exponents; a currency is a kind of its own. Codes are those of ECMA-376 part 1, 18.8.31.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Final

from sluice.schema.cells import FormattedNumber, InvalidValue
from sluice.schema.currencies import without_currency
from sluice.schema.numbers import amount_from_text
from sluice.schema.text import PRECISION

GENERAL, CALENDAR, SPAN = 0, 14, 46
#: A number that is shown with other characters than its digits: in groups, beside a text, as a fraction, not at all.
OTHERWISE: Final = 100
#: With the number of digits that it is padded to: `PADDED` + 5 is ``00000``.
PADDED: Final = 200
#: With its decimal places at least and at most: `DECIMALS` + 202 is ``0.00``.
DECIMALS: Final = 1_000
_PLACES: Final = 100
#: With the UTF-8 of a currency's sign or code, as a number: an amount that is shown beside it.
CURRENCY: Final = 1_000_000
# Digits and decimal places of a number in a cell at most, and more than any has.
_MOST: Final = 30

# Builtin formats of dates and times (ECMA-376 part 1, 18.8.30; 27 to 36 and 50 to 58 in East Asian spreadsheets), and
# those of numbers that are no amounts.
_DATES: Final = frozenset({*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)})
# Amounts in the currency of the program's user, whatever code the file gives for them.
_OWN_CURRENCY: Final = frozenset({*range(5, 9), *range(37, 45)})
_NUMBERS: Final = {1: "0", 2: "0.00", 12: "# ?/?", 13: "# ??/??"}
_QUOTED = re.compile(r'"[^"]*"?|\\.|[_*].')
_BRACKETS = re.compile(r"\[[^\]]*\]?")
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_SECONDS = re.compile(r"s\\?[.,]0+", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_UNITS: Final = frozenset("ymdhs")
#: With the marks of AM and PM, of eras and of weeks, and the T of ISO 8601.
_DATE_LETTERS: Final = _UNITS | frozenset("apebgt")

_CONDITION = re.compile(r"\[[<>=]")
_PIECE = re.compile(
    r'(?P<text>"[^"]*+"?+|\\.)|_.?|\*(?P<fill>.)|\[\$(?P<currency>[^\]-]*+)[^\]]*+\]?|\[[^\]]*+\]?|(?P<end>;)'
    r"|(?P<exponent>[Ee][+-])|(?P<bare>.)",
    re.DOTALL,
)
_PLACEHOLDERS: Final = frozenset("0#?.,%/@")
# Thousands: separated by commas, which stand for those of each language, or by hand in groups of three.
_THOUSANDS = re.compile(r"[0#?],[0#?]|^(?:[#?]{1,3}[ '](?:###[ '])*##0)(?![#0?])")
# A unit beside a number: 45 Stk, Stk 45, 45kg; but A45 and 45A are names.
_WITH_UNIT = re.compile(r"(?:[UN] )?[0#](?: [UN]|U)?")
_PADDED = re.compile(r"^[^0.]*0,?[0#?]")
_CURRENCY = re.compile(r"[^\d\s+()-]+")
_GROUP_MARKS: Final = frozenset(".'’")

_MIDNIGHT = re.compile(r"24:?00(?::?00(?:[.,]0+)?)?")
# A number as a spreadsheet program shows it, without groups, currency and brackets.
_SHOWN = re.compile(r"-?\d+(?:[.,]\d+)?")
# And beside a unit, as `_WITH_UNIT` has it.
_SHOWN_WITH_UNIT = re.compile(r"(?:[^\W\d_]+\s)?(-?\d+)(?:\s[^\W\d_]+)?")
_EXPONENT = re.compile(r"\d[eE][+-]?\d")
_LEADING_ZEROS = re.compile(r"[^\d.,]*0\d")
# General shows so many digits at least, and rounds what has more.
_GENERAL_DIGITS: Final = 9


def format_kind(number: int, codes: Mapping[int, str]) -> int:
    """Reduce a number format to its kind, by its number and the codes of the workbook."""
    if number in codes:
        kind = kind_of_code(codes[number])
        return GENERAL if kind >= CURRENCY and number in _OWN_CURRENCY else kind
    if number == SPAN:
        return SPAN
    return CALENDAR if number in _DATES else _kind_of_number(_NUMBERS.get(number, ""))


def kind_of_code(code: str) -> int:
    """Tell what a format code makes of a number, from its section for positive numbers.

    Letters of a date count where they are not quoted, escaped or in brackets, and stand by themselves: General has
    other names in other languages, and some writers store them, such as "Standard". A code with digits formats a
    number.
    """
    if _ELAPSED.search(_QUOTED.sub("", code).partition(";")[0]):
        return SPAN
    bare = _QUOTED.sub("", _BRACKETS.sub("", _SECONDS.sub("s", code))).partition(";")[0]
    if not any(digit in bare for digit in "0#?"):
        words = _WORD.findall(bare.lower())
        if any(_DATE_LETTERS.issuperset(word) and not _UNITS.isdisjoint(word) for word in words):
            return CALENDAR
    return _kind_of_number(code)


def _kind_of_number(code: str) -> int:
    if not code.strip():
        return GENERAL
    kinds = [_kind_of_section(shape, sign) for shape, sign in _shapes(code)]
    if _CONDITION.search(code) and len({*kinds[:3]}) > 1:  # which section it is depends on the number
        return OTHERWISE
    return kinds[0]


def _shapes(code: str) -> Iterator[tuple[str, str]]:
    """Reduce each section of a code to its placeholders, and yield the sign or code of its currency with them.

    Beside them ``L`` is a text, ``U`` one of small letters, ``N`` one of others, ``$`` a currency, ``G`` a letter that
    is not quoted, ``E`` an exponent; a space and an apostrophe are what can group digits.
    """
    shape: list[str] = []
    sign = ""
    for piece in _PIECE.finditer(code):
        kind, text = piece.lastgroup, piece[0]
        if kind == "end":
            yield "".join(shape), sign
            shape.clear()
            sign = ""
        elif kind == "text":
            shape.append(_literal(text.strip('"') if text.startswith('"') else text[1:]))
        elif kind == "fill":
            shape.append("" if piece["fill"].isspace() else "L")
        elif kind == "currency":
            shape.append("$" if piece["currency"] else "")
            sign = sign or _sign(piece["currency"])
        elif kind == "exponent":
            shape.append("E")
        elif kind == "bare":
            shape.append(text if text in _PLACEHOLDERS else "G" if text.isalpha() else _literal(text))
        if kind in {"text", "bare"} and "$" in shape[-1]:
            sign = sign or _sign(text.strip('"\\'))
    yield "".join(shape), sign


def _literal(text: str) -> str:
    bare = text.strip()
    if not bare:
        return " " if text else ""
    if bare in _GROUP_MARKS:
        return "'"
    sign = "$" if _sign(bare) else "L" if not bare.isalpha() else "U" if bare.islower() else "N"
    return f"{' ' if text[0].isspace() else ''}{sign}{' ' if text[-1].isspace() else ''}"


def _sign(text: str) -> str:
    """Return the sign or code of a currency without white space; empty if a text is none."""
    bare = text.strip()
    if not _CURRENCY.fullmatch(bare):
        return ""
    try:
        amount_from_text(f"{bare}1", ".")
    except InvalidValue:
        return ""
    return bare


def _kind_of_section(shape: str, sign: str) -> int:
    shape = shape.strip()
    if any(digit in shape for digit in "0#?"):
        if not _is_amount_format(shape):
            return _kind_of_digits(shape)
        return CURRENCY + int.from_bytes(sign.encode()) if sign else GENERAL
    is_general = ("G" in shape or "@" in shape) and {"L", "U", "N"}.isdisjoint(shape)
    return GENERAL if is_general else OTHERWISE


def _is_amount_format(shape: str) -> bool:
    """Whether a format shows an amount: with a currency or thousands, unless it pads its number with zeros."""
    if not {"%", "E"}.isdisjoint(shape):
        return True
    return not _PADDED.search(shape) and ("$" in shape or _THOUSANDS.search(shape) is not None)


def _kind_of_digits(shape: str) -> int:
    if "/" in shape and {"L", "U", "N", "G", "'", "$"}.isdisjoint(shape) and not _PADDED.search(shape):
        return DECIMALS  # a fraction shows a whole number as it is
    if _WITH_UNIT.fullmatch(shape):
        shape = shape.strip("UN ")
    if not set("LUNG$' @/,").isdisjoint(shape):
        return OTHERWISE
    whole, point, decimals = shape.partition(".")
    digits = len(whole) - whole.find("0") if "0" in whole else 0
    if "." in decimals or max(digits, len(decimals)) > _MOST or (point and digits > 1):
        return OTHERWISE
    return PADDED + digits if digits > 1 else DECIMALS + _PLACES * (decimals.rfind("0") + 1) + len(decimals)


def formatted(value: float, kind: int) -> float | FormattedNumber:
    """Return a number, with what its cell shows if that is something else than its digits.

    A whole number with a point and zeros behind it is a whole number.
    """
    if kind >= CURRENCY:
        return FormattedNumber(value, None, _sign_of(kind))
    if kind >= DECIMALS:
        return value if _has_places(value, *divmod(kind - DECIMALS, _PLACES)) else FormattedNumber(value)
    if kind > PADDED and value.is_integer() and value >= 0:
        text = f"{value:.0f}"
        padded = text.zfill(kind - PADDED)
        return value if padded == text else FormattedNumber(value, padded)
    return FormattedNumber(value) if kind >= OTHERWISE else value


@lru_cache(maxsize=100)
def _sign_of(kind: int) -> str:
    sign = kind - CURRENCY
    return sign.to_bytes((sign.bit_length() + 7) // 8).decode()


def _has_places(value: float, least: int, most: int) -> bool:
    places = 0 if value.is_integer() or not isfinite(value) else len(f"{_exact(value):f}".partition(".")[2])
    return not places or least <= places <= most


def moment_of(day: str, hours: str) -> datetime:
    """Read a date and a time in the form of ISO 8601, without time zone; 24:00:00 is the midnight behind the day.

    Raises
    ------
    ValueError
        They have another form, or do not exist.
    OverflowError
        It is the midnight behind the last day.
    """
    found = _MIDNIGHT.fullmatch(hours)
    moment = datetime.fromisoformat(f"{day}T{'00:00:00' if found else hours}").replace(tzinfo=None)
    return moment + timedelta(days=1) if found else moment


def _exact(value: float) -> Decimal:
    """Return a number by its significant digits."""
    return Decimal(f"{value:.{PRECISION}g}").normalize()


def formatted_as(value: float, text: str) -> float | FormattedNumber:
    """Return a number whose cell shows a text, as `formatted` does; a file without the text says nothing of it."""
    if not text.strip("#") or text == f"{value:.{PRECISION}g}" or not isfinite(value):
        return value
    if text.isdecimal():
        shown = str(int(text))
        if Decimal(shown) != _exact(value):
            return FormattedNumber(value)
        return FormattedNumber(value, shown.zfill(len(text))) if len(shown) < len(text) else value
    if text.startswith("+") or _LEADING_ZEROS.match(text):
        return FormattedNumber(value)
    return value if "%" in text or _EXPONENT.search(text) else _as_amount(value, text)


def _as_amount(value: float, text: str) -> float | FormattedNumber:
    if not _is_amount(value, text):
        found = _SHOWN_WITH_UNIT.fullmatch(text)
        return value if found and Decimal(found[1]) == _exact(value) else FormattedNumber(value)
    _, currency = without_currency(text)
    return FormattedNumber(value, None, currency.text) if currency else value


def _is_amount(value: float, text: str) -> bool:
    """Whether a text shows a number as an amount, or with exactly the decimal places that the number has."""
    exact, is_grouped = _exact(value), not _SHOWN.fullmatch(text)
    for mark in (".", ","):
        with suppress(InvalidValue):
            shown = amount_from_text(text, mark)[0]
            if is_grouped and abs(shown - exact) < 1:
                return True
            if shown == exact and (value.is_integer() or not text.endswith("0")):
                return True
            if sum(map(str.isdecimal, text.lstrip("-0,."))) >= _GENERAL_DIGITS and abs(shown - exact) < 1:
                return True
    return False
