"""Load a chunk: its staged rows go to the destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.model.rejection import Rejection
from sluice.rows.row import key_of
from sluice.rows.staged import Batch
from sluice.usecases.declared import importer_of
from sluice.usecases.ports import Destination, Files
from sluice.usecases.refusals import REPEATS, write_refusals
from sluice.usecases.staged_rows import staged_rows
from sluice.usecases.workspace import JobWorkspace


def load_chunk(job: Job, chunk: Chunk, *, files: Files, destination: Destination) -> Counts:
    """Deliver the staged rows of a chunk, but for those whose key an earlier row of the file has.

    Returns
    -------
    Counts
        Rows inserted, updated, unchanged and refused; they add up to the staged rows.
    """
    importer = importer_of(job)
    staged = staged_rows(job, chunk.ref.index, files)
    applied = destination.apply(Batch(job.ref.tenant, importer, job.ref.id, chunk.ref.index, staged.rows))
    refused = refuse(job, chunk, applied.refusals + staged.wrong, staged.repeats, files)
    return Counts(inserted=applied.inserted, updated=applied.updated, unchanged=applied.unchanged, refused=refused)


def refuse(
    job: Job, chunk: Chunk, refusals: list[Rejection], repeats: Mapping[int, tuple[str, int]], files: Files
) -> int:
    """Write down rows that are refused only now, and those that repeat an earlier key; answers how many."""
    if repeats or refusals or chunk.attempts > 1:
        workspace = JobWorkspace(job.ref, files)
        sheet = workspace.read_plan().layout.sheet
        title = key_of(importer_of(job).row).title
        refusals = [replace(refusal, sheet=sheet) for refusal in refusals]
        refusals += [
            Rejection(sheet, row, title, key, f"{REPEATS}{title} of row {first}")
            for row, (key, first) in repeats.items()
        ]
        write_refusals(chunk, refusals, workspace.records(chunk, job.file), files)
    return len({refusal.row for refusal in refusals})
