"""Typed cells as JSON lines: the slices of files that only a whole-file reader can read, and a table of such cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from sluice.model.errors import FileRejected
from sluice.reading.types import FileLayout, Segment
from sluice.schema.cells import Cell, CellError, Record

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


class CellTable:
    """A file of which all records are in memory; a `TabularFile`.

    Parameters
    ----------
    sheet
        Name of the sheet.
    records
        Its records.
    others
        Names the other visible sheets with data.
    max_rows
        Rows below the header at most.
    """

    def __init__(
        self, sheet: str, records: Iterator[Record], others: Callable[[], tuple[str, ...]], max_rows: int
    ) -> None:
        self._records = [record for record in records if not is_blank(record[1])]
        self._others = others
        self._max_rows = max_rows
        self._layout = FileLayout("cells", sheet)

    def head(self, count: int) -> list[Record]:
        """See `TabularFile.head`."""
        return self._records[:count]

    def split(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        """See `TabularFile.split`."""
        if sum(number > after_row for number, _ in self._records) > self._max_rows:
            raise FileRejected("too-many-rows", limit=self._max_rows)
        return split_records(self._records, after_row, chunk_rows)

    @property
    def layout(self) -> FileLayout:
        """See `TabularFile.layout`."""
        return self._layout

    @property
    def properties(self) -> dict[str, str]:
        """See `TabularFile.properties`."""
        return {}

    def other_sheets(self) -> tuple[str, ...]:
        """See `TabularFile.other_sheets`."""
        return self._others()
