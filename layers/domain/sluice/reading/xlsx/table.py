"""An .xlsx workbook as a table: its sheet is split as bytes, or read by a streaming parser where that is impossible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from sluice.model.errors import FileRejected
from sluice.reading.cells import split_records
from sluice.reading.types import FileLayout, Limits, Segment, Workspace
from sluice.reading.whole_file import stream_sheet
from sluice.reading.xlsx.archive import Archive
from sluice.reading.xlsx.parser import NO_FORMATS, STYLES, number_formats, read_slice
from sluice.reading.xlsx.shared_strings import store_strings
from sluice.reading.xlsx.splitter import RowSplitter, Unknown, prolog
from sluice.reading.xlsx.workbook import Sheet, Workbook
from sluice.schema.cells import Record

_VALUE = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:v|is)[\s>]")


class XlsxTable:
    """The first visible worksheet of a workbook that has a value; a `TabularFile`.

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
    FileRejected
        ``empty-file`` when no sheet has a value; what opening the parts finds.
    """

    def __init__(self, file: BinaryIO, archive: Archive, book: Workbook, limits: Limits, workspace: Workspace) -> None:
        self._file, self._archive, self._book = file, archive, book
        self._limits, self._workspace = limits, workspace
        self._sheet = self._first_with_data()
        self._layout: FileLayout | None = None

    @property
    def layout(self) -> FileLayout:
        """See `TabularFile.layout`."""
        if self._layout is None:
            self._layout = self._prepared()
        return self._layout

    @property
    def properties(self) -> dict[str, str]:
        """See `TabularFile.properties`."""
        return self._book.properties

    def head(self, count: int) -> list[Record]:
        """See `TabularFile.head`."""
        segments = self._segments(0, count)
        records = (
            row for each in segments for row in read_slice(self.layout, each.first_row, each.body, self._workspace)
        )
        return list(islice(records, count))

    def other_sheets(self) -> tuple[str, ...]:
        """See `TabularFile.other_sheets`."""
        return tuple(sheet.name for sheet in self._book.sheets if sheet != self._sheet and self._has_data(sheet))

    def split(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        """See `TabularFile.split`; segments of very wide rows have fewer than ``chunk_rows``."""
        rows = 0
        for segment in self._segments(after_row, chunk_rows):
            rows += segment.rows
            if rows > self._limits.max_rows:
                raise FileRejected("too-many-rows", limit=self._limits.max_rows)
            yield segment

    def _first_with_data(self) -> Sheet:
        for sheet in self._book.sheets:
            if self._has_data(sheet):
                return sheet
        raise FileRejected("empty-file", case="no-saved-value")

    def _has_data(self, sheet: Sheet) -> bool:
        return _has_value(self._archive.stream(sheet.part))

    def _prepared(self) -> FileLayout:
        """Store what all slices need; for a part of unknown form, the streaming reader reads the whole sheet."""
        part, styles = self._sheet.part, self._book.styles
        try:
            prefix = prolog(part, self._archive.stream(part), b"worksheet").prefix.decode()
            count, strings_prefix = self._stored_strings()
        except Unknown:
            return FileLayout("cells", self._sheet.name)
        formats = number_formats(styles, self._archive.read(styles)) if styles else NO_FORMATS
        self._workspace.write(STYLES, formats)
        details = {
            "prefix": prefix,
            "strings": count,
            "strings_prefix": strings_prefix,
            "date1904": self._book.date1904,
        }
        return FileLayout("xlsx", self._sheet.name, details=details)

    def _stored_strings(self) -> tuple[int, str]:
        part = self._book.strings
        return store_strings(part, self._archive.stream(part), self._workspace) if part else (0, "")

    def _segments(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        """Split as bytes; from the first markup on that cannot be split, go on with the streaming reader."""
        index = 0
        if self.layout.format == "xlsx":
            part = self._sheet.part
            start = prolog(part, self._archive.stream(part), b"worksheet")
            splitter = RowSplitter(part, start, after_row, chunk_rows)
            try:
                for piece in splitter.slices():
                    yield Segment(index, piece.first_row, piece.rows, body=piece.body)
                    index += 1
                return
            except Unknown:
                after_row = max(after_row, splitter.last_row)
        yield from split_records(stream_sheet(self._file, self._sheet.name), after_row, chunk_rows, index)


def _has_value(blocks: Iterator[bytes]) -> bool:
    """Whether a sheet part, in UTF-8 or UTF-16, has a value or an inline string."""
    rest = b""
    for block in blocks:
        data = rest + block.replace(b"\0", b"")
        if _VALUE.search(data):
            return True
        rest = data[-64:]
    return False
