"""Pull the rows of a source: what `plan`, `dispatch` and the workers do for a sync and not for an import.

A range of pages becomes a slice of records, as a segment of a file does. From there on a sync is an import.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from sluice.catalog.registry import importer_of, source_named
from sluice.model.chunk import Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.reading import Header, write_cells
from sluice.reading.types import FileLayout, Segment
from sluice.schema.importer import Importer, columns_of
from sluice.schema.validation import GoodRow, digest
from sluice.upstream.source import DELETED_SINCE, Source, SourcePage, fields_of, records_of
from sluice.usecases.artifacts import JobFiles, PulledChunk
from sluice.usecases.ports import Files, Upstreams
from sluice.usecases.services import Services
from sluice.usecases.staged_rows import digest_of, digests, dump_keys

#: Times that the pages of a source are read at most; then what was read is taken as it is.
MOST_READS = 3
# Chunks of rows deleted upstream have indexes from here, far behind those of pages.
_FIRST = 900_000
_PAGE = 1000


def plan_sync(job: Job, *, before: float, look: Callable[[], None], services: Services) -> None:
    """Ask for the first page, and cut what there is into chunks of pages.

    A source without a total can only be read from its beginning to its end. That is done here, and leaves the slices
    that workers else make.

    Parameters
    ----------
    before
        Epoch seconds at which to be done.
    look
        Is called now and then, and raises when the job is not wanted any more.

    Raises
    ------
    TryLater, UpstreamRejected
        As `read_pages`.
    """
    source = source_named(job.importer)
    # of a reading before this one, or of a plan that died in its middle: its upstream may have named another total
    services.chunks.forget(job.ref, PhaseName.PARSE)
    stored = JobFiles(job.ref, services.files)
    stored.remove_read()
    stored.write_plan(FileLayout("cells", source.name), _header(source))
    if source.has_total:
        first = services.upstreams.read(source, [0], before=before)[0]
        planned = list(_ranges(job.ref, source, first.total or 0))
    else:
        planned = list(_read_through(job, source, before, services.files, services.upstreams, look))
    services.chunks.add(planned)
    services.jobs.describe(job.ref, file=job.file, total=sum(chunk.rows for chunk in planned))


def fetch(job: Job, chunk: Chunk, *, before: float, files: Files, upstreams: Upstreams) -> None:
    """Read the pages of a chunk from the upstream, and leave their rows as its slice.

    The last chunk goes on to the end, because there may be more rows by now than when the job was planned.
    """
    source = source_named(job.importer)
    if not source.has_total:
        return
    offset, pages = chunk.first_row - 1, []
    if chunk.rows:
        pages = upstreams.read(source, range(offset, offset + chunk.rows, source.page_size), before=before)
    if chunk.start:  # the last one
        pages += _beyond(source, offset + len(pages) * source.page_size, pages, before, upstreams)
    _keep(job, source, chunk.ref.index, chunk.first_row, pages, files)


@dataclass(frozen=True)
class Pulled:
    """What the upstream said while a job was read.

    Parameters
    ----------
    keys
        Of its rows, however they were written: `plain_key`.
    is_settled
        Whether every page said the same total, and so many rows came, all of them in one run of the job. Only then was
        each row on one page.
    """

    keys: frozenset[str]
    is_settled: bool


def pulled(ref: JobRef, parsed: Iterable[Chunk], files: Files) -> Pulled:
    """All that the upstream said while these chunks were pulled."""
    totals: set[int] = set()
    runs: set[int] = set()
    keys: set[str] = set()
    seen = 0
    for chunk in parsed:
        said = JobFiles(ref, files).pulled(chunk.ref.index)
        totals.update(said.totals)
        keys.update(said.keys)
        runs.add(said.run)
        seen += said.rows
    return Pulled(frozenset(keys), is_settled=totals == {seen} and len(runs) == 1)


def plain_key(key: object) -> str:
    """A key without what a row model may take away from it: a row that is rejected is not normalised."""
    return "".join(letter for letter in str(key).casefold() if letter.isalnum())


def _header(source: Source) -> Header:
    """As that of a file whose columns are those of the source, in their order; the rows begin right below it."""
    columns = columns_of(source.row)
    titles = [column.title for column in columns]
    return Header(0, fields_of(source), titles, {column.field: column.title for column in columns}, [])


def _ranges(ref: JobRef, source: Source, total: int) -> Iterator[Chunk]:
    """Chunks of whole pages; `start` is 1 in the last, which has no end."""
    step = source.page_size * source.chunk_pages
    starts = range(0, total, step) or [0]
    for index, start in enumerate(starts):
        last = index == len(starts) - 1
        yield Chunk(ChunkRef(ref, PhaseName.PARSE, index), start + 1, min(step, total - start), start=int(last))


def _beyond(
    source: Source, offset: int, pages: list[SourcePage], before: float, upstreams: Upstreams
) -> list[SourcePage]:
    """Pages that have come up behind what was planned, until one is not full."""
    found: list[SourcePage] = []
    ended = bool(pages) and len(pages[-1].rows) < source.page_size
    while not ended:
        found += upstreams.read(source, [offset], before=before)
        offset += source.page_size
        ended = len(found[-1].rows) < source.page_size
    return found


def _read_through(
    job: Job, source: Source, before: float, files: Files, upstreams: Upstreams, look: Callable[[], None]
) -> Iterator[Chunk]:
    """Read from the beginning to the end, a chunk's worth of pages at a time."""
    step = source.page_size * source.chunk_pages
    for index in count():
        look()
        pages = upstreams.read(source, range(index * step, (index + 1) * step, source.page_size), before=before)
        rows = sum(len(page.rows) for page in pages)
        first_row = index * step + 1
        _keep(job, source, index, first_row, pages, files)
        yield Chunk(ChunkRef(job.ref, PhaseName.PARSE, index), first_row, rows)
        if rows < step:
            return


def _keep(job: Job, source: Source, index: int, first_row: int, pages: list[SourcePage], files: Files) -> None:
    """Leave the rows of pages as a chunk's slice, and what else they tell."""
    records = list(records_of(source, pages))
    stored = JobFiles(job.ref, files)
    stored.write_slice(Segment(index, first_row, len(records), body=write_cells(records)))
    place = [column.key for column in columns_of(source.row)].index(True)
    totals = sorted({page.total for page in pages if page.total is not None})
    keys = sorted({plain_key(cells[place]) for _, cells in records if cells[place] is not None})
    stored.write_pulled(index, PulledChunk(job.run, len(records), totals, keys))


def read_again(job: Job, services: Services) -> bool:
    """Begin the plan of a sync anew if its upstream named other totals than the rows that came.

    A row that comes or goes shifts all that are behind it by one place: one may have been on no page, another on two.
    An upstream that never stands still is taken as it is in the end; its missing rows are not marked as deleted.

    Returns
    -------
    bool
        Whether it is to be planned again.
    """
    if job.status is not Status.PARSING:
        return False
    if not job.planned:
        return True  # the dispatch that found this out died before it could answer
    chunks = services.chunks
    if job.reads >= MOST_READS or next(chunks.of_phase(job.ref, job.delivery), None) is not None:
        return False
    parsed = list(chunks.of_phase(job.ref, PhaseName.PARSE))
    if any(chunk.state is not ChunkState.DONE for chunk in parsed):
        return False  # the job will fail for these, and go on with them when it is retried
    if not source_named(job.importer).has_total or pulled(job.ref, parsed, services.files).is_settled:
        return False
    note = f"rows moved while they were read; read {job.reads + 1} of at most {MOST_READS}"
    services.jobs.read_again(job, note=note)
    return True


def mark_deleted(job: Job, services: Services) -> None:
    """Stage the dataset's rows that were on no page, with the day on which they were missed.

    They are further chunks of rows to be loaded, and become updates like any other: written once, in the history, taken
    back by a rollback. A row that is on a page again is loaded without that day. A rejected row is there, if wrong. A
    reading that is incomplete, or during which rows moved, proves nothing about what is missing; neither does an
    upstream that names no total, or has no rows at all.

    The first chunk is added last: where it is, all are.
    """
    parsed = list(services.chunks.of_phase(job.ref, PhaseName.PARSE))
    if any(chunk.state is not ChunkState.DONE for chunk in parsed):
        return
    if any(chunk.ref.index == _FIRST for chunk in parsed):
        return
    parsed = [chunk for chunk in parsed if chunk.ref.index < _FIRST]
    said = pulled(job.ref, parsed, services.files)
    if not said.is_settled or not said.keys:
        return
    staged = [chunk.ref.index for chunk in parsed if chunk.counts.checked > chunk.counts.rejected]
    there = digests(job.ref, staged, services.files)
    importer = importer_of(job)
    missed = [
        record
        for record in _records(job, importer, services)
        if digest_of(record["key"]) not in there
        and plain_key(record["key"]) not in said.keys
        and not record["values"].get(DELETED_SINCE)
    ]
    starts = range(0, len(missed), importer.chunk_rows)
    for number, start in reversed(list(enumerate(starts))):
        _add_deleted(job, importer, number, start, missed[start : start + importer.chunk_rows], services)


def _records(job: Job, importer: Importer, services: Services) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = services.records.page(job.ref.tenant, importer.dataset, limit=_PAGE, cursor=cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _add_deleted(
    job: Job, importer: Importer, number: int, start: int, missed: list[dict[str, Any]], services: Services
) -> None:
    index, first_row, rows_missed = _FIRST + number, job.counts.total + start + 1, len(missed)
    day = job.created_at.date().isoformat()  # the same at every attempt
    marked = [record["values"] | {DELETED_SINCE: day} for record in missed]
    rows = [
        GoodRow(row, record["key"], digest(body), body)
        for row, (record, body) in enumerate(zip(missed, map(_json, marked), strict=True), start=first_row)
    ]
    cells = [[values.get(column.field) for column in importer.columns] for values in marked]
    stored = JobFiles(job.ref, services.files)
    slice_ = write_cells(enumerate(cells, start=first_row))
    stored.write_slice(Segment(index, first_row, rows_missed, body=slice_))
    stored.write_staged(index, rows)
    stored.write_keys(index, dump_keys(rows))
    counts = Counts(total=rows_missed, checked=rows_missed, deleted_upstream=rows_missed)
    ref = ChunkRef(job.ref, PhaseName.PARSE, index)
    services.chunks.add_done(Chunk(ref, first_row, rows_missed, counts=counts))


def _json(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
