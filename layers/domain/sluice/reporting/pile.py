"""Rows that wait on disk, as the XML of sheets, until all rows have been read."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from gzip import GzipFile
from tempfile import TemporaryFile
from typing import IO, Final, cast

from sluice.reporting.categorised import CategorisedRow
from sluice.reporting.celltext import text_of
from sluice.reporting.cellxml import CellXml, cut_note
from sluice.reporting.errorbook import SHEET_BYTES
from sluice.reporting.excel import SHEET_COLUMNS, SHEET_ROWS
from sluice.reporting.rejected import ROW_TITLE
from sluice.reporting.resultframe import Looks
from sluice.schema.cells import Cell

#: Header of the column with the reasons.
REASON_TITLE: Final = "Reason"

_ADDED: Final = 2  # columns at most that follow those of the file
_NONE: Final = "There are no rows in this category."
_BLOCK_CHARACTERS = 256 * 1024
_COPY_BYTES = 1024**2
# Whole numbers from the first on want a format of their own, see `sluice.reporting.resultframe`; from the second on
# Excel does not show their last digits.
_LONG, _TOO_LONG = 10**11, 10**15
# Rows that column widths are taken from, and the widths themselves, in characters.
_SAMPLE = 200
_NARROWEST, _WIDEST, _WIDEST_REASON = 8, 40, 80
_FILTER_BUTTON = 3


class Spool:
    """The rows of one sheet in a file without a name, packed lightly since they only wait there.

    Parameters
    ----------
    files
        Whatever closes the file, and so removes it.
    """

    def __init__(self, files: ExitStack) -> None:
        self._file = files.enter_context(TemporaryFile())  # noqa: SIM115 - closed with the others
        self._packed = files.enter_context(GzipFile(fileobj=self._file, mode="wb", compresslevel=1))
        self._waiting: list[str] = []
        self._characters = self._bytes = 0
        self.rows = 1  # the header, which is written last

    @property
    def is_full(self) -> bool:
        """Whether the sheet has no room for another row."""
        return self.rows == SHEET_ROWS or self._bytes > SHEET_BYTES

    def put(self, row: str) -> None:
        """Add the XML of a row."""
        self.rows += 1
        self._waiting.append(row)
        self._characters += len(row)
        if self._characters > _BLOCK_CHARACTERS:
            self._flush()

    def end(self) -> None:
        """Let go of the memory that adding rows takes."""
        self._flush()
        self._packed.close()

    def pour(self, part: IO[bytes]) -> None:
        """Write the XML of all rows, once they have ended."""
        self._file.seek(0)
        with GzipFile(fileobj=self._file, mode="rb") as packed:
            shutil.copyfileobj(cast(IO[bytes], packed), part, _COPY_BYTES)

    def _flush(self) -> None:
        body = "".join(self._waiting).encode("utf-8", "replace")  # half a surrogate pair has no bytes
        self._bytes += self._packed.write(body)
        self._waiting.clear()
        self._characters = 0


class Pile:
    """The rows of one category.

    Column 0 has the row number, then come the file's own columns. Behind them are what was found and reasons, each only
    if a row of the category has one, in the order in which they turned up. Cells beyond the file's header, which no
    importer reads, follow last and have no header.

    Parameters
    ----------
    title
        Of the category.
    value_title
        Header of the column with the values that were found.
    titles
        The file's headers; those beyond what a sheet has room for are left out.
    xml, looks
        How cells are written, and how they look.
    files
        Whatever closes the files in the end.
    """

    def __init__(
        self, title: str, value_title: str, titles: Sequence[str], xml: CellXml, looks: Looks, files: ExitStack
    ) -> None:
        self.title = title
        self._value_title = value_title
        self.count = 0
        self._header = [ROW_TITLE, *titles[: SHEET_COLUMNS - 1 - _ADDED]]
        self._own = len(self._header) - 1
        self._longest = [len(text) + _FILTER_BUTTON for text in self._header]
        self._places: dict[str, int] = {}
        self._xml, self._looks, self._files = xml, looks, files
        self.sheets = [Spool(files)]

    @property
    def header(self) -> str:
        """The XML of row 1 of every sheet, once all rows are there."""
        cells = [self._xml.text(place, 1, title, self._looks.header) for place, title in enumerate(self._header)]
        return f'<row r="1">{"".join(cells)}</row>'

    @property
    def widths(self) -> list[int]:
        """Widths of the columns that show their headers and most of the first rows."""
        reason = self._places.get(REASON_TITLE)
        return [
            min(max(longest, _NARROWEST), _WIDEST_REASON if place == reason else _WIDEST)
            for place, longest in enumerate(self._longest)
        ]

    def add(self, row: CategorisedRow) -> None:
        """Put a row below those before it."""
        if self.sheets[-1].is_full:
            self.sheets[-1].end()
            self.sheets.append(Spool(self._files))
        cells = self._cells(row)
        if self.count < _SAMPLE:
            for place, cell in cells.items():
                if place < len(self._longest):
                    self._longest[place] = max(self._longest[place], len(text_of(cell)))
        at = self.sheets[-1].rows + 1
        body = [self._cell(place, at, cell) for place, cell in cells.items()]
        self.sheets[-1].put(f'<row r="{at}">{"".join(body)}</row>')
        self.count += 1

    def end(self) -> None:
        """Say so if there are no rows; then nothing is added any more."""
        if not self.count:
            self.sheets[0].put(f'<row r="2">{self._xml.text(0, 2, _NONE, self._looks.none)}</row>')
        self.sheets[-1].end()

    def _cells(self, row: CategorisedRow) -> dict[int, Cell]:
        """Cells that are not empty, by their places from left to right."""
        own, beyond = row.cells[: self._own], row.cells[self._own :]
        cells: dict[int, Cell] = {0: row.row}
        cells |= {place: cell for place, cell in enumerate(own, 1) if cell is not None}
        cut = [note for place, cell in cells.items() if (note := cut_note(self._header[place], cell))]
        reason = "; ".join([row.reason, *cut] if row.reason else cut)
        told = ((self._value_title, row.value), (REASON_TITLE, reason))
        added = {self._place(title): text for title, text in told if text}
        cells |= sorted(added.items())
        first = 1 + self._own + _ADDED
        cells |= {place: cell for place, cell in enumerate(beyond, first) if cell is not None and place < SHEET_COLUMNS}
        return cells

    def _place(self, title: str) -> int:
        if title not in self._places:
            self._places[title] = len(self._header)
            self._header.append(title)
            self._longest.append(len(title) + _FILTER_BUTTON)
        return self._places[title]

    def _cell(self, place: int, at: int, cell: Cell) -> str:
        is_long = isinstance(cell, int | float) and _LONG <= abs(cell) < _TOO_LONG and cell == cell // 1
        return self._xml.cell(place, at, cell, self._looks.long if is_long else self._looks.cells)
