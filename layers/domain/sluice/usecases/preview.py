"""Preview a job: how its file was understood, and what its rows will be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.ports import Chunks, Files, Jobs
from sluice.usecases.staged_rows import staged_rows
from sluice.usecases.workspace import FilePlan, JobWorkspace


@dataclass(frozen=True)
class ShownRow:
    """A row as it will be written; dates in an order that nobody has said yet are day first."""

    row: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Preview:
    """How a file was understood, its first good rows, and whether all of them were compared with the dataset."""

    job: Job
    plan: FilePlan
    rows: list[ShownRow]
    compared: bool


def preview(ref: JobRef, *, limit: int, jobs: Jobs, chunks: Chunks, files: Files) -> Preview:
    """Show what would be loaded, from the moment all rows are checked.

    Parameters
    ----------
    limit
        Rows at most.

    Raises
    ------
    Conflict
        ``not-parsed`` while the file is still being read, or when it was refused.
    """
    job = jobs.get(ref)
    reading = job.status in {Status.WAITING_FOR_FILE, Status.QUEUED, Status.PARSING}
    if reading or not job.planned:
        detail = f"Job {ref.id} is {job.status.replace('_', ' ')}; there is a preview once all of its rows are checked."
        raise Conflict("not-parsed", "There is nothing to preview", detail, status_now=str(job.status))
    rows: list[ShownRow] = []
    for chunk in chunks.of_phase(ref, PhaseName.PARSE):
        if len(rows) >= limit:
            break
        try:
            staged = staged_rows(job, chunk.ref.index, files)
        except NotFound:  # none of its rows is good
            continue
        rows += [ShownRow(row.number, json.loads(row.values)) for row in staged.rows[: limit - len(rows)]]
    compared = [chunk.state is ChunkState.DONE for chunk in chunks.of_phase(ref, PhaseName.COMPARE)]
    known = all(compared) and (bool(compared) or job.status is Status.IN_REVIEW)
    return Preview(job, JobWorkspace(ref, files).read_plan(), rows, known)
