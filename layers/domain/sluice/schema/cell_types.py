"""Cell types for the fields of row models, and the conventions and the context by which they read a cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ValidationInfo

from sluice.model.recipe import Mark, Recipe
from sluice.schema.cells import InvalidValue
from sluice.schema.dates import DAYS_TO_1904, Order, date_from_number, date_from_text, day_of, shown_by_typed, swapped
from sluice.schema.numbers import DIGITS, LIMIT, amount_from_text, coordinate_from_text, number_from_text, plain
from sluice.schema.text import INVISIBLE, PRECISION
from sluice.schema.vocabulary import ENGLISH, Vocabulary

# Below this, Python writes a float with an exponent, which no other form of the number has.
_TINY = 1e-4
# Types of cells. Not a union, which would be made anew for each cell.
_NUMBERS = (int, float)
_WRITTEN = (str, int, float)
_SPACES = re.compile(r"[^\S\n\r\t]")
# An amount in the place of digits: as a spreadsheet shows a long number in a narrow cell (1,23457E+11), as R and Python
# write one (1e+05), and with the point that a float has (1002345678.0).
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+|\d[.,]\d+[eE]-\d+")
_FLOAT = re.compile(r"(\d+)\.0")


#: Nulls as databases and their clients export them (PostgreSQL, MySQL, SQL Server; JSON; Oracle, DataGrip, DBeaver).
NULLS: Final = ("\\N", "NULL", "null", "(NULL)", "(null)", "<NULL>", "<null>", "[NULL]", "[null]")


@dataclass(frozen=True)
class Conventions:
    """What a cell's text means where two readings are possible.

    Parameters
    ----------
    decimal
        The decimal mark of ambiguous numbers; the other of ``.`` and ``,`` groups thousands. ``None`` is ``.``. What a
        column's cells prove goes before it.
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
    """

    decimal: Mark | None = None
    dates: Order | None = None
    vocabulary: Vocabulary = ENGLISH
    null_markers: tuple[str, ...] = NULLS
    clear_markers: tuple[str, ...] = ()
    years: tuple[int, int] = (1900, 2100)
    sentinels: tuple[date, ...] = ()

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
    is_1904
        Whether the file is a workbook that counts days from 1904, as Excel for the Macintosh did.

    Attributes
    ----------
    vocabulary
        Of the conventions.
    shown
        Field name to what its cell shows of the decision about it, in the row that is being validated. `check_rows`
        empties it after each row.
    """

    __slots__ = (
        *(
            "_conventions",
            "_days",
            "_days_later",
            "_first",
            "_last",
            "_mark",
            "_marks",
            "_order",
            "_orders",
            "_strict",
            "_swapped",
        ),
        *("shown", "vocabulary"),
    )

    def __init__(self, conventions: Conventions, recipe: Recipe | None = None, *, is_1904: bool = False) -> None:
        recipe = recipe or Recipe()
        self._days_later = DAYS_TO_1904 if is_1904 else 0
        marks, dates = recipe.of_kind("decimal"), recipe.of_kind("date_order")
        self._conventions, self.vocabulary = conventions, conventions.vocabulary
        self._first, self._last = conventions.years
        self._days: dict[str | float, date] = {}  # cells that show nothing; the rows of a chunk have few other days
        self.shown: dict[str, str] = {}
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

    def amount(self, field: str, text: str) -> Decimal:
        """Read an amount of a field, as `number` does."""
        number, shown = amount_from_text(text, self._marks.get(field, self._mark))
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
            See `date_from_text`; ``month-first``, ``day-first``, ``not-swapped`` or ``implausible-year``.
        """
        if known := self._days.get(cell):
            return known
        if isinstance(cell, str):
            found, shown = date_from_text(
                cell, self._orders.get(field, self._order), self.vocabulary, days_later=self._days_later
            )
        else:
            found, shown = date_from_number(cell, self._days_later)
        if shown is not None:
            return self._plausible(self._decided(field, found, shown))
        self._days[cell] = self._plausible(found)
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
            case "dmy" | "mdy":
                raise InvalidValue("day-first" if shown == "dmy" else "month-first")
            case "typed":
                raise InvalidValue("not-swapped")
        raise InvalidValue("other-decimal-mark", shown=shown, mark=decision.value)


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


def _number(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str):
        if value.isdecimal() and len(value) <= DIGITS:
            return Decimal(value)  # what most cells of a text file are
        return _context(info).number(info.field_name or "", value)
    return _stored(value)


def _money(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, str):
        if value.isdecimal() and len(value) <= DIGITS:
            return Decimal(value)
        return _context(info).amount(info.field_name or "", value)
    return _stored(value)


def _coordinate(value: Any) -> Any:
    return coordinate_from_text(value) if isinstance(value, str) else _stored(value)


def _date(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, date):
        day = day_of(value) if isinstance(value, datetime) else value
        return _context(info).typed_date(info.field_name or "", day)
    if isinstance(value, _WRITTEN) and not isinstance(value, bool):
        return _context(info).written_date(info.field_name or "", value)
    raise InvalidValue("not-a-date")


def name_from_text(text: str) -> str:
    """Read text that names something: a key or a code, where each character counts.

    Raises
    ------
    InvalidValue
        ``required``, ``shortened-number`` or ``invisible-character``.
    """
    text = text.strip()
    if not text:
        raise InvalidValue("required")
    if not text.isascii():
        if found := INVISIBLE.search(text):
            raise InvalidValue("invisible-character", character=f"U+{ord(found[0]):04X}", place=found.start() + 1)
        return _SPACES.sub(" ", text)
    if text[0].isdecimal() and not text.isdecimal():
        if _SHORTENED.fullmatch(text):
            raise InvalidValue("shortened-number")
        if found := _FLOAT.fullmatch(text):
            if len(found[1]) > PRECISION:
                raise InvalidValue("shortened-number")
            return found[1]
    return text


def _code(value: Any) -> Any:
    """Keep text as it is, without the apostrophe that stops a spreadsheet from reading it as a number."""
    return name_from_text(value.lstrip("' \t")) if isinstance(value, str) else value


def _key(value: Any) -> Any:
    """Keep text that names a record as it is, without the apostrophe before digits alone."""
    if not isinstance(value, str):
        return value
    return name_from_text(value[1:] if value.startswith("'") and value[1:].strip().isdecimal() else value)


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


@dataclass(frozen=True)
class Decided:
    """Marks a cell type whose ambiguous cells are read by a decision of the recipe, of this kind."""

    kind: Literal["decimal", "date_order"]


@dataclass(frozen=True)
class Decimals:
    """Marks a cell type whose numbers people write with at least so many decimals, such as 3.30."""

    decimals: int


#: An amount: ``1,234.50``, ``Rp 1.250.000,50``, ``Rp 5.000,-``, ``(12.00)``; an exact `decimal.Decimal`.
Money = Annotated[Decimal, BeforeValidator(_money), Decimals(2), Decided("decimal")]
#: A number with or without thousands separators; an exact `decimal.Decimal`.
Number = Annotated[Decimal, BeforeValidator(_number), Decided("decimal")]
#: A latitude or longitude in degrees, its decimal mark a point or a comma; an exact `decimal.Decimal`.
Coordinate = Annotated[Decimal, BeforeValidator(_coordinate)]
#: A whole number with or without thousands separators.
Whole = Annotated[int, BeforeValidator(_number), Decided("decimal")]
#: A calendar date; a time of day beside it is dropped.
Date = Annotated[date, BeforeValidator(_date), Decided("date_order")]
#: Digits and letters that name something, kept as they are written, with leading zeros: order and telephone numbers.
#: A long one that a spreadsheet has shortened to an amount (``1,23457E+11``) is rejected.
Code = Annotated[str, BeforeValidator(_code)]
#: Text that names a record, kept as it is written; each key of plain text is one.
Key = Annotated[str, BeforeValidator(_key)]
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
