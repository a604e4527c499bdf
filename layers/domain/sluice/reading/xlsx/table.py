"""An .xlsx workbook as tables: a sheet is split as bytes, or parsed and rewritten where that is impossible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, partial
from itertools import islice
from typing import Any, BinaryIO

from sluice.model.errors import FileRejected
from sluice.model.recipe import How, Question
from sluice.reading.types import MAX_SLICE_BYTES, FileLayout, Limits, Segment, SheetFacts, Workspace
from sluice.reading.xlsx.archive import Archive
from sluice.reading.xlsx.parser import NO_FORMATS, STYLES, formats_of, number_formats, read_slice
from sluice.reading.xlsx.shared_strings import store_strings
from sluice.reading.xlsx.spelling import Rewriter, Row
from sluice.reading.xlsx.splitter import (
    Marks,
    RowSlice,
    RowSplitter,
    Unknown,
    filled_rows,
    hidden_rows,
    prolog,
)
from sluice.reading.xlsx.workbook import Sheet, Workbook
from sluice.schema.cells import Record

_VALUE = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:v|is)[\s>]")
# Rows that are counted at once.
_COUNTED_ROWS = 10_000


class XlsxBook:
    """A workbook; a `TabularFile`.

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
        self.file, self.archive, self.book = file, archive, book
        self.limits, self.workspace = limits, workspace
        self._tables = tuple(XlsxTable(self, sheet) for sheet in book.sheets if self._has_value(sheet))
        if all(table.is_hidden for table in self._tables):
            raise FileRejected("empty-file", case="no-saved-value")

    @property
    def tables(self) -> tuple[XlsxTable, ...]:
        """See `TabularFile.tables`."""
        return self._tables

    @property
    def decisions(self) -> dict[str, tuple[Any, How]]:
        """See `TabularFile.decisions`."""
        return {}

    @property
    def questions(self) -> tuple[Question, ...]:
        """See `TabularFile.questions`."""
        return ()

    @property
    def properties(self) -> dict[str, str]:
        """See `TabularFile.properties`."""
        return self.book.properties

    @cached_property
    def strings(self) -> tuple[int, str]:
        """Number of the shared strings, and the namespace prefix of their part; stored for all slices."""
        part = self.book.strings
        return store_strings(part, partial(self.archive.stream, part), self.workspace) if part else (0, "")

    @cached_property
    def formats(self) -> bytes:
        """The number formats, stored for all slices."""
        styles = self.book.styles
        formats = number_formats(styles, self.archive.read(styles)) if styles else NO_FORMATS
        self.workspace.write(STYLES, formats)
        return formats

    def _has_value(self, sheet: Sheet) -> bool:
        return _has_value(self.archive.stream(sheet.part))


class XlsxTable:
    """A worksheet of a workbook; a `Table`."""

    def __init__(self, book: XlsxBook, sheet: Sheet) -> None:
        self._book, self._sheet = book, sheet
        self._marks, self._hidden_rows = Marks(), 0

    @property
    def sheet(self) -> str:
        """See `Table.sheet`."""
        return self._sheet.name

    @property
    def is_hidden(self) -> bool:
        """See `Table.is_hidden`."""
        return self._sheet.is_hidden

    @property
    def facts(self) -> SheetFacts:
        """See `Table.facts`."""
        marks = self._marks
        columns, merged = tuple(marks.hidden_columns), tuple(sorted(marks.merged))
        return SheetFacts(self._hidden_rows, columns, merged, marks.is_filtered)

    @cached_property
    def layout(self) -> FileLayout:
        """See `Table.layout`."""
        try:
            prefix = prolog(self._sheet.part, self._blocks(), b"worksheet").prefix.decode()
        except Unknown:
            prefix = ""
        count, strings_prefix = self._book.strings
        _ = self._book.formats  # stored for the slices
        details = {
            "prefix": prefix,
            "strings": count,
            "strings_prefix": strings_prefix,
            "date1904": self._book.book.date1904,
            "recalculates": self._book.book.recalculates,
        }
        return FileLayout("xlsx", self.sheet, details=details)

    def head(self, count: int) -> list[Record]:
        """See `Table.head`."""
        segments, workspace = self._segments(0, count), self._book.workspace
        records = (row for each in segments for row in read_slice(self.layout, each.first_row, each.body, workspace))
        return list(islice(records, count))

    def split(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        """See `Table.split`; segments of very wide rows have fewer than ``chunk_rows``."""
        rows, limit = 0, self._book.limits.max_rows
        self._hidden_rows = 0
        for segment in self._segments(after_row, chunk_rows):
            rows += segment.rows
            self._hidden_rows += len(hidden_rows(segment.body or b""))
            if rows > limit:
                raise FileRejected("too-many-rows", limit=limit)
            yield segment

    def count_rows(self, after_row: int) -> int:
        """See `Table.count_rows`."""
        segments = self._segments(after_row, _COUNTED_ROWS)
        return sum(1 for segment in segments for _ in filled_rows(segment.body or b""))

    def _blocks(self) -> Iterator[bytes]:
        return self._book.archive.stream(self._sheet.part)

    def _segments(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        for index, piece in enumerate(self._slices(after_row, chunk_rows)):
            yield Segment(index, piece.first_row, piece.rows, body=piece.body)

    def _slices(self, after_row: int, chunk_rows: int) -> Iterator[RowSlice]:
        """Split as bytes; from the first markup on that cannot be split, rewrite the rows."""
        part, layout = self._sheet.part, self.layout
        try:
            splitter = RowSplitter(part, prolog(part, self._blocks(), b"worksheet"), after_row, chunk_rows)
            self._marks = splitter.marks
            for piece in splitter.slices():
                yield piece
                after_row = splitter.last_row
        except Unknown:
            self._marks = Marks()
            rows = Rewriter(part, formats_of(self._book.formats, layout), marks=self._marks).rows(self._blocks())
            yield from _joined((row for row in rows if row.number > after_row and row.has_value), chunk_rows)


def _joined(rows: Iterator[Row], chunk_rows: int) -> Iterator[RowSlice]:
    pending: list[Row] = []
    size = 0
    for row in rows:
        pending.append(row)
        size += len(row.body)
        if len(pending) == chunk_rows or size >= MAX_SLICE_BYTES:
            yield RowSlice(pending[0].number, len(pending), b"".join(each.body for each in pending))
            pending, size = [], 0
    if pending:
        yield RowSlice(pending[0].number, len(pending), b"".join(each.body for each in pending))


def _has_value(blocks: Iterator[bytes]) -> bool:
    """Whether a sheet part, in UTF-8 or UTF-16, has a value or an inline string."""
    rest = b""
    for block in blocks:
        data = rest + block.replace(b"\0", b"")
        if _VALUE.search(data):
            return True
        rest = data[-64:]
    return False
