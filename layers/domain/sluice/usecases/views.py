"""Views of a job: its preview, its timeline, and waits for its next change or its end."""

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
# States that end the wait of a synchronous caller: ends, and the review that asks for an answer.
_AWAITED = ENDED | {Status.IN_REVIEW}
# A watcher sees a change within a second: half of it passes here, half until the browser reconnects (`retry`).
_NEWS_PAUSE = 0.5


@dataclass(frozen=True)
class ShownRow:
    """A row as it will be written; dates whose order is still ambiguous are read day first."""

    row: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Preview:
    """The layout of a file, its first valid rows, and whether all rows were compared with the dataset."""

    job: Job
    plan: FilePlan
    rows: list[ShownRow]
    compared: bool


def preview(ref: JobRef, *, limit: int, jobs: Jobs, chunks: Chunks, files: Files) -> Preview:
    """Preview the rows that would be loaded, once all rows are checked.

    Parameters
    ----------
    limit
        Maximum number of rows.

    Raises
    ------
    Conflict
        ``not-parsed`` while the file is still being read, or if it was rejected.
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
        except NotFound:  # the chunk staged no row
            continue
        rows += [ShownRow(row.number, json.loads(row.values)) for row in staged.rows[: limit - len(rows)]]
    compared = [chunk.state is ChunkState.DONE for chunk in chunks.of_phase(ref, PhaseName.COMPARE)]
    known = all(compared) and (bool(compared) or job.status is Status.IN_REVIEW)
    return Preview(job, JobFiles(ref, files).read_plan(), rows, known)


@dataclass(frozen=True)
class Step:
    """A chunk of a phase that was done: ``rows`` rows at the time ``at``."""

    at: datetime
    phase: PhaseName
    rows: int


def timeline(ref: JobRef, *, chunks: Chunks) -> list[Step]:
    """List the chunks of a job that are done, oldest first; failed chunks are not listed."""
    done = (
        Step(chunk.closed_at, name, chunk.rows)
        for name in PhaseName
        for chunk in chunks.of_phase(ref, name)
        if chunk.state is ChunkState.DONE and chunk.closed_at is not None
    )
    return sorted(done, key=lambda step: step.at)


def await_end(job: Job, *, seconds: float, jobs: Jobs) -> Job:
    """Wait until the job has ended or is in review, for ``seconds`` at most; return it as it is then."""
    deadline = time.monotonic() + seconds
    while job.status not in _AWAITED and time.monotonic() < deadline:
        time.sleep(_END_PAUSE)
        job = jobs.get(job.ref)
    return job


def await_news(ref: JobRef, seen: Seen | None, *, seconds: float, jobs: Jobs) -> Job:
    """Wait until the job differs from ``seen``, for ``seconds`` at most; return it as it is then.

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
