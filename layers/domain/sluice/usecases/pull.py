"""Pull the rows of a source: what `plan` and the workers do of a sync that they do not do of an import.

A page range becomes a slice of records, as the cut of a file is one. From there on a sync is an import.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from sluice.model import paths
from sluice.model.chunk import Chunk, ChunkRef, JobRef, PhaseName
from sluice.model.job import Job
from sluice.reading import Header, write_cells
from sluice.reading.contract import Cut, Layout
from sluice.rows.row import columns_of
from sluice.sources.page import Page
from sluice.sources.records import fields_of, records_of
from sluice.sources.registry import source_named
from sluice.sources.source import Source
from sluice.usecases.ports import Chunks, Files, Jobs
from sluice.usecases.upstreams import Upstreams
from sluice.usecases.workspace import JobWorkspace


def plan_sync(
    job: Job,
    *,
    before: float,
    look: Callable[[], None],
    jobs: Jobs,
    chunks: Chunks,
    files: Files,
    upstreams: Upstreams,
) -> None:
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
    TryLater, UpstreamRefused
        As `read_pages`.
    """
    source = source_named(job.importer)
    # of a reading before this one, or of a plan that died in its middle: it may have been told another total
    chunks.forget(job.ref, PhaseName.PARSE)
    for folder in paths.read_of(job.ref):
        files.remove(folder)
    JobWorkspace(job.ref, files).write_plan(Layout("cells", source.name), _header(source))
    if source.has_total:
        first = upstreams.read(source, [0], before=before)[0]
        planned = list(_ranges(job.ref, source, first.total or 0))
    else:
        planned = list(_read_through(job, source, before, files, upstreams, look))
    chunks.add(planned)
    jobs.describe(job.ref, file=job.file, total=sum(chunk.rows for chunk in planned))


def fetch(job: Job, chunk: Chunk, *, before: float, files: Files, upstreams: Upstreams) -> None:
    """Read the pages of a chunk from the upstream, and leave their rows as its slice.

    The last chunk goes on to the end, for there may be more rows by now than when the job was planned.
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
        told = json.loads(files.read(paths.pulled(ref, chunk.ref.index)))
        totals.update(told["totals"])
        keys.update(told["keys"])
        runs.add(told["run"])
        seen += told["rows"]
    return Pulled(frozenset(keys), is_settled=totals == {seen} and len(runs) == 1)


def plain_key(key: object) -> str:
    """A key without what a row model may take away from it: a row that is refused is not normalised."""
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


def _beyond(source: Source, offset: int, pages: list[Page], before: float, upstreams: Upstreams) -> list[Page]:
    """Pages that have come up behind what was planned, until one is not full."""
    found: list[Page] = []
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


def _keep(job: Job, source: Source, index: int, first_row: int, pages: list[Page], files: Files) -> None:
    """Leave the rows of pages as a chunk's slice, and what else they tell."""
    records = list(records_of(source, pages))
    JobWorkspace(job.ref, files).write_slice(Cut(index, first_row, len(records), body=write_cells(records)))
    place = [column.key for column in columns_of(source.row)].index(True)
    told = {
        "run": job.run,
        "rows": len(records),
        "totals": sorted({page.total for page in pages if page.total is not None}),
        "keys": sorted({plain_key(cells[place]) for _, cells in records if cells[place] is not None}),
    }
    files.write(paths.pulled(job.ref, index), json.dumps(told).encode())
