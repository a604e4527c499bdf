"""What sheets and cells of Excel can hold, and how."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Final

from sluice.reporting.celltext import text_of
from sluice.schema.cells import Cell, CellError

# Microsoft, "Excel specifications and limits"; characters are counted in UTF-16.
SHEET_ROWS: Final = 1_048_576
SHEET_COLUMNS: Final = 16_384
CELL_CHARACTERS: Final = 32_767

# Beyond it neighbouring whole numbers are one in a cell; as text they keep their digits.
_EXACT = 2**53
# Day 0 of Excel's calendar, seen from behind the 29 February 1900 that only Excel knows, and the first day after it.
_DAY_0, _FIRST_DAY = datetime(1899, 12, 30), date(1900, 3, 1)  # noqa: DTZ001 - cells have no zones
_LAST_SPAN = timedelta(days=2_958_466)  # to the end of the year 9999
_DAY = timedelta(days=1)


def held(cell: Cell) -> Cell:
    """The cell, or its text where Excel has no such value: dates before March 1900, errors, very large numbers."""
    match cell:
        case CellError():
            possible = False
        case bool():
            possible = True
        case int():
            possible = abs(cell) <= _EXACT
        case float():
            possible = isfinite(cell)
        case datetime():
            possible = cell.date() >= _FIRST_DAY
        case date():
            possible = cell >= _FIRST_DAY
        case timedelta():
            possible = timedelta() <= cell < _LAST_SPAN
        case _:
            possible = True
    return cell if possible else text_of(cell)


def serial(moment: date | time | timedelta) -> float:
    """Days since the beginning of Excel's calendar; a time of day, and a span, are days or parts of one."""
    if isinstance(moment, time):
        moment = datetime.combine(_DAY_0, moment)
    if isinstance(moment, datetime):
        moment -= _DAY_0
    elif isinstance(moment, date):
        moment -= _DAY_0.date()
    return moment / _DAY


def fitting(text: str) -> str:
    """As much of a text as a cell holds."""
    if len(text) <= CELL_CHARACTERS // 2:
        return text
    return text.encode("utf-16-le", "replace")[: 2 * CELL_CHARACTERS].decode("utf-16-le", "ignore")
