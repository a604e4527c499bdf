"""A CSV file as a table: cut into byte ranges of the upload, or into slices where it is packed or in UTF-16."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import Final

from sluice.reading.cells import is_blank
from sluice.reading.contract import Cut, Layout, Limits
from sluice.reading.csvcut import MAX_RECORD_BYTES, RecordCutter, Records
from sluice.reading.delimiter import DELIMITERS, sniff_delimiter
from sluice.reading.encoding import UTF_8, WINDOWS, is_utf8, mixed, sniff_encoding, transcoded
from sluice.reading.refusals import refusal, too_many_rows
from sluice.rows.cell import Cell, Record

#: Bytes from the start that encoding and delimiter are told from.
SAMPLE_BYTES: Final = 256 * 1024

#: The csv module's own limit, 131,072, is below what `RecordCutter` lets through.
csv.field_size_limit(MAX_RECORD_BYTES)


class CsvTable:
    """A text table; a `Table`.

    Parameters
    ----------
    stream
        Gives the bytes of the text from an offset on, as often as it is called.
    ranges
        Whether the stream's offsets are the upload's: then cuts are byte ranges. A packed file has none.
    filename
        Breaks ties between delimiters.
    limits
        Of which ``max_rows`` counts rows below the header, blank ones too, except in slices wholly blank.

    Raises
    ------
    FileRefused
        ``empty-file``, ``not-a-spreadsheet``, ``unknown-encoding``; what reading the stream finds.
    """

    def __init__(self, stream: Callable[[int], Iterator[bytes]], ranges: bool, filename: str, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        sample = _first(stream(0), SAMPLE_BYTES)
        self._encoding, self._start = sniff_encoding(sample)
        self._transcoded = self._encoding.startswith("utf-16")
        self._ranges = ranges and not self._transcoded
        text = sample[self._start :].decode(self._encoding, "ignore")
        if not text.strip(DELIMITERS + '\r\n "'):
            raise refusal("empty-file", "No row of the file has a value in it.")
        self._delimiter, hint = _declared_delimiter(text)
        self._delimiter = self._delimiter or sniff_delimiter(text[hint:], filename)
        self._start += len(text[:hint].encode(self._encoding))
        self._multibyte = self._encoding == UTF_8 and not sample.isascii()

    @property
    def layout(self) -> Layout:
        """See `Table.layout`."""
        details = {"slices": UTF_8 if self._transcoded else self._encoding}
        return Layout("csv", "", self._encoding, self._delimiter, details)

    def head(self, count: int) -> list[Record]:
        """See `Table.head`."""
        records: list[Record] = []
        for piece in self._records(0, count):
            records.extend(read_records(self.layout, piece.first_row, piece.body))
            if len(records) >= count:
                break
        return records[:count]

    def cut(self, after_row: int, chunk_rows: int) -> Iterator[Cut]:
        """See `Table.cut`."""
        rows = 0
        for index, piece in enumerate(self._records(after_row, chunk_rows)):
            rows += piece.rows
            if rows > self._limits.max_rows:
                raise too_many_rows(self._limits.max_rows)
            self._settle_encoding(piece)
            if self._ranges:
                yield Cut(index, piece.first_row, piece.rows, piece.start, piece.end)
            else:
                yield Cut(index, piece.first_row, piece.rows, body=piece.body)

    def _records(self, after_row: int, chunk_rows: int) -> Iterator[Records]:
        blocks = self._stream(self._start)
        if self._transcoded:
            blocks = transcoded(blocks, self._encoding)
        return RecordCutter(blocks, self._delimiter.encode(), self._start).slices(after_row, chunk_rows)

    def _settle_encoding(self, piece: Records) -> None:
        """A file that began as plain ASCII shows only here whether it is UTF-8 or Windows-1252."""
        if self._encoding != UTF_8 or piece.body.isascii():
            return
        if is_utf8(piece.body):
            self._multibyte = True
        elif self._multibyte:
            raise mixed(piece.first_row)
        else:
            self._encoding = WINDOWS


def read_records(layout: Layout, first_row: int, body: bytes) -> Iterator[Record]:
    """Read the records of a slice of CSV; see `sluice.reading.read_cut`."""
    text = body.decode(str(layout.details["slices"]), "replace")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter or ",")
    for number, cells in enumerate(rows, first_row):
        record: list[Cell] = [cell or None for cell in cells]
        if not is_blank(record):
            yield number, record


def _first(blocks: Iterator[bytes], count: int) -> bytes:
    data = b""
    for block in blocks:
        data += block
        if len(data) >= count:
            break
    return data[:count]


def _declared_delimiter(text: str) -> tuple[str, int]:
    """The delimiter that a first line such as ``sep=;`` declares to Excel, and the length of that line."""
    match = re.match(r"sep=([,;\t|])(?:\r\n|\n|\r)", text, re.IGNORECASE)
    return (match[1], match.end()) if match else ("", 0)
