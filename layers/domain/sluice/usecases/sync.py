"""Start to pull a source, at most once at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from ulid import ULID

from sluice.catalog.registry import SOURCES, source_named
from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, NotFound, Problem
from sluice.model.job import OVERDUE, SYNC, Job, JobFile
from sluice.model.schedule import Schedule, schedule_from
from sluice.model.status import ENDED, INACTIVE, STOPPING, Status
from sluice.upstream.source import Source
from sluice.usecases.control import cancel
from sluice.usecases.ports import Chunks, Jobs, Machine, Schedules

#: Who asks for such a job.
SCHEDULE = "schedule"
_STUCK = timedelta(minutes=15)
_LONGEST = timedelta(minutes=30)
_PROBLEM = Problem(OVERDUE)


@dataclass(frozen=True)
class SyncStart:
    """The job that stands for a source, and whether this call has made it."""

    job: Job
    is_new: bool


def start_sync(
    tenant: str,
    source_name: str,
    *,
    by: str,
    force: bool,
    now: datetime,
    jobs: Jobs,
    chunks: Chunks,
    machine: Machine,
) -> SyncStart:
    """Answer the job that stands for the source; make one if there is none, or if it is forced.

    Who stands for a source is one item, written in one transaction with the new job. So of many calls at once one makes
    the job, and the others find it. A forced job takes the place of the one before it, which is cancelled.

    Raises
    ------
    NotFound
        If there is no such source.
    Conflict
        If it is forced while the job that stands for the source is being rolled back.
    """
    source = source_named(source_name)
    while True:
        before = jobs.sync_of(tenant, source.name)
        there = _found(before, jobs)
        if there is not None and not force:
            if there.status is Status.QUEUED:
                machine.start(there)  # whoever made it may have died before that
            return SyncStart(there, is_new=False)
        if there is not None and there.status is Status.ROLLING_BACK:
            raise Conflict("rolling-back", id=there.ref.id)
        job = new_sync(tenant, source, by, now, instead_of=before)
        if jobs.begin_sync(job, instead_of=before):
            break
    machine.start(job)
    if there is not None:
        supersede(there.ref, job, by=by, now=now, jobs=jobs, chunks=chunks, machine=machine)
    return SyncStart(job, is_new=True)


def supersede(ref: JobRef, job: Job, *, by: str, now: datetime, jobs: Jobs, chunks: Chunks, machine: Machine) -> None:
    """Cancel the job that stood for a source before; one that has ended stays as it is.

    Should nobody come to do this, the job finds out by itself that it does not stand for its source any more.
    """
    with suppress(Conflict):
        cancel(ref, by=by, now=int(now.timestamp()), jobs=jobs, chunks=chunks, machine=machine)
        jobs.log(jobs.get(ref), by=by, note=f"superseded by job {job.ref.id}")


def current_job(tenant: str, source_name: str, *, jobs: Jobs) -> Job | None:
    """The job that stands for a source: the one that is pulling it, or did so last; ``None`` if there is none.

    Raises
    ------
    NotFound
        If there is no such source.
    """
    return _found(jobs.sync_of(tenant, source_named(source_name).name), jobs)


def _found(ref: JobRef | None, jobs: Jobs) -> Job | None:
    """The job, unless it is so long ago that it has been removed."""
    try:
        return None if ref is None else jobs.get(ref)
    except NotFound:
        return None


def new_sync(tenant: str, source: Source, by: str, now: datetime, *, instead_of: JobRef | None) -> Job:
    """A job that pulls a source, in place of the one that stands for it."""
    job_id = str(ULID.from_datetime(now))
    return Job(
        ref=JobRef(tenant, job_id),
        kind=SYNC,
        importer=source.name,
        file=JobFile(source.title, key=""),
        requested_by=by,
        batch_id=job_id,
        created_at=now,
        status=Status.QUEUED,
        instead_of=instead_of.id if instead_of else None,
    )


def sync_on_schedule(tenant: str, source_name: str, *, now: datetime, jobs: Jobs, machine: Machine) -> Job | None:
    """Begin a new job for a source; ``None``, and nothing, if the one that stands for it has not ended.

    One that is paused or in review waits for a person, who would not like it to be cancelled. A strike that comes
    twice, as any event may, finds the job of the first; if that has ended by then, the source is pulled once more, and
    rows that have not changed are not written.

    Raises
    ------
    NotFound
        If there is no such source any more.
    """
    source, before = source_named(source_name), jobs.sync_of(tenant, source_name)
    standing = current_job(tenant, source_name, jobs=jobs)
    if standing is not None and standing.status not in ENDED:
        return None
    job = new_sync(tenant, source, SCHEDULE, now, instead_of=before)
    if not jobs.begin_sync(job, instead_of=before):
        return None  # somebody else has begun one just now
    machine.start(job)
    return job


def clean_up(
    tenant: str,
    sources: Sequence[str],
    *,
    by: str,
    now: datetime,
    jobs: Jobs,
    chunks: Chunks,
    machine: Machine,
) -> Counter[str]:
    """Cancel the jobs of these sources that have not moved for 15 minutes.

    Returns
    -------
    Counter
        How many, by the state that they were in.
    """
    cleaned: Counter[str] = Counter()
    for source in sources:
        # no other can be under way: when it took their place, they were cancelled
        job = current_job(tenant, source, jobs=jobs)
        if job is None or job.status in INACTIVE | STOPPING or now - (job.updated_at or job.created_at) <= _STUCK:
            continue
        with suppress(Conflict):
            cancel(job.ref, by=by, now=int(now.timestamp()), jobs=jobs, chunks=chunks, machine=machine)
            cleaned[job.status] += 1
    return cleaned


@dataclass(frozen=True)
class SourceState:
    """A source, the job that stands for it (under way, or the last one), and its schedule."""

    source: Source
    job: Job | None
    schedule: Schedule | None


def list_sources(tenant: str, *, jobs: Jobs, schedules: Schedules) -> list[SourceState]:
    """Every source as it stands for a tenant."""
    return [
        SourceState(source, current_job(tenant, source.name, jobs=jobs), schedules.get(tenant, source.name))
        for source in SOURCES
    ]


def set_schedule(
    tenant: str,
    source_name: str,
    *,
    every_minutes: int,
    starting_at: datetime | None,
    now: datetime,
    schedules: Schedules,
) -> Schedule:
    """Give a source a schedule, in place of the one that it has; see `schedule_from`.

    Raises
    ------
    NotFound
        If there is no such source.
    TryLater
        If others are changing its schedule all the time.
    """
    source, schedule = source_named(source_name), schedule_from(every_minutes, starting_at, now=now)
    schedules.put(tenant, source.name, schedule)
    return schedule


def end_overdue(job: Job, now: int, jobs: Jobs) -> bool:
    """End a sync that has been under way for too long; says whether it was.

    Parameters
    ----------
    now
        Epoch seconds.
    """
    if job.kind != SYNC or job.status in INACTIVE or job.status is Status.ROLLING_BACK:
        return False
    if now - (job.run_at or job.created_at).timestamp() <= _LONGEST.total_seconds():
        return False
    jobs.transition(
        job.ref, Status.FAILED if job.status is not Status.CANCELLING else Status.CANCELLED, problem=_PROBLEM
    )
    return True
