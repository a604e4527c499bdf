"""Rejected rows as the XML of a sheet.

XlsxWriter could write them too. For 700,000 rows of 10 columns, two cells of each marked, it took 141 s of CPU and
875 MB of disk where this takes 55 s and 40 MB (two cores, while others worked on them); a Lambda has 512 MB of disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.reporting.cellxml import CellXml, cut_note
from sluice.reporting.excel import SHEET_COLUMNS
from sluice.reporting.rejected import Arrangement, RejectedRow


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
        self._xml = CellXml(columns)
        self._styles = styles
        self._last = len(arrangement.header) - 1

    def header(self) -> str:
        """Row 1."""
        titles = enumerate(self._arrangement.header)
        cells = (self._xml.text(place, 1, title, self._styles.header) for place, title in titles)
        return f'<row r="1">{"".join(cells)}</row>'

    def row(self, at: int, row: RejectedRow, wrong: Mapping[int, str]) -> str:
        """The row of number ``at`` in the sheet; ``wrong`` are the places of its wrong cells."""
        own, beyond = self._arrangement.cells(row)
        if wrong:
            own += [None] * (max(wrong) - len(own))  # a cell that is missing is marked too
        xml, right, marked = self._xml, self._styles.right, self._styles.wrong
        parts = [f'<row r="{at}">', xml.cell(0, at, row.number, right)]
        reasons = row.reasons
        for place, cell in enumerate(own, 1):
            if place in wrong:
                parts.append(xml.cell(place, at, cell, marked))
            elif cell is not None:
                parts.append(xml.cell(place, at, cell, right))
            if note := cut_note(self._arrangement.header[place], cell):
                reasons += f"; {note}"
        parts.append(xml.text(self._last, at, reasons, self._styles.reasons))
        parts += [
            xml.cell(place, at, cell, right)
            for place, cell in enumerate(beyond[: SHEET_COLUMNS - self._last - 1], self._last + 1)
            if cell is not None
        ]
        parts.append("</row>")
        return "".join(parts)
