"""A CSV file as a table: split into byte ranges of the upload, or into slices where it is packed or in UTF-16.

`RecordSplitter` finds record ends in bytes, without parsing fields. `sniff_delimiter` chooses the delimiter.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from sluice.model.errors import FileRejected
from sluice.reading.cells import is_blank
from sluice.reading.encoding import UTF_8, WINDOWS, is_utf8, mixed, sniff_encoding, transcoded
from sluice.reading.types import FileLayout, Limits, Segment
from sluice.schema.cells import Cell, Record

#: Bytes from the start by which encoding and delimiter are found.
SAMPLE_BYTES: Final = 256 * 1024

#: A longer record is rejected: a quote that is never closed would make the rest of the file one cell. Excel's longest
#: cell has 32,767 characters (Microsoft, "Excel specifications and limits").
MAX_RECORD_BYTES: Final = 1024 * 1024
#: Bytes of a slice at most, to within a block; long records make slices of fewer rows.
MAX_SLICE_BYTES: Final = 16 * 1024 * 1024
DELIMITERS: Final = ",;\t|"
# Records of the sample by which the delimiter is chosen.
_RECORDS: Final = 100

# The csv module's own limit, 131,072, is below what `RecordSplitter` lets through.
csv.field_size_limit(MAX_RECORD_BYTES)


class CsvTable:
    """A text table; a `TabularFile`.

    Parameters
    ----------
    stream
        Returns the bytes of the text from an offset on; called several times.
    ranges
        Whether the stream's offsets are the upload's: then segments are byte ranges. Of a packed file they are not.
    filename
        Breaks ties between delimiters.
    limits
        Of which ``max_rows`` counts rows below the header, blank ones too, except in slices wholly blank.

    Raises
    ------
    FileRejected
        ``empty-file``, ``not-a-spreadsheet`` or ``unknown-encoding``; others while the stream is read.
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
            raise FileRejected("empty-file", case="no-row")
        self._delimiter, hint = _declared_delimiter(text)
        self._delimiter = self._delimiter or sniff_delimiter(text[hint:], filename)
        self._start += len(text[:hint].encode(self._encoding))
        self._multibyte = self._encoding == UTF_8 and not sample.isascii()

    @property
    def layout(self) -> FileLayout:
        """See `TabularFile.layout`."""
        details = {"slices": UTF_8 if self._transcoded else self._encoding}
        return FileLayout("csv", "", self._encoding, self._delimiter, details)

    @property
    def properties(self) -> dict[str, str]:
        """See `TabularFile.properties`."""
        return {}

    def other_sheets(self) -> tuple[str, ...]:
        """See `TabularFile.other_sheets`."""
        return ()

    def head(self, count: int) -> list[Record]:
        """See `TabularFile.head`."""
        records: list[Record] = []
        for piece in self._records(0, count):
            records.extend(read_records(self.layout, piece.first_row, piece.body))
            if len(records) >= count:
                break
        return records[:count]

    def split(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        """See `TabularFile.split`."""
        rows = 0
        for index, piece in enumerate(self._records(after_row, chunk_rows)):
            rows += piece.rows
            if rows > self._limits.max_rows:
                raise FileRejected("too-many-rows", limit=self._limits.max_rows)
            self._settle_encoding(piece)
            if self._ranges:
                yield Segment(index, piece.first_row, piece.rows, piece.start, piece.end)
            else:
                yield Segment(index, piece.first_row, piece.rows, body=piece.body)

    def _records(self, after_row: int, chunk_rows: int) -> Iterator[Records]:
        blocks = self._stream(self._start)
        if self._transcoded:
            blocks = transcoded(blocks, self._encoding)
        return RecordSplitter(blocks, self._delimiter.encode(), self._start).slices(after_row, chunk_rows)

    def _settle_encoding(self, piece: Records) -> None:
        """Decide between UTF-8 and Windows-1252 at the first slice that is not plain ASCII."""
        if self._encoding != UTF_8 or piece.body.isascii():
            return
        if is_utf8(piece.body):
            self._multibyte = True
        elif self._multibyte:
            raise mixed(piece.first_row)
        else:
            self._encoding = WINDOWS


def read_records(layout: FileLayout, first_row: int, body: bytes) -> Iterator[Record]:
    """Read the records of a slice of CSV; see `sluice.reading.read_segment`."""
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
    """Return the delimiter that a first line such as ``sep=;`` declares to Excel, and the length of that line."""
    match = re.match(r"sep=([,;\t|])(?:\r\n|\n|\r)", text, re.IGNORECASE)
    return (match[1], match.end()) if match else ("", 0)


@dataclass(frozen=True)
class Records:
    """Consecutive whole records.

    Parameters
    ----------
    first_row
        Number of the first, blank lines counted.
    rows
        How many, blank ones included.
    start, end
        Byte range in the stream that was split.
    body
        Their bytes.
    """

    first_row: int
    rows: int
    start: int
    end: int
    body: bytes


class RecordSplitter:
    """Splits a stream of ASCII-compatible text into records.

    A quote opens a quoted field only where a field begins, two quotes inside are one, and what follows the closing
    quote belongs to the field: the rules of the csv module, so that both see the same records.

    Parameters
    ----------
    blocks
        The text, without its byte order mark.
    delimiter
        One ASCII character.
    start
        Offset of the first block in the stream.
    """

    def __init__(self, blocks: Iterator[bytes], delimiter: bytes, start: int = 0) -> None:
        self._blocks = blocks
        self._delimiter = delimiter
        self._start = start
        self._row = 1
        mark = re.escape(delimiter)
        # A quote where a field begins, up to its closing quote or the end of the data; or the end of a record. Both
        # branches begin with a literal, so that the search runs at memchr's speed.
        self._token = re.compile(rb'"(?<![^%s\r\n]")(?>[^"]*(?:""[^"]*)*)("|\Z)|(\r\n|\n|\r)' % mark)

    def slices(self, after_row: int, chunk_rows: int) -> Iterator[Records]:
        """Split the records below a row number; slices that hold only delimiters are left out.

        Raises
        ------
        FileRejected
            ``damaged-file`` for a record without end; ``not-a-spreadsheet`` at a NUL byte.
        """
        wanted, skip = (after_row, True) if after_row else (chunk_rows, False)
        pending: list[bytes] = []
        rows = size = 0
        for data, ends in self._whole_records():
            at = taken = 0
            while len(ends) - taken >= wanted - rows:
                taken += wanted - rows
                pending.append(data[at : ends[taken - 1]])
                at = ends[taken - 1]
                yield from self._give(pending, wanted, skip)
                pending, rows, size, wanted, skip = [], 0, 0, chunk_rows, False
            pending.append(data[at:])
            rows += len(ends) - taken
            size += len(data) - at
            if size > MAX_SLICE_BYTES and not skip:
                yield from self._give(pending, rows, skip)
                pending, rows, size = [], 0, 0
        yield from self._give(pending, rows, skip)

    def _give(self, pending: list[bytes], rows: int, skip: bool) -> Iterator[Records]:
        body = b"".join(pending)
        row, start = self._row, self._start
        self._row += rows
        self._start += len(body)
        if not skip and body.translate(None, self._delimiter + b"\r\n\t "):
            yield Records(row, rows, start, self._start, body)

    def _whole_records(self) -> Iterator[tuple[bytes, list[int]]]:
        """Yield bytes that begin and end between records, and the end of each record in them."""
        rest = b""
        row = 1
        for block in self._blocks:
            if b"\0" in block:
                raise FileRejected("not-a-spreadsheet", case="nul")
            data = rest + block
            ends = self._ends(data)
            if ends and ends[-1] == len(data) and data.endswith(b"\r"):
                ends.pop()  # the other half of the line end may be in the next block
            end = ends[-1] if ends else 0
            if ends:
                yield data[:end], ends
            row += len(ends)
            rest = data[end:]
            if len(rest) > MAX_RECORD_BYTES:
                raise self._endless(row, rest)
        if rest:
            ends = self._ends(rest)
            if not ends or ends[-1] < len(rest):
                if self._opened(rest):
                    raise self._endless(row + len(ends), rest)
                ends.append(len(rest))
            yield rest, ends

    def _ends(self, data: bytes) -> list[int]:
        if b'"' in data:
            return [match.end() for match in self._token.finditer(data) if match[2]]
        ends = list(accumulate(map(len, data.splitlines(keepends=True))))
        if ends and not data.endswith((b"\n", b"\r")):
            ends.pop()
        return ends

    def _opened(self, data: bytes) -> bool:
        return any(match[1] == b"" for match in self._token.finditer(data))

    def _endless(self, row: int, rest: bytes) -> FileRejected:
        case = "unclosed-quote" if self._opened(rest) else "endless-record"
        return FileRejected("damaged-file", case=case, at_row=row)


def sniff_delimiter(sample: str, filename: str) -> str:
    """Choose the delimiter under which most records of the sample have equally many columns, more than one.

    Between equals the wider table wins, then the order of `DELIMITERS`; in a ``.tsv`` file the tab comes first.

    Parameters
    ----------
    sample
        Start of the text; its last record may be cut off.
    filename
        Breaks ties only.
    """
    order = "\t,;|" if filename.lower().endswith((".tsv", ".tab")) else DELIMITERS
    return max(order, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    widths = []
    try:
        for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if any(record):
                widths.append(len(record))
            if len(widths) > _RECORDS:
                break
    except csv.Error:
        return 0.0, 0
    whole = widths[:-1] if len(widths) > 1 else widths
    counts = Counter(width for width in whole if width > 1)
    if not counts:
        return 0.0, 0
    width, times = max(counts.items(), key=lambda item: (item[1], item[0]))
    return times / len(whole), width
