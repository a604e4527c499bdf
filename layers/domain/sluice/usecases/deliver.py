"""Delivery of a chunk: load it, count what attempts that died have loaded of it, and take it back.

A worker may die, or an attempt fail, between the first row that it delivers and the count of the chunk. Such a chunk is
*uncounted*. While its job runs, the next attempt delivers the rest and counts all. A job that stops or fails waits for
a worker that counts instead: what the attempt had decided is held against the dataset, as long as the job still has the
dataset's lock and nothing else can write there. So rows that were delivered are never called unprocessed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace

from sluice.catalog.registry import importer_of
from sluice.model.chunk import Chunk, ChunkState, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import ImagesGone, NotFound, TryLater
from sluice.model.job import Job
from sluice.schema.staging import Applied, Batch, Delivered
from sluice.schema.validation import GoodRow
from sluice.usecases import absent
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.ports import Files
from sluice.usecases.rounds import reject_stale
from sluice.usecases.services import Services, Work
from sluice.usecases.staged_rows import Staged, reject_at_delivery, rejected_before, staged_rows

# Seconds that a load or a lookup needs beside its requests: the worker's cold start, which the function's time-out
# includes and the lease does not, and storing the results. The lease is 10 s longer than the time-out.
TO_WRITE = 18


def load_chunk(work: Work, services: Services) -> Counts:
    """Load the staged rows of a chunk, except those with a duplicate key.

    Returns
    -------
    Counts
        Rows inserted, updated, unchanged, deleted and rejected; their sum is the number of staged rows, less the rows
        that were counted as rejected when they were compared.
    """
    reject_stale(work.job, work.chunk.ref.index, services.chunks)
    staged = staged_rows(work.job, work.chunk.ref.index, services.files)
    batch = batch_of(work, staged.rows, services)
    if work.chunk.touched:
        batch = replace(batch, unwritten=_unwritten(work.job, work.chunk, staged.rows, services))
    return _counted(work, staged, services.destination.apply(batch), services)


def _counted(work: Work, staged: Staged, applied: Applied, services: Services) -> Counts:
    """Store what the delivery of a chunk rejected, and count what it did."""
    counted = rejected_before(work.job, work.chunk, services.chunks)
    rejected = reject_at_delivery(
        work.job, work.chunk, applied.rejections, staged.duplicates, services.files, again=counted > 0
    )
    return Counts(
        inserted=applied.inserted,
        updated=applied.updated,
        unchanged=applied.unchanged,
        deleted=applied.deleted,
        rejected=rejected - counted,
        kept_blank=applied.kept_blank,
    )


# ---------------------------------------------------------------------- what dead attempts have delivered


def count_loaded(work: Work, services: Services) -> tuple[ChunkState, Counts] | None:
    """Count what uncounted attempts have loaded of a chunk, and note the rows that none has.

    Returns
    -------
    tuple or None
        How the chunk is to be closed: done if every row was delivered, else failed; and its counts. ``None`` if no
        attempt has begun to deliver.
    """
    index = work.chunk.ref.index
    try:
        staged = staged_rows(work.job, index, services.files)
    except NotFound:  # its job was deleted, or has ended long ago
        return None
    found = services.destination.delivered(batch_of(work, staged.rows, services))
    return _noted(work, found, lambda applied: _counted(work, staged, applied, services), services)


def count_deleted(work: Work, services: Services) -> tuple[ChunkState, Counts] | None:
    """Count what uncounted attempts have deleted of a list of absent records; returns what `count_loaded` does."""
    batch = batch_to_deliver(work, services)
    found = services.destination.delivered(batch)
    return _noted(work, found, lambda applied: absent.count(work.job, work.chunk, batch, applied, services), services)


def settle(chunk: Chunk, work: Work, services: Services) -> None:
    """Close a chunk that no worker holds with the counts of what it has delivered, if it is uncounted."""
    count = count_deleted if absent.is_list(chunk.ref.index) else count_loaded
    if chunk.is_uncounted and (counted := count(replace(work, chunk=chunk), services)):
        services.chunks.close(chunk.ref, *counted, free_at=work.now)


def _noted(
    work: Work, found: Delivered | None, count: Callable[[Applied], Counts], services: Services
) -> tuple[ChunkState, Counts] | None:
    """Store which rows are not written, with the counts of the others; a later hold has nothing else to go by."""
    stored, index = JobFiles(work.job, services.files), work.chunk.ref.index
    if found is None:
        with suppress(NotFound):
            if work.chunk.touched:
                return ChunkState.FAILED, Counts(**stored.partial(index)["counts"])
        return None
    counts = count(found.applied)
    stored.write_partial(index, {"counts": counts.as_dict(), "unwritten": sorted(found.left)})
    return ChunkState.FAILED if found.left else ChunkState.DONE, counts


def unwritten_rows(job: Job, chunk: Chunk, files: Files) -> frozenset[int]:
    """Return the numbers of the rows of a chunk that were decided and not written; none of one that is done."""
    with suppress(NotFound):
        if chunk.state is not ChunkState.DONE:
            return frozenset(JobFiles(job, files).partial(chunk.ref.index)["unwritten"])
    return frozenset()


def _unwritten(job: Job, chunk: Chunk, rows: list[GoodRow], services: Services) -> frozenset[str]:
    """Return the keys of those rows."""
    numbers = unwritten_rows(job, chunk, services.files)
    return frozenset(row.key for row in rows if row.number in numbers) if numbers else frozenset()


# ---------------------------------------------------------------------- rollback


def undo_chunk(work: Work, services: Services) -> Counts:
    """Undo the load of a chunk, or the deletion of absent records, and store the rows that stay as they are.

    Raises
    ------
    ImagesGone
        If the chunk was delivered, and what the destination needs to take it back has expired.
    """
    loaded = _its_load(work, services)
    try:
        batch = batch_to_deliver(work, services)
    except NotFound:
        raise ImagesGone from None
    if loaded is not None:
        unwritten = _unwritten(work.job, loaded, batch.rows, services)
        batch = replace(batch, unwritten=unwritten, was_applied=loaded.counts.changed > 0)
    undone = services.destination.undo(batch)
    kept = [{"outcome": "conflict", **asdict(row)} for row in undone.kept]
    kept += [{"outcome": "failed", **asdict(row)} for row in undone.failed]
    if kept:
        JobFiles(work.job, services.files).write_kept(work.chunk.ref.index, kept)
    return Counts(reversed=undone.reversed, conflicts=len(undone.kept), rollback_failed=len(undone.failed))


def _its_load(work: Work, services: Services) -> Chunk | None:
    """Return the chunk as it was delivered; wait while a worker of a failed execution may still deliver it.

    Its writes would not be undone. What a dead one has delivered is counted first.
    """
    phase = PhaseName.ABSENT if absent.is_list(work.chunk.ref.index) else PhaseName.LOAD
    ref = replace(work.chunk.ref, phase=phase)
    loaded = services.chunks.get(ref)
    if loaded is None:
        return None
    if loaded.is_held(work.now):
        raise TryLater("chunk-loading", loaded.lease_until - work.now)
    settle(loaded, work, services)
    return services.chunks.get(ref)


def batch_to_deliver(work: Work, services: Services) -> Batch:
    """Return what a chunk delivers: its staged rows, or the records of its list."""
    index = work.chunk.ref.index
    if absent.is_list(index):
        return absent.deleting(work.job, batch_of(work, [], services), JobFiles(work.job, services.files).absent(index))
    return batch_of(work, staged_rows(work.job, index, services.files).rows, services)


def batch_of(work: Work, rows: list[GoodRow], services: Services) -> Batch:
    """Return the batch of some rows of a chunk."""
    job = work.job
    matched = frozenset[str]()
    if job.options.blanks == "keep" and job.options.mode != "delete":
        matched = frozenset(JobFiles(job, services.files).read_plan().first.header.fields.values())
    importer, index = importer_of(job), work.chunk.ref.index
    until = work.until - TO_WRITE
    return Batch(job.ref.tenant, importer, job.ref.id, index, rows, job.options, job.hold, matched, until=until)
