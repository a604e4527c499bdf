"""Numbers and amounts as people write them, and the decimal mark that one shows.

Most numbers can be read in one way only, whatever the decimal mark of their file: 12,50 and 1.234,56 show a comma. One
such as 1.250 is ambiguous: a mark once, one to three digits before it that do not begin with 0, and exactly three
behind it. It is 1.25 or 1250, and what the other cells of its column show says which.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from sluice.model.recipe import Mark
from sluice.schema.cells import InvalidValue

#: What a number shows of the decimal mark of its column; ``None`` if it has no mark.
ShownMark = Mark | Literal["either"] | None

# Currency signs and codes that people write beside an amount; what is before and behind them stays: -€5.00, ($12.00).
_CURRENCY = re.compile(
    r"^([(+-]?)(?:Rp\.?|IDR|USD|EUR|GBP|ZAR|R|[$€£¥])\s*|\s*(?:Rp\.?|IDR|USD|EUR|GBP|ZAR|[$€£¥])(\)?)$", re.IGNORECASE
)
# "No cents", as Indonesian and Swiss bills have it: Rp 5.000,- and 12.--
_NO_CENTS = re.compile(r"(?<=\d)([.,]) ?[-–—]{1,2}(\)?)$")
# No program groups a number that it writes with an exponent, so the mark of such a number is its decimal mark.
_PLAIN = re.compile(r"[+-]?\d+(?:([.,])\d*)?(?:[eE][+-]?\d+)?")
_DECIMAL = re.compile(r"([+-]?)(\d+)([.,])(\d*)")
# All groups of a number have the same separator before them.
_GROUPED = re.compile(r"([+-]?\d{1,3}([., '])\d{3}(?:\2\d{3})*)(?:([.,])(\d*))?")
_OTHER: Final[dict[str, Mark]] = {".": ",", ",": "."}
_COORDINATE = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{0,20})?")
#: What databases hold (DynamoDB: 38 digits). Without a limit a cell such as 1e99999999 would be written out in full.
DIGITS: Final = 38
LIMIT: Final = 10**DIGITS
_GROUP = 3


def number_from_text(text: str, mark: Mark) -> tuple[Decimal, ShownMark]:
    """Read a number with or without thousands separators, its minus in front or as brackets around.

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
        ``not-a-number`` or ``too-many-digits``.
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
        return plain(f"{number}.{behind}" if behind else number), shown or _OTHER.get(group)  # type: ignore[return-value]
    if found := _PLAIN.fullmatch(text):
        return plain(text.replace(",", ".")), found[1]  # type: ignore[return-value]  # one of those that match
    trimmed = text.strip().replace("\xa0", " ").replace("\u202f", " ")
    if trimmed.startswith("(") and trimmed.endswith(")"):
        trimmed = "-" + trimmed[1:-1]
    if trimmed == text:
        raise InvalidValue("not-a-number")
    return number_from_text(trimmed, mark)


def amount_from_text(text: str, mark: Mark) -> tuple[Decimal, ShownMark]:
    """Read an amount: a number beside its currency, or with a dash that stands for no cents.

    Before such a dash stands a whole number, so ``1.250,-`` is never ambiguous; its groups or, if it has none, the mark
    before the dash show the decimal mark.

    Parameters, Returns, Raises
    ---------------------------
    As `number_from_text`.
    """
    if text[:1].isdecimal() and text[-1:].isdecimal():
        return number_from_text(text, mark)
    text = _CURRENCY.sub(r"\1\2", text.strip())
    found = _NO_CENTS.search(text)
    if found is None:
        return number_from_text(text, mark)
    whole = text[: found.start()] + found[2]
    group = next((each for each in whole if each in _OTHER), None)
    shown = _OTHER[group or _OTHER[found[1]]]
    number, of_itself = number_from_text(whole, shown)
    if of_itself not in (None, "either", shown) or number != number.to_integral_value():
        raise InvalidValue("not-a-number")
    return number, shown


def coordinate_from_text(text: str) -> Decimal:
    """Read degrees; a comma is the decimal mark, because at most three digits stand before it.

    Raises
    ------
    InvalidValue
        As `number_from_text`.
    """
    text = text.strip()
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
