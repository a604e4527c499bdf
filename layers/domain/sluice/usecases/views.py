"""Views of a job: its progress, its preview, its timeline, and waits for its next change or its end."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, takewhile
from typing import Any

from sluice.catalog.registry import importer_of
from sluice.model.chunk import CLOSED, ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound
from sluice.model.event import Seen
from sluice.model.job import Job, LogEntry, Progress
from sluice.model.rejection import Rejection
from sluice.model.retention import check_kept
from sluice.model.status import ENDED, STOPPING, WORKING, Status
from sluice.reading.sheets import FilePlan
from sluice.reports.rejected_rows import RejectedRow
from sluice.schema.importer import Column
from sluice.schema.staging import NAMED_ROWS, Change, Compared
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.phases import PHASES, Phase
from sluice.usecases.ports import Chunks, Files, Jobs
from sluice.usecases.staged_rows import staged_rows

_END_PAUSE = 0.1
# States that end the wait of a synchronous caller: ends, and the review that asks for an answer.
_AWAITED = ENDED | {Status.IN_REVIEW}
# A watcher sees a change within a second: half of it passes here, half until the browser reconnects (`retry`).
_NEWS_PAUSE = 0.5
# Seconds without a sign of a worker after which a job says that it waits for one; most chunks take less.
_QUIET = 15


@dataclass(frozen=True)
class ShownRow:
    """A row as it will be written, as far as no question about its columns is open."""

    row: int
    values: dict[str, Any]
    sheet: str = ""


@dataclass(frozen=True)
class Preview:
    """The layout of a file, its first rows, and what loading would change.

    Parameters
    ----------
    rows
        The first rows that would be loaded.
    rejected
        The rejected rows among them.
    compared
        The comparison with the dataset; ``None`` unless all rows were compared.
    is_ahead
        Whether no row was delivered yet, so that what the comparison found is still to come.
    """

    job: Job
    plan: FilePlan
    rows: list[ShownRow]
    rejected: list[RejectedRow]
    compared: Compared | None
    is_ahead: bool

    @property
    def untouched(self) -> list[Column]:
        """The columns that the file lacks, and that loading leaves as they are in existing records.

        None of a lookup, which writes nothing, nor of a sync, whose source decides what is there. A file of keys to
        delete changes whole records. A column that a rule of the importer changes is not among them.
        """
        if self.job.lookup or self.job.is_sync or self.job.options.mode == "delete":
            return []
        there = {*self.plan.first.header.fields.values(), *(self.compared.changed if self.compared else ())}
        return [column for column in importer_of(self.job).columns if column.field not in there]


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
    check_kept(job, "read", datetime.now(UTC))
    rows: list[ShownRow] = []
    stored = JobFiles(job, files)
    plan, last = stored.read_plan(), None
    parsed = list(chunks.of_phase(ref, PhaseName.PARSE))
    for chunk in parsed:
        if len(rows) >= limit:
            break
        try:
            staged = staged_rows(job, chunk.ref.index, files)
        except NotFound:  # the chunk staged no row
            continue
        sheet = plan.of(chunk.ref.index).name
        rows += [ShownRow(row.number, json.loads(row.values), sheet) for row in staged.rows[: limit - len(rows)]]
        if len(rows) == limit:
            last = plan.place_of(sheet), rows[-1].row
    found = stored.rejected_rows()
    rejected = takewhile(lambda row: last is None or (plan.place_of(row.sheet), row.number) < last, found)
    return Preview(
        job,
        plan,
        rows,
        list(islice(rejected, limit)),
        _compared(job, chunks, stored),
        is_ahead=next(chunks.of_phase(ref, job.delivery), None) is None,
    )


def _compared(job: Job, chunks: Chunks, stored: JobFiles) -> Compared | None:
    """Merge the comparisons of all chunks: counts by column, and the first rows of each kind."""
    done = [chunk.state is ChunkState.DONE for chunk in chunks.of_phase(job.ref, PhaseName.COMPARE)]
    if not all(done) or not (done or job.status is Status.IN_REVIEW):
        return None
    changed, kept_blank, chunks_found = Counter[str](), 0, 0
    updates: list[Change] = []
    deletions: list[Change] = []
    rejections: dict[tuple[str, int], list[Rejection]] = {}
    for found in stored.compared():
        changed.update(found.changed)
        kept_blank += found.kept_blank
        chunks_found += 1
        for change in found.changes:
            named = updates if change.after else deletions
            if len(named) < NAMED_ROWS:
                named.append(change)
        for rejection in found.rejections:
            if len(rejections) < NAMED_ROWS or (rejection.sheet, rejection.row) in rejections:
                rejections.setdefault((rejection.sheet, rejection.row), []).append(rejection)
    if chunks_found < len(done):  # an earlier version compared the job, and stored nothing
        return None
    return Compared(
        inserted=job.counts.to_insert,
        updated=job.counts.to_update,
        unchanged=job.counts.to_leave,
        deleted=job.counts.to_delete + job.counts.to_absent,
        rejections=list(chain.from_iterable(rejections.values())),
        kept_blank=kept_blank,
        changed=changed,
        changes=updates + deletions,
    )


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
    """Name the phase of a span of work; one of parsing or loading that went on to another phase becomes two."""
    match span.status:
        case Status.LOADING:
            return _in_two(job, span, steps, job.delivery, PhaseName.ABSENT)
        case Status.ROLLING_BACK:
            return [replace(span, phase=PhaseName.UNDO)]
        case Status.PARSING:
            return _in_two(job, span, steps, PhaseName.PARSE, PhaseName.COMPARE)
        case _:
            return [span]


def _in_two(job: Job, span: Span, steps: list[Step], first: PhaseName, second: PhaseName) -> list[Span]:
    own = [step for step in steps if step.at > span.since and (span.until is None or step.at <= span.until)]
    if all(step.phase is not second for step in own) and not (span.until is None and job.phase is second):
        return [replace(span, phase=first)]
    done = max((step.at for step in own if step.phase is first), default=span.since)
    parts = [replace(span, phase=first, until=done)] if done > span.since else []
    return [*parts, replace(span, phase=second, since=done)]


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


def waits_for_worker(job: Job, *, now: datetime, chunks: Chunks) -> datetime | None:
    """Return since when a job waits for a worker; ``None`` if it does not, or for a few seconds only.

    It waits if chunks of its phase are open, and none of them is leased or released with a delay: either all workers
    are busy with other jobs, or one was stopped before or while it had a chunk. A phase that is being prepared, and a
    job that waits in line, wait for no worker.
    """
    moved = job.updated_at or job.created_at
    if job.status not in WORKING or job.waits_for or job.phase is None or now - moved < timedelta(seconds=_QUIET):
        return None
    barrier = chunks.barrier(job.ref, job.phase)
    if barrier is None or barrier.run != job.run or not barrier.remaining:
        return None
    seen = 0
    for chunk in chunks.of_phase(job.ref, job.phase):
        if chunk.state not in CLOSED:
            seen = max(seen, int(moved.timestamp()), chunk.due_at, chunk.lease_until)
        if seen + _QUIET > now.timestamp():  # leased, released a moment ago, or about to be taken
            return None
    return datetime.fromtimestamp(seen, UTC) if seen else None


def progress_of(job: Job, waits_since: datetime | None = None) -> Progress:
    """Compute the progress of a job in the phase under way, or in the last phase that it entered.

    ``waits_since`` is what `waits_for_worker` found.
    """
    phase = PHASES[_phase_shown(job)]
    current, total = phase.progress(job.counts)
    if job.status in {Status.COMPLETED, Status.ROLLED_BACK}:
        percent = 100
    else:
        percent = min(100, current * 100 // total) if total else 0
    return Progress(
        current, total, percent, "waiting-for-worker" if waits_since else _code_shown(job, phase), waits_since
    )


def _phase_shown(job: Job) -> PhaseName:
    match job.status, job.phase:
        case (Status.ROLLING_BACK | Status.ROLLED_BACK, _):
            return PhaseName.UNDO
        case (_, PhaseName.PARSE | PhaseName.COMPARE | PhaseName.ABSENT as phase):
            return phase
        case (Status.PARSING | Status.IN_REVIEW, _) | (Status.PAUSING | Status.PAUSED | Status.CANCELLING, None):
            return PhaseName.PARSE
        case _:
            return job.delivery


def _code_shown(job: Job, phase: Phase) -> str:  # noqa: PLR0911 - a code for each state
    match job.status:
        case Status.PAUSING | Status.PAUSED if job.suspended:
            return "suspended"
        case Status.QUEUED | Status.ROLLING_BACK if job.waits_for:
            return f"waiting-for-{job.waits_for.lock}"
        case Status.WAITING_FOR_FILE | Status.QUEUED:
            return job.status.replace("_", "-")
        case Status.PARSING if not job.counts.total:
            return "reading-source" if job.is_sync else "reading-file"
        case Status.IN_REVIEW if job.phase is not PhaseName.COMPARE:
            return "in-review"
        case Status.ROLLING_BACK | Status.ROLLED_BACK if job.counts.conflicts:
            return "rolling-back-conflicts"
        case Status.FAILED if job.problem and not job.counts.total:
            return "failed"
        case _:
            return phase.code
