"""Numbers and amounts as people write them, and the decimal mark that one shows.

Most numbers can be read in one way only, whatever the decimal mark of their file: 12,50 and 1.234,56 show a comma. One
such as 1.250 is ambiguous: a mark once, one to three digits before it that do not begin with 0, and exactly three
behind it. It is 1.25 or 1250, and what the other cells of its column show says which. Where only whole numbers are
meant, 1.250 speaks for a point that groups; 1.000 stays ambiguous. A column that groups with spaces or apostrophes does
not group with points and commas, so these are open there.

Groups are of three digits, or as in India of two before the last three (12,34,567.00), which shows a point. A minus is
a hyphen, U+2212 or a dash, before the number, directly behind it as SAP writes it, or brackets around it. Digits of
every script are read, with the marks of Arabic too: U+066B is a decimal mark and U+066C groups thousands, so neither
shows anything of the column's mark. A plus behind a number (10+) says more than a number, so it is rejected, and so are
units and per cent.

Digits that name something are no number; one that a program has written in their place is rejected.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from sluice.model.recipe import Mark
from sluice.schema.cells import InvalidValue
from sluice.schema.currencies import ShownCurrency, without_currency

#: What a number shows of the decimal mark of its column; ``None`` if it has no mark.
ShownMark = Mark | Literal["either", "other-groups", "point-groups", "comma-groups"] | None

# "No cents", as Indonesian, Swiss and Indian bills have it: Rp 5.000,- and 12.-- and Rs. 1,23,456/-
_NO_CENTS = re.compile(r"(?<=\d)([.,/]) ?[-—]{1,2}(\)?)$")
_CENTS_AND_MINUS = re.compile(r"[.,]\d{1,2}-$")
# Zero in the accounting formats of Excel, as text files have it: a dash, the widths of two decimals, and the currency
# before or behind them, as in "$-   " and "-   €". A lone dash may say that there is no amount.
_ACCOUNTING_ZERO = re.compile(r"[^\d-]*-\s{2}[^\d-]*")
# No program groups a number that it writes with an exponent, so the mark of such a number is its decimal mark.
_PLAIN = re.compile(r"[+-]?\d+(?:([.,])\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
_DECIMAL = re.compile(r"([+-]?)(\d+)([.,])(\d*)", re.ASCII)
# A long number as Excel shows it in a cell that is General, and writes it to a text file.
_SHORTENED = re.compile(r"[+-]?\d(?:[.,]\d{1,5})?E\+(?:1[1-9]|[2-9]\d)", re.ASCII)
# All groups of a number have the same separator before them.
_GROUPED = re.compile(r"([+-]?\d{1,3}([., '])\d{3}(?:\2\d{3})*)(?:([.,])(\d*))?", re.ASCII)
_LAKHS = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d*)?", re.ASCII)
# A sign apart from its number, and a number without a digit before its mark. What remains has no sign.
_SIGNED = re.compile(r"([+-]) ?([^+-]+)|()([.,]\d+)|([^+-]*\d)(-)")
# Full-width forms, spaces of all widths, apostrophes and minus signs in the place of those of ASCII.
_ASCII_FORMS = str.maketrans("．，＋（）’‘ʼ＇" + "−‐‑–﹣－", ".,+()" + "'" * 4 + "-" * 6) | dict.fromkeys(
    map(ord, "\xa0\u202f\u3000" + "".join(map(chr, range(0x2002, 0x200B)))), " "
)
_ARABIC_MARK = re.compile("[\u066b\u066c]")
_ARABIC_MARKS = str.maketrans("\u066b\u066c", ".,")
_OTHER: Final[dict[str, Mark]] = {".": ",", ",": "."}
_COORDINATE = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{0,20})?")
#: What databases hold (DynamoDB: 38 digits). Without a limit a cell such as 1e99999999 would be written out in full.
DIGITS: Final = 38
LIMIT: Final = 10**DIGITS
_GROUP = 3
_THOUSAND = 1000
_GROUPS: Final[Mapping[str, Literal["point-groups", "comma-groups"]]] = {".": "point-groups", ",": "comma-groups"}


def number_from_text(text: str, mark: Mark) -> tuple[Decimal, ShownMark]:
    """Read a number with or without thousands separators, with its minus before or behind it or as brackets around.

    Parameters
    ----------
    text
        The cell.
    mark
        The decimal mark of an ambiguous number; any other is read as it must be.

    Returns
    -------
    tuple
        The number, and what it shows.

    Raises
    ------
    InvalidValue
        ``not-a-number``, ``too-many-digits``, or ``shortened-number``: its last digits are lost.
    """
    if found := _DECIMAL.fullmatch(text):
        sign, whole, shown, behind = found.groups()
        if len(behind) == _GROUP and len(whole) <= _GROUP and int(whole[0]):
            return plain(f"{sign}{whole}.{behind}" if shown == mark else f"{sign}{whole}{behind}"), "either"
        return plain(f"{sign}{whole}.{behind}"), shown  # type: ignore[return-value]  # one of the two that match
    if found := _GROUPED.fullmatch(text):
        whole, group, shown, behind = found.groups()
        if group == shown or not int(whole.lstrip("+-")[0]):
            raise InvalidValue("not-a-number")
        number = whole.replace(group, "")
        shown = shown or _OTHER.get(group, "other-groups")
        return plain(f"{number}.{behind}" if behind else number), shown  # type: ignore[return-value]
    if found := _PLAIN.fullmatch(text):
        if _SHORTENED.fullmatch(text):
            raise InvalidValue("shortened-number")
        return plain(text.replace(",", ".")), found[1]  # type: ignore[return-value]  # one of those that match
    return _unusual_number(text, mark)


def whole_from_text(text: str, mark: Mark) -> tuple[Decimal, ShownMark]:
    """Read a whole number, as `number_from_text` does; 1.250 shows that its mark groups, for it would be a fraction."""
    number, shown = number_from_text(text, mark)
    if shown != "either" or number == 0:
        return number, shown
    if number != number.to_integral_value():
        return number, _GROUPS[mark]
    return number, "either" if number % _THOUSAND == 0 or abs(number) < _THOUSAND else _GROUPS[_OTHER[mark]]


def _unusual_number(text: str, mark: Mark) -> tuple[Decimal, ShownMark]:
    """Read a number in another form than most cells have: trim it, then take lakhs, brackets and signs off."""
    usual = _usual(text)
    if usual != text:
        return number_from_text(usual, mark)
    if _ARABIC_MARK.search(text):
        number, shown = number_from_text(text.translate(_ARABIC_MARKS), ".")
        if shown == "," or "." in text or "," in text:
            raise InvalidValue("not-a-number")
        return number, None
    if _LAKHS.fullmatch(text) and int(text[0]):
        return plain(text.replace(",", "")), "."
    if text.startswith("(") and text.endswith(")"):
        inner = text[1:-1].strip()
        number, shown = _unsigned(inner, mark)
        return (-number or number), shown
    found = _SIGNED.fullmatch(text)
    if not found:
        raise InvalidValue("not-a-number")
    before, apart, _, bare, behind, minus = found.groups()
    number, shown = _unsigned(apart or behind or f"0{bare}", mark)
    return (-number if number and "-" in (before, minus) else number), shown


def _unsigned(text: str, mark: Mark) -> tuple[Decimal, ShownMark]:
    """Read a number whose sign was taken off, so that it must not have another."""
    if text.startswith(("+", "-", "(")) or text.endswith("-"):
        raise InvalidValue("not-a-number")
    return number_from_text(text, mark)


def _usual(text: str) -> str:
    """Return a text without white space around it and with the forms of ASCII."""
    if text.isascii():
        return text.strip()
    known = (str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text.translate(_ASCII_FORMS))
    return "".join(known).strip()


def amount_from_text(text: str, mark: Mark) -> tuple[Decimal, ShownMark, ShownCurrency | None]:
    """Read an amount: a number beside its currency, or with a dash that stands for no cents.

    Before such a dash stands a whole number, so ``1.250,-`` is never ambiguous; its groups or, if it has none, the mark
    before the dash show the decimal mark. Neither is ``Rp 5.000``: a currency without cents shows that its mark groups.

    Parameters
    ----------
    text, mark
        As in `number_from_text`.

    Returns
    -------
    tuple
        The number, what it shows of the decimal mark, and the currency beside it.

    Raises
    ------
    InvalidValue
        As `number_from_text`, and `without_currency`.
    """
    if text[:1].isdecimal() and text[-1:].isdecimal():
        return *number_from_text(text, mark), None
    is_zero = _ACCOUNTING_ZERO.fullmatch(text) is not None
    text, currency = without_currency(_usual(text.replace("-", "0") if is_zero else text))
    if is_zero and currency is None:
        raise InvalidValue("not-a-number")
    if found := _NO_CENTS.search(text):
        return *_without_cents(text, found, mark), currency
    if text.endswith("-") and not _CENTS_AND_MINUS.search(text):
        raise InvalidValue("not-a-number")  # 1.250.000- is below zero, or has no cents
    number, shown = number_from_text(text, mark)
    if shown == "either" and currency is not None and currency.has_no_cents:
        shown = _OTHER["." if "." in text else ","]
        number, _ = number_from_text(text, shown)
    return number, shown, currency


def _without_cents(text: str, found: re.Match[str], mark: Mark) -> tuple[Decimal, ShownMark]:
    """Read a number before a dash that stands for no cents."""
    whole = text[: found.start()] + found[2]
    group = next((each for each in whole if each in _OTHER), "")
    shown = _OTHER.get(group or _OTHER.get(found[1], ""))  # a bar before the dash shows none
    number, of_itself = number_from_text(whole, shown or mark)
    if of_itself not in (None, "either", "other-groups", shown) or number != number.to_integral_value():
        raise InvalidValue("not-a-number")
    return number, shown


def coordinate_from_text(text: str) -> Decimal:
    """Read degrees; a comma is the decimal mark, because at most three digits stand before it.

    Raises
    ------
    InvalidValue
        As `number_from_text`.
    """
    text = _usual(text)
    if not _COORDINATE.fullmatch(text):
        raise InvalidValue("not-a-number")
    return plain(text.replace(",", "."))


def plain(text: str) -> Decimal:
    """Write a number in one form, so that 12.50 in a text file is no change from 12.5 in a workbook."""
    if len(text) > DIGITS or "e" in text or "E" in text:
        try:
            number = Decimal(text) or Decimal(0)
        except InvalidOperation:  # an exponent that no Decimal has
            raise InvalidValue("too-many-digits") from None
        _, digits, exponent = number.as_tuple()
        if number.adjusted() >= DIGITS or len(digits) > DIGITS or int(exponent) < -DIGITS:
            raise InvalidValue("too-many-digits")
        text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal(text) or Decimal(0)  # never -0
