"""Cell types for the fields of row models, and the conventions and the context by which they read a cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, StringConstraints, ValidationInfo

from sluice.model.recipe import FIVE_DIGITS, WHOLE_GROUPS, Mark, Order, Recipe
from sluice.schema.cells import InvalidValue
from sluice.schema.currencies import CurrencyNumber, ShownCurrency, code_from_text
from sluice.schema.dates import date_from_number, date_from_text, day_of, digits_of, shown_by_typed, swapped
from sluice.schema.numbers import (
    DIGITS,
    LIMIT,
    amount_from_text,
    coordinate_from_text,
    number_from_text,
    plain,
    whole_from_text,
)
from sluice.schema.text import name_from_text
from sluice.schema.vocabulary import ENGLISH, Vocabulary

# Below this, Python writes a float with an exponent, which no other form of the number has.
_TINY = 1e-4
# Types of cells. Not a union, which would be made anew for each cell.
_NUMBERS = (int, float)
_WRITTEN = (str, int, float)
# What days that a spreadsheet counts show.
_OF_NUMBERS = (None, "typed", "swappable")
# The apostrophe that keeps a spreadsheet from reading 12-3 as a date, or 00123 as a number. No name begins with one
# before a digit; before a letter it may be a part of one, as in 't Hart and 's-Gravenhage.
_KEY_GUARD = re.compile(r"^[' \t]*'[ \t]*(?=\d)")
_CODE_GUARD = re.compile(r"^['\s]*'\s*(?![a-z][ -][^\W\d])")


#: Nulls as databases and their clients export them (PostgreSQL, MySQL, SQL Server; JSON; Oracle, DataGrip, DBeaver).
NULLS: Final = ("\\N", "NULL", "null", "(NULL)", "(null)", "<NULL>", "<null>", "[NULL]", "[null]")


@dataclass(frozen=True)
class Conventions:
    """What a cell's text means where two readings are possible.

    Parameters
    ----------
    decimal
        The decimal mark of ambiguous numbers; the other of ``.`` and ``,`` groups thousands. What a column's cells
        prove goes before it. ``None``: the caller is asked where nothing in the file says it.
    dates
        Order of day and month in dates that are written with numbers alone. ``None``: the order is not known
        beforehand. Then each column of a file proves its own, and the caller is asked where it does not.
    vocabulary
        Names of months, words for yes and no, and first words of totals rows.
    null_markers
        Whole texts that stand for an empty cell, exactly as databases and their clients write them.
    clear_markers
        Whole texts by which a person clears a value, such as ``-``: the column takes its default, also where blank
        cells keep what is there. They precede null markers.
    years
        The first and the last year that a date can have. Another is a slip, a day of another calendar, or a sentinel.
    sentinels
        Days outside of `years` that a date can have all the same, such as 9999-12-31 for "until further notice".
    currency
        Code of the currency of all amounts, where the row model has no `Currency` that says it of each row.
    """

    decimal: Mark | None = None
    dates: Literal["dmy", "mdy"] | None = None
    vocabulary: Vocabulary = ENGLISH
    null_markers: tuple[str, ...] = NULLS
    clear_markers: tuple[str, ...] = ()
    years: tuple[int, int] = (1900, 2100)
    sentinels: tuple[date, ...] = ()
    currency: str | None = None

    @property
    def markers(self) -> frozenset[str]:
        """Whole texts that are no values."""
        return frozenset(map(str.strip, (*self.null_markers, *self.clear_markers)))


DEFAULT: Final = Conventions()
#: What holds where neither the importer nor the file says another.
DECIMAL: Final[Mark] = "."
DATE_ORDER: Final[Order] = "dmy"
#: Ending of the value of a decision that swaps typed dates.
SWAPPED: Final = "-swapped"


class Context:
    """The validation context of one chunk, passed to pydantic; chunks that are checked at once do not share it.

    A cell that can be read in one way only is read so. One that is ambiguous is read by the decision about its column,
    or by the conventions if there is none. If a caller made the decision, a cell that shows another value is rejected.

    Parameters
    ----------
    conventions
        Of the importer.
    recipe
        Of the job.
    days_later
        Days between day 0 of Excel's usual calendar and that of the file, which may count from 1904.

    Attributes
    ----------
    vocabulary
        Of the conventions.
    shown
        Field name to what its cell shows of the decision about it, in the row that is being validated. `check_rows`
        empties it after each row.
    five_digits
        Fields with cells of five digits that may be dates without their leading zero, in all rows.
    currencies
        Field name to the currency that its cell shows; `sluice.schema.said` compares them with that of the row.
    """

    __slots__ = (
        *("_conventions", "_days", "_days_later", "_doubted", "_first", "_last", "_mark", "_marks"),
        *("_order", "_orders", "_strict", "_swapped", "currencies", "five_digits", "shown", "vocabulary"),
    )

    def __init__(self, conventions: Conventions, recipe: Recipe | None = None, *, days_later: int = 0) -> None:
        recipe = recipe or Recipe()
        self._days_later = days_later
        marks, dates = recipe.of_kind("decimal"), recipe.of_kind("date_order")
        self._conventions, self.vocabulary = conventions, conventions.vocabulary
        self._first, self._last = conventions.years
        self._days: dict[str | float, date] = {}  # cells that show nothing; the rows of a chunk have few other days
        self.shown: dict[str, str] = {}
        self.five_digits: set[str] = set()
        self._doubted = recipe.of_kind(FIVE_DIGITS).keys()
        self.currencies: dict[str, ShownCurrency] = {}
        self._mark: Mark = conventions.decimal or DECIMAL
        self._order: Order = conventions.dates or DATE_ORDER
        self._marks: dict[str, Mark] = {field: each.value for field, each in marks.items()}
        self._orders: dict[str, Order] = {field: each.value.removesuffix(SWAPPED) for field, each in dates.items()}
        self._swapped = {field for field, each in dates.items() if each.value.endswith(SWAPPED)}
        self._strict = {field: each for field, each in (marks | dates).items() if each.is_strict}

    def number(self, field: str, text: str) -> Decimal:
        """Read a number of a field.

        Raises
        ------
        InvalidValue
            See `number_from_text`; ``other-decimal-mark``.
        """
        number, shown = number_from_text(text, self._marks.get(field, self._mark))
        if shown is not None:
            self.shown[field] = shown
            if self._strict:
                self._reject(field, shown)
        return number

    def whole(self, field: str, text: str) -> Decimal:
        """Read a whole number of a field, as `number` does; that it is whole is checked by its type."""
        number, shown = whole_from_text(text, self._marks.get(field, self._mark))
        if shown is not None:
            self.shown[field] = shown
            if self._strict and shown not in WHOLE_GROUPS:
                self._reject(field, shown)
        return number

    def amount(self, field: str, text: str) -> Decimal:
        """Read an amount of a field, as `number` does."""
        number, shown, currency = amount_from_text(text, self._marks.get(field, self._mark))
        if currency is not None:
            self.currencies[field] = currency
        if shown is not None:
            self.shown[field] = shown
            if self._strict:
                self._reject(field, shown)
        return number

    def written_date(self, field: str, cell: str | float) -> date:
        """Read a date of a field that is text or a number.

        Raises
        ------
        InvalidValue
            See `date_from_text`; ``month-first``, ``day-first``, ``year-first``, ``year-last``, ``not-swapped``,
            ``lost-zero``, ``unclear-digits`` or ``implausible-year``.
        """
        if known := self._days.get(cell):
            return known
        try:
            if isinstance(cell, str):
                order = self._orders.get(field, self._order)
                found, shown = date_from_text(cell, order, self.vocabulary, days_later=self._days_later)
            else:
                found, shown = date_from_number(cell, self._days_later)
        except InvalidValue:
            if digits_of(cell) == "six-digits":
                self.shown[field] = "six-digits"
                raise InvalidValue("unclear-digits") from None
            raise
        is_doubtful = shown in _OF_NUMBERS and digits_of(cell) == "five-digits"
        if is_doubtful:
            self.five_digits.add(field)
            if field in self._doubted:
                raise InvalidValue("lost-zero")
        if shown is not None:
            return self._plausible(self._decided(field, found, shown))
        self._plausible(found)
        if not is_doubtful:
            self._days[cell] = found
        return found

    def typed_date(self, field: str, found: date) -> date:
        """Read a typed date of a field.

        Raises
        ------
        InvalidValue
            ``not-swapped`` or ``implausible-year``.
        """
        shown = shown_by_typed(found)
        if shown is not None:
            if self._strict or self._swapped:
                found = self._decided(field, found, shown)
            else:
                self.shown[field] = shown
        return found if self._first <= found.year <= self._last else self._plausible(found)

    def _plausible(self, found: date) -> date:
        if self._first <= found.year <= self._last or found in self._conventions.sentinels:
            return found
        raise InvalidValue("implausible-year", year=str(found.year), first=str(self._first), last=str(self._last))

    def _decided(self, field: str, found: date, shown: str) -> date:
        self.shown[field] = shown
        if self._strict:
            self._reject(field, shown)
        return swapped(found) if shown == "swappable" and field in self._swapped else found

    def _reject(self, field: str, shown: str) -> None:
        decision = self._strict.get(field)
        if decision is None or not decision.rejects(shown):
            return
        match shown:
            case "." | ",":
                raise InvalidValue("other-decimal-mark", shown=shown, mark=decision.value)
            case "typed":
                raise InvalidValue("not-swapped")
            case "either" | "dotted":
                raise InvalidValue("year-last")
            case "mdy" | "ymd":
                raise InvalidValue("month-first" if shown == "mdy" else "year-first")
        raise InvalidValue("day-first")


def _context(info: ValidationInfo) -> Context:
    context = info.context
    return context if isinstance(context, Context) else Context(DEFAULT)


def _stored(value: Any) -> Any:
    """Check the size of a number that is stored as one; anything else is left to pydantic."""
    if isinstance(value, bool):
        raise InvalidValue("not-a-number")
    if isinstance(value, _NUMBERS):
        size = abs(value)
        if size >= LIMIT:
            raise InvalidValue("too-many-digits")
        if size < _TINY and isinstance(value, float):
            return plain(repr(value))
    return value


def _numeric(from_text: Callable[[Context, str, str], Decimal], *, of_amounts: bool = False) -> BeforeValidator:
    """Return what reads the numbers of a field; those that are text by a method of `Context`."""

    def read(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            if value.isdecimal() and len(value) <= DIGITS:
                return Decimal(value)  # what most cells of a text file are
            return from_text(_context(info), info.field_name or "", value)
        if type(value) is CurrencyNumber:
            if of_amounts:
                _context(info).currencies[info.field_name or ""] = value.currency
            value = int(value) if value.is_integer() else float(value)
        return _stored(value)

    return BeforeValidator(read)


def _coordinate(value: Any) -> Any:
    return coordinate_from_text(value) if isinstance(value, str) else _stored(value)


def _date(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, date):
        day = day_of(value) if isinstance(value, datetime) else value
        return _context(info).typed_date(info.field_name or "", day)
    if isinstance(value, _WRITTEN) and not isinstance(value, bool):
        return _context(info).written_date(info.field_name or "", value)
    raise InvalidValue("not-a-date")


def _name(guard: re.Pattern[str]) -> BeforeValidator:
    """Return what keeps text as it is, without the apostrophe before it that a spreadsheet does not show."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return name_from_text(guard.sub("", value) if "'" in value else value)

    return BeforeValidator(read)


def _digits(value: Any) -> Any:
    """Keep digits and leading zeros; drop spaces, dashes and the ``.0`` of a number."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise InvalidValue("not-digits")
    text = text.strip().lstrip("'")
    text = (name_from_text(text) if text.endswith(".0") else text).replace(" ", "").replace("-", "")
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


def _currency(value: Any) -> Any:
    return code_from_text(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Decided:
    """Marks a cell type whose ambiguous cells are read by a decision of the recipe, of this kind."""

    kind: Literal["decimal", "date_order"]


@dataclass(frozen=True)
class OfAmounts:
    """Marks a cell type that says in which currency the amounts of its row are."""


@dataclass(frozen=True)
class Amount:
    """Marks a cell type whose numbers are in a currency."""


@dataclass(frozen=True)
class AsWritten:
    """Marks a cell type that takes damaged text too, because something later says what is wrong with it."""


@dataclass(frozen=True)
class Decimals:
    """Marks a cell type whose numbers people write with at least so many decimals, such as 3.30."""

    decimals: int


#: An amount: ``1,234.50``, ``Rp 1.250.000,50``, ``Rp 5.000,-``, ``(12.00)``; an exact `decimal.Decimal`.
Money = Annotated[Decimal, _numeric(Context.amount, of_amounts=True), Amount(), Decimals(2), Decided("decimal")]
#: The currency of a row's amounts: a code of ISO 4217, in either case, or a sign or a name of one currency alone, which
#: becomes its code. An amount beside another currency is rejected.
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), BeforeValidator(_currency), OfAmounts()]
#: A number with or without thousands separators; an exact `decimal.Decimal`.
Number = Annotated[Decimal, _numeric(Context.number), Decided("decimal")]
#: A latitude or longitude in degrees, its decimal mark a point or a comma; an exact `decimal.Decimal`.
Coordinate = Annotated[Decimal, BeforeValidator(_coordinate)]
#: A whole number with or without thousands separators.
Whole = Annotated[int, _numeric(Context.whole), Decided("decimal")]
#: A calendar date; a time of day beside it is dropped.
Date = Annotated[date, BeforeValidator(_date), Decided("date_order")]
#: Digits and letters that name something, kept as they are written, with leading zeros: order and telephone numbers.
#: A long one that a spreadsheet has shortened to an amount (``1,23457E+11``) is rejected.
Code = Annotated[str, _name(_CODE_GUARD)]
#: Text that names a record, kept as it is written; each key of plain text is one.
Key = Annotated[str, _name(_KEY_GUARD)]
#: Digits kept as text, with leading zeros: telephone numbers, identity numbers.
Digits = Annotated[str, BeforeValidator(_digits)]
#: Yes or no, in the words of the importer's `Vocabulary`.
Flag = Annotated[bool, BeforeValidator(_flag)]
