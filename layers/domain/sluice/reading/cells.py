"""Typed cells as JSON lines: the slices of files that only a whole-file reader can read, and tables of such cells.

Merged ranges stand behind the rows in a sheet: `plan` stores those of each chunk, and a worker fills them in.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, cast

from sluice.model.errors import FileRejected
from sluice.model.recipe import How, Question
from sluice.reading.header import Header
from sluice.reading.types import FileLayout, MergedRange, Segment, SheetFacts, WholeSheet, Workspace
from sluice.schema.cells import MERGED, Cell, CellError, Record

_READ: dict[str, Callable[[Any], Cell]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda seconds: timedelta(seconds=seconds),
    "error": CellError,
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
    if isinstance(value, CellError):
        return {"error": value.text}
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


def write_cells(records: Iterable[Record]) -> bytes:
    """Write records as JSON lines ``[row, [cell, …]]``."""
    return b"".join(json.dumps(record, default=_tagged).encode() + b"\n" for record in records)


def read_cells(body: bytes) -> Iterator[Record]:
    """Read what `write_cells` wrote."""
    for line in body.splitlines():
        number, cells = json.loads(line, object_hook=_untagged)
        yield number, cells


def split_records(
    records: Iterable[Record], after_row: int, chunk_rows: int, first_index: int = 0
) -> Iterator[Segment]:
    """Split the records below a row number into segments; blank rows are left out."""
    chunk: list[Record] = []
    index = first_index
    for record in records:
        if record[0] > after_row and not is_blank(record[1]):
            chunk.append(record)
        if len(chunk) == chunk_rows:
            yield Segment(index, chunk[0][0], len(chunk), body=write_cells(chunk))
            index, chunk = index + 1, []
    if chunk:
        yield Segment(index, chunk[0][0], len(chunk), body=write_cells(chunk))


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


class CellTable:
    """A sheet of which all records are in memory; a `Table`.

    Parameters
    ----------
    sheet
        The sheet.
    max_rows
        Rows below the header at most.
    """

    def __init__(self, sheet: WholeSheet, max_rows: int) -> None:
        self.sheet, self.is_hidden = sheet.name, sheet.is_hidden
        self.layout = FileLayout("cells", sheet.name)
        self._records = [record for record in sheet.records if not is_blank(record[1])]
        self._max_rows = max_rows
        filled = {number for number, _ in self._records}
        hidden, columns = tuple(sorted(filled.intersection(sheet.hidden))), tuple(sheet.hidden_columns)
        self.facts = SheetFacts(len(hidden), columns, tuple(sorted(sheet.merged)), hidden=hidden)

    def head(self, count: int) -> list[Record]:
        """See `Table.head`."""
        return self._records[:count]

    def split(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        """See `Table.split`."""
        if self.count_rows(after_row) > self._max_rows:
            raise FileRejected("too-many-rows", limit=self._max_rows)
        return split_records(self._records, after_row, chunk_rows)

    def count_rows(self, after_row: int) -> int:
        """See `Table.count_rows`."""
        return sum(number > after_row for number, _ in self._records)


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
        for number, cells in read(segments[at])
        for left in range(len(cells))
        if (number, left) in wanted
    }
    for at, found in ranges.items():
        kept = [(each[0], [*each[1:], values.get((each[0], each[2]))]) for each in found]
        workspace.write(_name(segments[at].index), write_cells(kept))
    return tuple(segments[at].index for at in ranges)


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
        if value is not None:
            filled += [None] * (right + 1 - len(filled))
            filled[left] = value if filled[left] in (None, value) else CellError(MERGED)
            filled[left + 1 : right + 1] = [CellError(MERGED)] * (right - left)
    return filled
