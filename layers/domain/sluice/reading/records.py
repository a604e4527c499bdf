"""Records of delimited text: their fields, by delimiter and quoting, and where in a stream of bytes they end.

The csv module reads what is regular. A stream is split and a slice is read by the same `Dialect`, so both see the same
records. A record that the module rejects is read field by field: blanks around quotes are dropped, and a quote that is
closed in the middle of a field, or not at all, breaks the row.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from sluice.model.errors import FileRejected
from sluice.model.rejection import REPORT_TITLES
from sluice.reading.cells import is_blank
from sluice.reading.types import MAX_SLICE_BYTES, FileLayout
from sluice.schema.cells import BrokenRow, Cell, Record
from sluice.schema.text import may_be_wrapped, unwrapped

#: A longer record is rejected: a quote that is never closed would make the rest of the file one cell. Excel's longest
#: cell has 32,767 characters (Microsoft, "Excel specifications and limits").
MAX_RECORD_BYTES: Final = 1024 * 1024
#: Ways to quote a field: the quote, and whether a backslash escapes it. Two quotes inside of a field are always one.
QUOTINGS: Final = {
    "double": ('"', False),
    "single": ("'", False),
    "double-backslash": ('"', True),
    "single-backslash": ("'", True),
}
# The byte order mark of a file that was appended to another; decoded, and byte by byte.
_MARKS: Final = ("\ufeff", "\xef\xbb\xbf")
# What stands for an escaped quote and an escaped backslash; noncharacters are in no text (Unicode, section 23.7).
_QUOTE, _BACKSLASH = "\ufdd0", "\ufdd1"
# Lines in which the end of an irregular record is looked for, before all of them are searched.
_WINDOWS: Final = (1, 16, 256)
_LINE_END = re.compile("\r\n?|\n")

# The csv module's own limit, 131,072, is below what `RecordSplitter` lets through.
csv.field_size_limit(MAX_RECORD_BYTES)


class Dialect:
    """How the fields of a text are separated and quoted.

    Parameters
    ----------
    delimiter
        One ASCII character.
    quoting
        One of `QUOTINGS`.
    """

    def __init__(self, delimiter: str, quoting: str = "double") -> None:
        self.delimiter, self.quoting = delimiter, quoting
        self.quote, self._is_escaped = QUOTINGS[quoting]
        quote, mark = re.escape(self.quote), re.escape(delimiter)
        blanks = " *+" if delimiter == "\t" else r"[ \t]*+"
        inside = rf"{blanks}{quote}(?P<inside>[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+)"
        self._quoted = re.compile(rf"{inside}{quote}{blanks}(?=[{mark}\r\n]|\Z)")
        self._unclosed = re.compile(rf"{inside}\Z")
        self._bare = re.compile(rf"{blanks}(?P<inside>[^{mark}\r\n]*+)")
        self._blanks = re.compile(rf"(?:^|[{mark}\r\n])({blanks[:-2]}+){quote}")
        self._options: dict[str, Any] = {"delimiter": delimiter, "quotechar": self.quote, "strict": True}

    def rows(self, text: str, *, is_cut: bool = False) -> Iterator[list[str]]:
        """Read the records of whole lines, blank ones too; one that cannot be read is a `BrokenRow`.

        A quote that is open at the end breaks its row, because it is closed in the middle of a field of a later slice:
        else the text would not have been split there. Where the text is cut, such a record is left out.
        """
        rows = self._rows(text, takes_open=not is_cut)
        return map(self._restored, rows) if self._is_escaped or _MARKS[0] in text else rows

    def _rows(self, text: str, *, takes_open: bool) -> Iterator[list[str]]:
        lines = self._prepared(text, _lines(text))
        options, is_regular = self._reader(text)
        start = 0
        if is_regular:  # what `_records` does, in less time
            reader = csv.reader(lines, **options)
            with suppress(csv.Error):
                for row in reader:
                    start = reader.line_num
                    yield row
        for row, _ in self._records(text, lines, start, takes_open=takes_open):
            yield row

    def _restored(self, row: list[str]) -> list[str]:
        """Take a mark off the first cell, and put what was escaped back in its place."""
        if row:
            row[0] = row[0].removeprefix(_MARKS[0])
        if self._is_escaped:
            row[:] = [cell.replace(_QUOTE, self.quote).replace(_BACKSLASH, "\\") for cell in row]
        return row

    def ends(self, data: bytes) -> list[int]:
        """Return the offset behind each record of whole lines, but for a last one in which a quote stays open."""
        offsets = list(accumulate(map(len, data.splitlines(keepends=True))))
        if self._has_whole_lines(data):
            return offsets
        text = data.decode("latin-1")
        prepared = self._prepared(text, _lines(text))
        options, is_regular = self._reader(text)
        found: list[int] = []
        if is_regular:  # what `_records` does, in a third of the time
            reader = csv.reader(prepared, **options)
            with suppress(csv.Error):
                found.extend(reader.line_num for _ in reader)
        start = found[-1] if found else 0
        found.extend(done for _, done in self._records(text, prepared, start, takes_open=False))
        return [offsets[done - 1] for done in found]

    def _has_whole_lines(self, data: bytes) -> bool:
        """Whether each quote begins or ends a field or is doubled in one, and none goes over a line end.

        The csv module reads such a text line by line; to ask it takes four times as long.
        """
        parts = data.split(self.quote.encode())
        outside, inside = parts[::2], b"".join(parts[1::2])
        if len(parts) > 1 and (self._is_escaped or len(parts) % 2 == 0 or b"\n" in inside or b"\r" in inside):
            return False
        edges = {part[:1] for part in outside[1:]} | {part[-1:] for part in outside[:-1]}
        return edges <= {b"", self.delimiter.encode(), b"\r", b"\n"}  # nothing is outside of two quotes in a row

    def _prepared(self, text: str, lines: list[str]) -> list[str]:
        for mark in _MARKS:
            if mark in text:  # another one than before a quote may be in a value
                quoted = mark + self.quote
                lines = [line.removeprefix(mark) if line.startswith(quoted) else line for line in lines]
        if self._is_escaped and "\\" in text:
            quote = f"\\{self.quote}"
            lines = [line.replace("\\\\", _BACKSLASH).replace(quote, _QUOTE) for line in lines]
        return lines

    def _reader(self, text: str) -> tuple[dict[str, Any], bool]:
        """Return the options of the csv module, and whether it can read the text; it skips no tabs before a quote."""
        has_blanks = self.quote in text and (f" {self.quote}" in text or f"\t{self.quote}" in text)
        blanks = set(self._blanks.findall(text)) if has_blanks else set()
        return self._options | {"skipinitialspace": bool(blanks)}, not any("\t" in each for each in blanks)

    def _records(
        self, text: str, lines: list[str], start: int = 0, *, takes_open: bool
    ) -> Iterator[tuple[list[str], int]]:
        """Yield the cells of each record, and its end in lines; an open quote stops it unless it is taken."""
        options, is_regular = self._reader(text)
        while start < len(lines):
            # by index, because a copy of what follows would be made for each irregular record
            rest = map(lines.__getitem__, range(start, len(lines))) if start else lines
            reader = csv.reader(rest, **options)
            done = 0
            try:
                for cells in reader if is_regular else ():
                    done = reader.line_num
                    yield cells, start + done
            except csv.Error:
                start += done
            else:
                if is_regular:
                    return
            found = self._irregular(lines, start, takes_open=takes_open)
            if found is None:
                return
            start += found[1]
            yield found[0], start

    def _irregular(self, lines: list[str], start: int, *, takes_open: bool) -> tuple[list[str], int] | None:
        """Read a record field by field; return its cells and its number of lines."""
        for window in (*_WINDOWS, len(lines)):
            text = "".join(lines[start : start + window])
            if found := self._record(text, takes_open=takes_open and window == len(lines)):
                cells, end = found
                return cells, len(_lines(text[:end]))
        return None

    def _record(self, text: str, *, takes_open: bool) -> tuple[list[str], int] | None:
        """Read the first record of a text; return its cells and its end, or ``None`` if an open quote is not taken."""
        cells: list[str] = []
        at, is_broken = 0, False
        while True:
            if match := self._quoted.match(text, at):
                cells.append(match["inside"].replace(self.quote * 2, self.quote))
            elif not takes_open and self._unclosed.match(text, at):
                return None
            elif match := self._bare.match(text, at):
                cells.append(match["inside"])
                is_broken = is_broken or match["inside"].startswith(self.quote)
            at = match.end() if match else len(text)
            if not text.startswith(self.delimiter, at):
                break
            at += 1
        end = at + (2 if text.startswith("\r\n", at) else at < len(text))
        return BrokenRow("quotes", cells) if is_broken else cells, end


def _lines(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


def read_records(
    layout: FileLayout, first_row: int, body: bytes, titles: Sequence[str] | None = None
) -> Iterator[Record]:
    """Read the records of a slice of CSV; see `sluice.reading.read_segment`.

    The cells of our own reports are as they stand: their marks say what is escaped, which `sluice.usecases.corrections`
    undoes, and text without a mark may be that of a workbook, in which an apostrophe is content. Without ``titles`` a
    report is recognised by its header, in the first row that has one of its titles.
    """
    text = body.decode(str(layout.details["slices"])).rstrip("\x1a")  # DOS ends a text with it
    dialect = Dialect(layout.delimiter or ",", str(layout.details["quoting"]))
    wraps = REPORT_TITLES.isdisjoint(titles or ()) and may_be_wrapped(text)
    fields = len(titles or ())
    titled = max((at for at, title in enumerate(titles or (), 1) if title), default=MAX_RECORD_BYTES)
    swallows = _Swallows(text, dialect, range(max(titled, 2), fields + 1))
    may_swallow = swallows.may_be
    for number, cells in enumerate(dialect.rows(text), first_row):
        if type(cells) is BrokenRow:
            yield number, cells
            continue
        if may_swallow and swallows.include(cells):
            yield number, BrokenRow("quotes", cells)
            continue
        if wraps and titles is None:
            wraps = REPORT_TITLES.isdisjoint(cells)
        read: Sequence[Cell] = [c if c[:1].isalnum() else unwrapped(c) for c in cells] if wraps else cells
        record: list[Cell] = [cell or None for cell in read] if "" in read else [*read]
        if not is_blank(record):
            is_wider = len(record) > titled
            yield number, _fitting(record, titled, fields, dialect) if is_wider else record


class _Swallows:
    """Recognises records whose quoted value has taken in the lines behind it, because two quotes stand alone.

    Of ``K-3;"Quick;2;B`` and, a line below, ``K-4;Tube 3";2;B`` the rules of quotes make one record. But each of these
    lines, read without them, is as wide as the header (``widths``), which lines of an address are not.
    """

    def __init__(self, text: str, dialect: Dialect, widths: range) -> None:
        inside = "".join(text.split(dialect.quote)[1::2]) if widths and dialect.quote in text else ""
        #: Whether a quoted value may have several lines; most files have none.
        self.may_be = "\n" in inside or "\r" in inside
        self._widths = widths
        # a comma of prose has a blank behind it; where those between fields have one, too, it says nothing
        is_spaced = self.may_be and f"{dialect.delimiter} {dialect.quote}" in text
        self._mark = re.compile(f"{re.escape(dialect.delimiter)}{'' if is_spaced else '(?! )'}")

    def include(self, cells: list[str]) -> bool:
        """Whether each line of a record is a row of its own."""
        if not _LINE_END.search("".join(cells)):
            return False
        counts = [0]
        for cell in cells:
            first, *lines = _LINE_END.split(cell)
            counts[-1] += 1 + len(self._mark.findall(first)) if lines else 1
            counts += [1 + len(self._mark.findall(line)) for line in lines if line.strip()]
        return len(counts) > 1 and all(count in self._widths for count in counts)


def _fitting(cells: list[Cell], titled: int, fields: int, dialect: Dialect) -> list[Cell]:
    """Mark a row with a value behind the last title or the header's last field: a delimiter in a value is not quoted.

    A value in a field that the header row has, too, is a remark. But right behind the last title it may be the rest of
    a row with a comma in a value, in a file whose header row alone ends with one.
    """
    is_remark = len(cells) <= fields and dialect.delimiter != ","
    if is_remark or (is_blank(cells[titled : titled + 1]) and is_blank(cells[fields:])):
        return cells
    found = max(at for at, cell in enumerate(cells, 1) if cell is not None)
    return BrokenRow("surplus-values", cells, found=found, titles=titled)


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
    """Splits a stream of text, in an encoding in which a byte below 0x80 is always ASCII, into records.

    Parameters
    ----------
    blocks
        The text, without its byte order mark.
    dialect
        How it is delimited and quoted.
    start
        Offset of the first block in the stream.
    """

    def __init__(self, blocks: Iterator[bytes], dialect: Dialect, start: int = 0) -> None:
        self._blocks = blocks
        self._dialect = dialect
        self._start = start
        self._row = 1
        self._filling = dialect.delimiter.encode() + b"\r\n\t "

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
        for data, ends in self.whole_records():
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
        if not skip and body.translate(None, self._filling):
            yield Records(row, rows, start, self._start, body)

    def whole_records(self) -> Iterator[tuple[bytes, list[int]]]:
        """Yield bytes that begin and end between records, and the end of each record in them."""
        rest = b""
        row = 1
        for block in self._blocks:
            if (at := block.find(0)) >= 0:
                above = self._dialect.ends(rest + block[:at] + b"x")  # the row of the byte is the last of these
                raise FileRejected("not-a-spreadsheet", case="nul", at_row=row + len(above) - 1)
            data = rest + block
            whole = max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1  # the other half of a \r may be to come
            ends = self._dialect.ends(data[:whole])
            end = ends[-1] if ends else 0
            if ends:
                yield data[:end], ends
            row += len(ends)
            rest = data[end:]
            if len(rest) > MAX_RECORD_BYTES:
                raise self._endless(row, rest)
        if rest:
            ends = self._dialect.ends(rest)
            if not ends or ends[-1] < len(rest):
                raise self._endless(row + len(ends), rest)
            yield rest, ends

    def _endless(self, row: int, rest: bytes) -> FileRejected:
        ends = self._dialect.ends(rest)
        is_open = not ends or ends[-1] < len(rest)
        case = "unclosed-quote" if is_open else "endless-record"
        return FileRejected("damaged-file", case=case, at_row=row + (len(ends) if is_open else 0))


def row_at(blocks: Iterator[bytes], dialect: Dialect, offset: int | None) -> tuple[int, bytes]:
    """Return the number and the bytes of the record at an offset of a stream, or of the last one."""
    row, passed, last = 1, 0, (1, b"")
    for data, ends in RecordSplitter(blocks, dialect).whole_records():
        if offset is not None and offset < passed + len(data):
            at = bisect_right(ends, offset - passed)
            return row + at, data[ends[at - 1] if at else 0 : ends[at]]
        passed += len(data)
        row += len(ends)
        last = row - 1, data[ends[-2] if len(ends) > 1 else 0 :]
    return last
