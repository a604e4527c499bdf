"""Views of a job: its preview, its timeline, and waits for its next change or its end."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, takewhile
from typing import Any

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound
from sluice.model.event import Seen
from sluice.model.job import Job, LogEntry
from sluice.model.status import ENDED, STOPPING, WORKING, Status
from sluice.reports.rejected_rows import RejectedRow
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
    """The layout of a file, its first rows, and whether all rows were compared with the dataset."""

    job: Job
    plan: FilePlan
    rows: list[ShownRow]
    rejected: list[RejectedRow]
    compared: bool


def preview(ref: JobRef, *, limit: int, jobs: Jobs, chunks: Chunks, files: Files) -> Preview:
    """Preview the rows that would be loaded, and the rejected ones among them, once all rows are checked.

    Parameters
    ----------
    limit
        Maximum number of rows that would be loaded, and of rejected ones.

    Raises
    ------
    Conflict
        ``not-parsed`` while the file is still being read, or if it was rejected.
    """
    job = jobs.get(ref)
    reading = job.status in {Status.WAITING_FOR_FILE, Status.QUEUED, Status.PARSING} and not job.is_in_line
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
    stored = JobFiles(ref, files)
    last = rows[-1].row if len(rows) == limit else None
    rejected = takewhile(lambda row: last is None or row.number < last, stored.rejected_rows())
    return Preview(job, stored.read_plan(), rows, list(islice(rejected, limit)), known)


@dataclass(frozen=True)
class Step:
    """A chunk of a phase that was done: ``rows`` rows at the time ``at``."""

    at: datetime
    phase: PhaseName
    rows: int


@dataclass(frozen=True)
class Span:
    """A part of a job's life: work on ``phase``, or a wait in ``status`` if that is ``None``; it lasts ``until``."""

    status: Status
    phase: PhaseName | None
    since: datetime
    until: datetime | None

    def seconds(self, now: datetime) -> float:
        """Return how long it lasted, or has lasted until ``now``."""
        return ((self.until or now) - self.since).total_seconds()


@dataclass(frozen=True)
class Timeline:
    """The chunks of a job that are done, oldest first, and its spans, one after the other without a gap."""

    steps: list[Step]
    spans: list[Span]


def timeline(ref: JobRef, *, jobs: Jobs, chunks: Chunks) -> Timeline:
    """Build the timeline of a job: its log says when it worked and when it waited, its chunks on which phase.

    Waits are those for the file, in the queue, in review, paused, and between an end and a rollback or retry. Failed
    chunks are no steps.

    Raises
    ------
    NotFound
        If there is no such job.
    """
    job = jobs.get(ref)
    done = [
        # the rows of a slice include blank ones, which a worker does not check
        Step(chunk.closed_at, name, chunk.counts.checked if name is PhaseName.PARSE else chunk.rows)
        for name in PhaseName
        for chunk in chunks.of_phase(ref, name)
        if chunk.state is ChunkState.DONE and chunk.closed_at is not None
    ]
    steps = sorted(done, key=lambda step: step.at)
    stretches = _stretches(jobs.entries(ref))
    ends = [since for _, since in stretches[1:]] + [None]
    spans = [
        span
        for (status, since), until in zip(stretches, ends, strict=True)
        if until is not None or status not in ENDED
        for span in _by_phase(job, Span(status, None, since, until), steps)
    ]
    return Timeline(steps, spans)


def _stretches(entries: list[LogEntry]) -> list[tuple[Status, datetime]]:
    """List the states of a log with the times at which they began."""
    found: list[tuple[Status, datetime]] = []
    for entry in entries:
        # while a job is stopping, its workers finish the chunks that they hold: it works on
        works_on = found and found[-1][0] in WORKING and entry.status in STOPPING
        if not works_on and (not found or found[-1][0] is not entry.status):
            found.append((entry.status, entry.at))
    return found


def _by_phase(job: Job, span: Span, steps: list[Step]) -> list[Span]:
    """Name the phase of a span of work; a span of parsing that went on to compare becomes two."""
    match span.status:
        case Status.LOADING:
            return [replace(span, phase=job.delivery)]
        case Status.ROLLING_BACK:
            return [replace(span, phase=PhaseName.UNDO)]
        case Status.PARSING:
            own = [step for step in steps if step.at > span.since and (span.until is None or step.at <= span.until)]
            parsed = max((step.at for step in own if step.phase is PhaseName.PARSE), default=span.since)
            compares = span.until is None and job.phase is PhaseName.COMPARE
            if not compares and all(step.phase is not PhaseName.COMPARE for step in own):
                return [replace(span, phase=PhaseName.PARSE)]
            parts = [replace(span, phase=PhaseName.PARSE, until=parsed)] if parsed > span.since else []
            return [*parts, replace(span, phase=PhaseName.COMPARE, since=parsed)]
        case _:
            return [span]


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
