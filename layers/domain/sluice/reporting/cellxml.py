"""Cells as the XML of a sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from xml.sax.saxutils import escape

from sluice.reporting.excel import CELL_CHARACTERS, fitting, held, serial
from sluice.reporting.neutral import neutral
from sluice.schema.cells import Cell

#: Number formats by type of cell.
NUMBER_FORMATS: Final[Mapping[type, str]] = {
    str: "@",  # else a telephone number that is corrected by hand loses its leading zero
    int: "General",
    float: "General",
    bool: "General",
    datetime: "yyyy-mm-dd hh:mm:ss",
    date: "yyyy-mm-dd",
    time: "hh:mm:ss",
    timedelta: "[h]:mm:ss",
    type(None): "General",
}

# ECMA-376 part 1, 22.9.2.19: what XML cannot hold is _xHHHH_, and text that looks like that has its underscore escaped.
_LOOKS_ESCAPED = re.compile("_(?=x[0-9a-fA-F]{4}_)")
_CONTROL = re.compile("[\0-\x08\x0b-\x1f\ufffe\uffff]")
_SPECIAL = re.compile(f"[&<>]|{_LOOKS_ESCAPED.pattern}|{_CONTROL.pattern}")


class CellXml:
    """Writes cells.

    Parameters
    ----------
    columns
        Letters of the columns of a sheet.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._starts = [f'<c r="{letters}' for letters in columns]

    def cell(self, place: int, at: int, cell: Cell, styles: Mapping[type, int]) -> str:
        """The cell in column ``place`` (from 0) of row ``at`` (from 1); ``styles`` are format indexes by type."""
        cell = held(cell)
        if type(cell) is str:
            return self.text(place, at, cell, styles[str])
        start = f'{self._starts[place]}{at}" s="{styles[type(cell)]}"'
        match cell:
            case None:
                return f"{start}/>"
            case bool():
                return f'{start} t="b"><v>{cell:d}</v></c>'
            case int() | float():
                return f"{start}><v>{cell!r}</v></c>"
            case date() | time() | timedelta():
                return f"{start}><v>{serial(cell)!r}</v></c>"
        raise TypeError(f"no cell holds {type(cell)}")

    def text(self, place: int, at: int, text: str, style: int) -> str:
        """A cell of text: neutralised, and cut to what a cell holds."""
        start = f'{self._starts[place]}{at}" s="{style}"'
        if not text:
            return f"{start}/>"
        text = fitting(neutral(text))
        if _SPECIAL.search(text):
            text = _CONTROL.sub(_escaped, _LOOKS_ESCAPED.sub("_x005F_", escape(text)))
        return f'{start} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def cut_note(title: str, cell: Cell) -> str | None:
    """What to say of a text of which a cell holds only the beginning; ``None`` for any other cell."""
    if type(cell) is str and len(cell) >= CELL_CHARACTERS // 2 and fitting(text := neutral(cell)) != text:
        return f"{title}: was cut to {CELL_CHARACTERS:,} characters"
    return None


def _escaped(match: re.Match[str]) -> str:
    return f"_x{ord(match[0]):04X}_"
