"""Read files as the application does: `plan` splits them, workers read them, and only JSON and objects pass between."""

from __future__ import annotations

import dataclasses
import io
import json
import warnings
from datetime import datetime, time
from typing import Any

import openpyxl

from sluice.reading import FileLayout, Limits, Segment, open_table, read_segment
from sluice.schema.cells import Cell, CellError, Record
from tests.support.workspace import MemoryWorkspace

LIMITS = Limits(max_bytes=10**9, max_rows=2_000_000)


def segments_of(
    file: bytes, name: str = "file", after_row: int = 0, chunk_rows: int = 1000, limits: Limits = LIMITS
) -> tuple[FileLayout, list[Segment], MemoryWorkspace]:
    """Split a whole file; the layout has been through JSON."""
    workspace = MemoryWorkspace()
    table = open_table(io.BytesIO(file), name, limits, workspace)
    segments = list(table.split(after_row, chunk_rows))
    return FileLayout(**json.loads(json.dumps(dataclasses.asdict(table.layout)))), segments, workspace


def read_all(
    file: bytes, name: str = "file", after_row: int = 0, chunk_rows: int = 1000, limits: Limits = LIMITS
) -> list[Record]:
    """Read all records of a file segment by segment."""
    layout, segments, workspace = segments_of(file, name, after_row, chunk_rows, limits)
    records: list[Record] = []
    for segment in segments:
        body = file[segment.start : segment.end] if segment.body is None else segment.body
        records.extend(read_segment(layout, segment, body, workspace))
    return records


def head_of(file: bytes, count: int = 20, name: str = "file") -> list[Record]:
    """Read the first records of a file."""
    return open_table(io.BytesIO(file), name, LIMITS, MemoryWorkspace()).head(count)


def trimmed(records: list[Record]) -> list[Record]:
    """Remove empty cells at the end of each record, because their number means nothing."""
    result = []
    for number, cells in records:
        width = max((at for at, cell in enumerate(cells, 1) if cell is not None), default=0)
        result.append((number, cells[:width]))
    return result


def oracle(file: bytes) -> list[Record]:
    """Read the active sheet with openpyxl, cell by cell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(file), data_only=True)
    sheet = book.active
    assert sheet is not None
    records = [(number, [_expected(cell) for cell in row]) for number, row in enumerate(sheet.iter_rows(), 1)]
    return [record for record in trimmed(records) if any(_visible(cell) for cell in record[1])]


def _expected(cell: Any) -> Cell:
    if cell.data_type == "e":
        return CellError(cell.value)
    if isinstance(cell.value, datetime) and cell.value.time() == time():
        return cell.value.date()
    return None if cell.value == "" else cell.value


def _visible(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))
