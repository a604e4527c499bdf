"""An .xlsx workbook as a table: its sheet is cut as bytes, and read by a streaming parser where that cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from sluice.reading.archive import Archive
from sluice.reading.cells import cut_records
from sluice.reading.contract import Cut, Layout, Limits, Workspace
from sluice.reading.markup import Unknown, prolog
from sluice.reading.refusals import refusal, too_many_rows
from sluice.reading.rowcut import RowCutter
from sluice.reading.rowparse import STYLES, read_slice
from sluice.reading.strings import store_strings
from sluice.reading.styles import NO_FORMATS, number_formats
from sluice.reading.whole import stream_sheet
from sluice.reading.workbook import Sheet, Workbook
from sluice.rows.cell import Record

_VALUE = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:v|is)[\s>]")


class XlsxTable:
    """The first visible worksheet of a workbook that has a value; a `Table`.

    Parameters
    ----------
    file
        The upload.
    archive, book
        The same, opened.
    limits
        Of which ``max_rows`` counts rows below the header up to the last one that has a value in its slice.
    workspace
        Gets the shared strings and the number formats, once rows are asked for.

    Raises
    ------
    FileRefused
        ``empty-file`` when no sheet has a value; what opening the parts finds.
    """

    def __init__(self, file: BinaryIO, archive: Archive, book: Workbook, limits: Limits, workspace: Workspace) -> None:
        self._file, self._archive, self._book = file, archive, book
        self._limits, self._workspace = limits, workspace
        self._sheet = self._first_with_data()
        self._layout: Layout | None = None

    @property
    def layout(self) -> Layout:
        """See `Table.layout`."""
        if self._layout is None:
            self._layout = self._prepared()
        return self._layout

    def head(self, count: int) -> list[Record]:
        """See `Table.head`."""
        cuts = self._slices(0, count)
        records = (row for cut in cuts for row in read_slice(self.layout, cut.first_row, cut.body, self._workspace))
        return list(islice(records, count))

    def cut(self, after_row: int, chunk_rows: int) -> Iterator[Cut]:
        """See `Table.cut`; slices of very wide rows have fewer than ``chunk_rows``."""
        rows = 0
        for cut in self._slices(after_row, chunk_rows):
            rows += cut.rows
            if rows > self._limits.max_rows:
                raise too_many_rows(self._limits.max_rows)
            yield cut

    def _first_with_data(self) -> Sheet:
        for sheet in self._book.sheets:
            if _has_value(self._archive.stream(sheet.part)):
                return sheet
        raise refusal(
            "empty-file",
            "No sheet of the workbook that is shown has a value in it. Formulas count once the workbook was saved "
            "by a spreadsheet program.",
        )

    def _prepared(self) -> Layout:
        """Store what all slices need; a part of unknown shape leaves everything to the streaming reader."""
        part, styles = self._sheet.part, self._book.styles
        try:
            prefix = prolog(part, self._archive.stream(part), b"worksheet").prefix.decode()
            count, strings_prefix = self._stored_strings()
        except Unknown:
            return Layout("cells", self._sheet.name)
        formats = number_formats(styles, self._archive.read(styles)) if styles else NO_FORMATS
        self._workspace.write(STYLES, formats)
        details = {
            "prefix": prefix,
            "strings": count,
            "strings_prefix": strings_prefix,
            "date1904": self._book.date1904,
        }
        return Layout("xlsx", self._sheet.name, details=details)

    def _stored_strings(self) -> tuple[int, str]:
        part = self._book.strings
        return store_strings(part, self._archive.stream(part), self._workspace) if part else (0, "")

    def _slices(self, after_row: int, chunk_rows: int) -> Iterator[Cut]:
        """Cut as bytes; from the first markup on that cannot be, go on with the streaming reader."""
        index = 0
        if self.layout.format == "xlsx":
            part = self._sheet.part
            start = prolog(part, self._archive.stream(part), b"worksheet")
            cutter = RowCutter(part, start, after_row, chunk_rows)
            try:
                for piece in cutter.slices():
                    yield Cut(index, piece.first_row, piece.rows, body=piece.body)
                    index += 1
                return
            except Unknown:
                after_row = max(after_row, cutter.last_row)
        yield from cut_records(stream_sheet(self._file, self._sheet.name), after_row, chunk_rows, index)


def _has_value(blocks: Iterator[bytes]) -> bool:
    """Whether a sheet part, in UTF-8 or UTF-16, has a value or an inline string."""
    rest = b""
    for block in blocks:
        data = rest + block.replace(b"\0", b"")
        if _VALUE.search(data):
            return True
        rest = data[-64:]
    return False
