"""A cell as text that means the same when it is read again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sluice.schema.cells import Cell, CellError


def text_of(cell: Cell) -> str:
    """Write a cell whole: plain numbers, ISO dates, ``TRUE``, hours as ``30:15:00``; an empty cell is ``""``.

    Unlike `sluice.schema.validation.as_text`, which shows a cell to a person, nothing is cut.
    """
    match cell:
        case None:
            text = ""
        case bool():
            text = "TRUE" if cell else "FALSE"
        case float():
            text = _plain(cell)
        case datetime():
            text = cell.isoformat(" ")
        case date() | time():
            text = cell.isoformat()
        case timedelta():
            text = _hours(cell)
        case CellError():
            text = cell.text
        case _:
            text = str(cell)
    return text


def _plain(number: float) -> str:
    """No exponent, no ``.0``: 1e16 is 10000000000000000."""
    text = f"{Decimal(repr(number)):f}"
    return text.removesuffix(".0")


def _hours(span: timedelta) -> str:
    minutes, seconds = divmod(round(abs(span).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if span < timedelta() else ''}{hours}:{minutes:02}:{seconds:02}"
