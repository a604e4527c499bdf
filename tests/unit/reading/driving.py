"""Read files as the application does: `plan` splits them, workers read them, and only JSON and objects pass between."""

from __future__ import annotations

import dataclasses
import io
import json
import warnings
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import openpyxl

from sluice.catalog.registry import importer_named
from sluice.model.errors import FileRejected
from sluice.model.recipe import Question
from sluice.reading import (
    FileLayout,
    HeaderFit,
    Limits,
    Reading,
    Segment,
    Table,
    locate_header,
    open_table,
    read_segment,
)
from sluice.schema.cells import Cell, CellError, FormattedNumber, Record
from tests.support.workspace import MemoryWorkspace

LIMITS = Limits(max_bytes=10**9, max_rows=2_000_000)


def shown_table(
    file: bytes,
    name: str = "file",
    limits: Limits = LIMITS,
    workspace: MemoryWorkspace | None = None,
    reading: Reading | None = None,
) -> Table:
    """Open a file, and return the first sheet that a person sees."""
    opened = open_table(io.BytesIO(file), name, limits, workspace or MemoryWorkspace(), reading)
    return next(table for table in opened.tables if not table.is_hidden)


def segments_of(
    file: bytes,
    name: str = "file",
    after_row: int = 0,
    chunk_rows: int = 1000,
    limits: Limits = LIMITS,
    reading: Reading | None = None,
) -> tuple[FileLayout, list[Segment], MemoryWorkspace]:
    """Split a whole file; the layout has been through JSON."""
    workspace = MemoryWorkspace()
    table = shown_table(file, name, limits, workspace, reading)
    segments = list(table.split(after_row, chunk_rows))
    return FileLayout(**json.loads(json.dumps(dataclasses.asdict(table.layout)))), segments, workspace


def read_all(
    file: bytes,
    name: str = "file",
    after_row: int = 0,
    chunk_rows: int = 1000,
    limits: Limits = LIMITS,
    reading: Reading | None = None,
) -> list[Record]:
    """Read all records of a file segment by segment."""
    return records_of(file, *segments_of(file, name, after_row, chunk_rows, limits, reading))


def records_of(file: bytes, layout: FileLayout, segments: list[Segment], workspace: MemoryWorkspace) -> list[Record]:
    """Read all records of the segments of a file."""
    records: list[Record] = []
    for segment in segments:
        body = file[segment.start : segment.end] if segment.body is None else segment.body
        records.extend(read_segment(layout, segment, body, workspace))
    return records


def fit_of(importer: str) -> Callable[[list[Record]], HeaderFit]:
    """Return what recognises the header of an importer."""
    columns = importer_named(importer).columns

    def fit(head: list[Record]) -> HeaderFit:
        try:
            header = locate_header(head, columns, None)
        except FileRejected:
            return HeaderFit()
        missing = [column for column in columns if column.required and column.field not in header.matched]
        return HeaderFit(not missing, len(header.matched), header.row, len(header.titles))

    return fit


def questions_of(file: bytes, reading: Reading | None = None) -> list[Question]:
    """Return what a file leaves open."""
    return list(open_table(io.BytesIO(file), "file", LIMITS, MemoryWorkspace(), reading).questions)


def head_of(file: bytes, count: int = 20, name: str = "file") -> list[Record]:
    """Read the first records of a file."""
    return shown_table(file, name).head(count)


def trimmed(records: list[Record]) -> list[Record]:
    """Remove empty cells at the end of each record, because their number means nothing."""
    result = []
    for number, cells in records:
        width = max((at for at, cell in enumerate(cells, 1) if cell is not None), default=0)
        result.append((number, cells[:width]))
    return result


def numbers_of(records: list[Record]) -> list[Record]:
    """Return records with the number of each cell that shows it as something else, as other readers give it."""
    return [
        (row, [cell.value if isinstance(cell, FormattedNumber) else cell for cell in cells]) for row, cells in records
    ]


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
