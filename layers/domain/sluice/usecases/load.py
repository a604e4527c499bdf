"""Deliver, compare and take back a chunk: what happens between its staged rows and the destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.model.rejection import DUPLICATE_KEY, Rejection
from sluice.schema.column import key_of
from sluice.schema.staging import Batch
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.declarations import importer_of
from sluice.usecases.ports import Destination, Files
from sluice.usecases.staged_rows import Staged, staged_rows


def load_chunk(job: Job, chunk: Chunk, *, files: Files, destination: Destination) -> Counts:
    """Deliver the staged rows of a chunk, except those whose key an earlier row of the file has.

    Returns
    -------
    Counts
        Rows inserted, updated, unchanged and rejected; they add up to the staged rows.
    """
    staged = staged_rows(job, chunk.ref.index, files)
    applied = destination.apply(_batch(job, chunk, staged))
    rejected = reject(job, chunk, applied.rejections + staged.invalid, staged.duplicates, files)
    return Counts(inserted=applied.inserted, updated=applied.updated, unchanged=applied.unchanged, rejected=rejected)


def compare_chunk(job: Job, chunk: Chunk, *, files: Files, destination: Destination) -> Counts:
    """Count the rows that loading would insert, update and leave; nothing is written."""
    found = destination.compare(_batch(job, chunk, staged_rows(job, chunk.ref.index, files)))
    return Counts(to_insert=found.inserted, to_update=found.updated, to_leave=found.unchanged)


def undo_chunk(job: Job, chunk: Chunk, *, files: Files, destination: Destination) -> Counts:
    """Take back what loading the chunk did, and list the rows that are left as they are."""
    undone = destination.undo(_batch(job, chunk, staged_rows(job, chunk.ref.index, files)))
    kept = [{"outcome": "conflict", **asdict(row)} for row in undone.kept]
    kept += [{"outcome": "failed", **asdict(row)} for row in undone.failed]
    if kept:
        JobFiles(job.ref, files).write_kept(chunk.ref.index, kept)
    return Counts(reversed=undone.reversed, conflicts=len(undone.kept), rollback_failed=len(undone.failed))


def reject(
    job: Job, chunk: Chunk, rejections: list[Rejection], duplicates: Mapping[int, tuple[str, int]], files: Files
) -> int:
    """Store the rejections of rows that only delivery rejects, and of rows that repeat an earlier key.

    Returns
    -------
    int
        Rejected rows.
    """
    if duplicates or rejections or chunk.attempts > 1:
        stored = JobFiles(job.ref, files)
        sheet = stored.read_plan().layout.sheet
        title = key_of(importer_of(job).row).title
        rejections = [replace(rejection, sheet=sheet) for rejection in rejections]
        rejections += [
            Rejection(sheet, row, title, key, DUPLICATE_KEY, {"column": title, "first": first})
            for row, (key, first) in duplicates.items()
        ]
        stored.write_rejections(chunk, rejections, stored.records(chunk, job.file))
    return len({rejection.row for rejection in rejections})


def _batch(job: Job, chunk: Chunk, staged: Staged) -> Batch:
    return Batch(job.ref.tenant, importer_of(job), job.ref.id, chunk.ref.index, staged.rows)
