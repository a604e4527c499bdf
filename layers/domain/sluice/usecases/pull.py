"""Pull the rows of a source: the steps of `plan`, `dispatch` and the workers that only a sync has.

A range of pages becomes a slice of records, as a segment of a file does. From there on, a sync is an import in mode
``mirror``: records whose keys are on no page are marked as deleted. A list that may be incomplete marks nothing: then
the sync continues in mode ``upsert``, and its log says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

from sluice.catalog.registry import source_named
from sluice.model.chunk import Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.errors import Problem
from sluice.model.job import SOURCE_DRIFT, Decided, Job
from sluice.model.status import Status
from sluice.reading import Header, write_cells
from sluice.reading.sheets import FilePlan, SheetPlan
from sluice.reading.types import FileLayout, Segment
from sluice.schema.importer import columns_of
from sluice.upstream.source import PulledChunk, Source, SourcePage, fields_in, fields_of, records_of
from sluice.usecases.absent import why_incomparable
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.ports import Files, Upstreams
from sluice.usecases.services import Services

#: Most readings of a source whose rows move meanwhile; the job then continues with the last one.
MOST_READS = 3
# Why the keys of a list do not tell which records it lacks, by the type of the problem that a file would have.
_WHY_INCOMPARABLE = {
    "mirror-unreadable-key": "the key of a row could not be read",
    "unusable-table": "the table of its dataset does not compare keys as texts",
}


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
    stored = JobFiles(job, services.files)
    stored.remove_read()
    stored.write_plan(FilePlan((SheetPlan(0, FileLayout("cells", source.name), _header(source)),)))
    if source.has_total:
        first = services.upstreams.read(source, [0], before=before)[0]
        planned = list(_ranges(job.ref, source, first.total or 0))
    else:
        planned = list(_read_through(job, source, before, services.files, services.upstreams, look))
    services.chunks.add(planned)
    services.jobs.describe(job, file=job.file, total=sum(chunk.rows for chunk in planned))


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


def read_again(job: Job, services: Services) -> bool:
    """Reset a sync to be planned again if the totals that its upstream named differ from the rows that came.

    A row that is added or removed meanwhile shifts all rows behind it by one place: a row may have been on no page, or
    on two. After `MOST_READS` readings the sync continues with the last one.

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
    parsed = chunks.of_phase(job.ref, PhaseName.PARSE)
    if any(chunk.state is not ChunkState.DONE for chunk in parsed):
        return False  # the job will fail because of these chunks, and a retry continues with them
    if not source_named(job.importer).has_total or _is_settled(_pulled(job, services)):
        return False
    note = f"rows moved while they were read; read {job.reads + 1} of at most {MOST_READS}"
    services.jobs.read_again(job, note=note)
    return True


def drift_of(job: Job, services: Services) -> Problem | None:
    """Return the problem of a source no row of which has some field of its row model; ``None`` if there is none.

    The upstream has renamed or removed the field, and its nulls would clear a column of the whole dataset.
    """
    pulled = _pulled(job, services)
    named = {field for each in pulled for field in each.fields}
    missing = [column.title for column in columns_of(source_named(job.importer).row) if column.field not in named]
    if not missing or not any(each.rows for each in pulled):
        return None
    return Problem(SOURCE_DRIFT, {"source": job.importer, "columns": missing})


def settle_mode(job: Job, services: Services) -> Job:
    """Let a sync mark no record as deleted if its list does not prove that a missing row was deleted.

    Its mode is stored, with the reason in its log; a second call finds it.
    """
    why = _why_unproved(job, services)
    if not why:
        return job
    note = f"marks no record as deleted: {why}"
    decided = Decided(job.recipe, job.questions, replace(job.options, mode="upsert"))
    return services.jobs.decide(job, decided, note=note)


def _why_unproved(job: Job, services: Services) -> str:
    pulled = _pulled(job, services)
    if not source_named(job.importer).has_total:
        return "its upstream names no total"
    if not _is_settled(pulled):
        return "rows moved while they were read"
    if not any(each.rows for each in pulled):
        return "its upstream has no rows"
    problem = why_incomparable(job, services)
    return _WHY_INCOMPARABLE[problem.type] if problem else ""


def _pulled(job: Job, services: Services) -> list[PulledChunk]:
    stored = JobFiles(job, services.files)
    return [stored.pulled(chunk.ref.index) for chunk in services.chunks.of_phase(job.ref, PhaseName.PARSE)]


def _is_settled(pulled: list[PulledChunk]) -> bool:
    """Whether every page named the same total, and that many rows came, in one run of the job.

    Only then was each row on exactly one page.
    """
    totals = {total for each in pulled for total in each.totals}
    return totals == {sum(each.rows for each in pulled)} and len({each.run for each in pulled}) == 1


def _header(source: Source) -> Header:
    """Build a header as of a file with the columns of the source, in their order; rows begin right below it."""
    columns = columns_of(source.row)
    titles = [column.title for column in columns]
    return Header(0, fields_of(source), titles, {column.field: column.title for column in columns}, [])


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
    """Store the rows of pages as a chunk's slice, and what the pages say of their reading."""
    records = list(records_of(source, pages))
    stored = JobFiles(job, files)
    stored.write_slice(Segment(index, first_row, len(records), body=write_cells(records)))
    totals = sorted({page.total for page in pages if page.total is not None})
    stored.write_pulled(index, PulledChunk(job.run, len(records), totals, fields_in(source, pages)))
