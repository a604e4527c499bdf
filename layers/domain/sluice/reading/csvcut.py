"""Text tables cut at record ends, as bytes, in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from sluice.reading.refusals import damaged, refusal

#: A record is refused beyond this: the sign of a quote that is never closed, which would else turn the rest of the
#: file into one cell. Excel's longest cell has 32,767 characters.
MAX_RECORD_BYTES: Final = 1024 * 1024
#: Bytes of a slice at most, to within a block; long records make slices of fewer rows.
MAX_SLICE_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True)
class Records:
    """Whole records.

    Parameters
    ----------
    first_row
        Number of the first, blank lines counted.
    rows
        How many, blank ones included.
    start, end
        Byte range in the stream that was cut.
    body
        Their bytes.
    """

    first_row: int
    rows: int
    start: int
    end: int
    body: bytes


class RecordCutter:
    """Cuts a stream of ASCII-compatible text into records.

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
        # A quote where a field begins up to its closing quote or the end of the data, or else the end of a record.
        # Both branches begin with a literal, so that the search runs at memchr's speed.
        self._token = re.compile(rb'"(?<![^%s\r\n]")(?>[^"]*(?:""[^"]*)*)("|\Z)|(\r\n|\n|\r)' % mark)

    def slices(self, after_row: int, chunk_rows: int) -> Iterator[Records]:
        """Cut the records below a row number; slices that hold nothing but delimiters are left out.

        Raises
        ------
        FileRefused
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
        """Bytes that begin and end between records, and where each record in them ends."""
        rest = b""
        row = 1
        for block in self._blocks:
            if b"\0" in block:
                raise refusal("not-a-spreadsheet", "The file has binary data in it. Save it as .xlsx or as CSV UTF-8.")
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

    def _endless(self, row: int, rest: bytes) -> Exception:
        if self._opened(rest):
            return damaged(f"a quote opens in row {row:,} and is never closed")
        return damaged(f"row {row:,} is longer than a megabyte")
