"""Numbers and amounts as people write them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from sluice.schema.cells import InvalidValue

# Currency signs and codes that people write beside an amount; what is before and behind them stays: -€5.00, ($12.00).
_CURRENCY = re.compile(
    r"^([(+-]?)(?:Rp\.?|IDR|USD|EUR|GBP|ZAR|R|[$€£¥])\s*|\s*(?:Rp\.?|IDR|USD|EUR|GBP|ZAR|[$€£¥])(\)?)$", re.IGNORECASE
)
# "No cents", as Indonesian and Swiss bills have it: Rp 5.000,- and 12.--
_NO_CENTS = re.compile(r"(?<=\d)[.,] ?[-–—]{1,2}(\)?)$")
_GROUPED = {
    ".": re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[, ']\d{3})+)(?:\.\d*)?(?:[eE][+-]?\d+)?"),
    ",": re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[. ']\d{3})+)(?:,\d*)?(?:[eE][+-]?\d+)?"),
}
_SEPARATORS = {".": str.maketrans("", "", ", '"), ",": str.maketrans(",", ".", ". '")}
_COORDINATE = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{0,20})?")
# What databases hold (DynamoDB: 38 digits). Without a limit a cell such as 1e99999999 would be written out in full.
_DIGITS = 38
LIMIT: Final = 10**_DIGITS


def number_from_text(text: str, mark: str) -> Decimal:
    """Read a number with or without thousands separators, its minus in front or as brackets around.

    Parameters
    ----------
    text
        The cell.
    mark
        The decimal mark, ``.`` or ``,``.

    Raises
    ------
    InvalidValue
        ``not-a-number`` or ``too-many-digits``.
    """
    if text.isdecimal() and len(text) <= _DIGITS:
        return Decimal(text)  # what most cells of a text file are
    text = text.strip().replace("\xa0", " ").replace("\u202f", " ")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    if not _GROUPED[mark].fullmatch(text):
        raise InvalidValue("not-a-number")
    return plain(text.translate(_SEPARATORS[mark]))


def without_currency(text: str) -> str:
    """Remove the currency of an amount, and the dash that stands for no cents."""
    if text[:1].isdecimal() and text[-1:].isdecimal():
        return text
    return _NO_CENTS.sub(r"\1", _CURRENCY.sub(r"\1\2", text.strip()))


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
    if len(text) > _DIGITS or "e" in text or "E" in text:
        try:
            number = Decimal(text) or Decimal(0)
        except InvalidOperation:  # an exponent that no Decimal has
            raise InvalidValue("too-many-digits") from None
        _, digits, exponent = number.as_tuple()
        if number.adjusted() >= _DIGITS or len(digits) > _DIGITS or int(exponent) < -_DIGITS:
            raise InvalidValue("too-many-digits")
        text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal(text) or Decimal(0)  # never -0
