"""Mark the rows of a source that its upstream has no longer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sluice.model import paths
from sluice.model.chunk import Chunk, ChunkRef, ChunkState, PhaseName
from sluice.model.counts import Counts
from sluice.model.job import SYNC, Job
from sluice.reading import write_cells
from sluice.reading.contract import Cut
from sluice.rows.check import GoodRow, digest
from sluice.rows.importer import Importer
from sluice.rows.staged import dump_staged
from sluice.sources.source import GONE
from sluice.usecases.declared import importer_of
from sluice.usecases.find_repeats import digest_of, digests, dump_keys
from sluice.usecases.ports import Chunks, Files, Records
from sluice.usecases.pull import plain_key, pulled
from sluice.usecases.workspace import JobWorkspace

# Chunks of gone rows have numbers from here, far behind those of pages.
_FIRST = 900_000
_PAGE = 1000


def mark_gone(job: Job, *, chunks: Chunks, files: Files, records: Records) -> None:
    """Stage the dataset's rows that were on no page, with the day on which they were missed.

    They are further chunks of rows to be loaded, and become updates like any other: written once, in the history, taken
    back by a rollback. A row that is on a page again is loaded without that day. A row that was refused is there, if
    wrong. What was not read completely, or moved while it was read, says nothing of what is missing; neither does an
    upstream that does not say how many rows it has, or has none at all.

    The first chunk is added last: where it is, all are.
    """
    parsed = list(chunks.of_phase(job.ref, PhaseName.PARSE))
    if job.kind != SYNC or any(chunk.state is not ChunkState.DONE for chunk in parsed):
        return
    if any(chunk.ref.index == _FIRST for chunk in parsed):
        return
    parsed = [chunk for chunk in parsed if chunk.ref.index < _FIRST]
    told = pulled(job.ref, parsed, files)
    if not told.is_settled or not told.keys:
        return
    staged = [chunk.ref.index for chunk in parsed if chunk.counts.checked > chunk.counts.refused]
    there = digests(job.ref, staged, files)
    importer = importer_of(job)
    missed = [
        record
        for record in _records(job, importer, records)
        if digest_of(record["key"]) not in there
        and plain_key(record["key"]) not in told.keys
        and not record["values"].get(GONE)
    ]
    starts = range(0, len(missed), importer.chunk_rows)
    for number, start in reversed(list(enumerate(starts))):
        _add(job, importer, number, start, missed[start : start + importer.chunk_rows], chunks, files)


def _records(job: Job, importer: Importer, records: Records) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = records.page(job.ref.tenant, importer.dataset, limit=_PAGE, cursor=cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _add(
    job: Job, importer: Importer, number: int, start: int, missed: list[dict[str, Any]], chunks: Chunks, files: Files
) -> None:
    index, first_row, count = _FIRST + number, job.counts.total + start + 1, len(missed)
    day = job.created_at.date().isoformat()  # the same however often this is done
    marked = [record["values"] | {GONE: day} for record in missed]
    rows = [
        GoodRow(row, record["key"], digest(body), body)
        for row, (record, body) in enumerate(zip(missed, map(_json, marked), strict=True), start=first_row)
    ]
    cells = [[values.get(column.field) for column in importer.columns] for values in marked]
    slice_ = write_cells(enumerate(cells, start=first_row))
    JobWorkspace(job.ref, files).write_slice(Cut(index, first_row, count, body=slice_))
    files.write(paths.staged(job.ref, index), dump_staged(rows))
    files.write(paths.keys(job.ref, index), dump_keys(rows))
    counts = Counts(total=count, checked=count, gone=count)
    chunks.add_done(Chunk(ChunkRef(job.ref, PhaseName.PARSE, index), first_row, count, counts=counts))


def _json(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
