"""Pull the rows of a source: the steps of `plan`, `dispatch` and the workers that only a sync has.

A range of pages becomes a slice of records, as a segment of a file does. From there on, a sync is processed like an
import. Rows of the dataset that are on no page are marked as deleted upstream.
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
from sluice.upstream.source import DELETED_SINCE, PulledChunk, Source, SourcePage, fields_of, records_of
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.ports import Files, Upstreams
from sluice.usecases.services import Services
from sluice.usecases.staged_rows import digest_of, digests, dump_keys

#: Most readings of a source whose rows move meanwhile; the job then continues with the last one.
MOST_READS = 3
# First index of the chunks of rows deleted upstream, far behind the indexes of pages.
_FIRST_DELETED = 900_000
_PAGE = 1000


def plan_sync(job: Job, *, before: float, look: Callable[[], None], services: Services) -> None:
    """Read the first page, and split the rows of the source into chunks of whole pages.

    A source without a total can only be read from its beginning to its end. This function reads it and writes the
    slices that workers write otherwise.

    Parameters
    ----------
    before
        Deadline in epoch seconds.
    look
        Called between requests; raises if a caller has stopped the job.

    Raises
    ------
    TryLater, UpstreamRejected
        As `read_pages`.
    """
    source = source_named(job.importer)
    # chunks of an earlier reading, or of a plan that died half-way: the upstream may have named another total then
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
    """Read the pages of a chunk from the upstream, and store their rows as its slice.

    The last chunk reads to the end of the source, because rows may have been added since the job was planned.

    Parameters
    ----------
    before
        Deadline in epoch seconds.
    """
    source = source_named(job.importer)
    if not source.has_total:
        return
    offset, pages = chunk.first_row - 1, []
    if chunk.rows:
        pages = upstreams.read(source, range(offset, offset + chunk.rows, source.page_size), before=before)
    if chunk.start:  # the last one
        pages += _read_on(source, offset + len(pages) * source.page_size, pages, before, upstreams)
    _store_pages(job, source, chunk.ref.index, chunk.first_row, pages, files)


@dataclass(frozen=True)
class Pulled:
    """The keys and totals of one reading of a source.

    Parameters
    ----------
    keys
        Keys of the rows, as `plain_key` writes them.
    is_settled
        Whether every page named the same total, and that many rows came, in one run of the job. Only then was each row
        on exactly one page.
    """

    keys: frozenset[str]
    is_settled: bool


def pulled(ref: JobRef, parsed: Iterable[Chunk], files: Files) -> Pulled:
    """Collect the keys and totals that the upstream named while these chunks were pulled."""
    totals: set[int] = set()
    runs: set[int] = set()
    keys: set[str] = set()
    seen = 0
    for chunk in parsed:
        of_chunk = JobFiles(ref, files).pulled(chunk.ref.index)
        totals.update(of_chunk.totals)
        keys.update(of_chunk.keys)
        runs.add(of_chunk.run)
        seen += of_chunk.rows
    return Pulled(frozenset(keys), is_settled=totals == {seen} and len(runs) == 1)


def plain_key(key: object) -> str:
    """Return the letters and digits of a key in lower case, since the model did not normalise a rejected row's key."""
    return "".join(letter for letter in str(key).casefold() if letter.isalnum())


def read_again(job: Job, services: Services) -> bool:
    """Reset a sync to be planned again if the totals that its upstream named differ from the rows that came.

    A row that is added or removed meanwhile shifts all rows behind it by one place: a row may have been on no page, or
    on two. After `MOST_READS` readings the sync continues with the last one, and marks no row as deleted.

    Returns
    -------
    bool
        Whether the sync must be planned again.
    """
    if job.status is not Status.PARSING:
        return False
    if not job.planned:
        return True  # an earlier dispatch reset the sync, and died before it answered its token
    chunks = services.chunks
    if job.reads >= MOST_READS or next(chunks.of_phase(job.ref, job.delivery), None) is not None:
        return False
    parsed = [chunk for chunk in chunks.of_phase(job.ref, PhaseName.PARSE) if chunk.ref.index < _FIRST_DELETED]
    if any(chunk.state is not ChunkState.DONE for chunk in parsed):
        return False  # the job will fail because of these chunks, and a retry continues with them
    if not source_named(job.importer).has_total or pulled(job.ref, parsed, services.files).is_settled:
        return False
    note = f"rows moved while they were read; read {job.reads + 1} of at most {MOST_READS}"
    services.jobs.read_again(job, note=note)
    return True


def mark_deleted(job: Job, services: Services) -> None:
    """Stage the rows of the dataset that were on no page, each with the day on which the sync missed it.

    They form additional chunks and are loaded as updates: written once, kept in the history, and undone by a rollback.
    A row that is on a page again is loaded without that day. A rejected row counts as present. Nothing is marked after
    a reading that is incomplete or during which rows moved, nor if the upstream names no total or has no rows: then a
    missing row proves nothing.

    The first chunk is written last, so its existence means that all of them exist.
    """
    parsed = list(services.chunks.of_phase(job.ref, PhaseName.PARSE))
    if any(chunk.state is not ChunkState.DONE for chunk in parsed):
        return
    if any(chunk.ref.index == _FIRST_DELETED for chunk in parsed):
        return
    parsed = [chunk for chunk in parsed if chunk.ref.index < _FIRST_DELETED]
    found = pulled(job.ref, parsed, services.files)
    if not found.is_settled or not found.keys:
        return
    staged = [chunk.ref.index for chunk in parsed if chunk.counts.checked > chunk.counts.rejected]
    there = digests(job.ref, staged, services.files)
    importer = importer_of(job)
    missed = [
        record
        for record in _records(job, importer, services)
        if digest_of(record["key"]) not in there
        and plain_key(record["key"]) not in found.keys
        and not record["values"].get(DELETED_SINCE)
    ]
    starts = range(0, len(missed), importer.chunk_rows)
    for number, start in reversed(list(enumerate(starts))):
        _add_deleted(job, importer, number, start, missed[start : start + importer.chunk_rows], services)


def _header(source: Source) -> Header:
    """Build a header as of a file with the columns of the source, in their order; rows begin right below it.

    A row that came is not deleted, so it says that too: by a cell behind its last one, which is always blank.
    """
    columns = columns_of(source.row)
    fields = fields_of(source) | {len(columns): DELETED_SINCE}
    titles = [column.title for column in columns]
    return Header(0, fields, titles, {column.field: column.title for column in columns}, [])


def _ranges(ref: JobRef, source: Source, total: int) -> Iterator[Chunk]:
    """Yield chunks of whole pages; `start` is 1 in the last chunk, which reads to the end of the source."""
    step = source.page_size * source.chunk_pages
    starts = range(0, total, step) or [0]
    for index, start in enumerate(starts):
        last = index == len(starts) - 1
        yield Chunk(ChunkRef(ref, PhaseName.PARSE, index), start + 1, min(step, total - start), start=int(last))


def _read_on(
    source: Source, offset: int, pages: list[SourcePage], before: float, upstreams: Upstreams
) -> list[SourcePage]:
    """Read the pages behind the planned ones, until a page is not full."""
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
    """Read a source from its beginning to its end, the pages of one chunk at a time."""
    step = source.page_size * source.chunk_pages
    for index in count():
        look()
        pages = upstreams.read(source, range(index * step, (index + 1) * step, source.page_size), before=before)
        rows = sum(len(page.rows) for page in pages)
        first_row = index * step + 1
        _store_pages(job, source, index, first_row, pages, files)
        yield Chunk(ChunkRef(job.ref, PhaseName.PARSE, index), first_row, rows)
        if rows < step:
            return


def _store_pages(job: Job, source: Source, index: int, first_row: int, pages: list[SourcePage], files: Files) -> None:
    """Store the rows of pages as a chunk's slice, and their totals and keys."""
    records = list(records_of(source, pages))
    stored = JobFiles(job.ref, files)
    stored.write_slice(Segment(index, first_row, len(records), body=write_cells(records)))
    place = [column.key for column in columns_of(source.row)].index(True)
    totals = sorted({page.total for page in pages if page.total is not None})
    keys = sorted({plain_key(cells[place]) for _, cells in records if cells[place] is not None})
    stored.write_pulled(index, PulledChunk(job.run, len(records), totals, keys))


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
    index, first_row, rows_missed = _FIRST_DELETED + number, job.counts.total + start + 1, len(missed)
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
