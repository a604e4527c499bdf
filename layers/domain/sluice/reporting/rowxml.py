"""Refused rows as the XML of a sheet.

XlsxWriter could write them too. For 700,000 rows of 10 columns, two cells of each marked, it took 141 s of CPU and
875 MB of disk where this takes 55 s and 40 MB (two cores, while others worked on them); a Lambda has 512 MB of disk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from xml.sax.saxutils import escape

from sluice.reporting.excel import CELL_CHARACTERS, SHEET_COLUMNS, fitting, held, serial
from sluice.reporting.neutral import neutral
from sluice.reporting.refused import Arrangement, RefusedRow
from sluice.rows.cell import Cell

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


@dataclass(frozen=True)
class Styles:
    """Indexes of cell formats: of cells by their type, right and wrong ones, of the header and of the reasons."""

    right: Mapping[type, int]
    wrong: Mapping[type, int]
    header: int
    reasons: int


class RowXml:
    """Writes the rows of a report.

    Parameters
    ----------
    arrangement
        What goes into which column.
    columns
        Letters of the columns of a sheet.
    styles
        How cells look.
    """

    def __init__(self, arrangement: Arrangement, columns: Sequence[str], styles: Styles) -> None:
        self._arrangement = arrangement
        self._starts = [f'<c r="{letters}' for letters in columns]
        self._styles = styles
        self._last = len(arrangement.header) - 1

    def header(self) -> str:
        """Row 1."""
        titles = enumerate(self._arrangement.header)
        return (
            f'<row r="1">{"".join(self._text(place, 1, title, self._styles.header) for place, title in titles)}</row>'
        )

    def row(self, at: int, row: RefusedRow, wrong: Mapping[int, str]) -> str:
        """The row of number ``at`` in the sheet; ``wrong`` are the places of its wrong cells."""
        own, beyond = self._arrangement.cells(row)
        if wrong:
            own += [None] * (max(wrong) - len(own))  # a cell that is missing is marked too
        right, marked = self._styles.right, self._styles.wrong
        parts = [f'<row r="{at}">', self._cell(0, at, row.number, right)]
        reasons = row.reasons
        for place, cell in enumerate(own, 1):
            if place in wrong:
                parts.append(self._cell(place, at, cell, marked))
            elif cell is not None:
                parts.append(self._cell(place, at, cell, right))
            if type(cell) is str and len(cell) >= CELL_CHARACTERS // 2 and fitting(text := neutral(cell)) != text:
                reasons += f"; {self._arrangement.header[place]}: was cut to {CELL_CHARACTERS:,} characters"
        parts.append(self._text(self._last, at, reasons, self._styles.reasons))
        parts += [
            self._cell(place, at, cell, right)
            for place, cell in enumerate(beyond[: SHEET_COLUMNS - self._last - 1], self._last + 1)
            if cell is not None
        ]
        parts.append("</row>")
        return "".join(parts)

    def _cell(self, place: int, at: int, cell: Cell, styles: Mapping[type, int]) -> str:
        cell = held(cell)
        if type(cell) is str:
            return self._text(place, at, cell, styles[str])
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

    def _text(self, place: int, at: int, text: str, style: int) -> str:
        start = f'{self._starts[place]}{at}" s="{style}"'
        if not text:
            return f"{start}/>"
        text = fitting(neutral(text))
        if _SPECIAL.search(text):
            text = _CONTROL.sub(_escaped, _LOOKS_ESCAPED.sub("_x005F_", escape(text)))
        return f'{start} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _escaped(match: re.Match[str]) -> str:
    return f"_x{ord(match[0]):04X}_"
