"""What a cell of a file can hold once it is read, and the declared values and errors of a column that reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

#: The day that a spreadsheet's calendar of 1900 has by mistake, as it shows it.
NO_DAY: Final = "1900-02-29"
#: A cell whose value is that of a merged cell, and whose meaning is not clear; our reports show it like other errors.
MERGED: Final = "#MERGED!"
#: Code of a formula that no program has computed.
UNCOMPUTED: Final = "uncomputed-formula"
#: Characters of a cell at most (Microsoft, "Excel specifications and limits").
CELL_CHARACTERS: Final = 32_767
#: What our reports show in the place of a longer one, so that a part of it never passes as the whole.
TOO_LONG: Final = "#TOO-LONG!"
# Characters that are kept of it.
_SHOWN: Final = 200
# Digits behind a mark that can be taken for thousands.
_GROUP: Final = 3


@dataclass(frozen=True)
class CellError:
    """An error that the spreadsheet program left in the cell, such as ``#N/A``; never a usable value.

    A formula that no program has computed is one too, and begins with ``=``. So are `NO_DAY` and
    `MERGED`.

    Parameters
    ----------
    text
        The cell.
    reason
        Why it cannot be used, if it is no error of the program: a reader of cells (`sluice.schema.text`) says so.
    """

    text: str
    reason: InvalidValue | None = None

    @property
    def code(self) -> str:
        """Code of its rejection."""
        if self.reason is not None:
            return self.reason.code
        if self.text.startswith("="):
            return UNCOMPUTED
        known = {NO_DAY: "not-in-calendar", MERGED: "merged-cells", TOO_LONG: "too-long"}
        return known.get(self.text, "spreadsheet-error")

    @property
    def params(self) -> Mapping[str, Any]:
        """Parameters of the code."""
        if self.reason is not None:
            return self.reason.params
        return {"length": CELL_CHARACTERS} if self.text == TOO_LONG else {}


@dataclass(frozen=True, slots=True)
class FormattedNumber:
    """A number that its cell shows as something else than its digits, such as an id with leading zeros or ``$ 5``.

    A column of text takes what is shown, if that is known, and of an amount the digits; other columns take the number.

    Parameters
    ----------
    value
        The number.
    text
        What the cell shows, if it is the digits with zeros before them.
    currency
        The sign or code that the cell shows beside the number.
    """

    value: float
    text: str | None = None
    currency: str | None = None

    def __str__(self) -> str:
        """Return what is known of it: the text, or the number, with a currency in a form that is read in one way."""
        digits = self.text or f"{Decimal(repr(self.value)):f}".removesuffix(".0")
        if not self.currency:
            return digits
        return f"{self.currency} {digits}{'0' if len(digits.partition('.')[2]) == _GROUP else ''}"


#: Numbers; one of CSV is text.
NumberCell = int | float | FormattedNumber

#: An empty cell is ``None``. CSV cells are ``str``, or `CellError` for a formula. Whole numbers may come as ``float``.
Cell = None | str | bool | int | float | datetime | date | time | timedelta | FormattedNumber | CellError

#: Row number as a person sees it in the sheet (1-based, header rows counted) and its cells from column A on.
Record = tuple[int, list[Cell]]


def over_long(text: str) -> CellError:
    """Return a text that no cell of a spreadsheet holds as an error, so that no rule is tried on it."""
    return CellError(text[:_SHOWN], InvalidValue("too-long", length=CELL_CHARACTERS))


class PlainText(str):
    """A text that stands for itself: no marker of an empty cell, although it may equal one."""

    __slots__ = ()


class BrokenRow(list[Any]):
    """The cells of a row that cannot be assigned to columns; ``code`` says why, see `sluice.model.rejection`."""

    def __init__(self, code: str, cells: Iterable[Any], **params: Any) -> None:
        super().__init__(cells)
        self.code = code
        self.params = params


class InvalidValue(ValueError):
    """A cell type rejects the value of a cell.

    It is a ``ValueError``, so that pydantic counts it as an error of the field.

    Parameters
    ----------
    code
        What is wrong, as in `sluice.model.rejection.Rejection`.
    params
        Of the code.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


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
