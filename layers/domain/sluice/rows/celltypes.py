"""Types for the cells of real files: money, numbers, dates, digits and flags as people write them.

Each is an ordinary type with a validator before it, so that pydantic's constraints apply to the result.
The validators read `Conventions` from the validation context.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

from sluice.rows.conventions import DEFAULT, Conventions
from sluice.rows.dates import date_from_text

# Currency signs and codes that people write beside an amount; what is before and behind them stays: -€5.00, ($12.00).
_CURRENCY = re.compile(
    r"^([(+-]?)(?:Rp\.?|IDR|USD|EUR|GBP|ZAR|R|[$€£¥])\s*|\s*(?:IDR|USD|EUR|GBP|ZAR|[$€£¥])(\)?)$", re.IGNORECASE
)
_GROUPED = {
    ".": re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[, ']\d{3})+)(?:\.\d*)?(?:[eE][+-]?\d+)?"),
    ",": re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[. ']\d{3})+)(?:,\d*)?(?:[eE][+-]?\d+)?"),
}
_SEPARATORS = {".": str.maketrans("", "", ", '"), ",": str.maketrans(",", ".", ". '")}
# What databases hold (DynamoDB: 38 digits). Without a limit a cell such as 1e99999999 would be written out in full.
_DIGITS = 38
_LIMIT = 10**_DIGITS
_YES = frozenset({"yes", "y", "true", "t", "1", "x", "active", "ya", "aktif", "benar"})
_NO = frozenset({"no", "n", "false", "f", "0", "inactive", "tidak", "nonaktif", "non aktif", "salah"})


def _conventions(info: ValidationInfo) -> Conventions:
    return info.context if isinstance(info.context, Conventions) else DEFAULT


def _number(value: Any, info: ValidationInfo) -> Any:
    """Text with thousands separators, or with its minus in brackets, becomes a Decimal."""
    if isinstance(value, bool):
        raise ValueError("is not a number")
    if isinstance(value, int | float) and abs(value) >= _LIMIT:
        raise ValueError("has too many digits")
    if not isinstance(value, str):
        return value
    if value.isdecimal() and len(value) <= _DIGITS:
        return Decimal(value)  # what most cells of a text file are
    mark = _conventions(info).decimal
    text = value.strip().replace("\xa0", " ").replace("\u202f", " ")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    if not _GROUPED[mark].fullmatch(text):
        raise ValueError("is not a number")
    return _plain(text.translate(_SEPARATORS[mark]))


def _plain(text: str) -> Decimal:
    """The same number written in one way, so that 12.50 in a text file is no change from 12.5 in a workbook."""
    if len(text) > _DIGITS or "e" in text or "E" in text:
        try:
            number = Decimal(text) or Decimal(0)
        except InvalidOperation:  # an exponent that no Decimal has
            raise ValueError("has too many digits") from None
        _, digits, exponent = number.as_tuple()
        if number.adjusted() >= _DIGITS or len(digits) > _DIGITS or int(exponent) < -_DIGITS:
            raise ValueError("has too many digits")
        text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal(text) or Decimal(0)  # never -0


def _money(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str) and not (value[:1].isdecimal() and value[-1:].isdecimal()):
        value = _CURRENCY.sub(r"\1\2", value.strip())
    return _number(value, info)


def _date(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return date_from_text(value, _conventions(info))
    raise ValueError("is not a date")


def _digits(value: Any) -> Any:
    """Numbers lose a spreadsheet's ``.0``; text keeps its leading zeros, and loses spaces and dashes."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise ValueError("must be digits only")
    text = text.strip().lstrip("'").replace(" ", "").replace("-", "")
    if not (text.isascii() and text.isdigit()):
        raise ValueError("must be digits only")
    return text


def _flag(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    text = str(value).strip().casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise ValueError("must be yes or no")


#: An amount: ``1,234.50``, ``Rp 1.250.000,50``, ``(12.00)``; an exact `decimal.Decimal`.
Money = Annotated[Decimal, BeforeValidator(_money)]
#: A number with or without thousands separators; an exact `decimal.Decimal`.
Number = Annotated[Decimal, BeforeValidator(_number)]
#: A whole number with or without thousands separators.
Whole = Annotated[int, BeforeValidator(_number)]
#: A calendar date; a time of day beside it is dropped.
Date = Annotated[date, BeforeValidator(_date)]
#: Digits kept as text, leading zeros and all: telephone numbers, identity numbers.
Digits = Annotated[str, BeforeValidator(_digits)]
#: Yes or no, in English or Bahasa Indonesia.
Flag = Annotated[bool, BeforeValidator(_flag)]
