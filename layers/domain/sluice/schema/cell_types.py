"""Cell types for the fields of row models, and the conventions and the context by which they read a cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ValidationInfo

from sluice.model.job import DateOrder
from sluice.schema.cells import InvalidValue
from sluice.schema.dates import Observation, date_from_number, date_from_text
from sluice.schema.numbers import LIMIT, coordinate_from_text, number_from_text, plain, without_currency
from sluice.schema.vocabulary import ENGLISH, Vocabulary

# Below this, Python writes a float with an exponent, which no other form of the number has.
_TINY = 1e-4
# A long number as a spreadsheet shows it in a narrow cell, and as it then writes it to a text file.
_SHORTENED = re.compile(r"\d[.,]\d+E\+\d\d")


@dataclass(frozen=True)
class Conventions:
    """What a cell's text means where two readings are possible.

    Parameters
    ----------
    decimal
        The decimal mark; the other of ``.`` and ``,`` groups thousands.
    dates
        Order of day, month and year in dates that are written with numbers alone. ``None``: the order is not known
        beforehand. Then each column of a file proves its own, and the caller is asked where it does not.
    vocabulary
        Names of months, words for yes and no, and first words of totals rows.
    """

    decimal: Literal[".", ","] = "."
    dates: DateOrder | None = None
    vocabulary: Vocabulary = ENGLISH


DEFAULT: Final = Conventions()


class Context:
    """The validation context of one chunk, passed to pydantic; chunks that are checked at once do not share it.

    Parameters
    ----------
    conventions
        Of the importer.
    date_orders
        Field name to the order of its dates, where the file has proved it or the caller has answered.

    Attributes
    ----------
    decimal
        The decimal mark.
    vocabulary
        Of the conventions.
    noted
        Field name to what its date shows, in the row that is being validated. `check_rows` empties it after each row.
    """

    __slots__ = ("_dates", "_orders", "decimal", "noted", "vocabulary")

    def __init__(self, conventions: Conventions, date_orders: Mapping[str, DateOrder] | None = None) -> None:
        self.decimal = conventions.decimal
        self.vocabulary = conventions.vocabulary
        self._dates = conventions.dates
        self._orders = date_orders or {}
        self.noted: dict[str, Observation] = {}

    def date(self, field: str, text: str) -> date:
        """Read a date of a field, and note what it shows where the order is not known.

        An order that was proved or answered holds for ambiguous dates alone, because the question was about those. The
        order that the importer declares holds for all.

        Raises
        ------
        InvalidValue
            See `date_from_text`.
        """
        if known := self._orders.get(field):
            return date_from_text(text, None, known, self.vocabulary)[0]
        found, observation = date_from_text(text, self._dates, vocabulary=self.vocabulary)
        if observation is not None:
            self.noted[field] = observation
        return found


def _context(info: ValidationInfo) -> Context:
    context = info.context
    return context if isinstance(context, Context) else Context(DEFAULT)


def _stored(value: Any) -> Any:
    """Check the size of a number that is stored as one; anything else is left to pydantic."""
    if isinstance(value, bool):
        raise InvalidValue("not-a-number")
    if isinstance(value, int | float) and abs(value) >= LIMIT:
        raise InvalidValue("too-many-digits")
    if isinstance(value, float) and abs(value) < _TINY:
        return plain(repr(value))
    return value


def _number(value: Any, info: ValidationInfo) -> Any:
    return number_from_text(value, _context(info).decimal) if isinstance(value, str) else _stored(value)


def _money(value: Any, info: ValidationInfo) -> Any:
    return _number(without_currency(value), info) if isinstance(value, str) else _stored(value)


def _coordinate(value: Any) -> Any:
    return coordinate_from_text(value) if isinstance(value, str) else _stored(value)


def _date(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return _context(info).date(info.field_name or "", value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return date_from_number(value)
    raise InvalidValue("not-a-date")


def _code(value: Any) -> Any:
    """Keep text as it is, without the apostrophe that stops a spreadsheet from reading it as a number."""
    if not isinstance(value, str):
        return value
    text = value.strip().removeprefix("'").lstrip()
    if not text:
        raise InvalidValue("required")
    if _SHORTENED.fullmatch(text):
        raise InvalidValue("shortened-number")
    return text


def _digits(value: Any) -> Any:
    """Keep digits and leading zeros; drop spaces, dashes and the ``.0`` of a spreadsheet's number."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise InvalidValue("not-digits")
    text = text.strip().lstrip("'").replace(" ", "").replace("-", "")
    if not (text.isascii() and text.isdigit()):
        raise InvalidValue("not-digits")
    return text


def _flag(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, bool):
        return value
    text, vocabulary = str(value).strip().casefold(), _context(info).vocabulary
    if text in vocabulary.yes:
        return True
    if text in vocabulary.no:
        return False
    raise InvalidValue("not-yes-or-no")


@dataclass(frozen=True)
class Decimals:
    """Marks a cell type whose numbers people write with at least so many decimals, such as 3.30."""

    decimals: int


#: An amount: ``1,234.50``, ``Rp 1.250.000,50``, ``Rp 5.000,-``, ``(12.00)``; an exact `decimal.Decimal`.
Money = Annotated[Decimal, BeforeValidator(_money), Decimals(2)]
#: A number with or without thousands separators; an exact `decimal.Decimal`.
Number = Annotated[Decimal, BeforeValidator(_number)]
#: A latitude or longitude in degrees, its decimal mark a point or a comma; an exact `decimal.Decimal`.
Coordinate = Annotated[Decimal, BeforeValidator(_coordinate)]
#: A whole number with or without thousands separators.
Whole = Annotated[int, BeforeValidator(_number)]
#: A calendar date; a time of day beside it is dropped.
Date = Annotated[date, BeforeValidator(_date)]
#: Digits and letters that name something, kept as they are written, with leading zeros: order and telephone numbers.
#: A long one that a spreadsheet has shortened to an amount (``1,23457E+11``) is rejected.
Code = Annotated[str, BeforeValidator(_code)]
#: Digits kept as text, with leading zeros: telephone numbers, identity numbers.
Digits = Annotated[str, BeforeValidator(_digits)]
#: Yes or no, in the words of the importer's `Vocabulary`.
Flag = Annotated[bool, BeforeValidator(_flag)]


class Spelling:
    """Replaces a value by its declared spelling; stands before the `Literal` that rejects every other value.

    Case and surplus spaces do not count, and a number stands for its digits. Where two declared values differ in
    nothing else, only the exact spelling of each is known.

    Parameters
    ----------
    choices
        The declared values.
    """

    def __init__(self, choices: Iterable[Any]) -> None:
        self._exact = frozenset(choices)
        self._by_fold: dict[str, Any] = {}
        shared: set[str] = set()
        for choice in self._exact:
            shared |= {_fold(choice)} & self._by_fold.keys()
            self._by_fold[_fold(choice)] = choice
        for fold in shared:
            del self._by_fold[fold]

    def __call__(self, value: Any) -> Any:
        """Return the declared value that is meant, or the value as it is."""
        if isinstance(value, bool) or not isinstance(value, str | int | float) or value in self._exact:
            return value
        return self._by_fold.get(_fold(value), value)


def _fold(value: Any) -> str:
    return " ".join(str(value).split()).casefold()
