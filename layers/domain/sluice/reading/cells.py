"""Typed cells as JSON lines: the slices of files that only a whole-file reader can read, and tables of such cells.

Merged ranges stand behind the rows in a sheet: `plan` stores those of each chunk, and a worker fills them in.
"""

from __future__ import annotations

import json
import weakref
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, ClassVar, Final, cast

from sluice.model.errors import FileRejected
from sluice.model.recipe import How, Question
from sluice.reading.types import MAX_SLICE_BYTES, FileLayout, MergedRange, Segment, SheetFacts, Workspace
from sluice.schema.cells import (
    CELL_CHARACTERS,
    MERGED,
    TOO_LONG,
    Cell,
    CellError,
    FormattedNumber,
    InvalidValue,
    Record,
)

if TYPE_CHECKING:
    from sluice.reading.header import Header

# Characters of the rejected rows of a chunk, and of a text of those beyond them.
_REPORTED, _SHORT = 64 * 1024**2, 1_000

_BLOCK_BYTES: Final = 512 * 1024

_READ: dict[str, Callable[[Any], Cell]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda seconds: timedelta(seconds=seconds),
    "number": lambda number: FormattedNumber(*number),
    "error": CellError,
    "invalid": lambda invalid: CellError(invalid[0], InvalidValue(invalid[1])),
}


def _tagged(value: object) -> dict[str, object]:
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, time):
        return {"time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    if isinstance(value, FormattedNumber):
        return {"number": [value.value, value.text, value.currency]}
    if isinstance(value, CellError):
        return {"invalid": [value.text, value.reason.code]} if value.reason else {"error": value.text}
    raise TypeError(f"no cell holds {type(value)}")


def _untagged(pairs: dict[str, Any]) -> Cell:
    ((tag, value),) = pairs.items()
    return _READ[tag](value)


def is_blank(cells: list[Cell]) -> bool:
    """Whether a row holds nothing but empty cells and white space."""
    for cell in cells:  # noqa: SIM110 - called for every row: a generator takes three times as long
        if cell is not None and (not isinstance(cell, str) or cell.strip()):
            return False
    return True


def shortened(records: Iterable[Record]) -> Iterator[Record]:
    """Yield rows for a report, with an error in the place of each text that no cell of a spreadsheet holds.

    Very many rows can name one text: once they have `_REPORTED` characters, only short texts are kept of the others.
    """
    total, longest = 0, CELL_CHARACTERS
    for number, cells in records:
        total += sum(len(cell) for cell in cells if isinstance(cell, str) and len(cell) <= longest)
        yield number, [CellError(TOO_LONG) if isinstance(cell, str) and len(cell) > longest else cell for cell in cells]
        longest = CELL_CHARACTERS if total < _REPORTED else _SHORT


def write_cells(records: Iterable[Record]) -> bytes:
    """Write records as JSON lines ``[row, [cell, …]]``."""
    return b"".join(json.dumps(record, default=_tagged).encode() + b"\n" for record in records)


def read_cells(body: bytes) -> Iterator[Record]:
    """Read what `write_cells` wrote."""
    for line in body.splitlines():
        number, cells = json.loads(line, object_hook=_untagged)
        yield number, cells


def encode_cells(cells: list[Cell]) -> bytes:
    """Write the cells of a record as `write_cells` does."""
    return json.dumps(cells, default=_tagged).encode()


@dataclass(frozen=True)
class StoredSheet:
    """A worksheet whose rows are lines of a file, as `write_cells` writes them.

    Parameters
    ----------
    name
        Its name.
    is_hidden
        Whether a spreadsheet program hides it.
    start, end
        Where its lines begin and end in the file.
    overflows
        Whether it has more rows than an importer takes, so that not all are there.
    hidden, hidden_columns
        Numbers of its hidden rows; first and last place of ranges of hidden columns.
    merged
        Its ranges of merged cells.
    days_later
        Days between day 0 of Excel's usual calendar and that of the file.
    """

    name: str
    is_hidden: bool
    start: int
    end: int
    overflows: bool
    hidden: tuple[int, ...]
    hidden_columns: tuple[tuple[int, int], ...]
    merged: tuple[MergedRange, ...]
    days_later: int

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> StoredSheet:
        """Build a sheet of its fields, which have been through JSON."""
        columns, merged = (tuple(map(tuple, stored[key])) for key in ("hidden_columns", "merged"))
        return cls(**{**stored, "hidden": tuple(stored["hidden"]), "hidden_columns": columns, "merged": merged})


class CellBook:
    """A file of which a whole-file reader reads each sheet at once; a `TabularFile`."""

    decisions: ClassVar[dict[str, tuple[Any, How]]] = {}
    questions: ClassVar[tuple[Question, ...]] = ()
    properties: ClassVar[dict[str, str]] = {}

    def __init__(self, tables: Sequence[CellTable]) -> None:
        self._tables = tables

    @property
    def tables(self) -> Sequence[CellTable]:
        """See `TabularFile.tables`."""
        return self._tables


class RowsFile:
    """The lines of all sheets, in a file that is closed when no sheet needs it any more."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        weakref.finalize(self, file.close)

    def lines(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the lines between two places, without their ends."""
        rest, at = b"", start
        while at < end:
            self._file.seek(at)  # each time, because sheets may be read by turns
            block = self._file.read(min(_BLOCK_BYTES, end - at))
            at += len(block)
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            yield from lines


class CellTable:
    """A sheet whose rows lie in a file of this machine; a `Table`.

    Parameters
    ----------
    sheet
        The sheet.
    rows
        The file.
    max_rows
        Rows below the header at most.
    """

    def __init__(self, sheet: StoredSheet, rows: RowsFile, max_rows: int) -> None:
        self.sheet, self.is_hidden = sheet.name, sheet.is_hidden
        self.layout = FileLayout("cells", sheet.name, details={"days_later": sheet.days_later})
        self._stored, self._rows, self._max_rows = sheet, rows, max_rows
        merged = tuple(sorted(sheet.merged))
        self.facts = SheetFacts(len(sheet.hidden), sheet.hidden_columns, merged, hidden=sheet.hidden)

    def head(self, count: int) -> list[Record]:
        """See `Table.head`."""
        return [record for _, line in islice(self._lines(0), count) for record in read_cells(line)]

    def split(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        """See `Table.split`; segments of very long rows have fewer than ``chunk_rows``."""
        lines: list[bytes] = []
        first = index = size = 0
        for rows, (number, line) in enumerate(self._lines(after_row), 1):
            first = first if lines else number
            lines.append(line)
            size += len(line)
            if rows > self._max_rows:
                raise FileRejected("too-many-rows", limit=self._max_rows)
            if len(lines) == chunk_rows or size > MAX_SLICE_BYTES:
                yield _segment(index, first, lines)
                index, lines, size = index + 1, [], 0
        if self._stored.overflows:
            raise FileRejected("too-many-rows", limit=self._max_rows)
        if lines:
            yield _segment(index, first, lines)

    def count_rows(self, after_row: int) -> int:
        """See `Table.count_rows`."""
        return sum(1 for _ in self._lines(after_row))

    def _lines(self, after_row: int) -> Iterator[tuple[int, bytes]]:
        """Yield the number and the line of each row below a row number."""
        for line in self._rows.lines(self._stored.start, self._stored.end):
            number = int(line[1 : line.index(b",")])
            if number > after_row:
                yield number, line


def _segment(index: int, first_row: int, lines: list[bytes]) -> Segment:
    return Segment(index, first_row, len(lines), body=b"\n".join([*lines, b""]))


# ---------------------------------------------------------------------- merged cells

#: A merged range, and the value of its first cell; ``None`` as long as its row was not read.
Merged = tuple[int, int, int, int, Cell]


def plan_merged(
    header: Header,
    merged: Sequence[MergedRange],
    segments: Sequence[Segment],
    read: Callable[[Segment], Iterable[Record]],
    workspace: Workspace,
) -> tuple[int, ...]:
    """Store the merged ranges of each chunk of a sheet; return the indexes of the chunks that have some.

    A range may go over several chunks: the later ones get the value of its first cell with it. Segments are numbered
    as the chunks; ``read`` reads the records of one.
    """
    starts = [segment.first_row for segment in segments]
    _reject_overlaps(header, merged)
    ranges: dict[int, list[MergedRange]] = {}
    outside: dict[int, set[tuple[int, int]]] = {}
    for each in merged if starts else ():
        first, last, left, right = each
        if first > header.row and any(left <= place <= right for place in header.fields):
            begins, ends = (max(0, bisect_right(starts, row) - 1) for row in (first, last))
            for at in range(begins, ends + 1):
                ranges.setdefault(at, []).append(each)
            if ends > begins:
                outside.setdefault(begins, set()).add((first, left))
    values = {
        (number, left): cells[left]
        for at, wanted in outside.items()
        for rows in [{row for row, _ in wanted}]
        for number, cells in read(segments[at])
        for left in range(len(cells))
        if number in rows and (number, left) in wanted
    }
    for at, found in ranges.items():
        kept = [(each[0], [*each[1:], values.get((each[0], each[2]))]) for each in found]
        workspace.write(_name(segments[at].index), write_cells(kept))
    return tuple(segments[at].index for at in ranges)


def _reject_overlaps(header: Header, merged: Sequence[MergedRange]) -> None:
    """Reject a sheet whose merged ranges overlap, which no program writes: each row would be in thousands of them."""
    places, open_until = sorted(header.fields), list[int]()
    for first, last, left, right in merged:
        if last > header.row and bisect_right(places, right) > bisect_left(places, left):
            while open_until and open_until[0] < first:
                heappop(open_until)
            heappush(open_until, last)
            if len(open_until) > len(places):
                raise FileRejected("damaged-file", case="merged-overlap", at_row=first)


def spans_of(header: Header, merged: Iterable[MergedRange]) -> tuple[tuple[int, int], ...]:
    """Return the first and the last place of the titles that are merged over several columns."""
    return tuple((left, right) for first, last, left, right in merged if _is_span(header, first, last, left, right))


def _is_span(header: Header, first: int, last: int, left: int, right: int) -> bool:
    """Whether a merged range gives a matched column a title that goes over columns without one."""
    is_title = first <= header.row <= last and left < right and left in header.fields
    return is_title and not any(header.titles[left + 1 : right + 1])


def read_merged(index: int, workspace: Workspace) -> list[Merged]:
    """Read the merged ranges of a chunk."""
    return [cast(Merged, (first, *rest)) for first, rest in read_cells(workspace.read(_name(index)))]


def _name(index: int) -> str:
    return f"{index:06d}.merged"


def fill_spans(record: Record, spans: Iterable[tuple[int, int]]) -> Record:
    """Make an error of a cell below a title that is merged over several columns, if the row has values in others."""
    number, cells = record
    for first, last in spans:
        if any(cell is not None for cell in cells[first + 1 : last + 1]):
            cells = [*cells[:first], CellError(MERGED), *cells[first + 1 :]]
    return number, cells


def fill_merged(records: Iterable[Record], merged: Sequence[Merged]) -> Iterator[Record]:
    """Fill merged cells in: a row has the value of a cell that is merged with cells above it in the same column.

    A cell becomes an error if it is merged with one of another column, because nothing says whether the value is that
    of both; or if it has another value than the merged cell, which hides it.

    Parameters
    ----------
    records
        In the order of their rows; a row without a value of its own is none, even if a merged cell covers it.
    merged
        Merged ranges by their first rows, each with the value of its first cell; ``None`` if that is among the records.
    """
    waiting, covering = deque(merged), list[Merged]()
    for number, cells in records:
        while waiting and waiting[0][0] <= number:
            covering.append(waiting.popleft())
        covering = [_begun(each, number, cells) for each in covering if each[1] >= number]
        yield number, _filled(cells, covering) if covering else cells


def _begun(merged: Merged, number: int, cells: list[Cell]) -> Merged:
    """Return a range with its value, if the row is its first one."""
    first, last, left, right, value = merged
    return (first, last, left, right, value if number > first else (*cells, *[None] * (left + 1))[left])


def _filled(cells: list[Cell], covering: list[Merged]) -> list[Cell]:
    filled = list(cells)
    for _, _, left, right, value in covering:
        if value is None:
            filled[left : right + 1] = [cell and CellError(MERGED) for cell in filled[left : right + 1]]
        else:
            filled += [None] * (right + 1 - len(filled))
            filled[left] = value if filled[left] in (None, value) else CellError(MERGED)
            filled[left + 1 : right + 1] = [CellError(MERGED)] * (right - left)
    return filled
