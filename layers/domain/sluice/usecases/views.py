"""Views of a job: its preview and its timeline, and waiting a little until it changes."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound
from sluice.model.event import Seen
from sluice.model.job import Job
from sluice.model.status import ENDED, Status
from sluice.usecases.artifacts import FilePlan, JobFiles
from sluice.usecases.ports import Chunks, Files, Jobs
from sluice.usecases.staged_rows import staged_rows

_END_PAUSE = 0.1
# States that a waiting caller waits for: an end, or a question to them.
_AWAITED = ENDED | {Status.IN_REVIEW}
# A watcher sees a change within a second: half of it here, half until a browser is back (`retry`).
_NEWS_PAUSE = 0.5


@dataclass(frozen=True)
class ShownRow:
    """A row as it will be written; dates in an order that is not known yet are day first."""

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
        ``not-parsed`` while the file is still being read, or when it was rejected.
    """
    job = jobs.get(ref)
    reading = job.status in {Status.WAITING_FOR_FILE, Status.QUEUED, Status.PARSING}
    if reading or not job.planned:
        raise Conflict("not-parsed", id=ref.id, status_now=str(job.status))
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
    return Preview(job, JobFiles(ref, files).read_plan(), rows, known)


@dataclass(frozen=True)
class Step:
    """A chunk that was done ``at`` that time: so many rows of a phase."""

    at: datetime
    phase: PhaseName
    rows: int


def timeline(ref: JobRef, *, chunks: Chunks) -> list[Step]:
    """List the chunks of a job that are done, oldest first; a chunk that was given up has no step."""
    done = (
        Step(chunk.closed_at, name, chunk.rows)
        for name in PhaseName
        for chunk in chunks.of_phase(ref, name)
        if chunk.state is ChunkState.DONE and chunk.closed_at is not None
    )
    return sorted(done, key=lambda step: step.at)


def await_end(job: Job, *, seconds: float, jobs: Jobs) -> Job:
    """Look at the job until it has ended or waits for a person, or so many seconds are over; answer it then."""
    deadline = time.monotonic() + seconds
    while job.status not in _AWAITED and time.monotonic() < deadline:
        time.sleep(_END_PAUSE)
        job = jobs.get(job.ref)
    return job


def await_news(ref: JobRef, seen: Seen | None, *, seconds: float, jobs: Jobs) -> Job:
    """Look at a job until it is not as it was seen, or so many seconds are over; answer it then.

    Raises
    ------
    NotFound
        If there is no such job.
    """
    deadline = time.monotonic() + seconds
    job = jobs.get(ref)
    while seen is not None and job.version <= seen.version and not seen.is_last and time.monotonic() < deadline:
        time.sleep(_NEWS_PAUSE)
        job = jobs.get(ref)
    return job
