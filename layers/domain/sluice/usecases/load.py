"""Load a chunk: its staged rows go to the destination."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace

from sluice.model import paths
from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.model.rejection import DUPLICATE_KEY, Rejection
from sluice.schema.column import key_of
from sluice.schema.staging import Batch
from sluice.usecases.artifacts import JobWorkspace, write_rejections
from sluice.usecases.declarations import importer_of
from sluice.usecases.ports import Destination, Files
from sluice.usecases.staged_rows import staged_rows


def load_chunk(job: Job, chunk: Chunk, *, files: Files, destination: Destination) -> Counts:
    """Deliver the staged rows of a chunk, but for those whose key an earlier row of the file has.

    Returns
    -------
    Counts
        Rows inserted, updated, unchanged and rejected; they add up to the staged rows.
    """
    importer = importer_of(job)
    staged = staged_rows(job, chunk.ref.index, files)
    applied = destination.apply(Batch(job.ref.tenant, importer, job.ref.id, chunk.ref.index, staged.rows))
    rejected = reject(job, chunk, applied.rejections + staged.wrong, staged.repeats, files)
    return Counts(inserted=applied.inserted, updated=applied.updated, unchanged=applied.unchanged, rejected=rejected)


def reject(
    job: Job, chunk: Chunk, rejections: list[Rejection], repeats: Mapping[int, tuple[str, int]], files: Files
) -> int:
    """Write down rows that are rejected only now, and those that repeat an earlier key; answers how many."""
    if repeats or rejections or chunk.attempts > 1:
        workspace = JobWorkspace(job.ref, files)
        sheet = workspace.read_plan().layout.sheet
        title = key_of(importer_of(job).row).title
        rejections = [replace(rejection, sheet=sheet) for rejection in rejections]
        rejections += [
            Rejection(sheet, row, title, key, DUPLICATE_KEY, {"column": title, "first": first})
            for row, (key, first) in repeats.items()
        ]
        write_rejections(chunk, rejections, workspace.records(chunk, job.file), files)
    return len({rejection.row for rejection in rejections})


def compare_chunk(job: Job, chunk: Chunk, *, files: Files, destination: Destination) -> Counts:
    """Count the rows that would be inserted, updated and left; nothing is written."""
    staged = staged_rows(job, chunk.ref.index, files)
    importer = importer_of(job)
    found = destination.compare(Batch(job.ref.tenant, importer, job.ref.id, chunk.ref.index, staged.rows))
    return Counts(to_insert=found.inserted, to_update=found.updated, to_leave=found.unchanged)


def undo_chunk(job: Job, chunk: Chunk, *, files: Files, destination: Destination) -> Counts:
    """Take back what loading the chunk did, and keep a list of the rows that were left as they are."""
    importer, index = importer_of(job), chunk.ref.index
    rows = staged_rows(job, index, files).rows
    undone = destination.undo(Batch(job.ref.tenant, importer, job.ref.id, index, rows))
    left = [{"outcome": "kept", **asdict(row)} for row in undone.kept]
    left += [{"outcome": "failed", **asdict(row)} for row in undone.failed]
    if left:
        files.write(paths.kept_of(job.ref, index), "".join(json.dumps(row) + "\n" for row in left).encode())
    return Counts(reversed=undone.reversed, kept=len(undone.kept), stuck=len(undone.failed))
