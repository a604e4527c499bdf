"""Syncs: jobs that pull a source, one at a time, started by a caller or a schedule; and the schedules of sources.

The owner of a source's lock is its current job: the one that pulls the source, or pulled it last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from ulid import ULID

from sluice.catalog.registry import SOURCES, source_named
from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, Problem, QuotaReached
from sluice.model.job import OVERDUE, SYNC, SYSTEM, Job, JobFile
from sluice.model.lock import source_lock
from sluice.model.options import GivenOptions
from sluice.model.status import ENDED, INACTIVE, STOPPING, Status
from sluice.upstream.source import Schedule, Source, schedule_from
from sluice.usecases.control import cancel
from sluice.usecases.ports import Jobs, Schedules
from sluice.usecases.queueing import start
from sluice.usecases.recipes import options_of
from sluice.usecases.services import Services, find_job

#: Requester of a scheduled sync, in its log.
SCHEDULE = "schedule"
_NOTHING_GIVEN: Final = GivenOptions()
_STUCK = timedelta(minutes=15)
_LONGEST = timedelta(minutes=30)
_PROBLEM = Problem(OVERDUE)


@dataclass(frozen=True)
class SyncStart:
    """The current job of a source, and whether this call created it."""

    job: Job
    is_new: bool


def start_sync(
    tenant: str,
    source_name: str,
    *,
    by: str,
    force: bool,
    now: datetime,
    services: Services,
    guards: Mapping[str, Any] = MappingProxyType({}),
    before_superseding: Callable[[], None] | None = None,
) -> SyncStart:
    """Return the current job of a source; create one if there is none, or if ``force`` is set.

    One transaction adds the new job and makes it the owner of the source's lock. So of many concurrent calls, one
    creates the job and the others find it. A forced job supersedes the current one, which is cancelled.

    Parameters
    ----------
    guards
        Limits of the new job, in place of the defaults; a job that is there keeps its own.
    before_superseding
        Called before a job takes the place of one that is under way; it raises if the caller may not do that.

    Raises
    ------
    NotFound
        If there is no such source.
    InvalidOption
        If a guard names no field of numbers.
    Conflict
        If ``force`` is set while the current job is being rolled back.
    """
    source = source_named(source_name)
    given = options_of(source.rows, GivenOptions(guards=dict(guards)))
    while True:
        before = services.locks.owner(source_lock(tenant, source.name))
        there = find_job(before, services.jobs)
        if there is not None and not force:
            if there.status is Status.QUEUED:
                # the call that created it may have died before it started the execution
                start(there, now=int(now.timestamp()), services=services)
            return SyncStart(there, is_new=False)
        if there is not None and there.status is Status.ROLLING_BACK:
            raise Conflict("rolling-back", id=there.ref.id)
        if there is not None and there.status not in ENDED and before_superseding:
            before_superseding()
        job = new_sync(tenant, source, by, now, given)
        if services.jobs.add(job, owning=source_lock(tenant, source.name), instead_of=before):
            break
    start(job, now=int(now.timestamp()), services=services)
    if there is not None:
        supersede(there.ref, job, by=by, now=now, services=services)
    return SyncStart(job, is_new=True)


def supersede(ref: JobRef, job: Job, *, by: str, now: datetime, services: Services) -> None:
    """Cancel the job that owned the source's lock before; a job that has ended stays as it is.

    If this call dies before it cancels the job, `cancel_if_superseded` does so at the job's next dispatch or chunk.
    """
    with suppress(Conflict):
        cancel(ref, by=by, now=int(now.timestamp()), services=services)
        services.jobs.log(services.jobs.get(ref), by=by, note=f"superseded by job {job.ref.id}")


def cancel_if_superseded(job: Job, now: int, services: Services) -> Job | None:
    """Cancel a sync that no longer owns its source's lock and return it; ``None`` if it still owns the lock.

    The call that created its successor may have died before it cancelled this job.
    """
    if job.status not in {Status.PARSING, Status.LOADING}:
        return None
    if services.locks.owner(source_lock(job.ref.tenant, job.importer)) == job.ref:
        return None
    return cancel(job.ref, by=SYSTEM, now=now, services=services)


def current_job(tenant: str, source_name: str, services: Services) -> Job | None:
    """Find the current job of a source: the one that pulls it, or pulled it last; ``None`` if there is none.

    Raises
    ------
    NotFound
        If there is no such source.
    """
    owner = services.locks.owner(source_lock(tenant, source_named(source_name).name))
    return find_job(owner, services.jobs)


def new_sync(tenant: str, source: Source, by: str, now: datetime, given: GivenOptions = _NOTHING_GIVEN) -> Job:
    """Build a job that pulls a source."""
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
        options=given.over(source.rows.options),
        given=given,
        asks=source.rows.asks(attended=False),
    )


def sync_on_schedule(tenant: str, source_name: str, *, now: datetime, services: Services) -> Job | None:
    """Start a new job of a source; ``None``, and nothing happens, if the current one has not ended.

    A job that is paused or in review waits for a person, so a schedule does not cancel it. The second delivery of a
    scheduled run finds the job of the first one; if that has ended, the source is pulled again, and unchanged rows are
    not written.

    Raises
    ------
    NotFound
        If the source was removed from the catalogue.
    """
    source, lock = source_named(source_name), source_lock(tenant, source_name)
    before = services.locks.owner(lock)
    current = find_job(before, services.jobs)
    if current is not None and current.status not in ENDED:
        return None
    job = new_sync(tenant, source, SCHEDULE, now)
    try:
        is_new = services.jobs.add(job, owning=lock, instead_of=before)
    except QuotaReached as error:
        # shown among the jobs of the source; the next scheduled run pulls it
        job = replace(job, status=Status.FAILED, problem=error.problem, finished_at=now)
        services.jobs.add(job)
        return job
    if not is_new:
        return None  # another call has just started one
    start(job, now=int(now.timestamp()), services=services)
    return job


def clean_up(
    tenant: str,
    sources: Sequence[str],
    *,
    by: str,
    now: datetime,
    services: Services,
) -> Counter[str]:
    """Cancel the jobs of these sources that have not changed for 15 minutes.

    Returns
    -------
    Counter
        Number of cancelled jobs by the state that they were in.
    """
    cleaned: Counter[str] = Counter()
    for source in sources:
        # only the current job can be under way: it cancelled the earlier ones when it superseded them
        job = current_job(tenant, source, services)
        if job is None or job.is_in_line or job.status in INACTIVE | STOPPING:
            continue
        if now - (job.updated_at or job.created_at) <= _STUCK:
            continue
        with suppress(Conflict):
            cancel(job.ref, by=by, now=int(now.timestamp()), services=services)
            cleaned[job.status] += 1
    return cleaned


@dataclass(frozen=True)
class SourceState:
    """A source of a tenant, its current job, and its schedule."""

    source: Source
    job: Job | None
    schedule: Schedule | None


def list_sources(tenant: str, services: Services) -> list[SourceState]:
    """List every source with its current job and its schedule in a tenant."""
    return [
        SourceState(source, current_job(tenant, source.name, services), services.schedules.get(tenant, source.name))
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
    """Set the schedule of a source, which replaces an existing one; see `schedule_from`.

    Raises
    ------
    NotFound
        If there is no such source.
    TryLater
        If other callers change the schedule at the same time.
    """
    source, schedule = source_named(source_name), schedule_from(every_minutes, starting_at, now=now)
    schedules.put(tenant, source.name, schedule)
    return schedule


def end_overdue(job: Job, now: int, jobs: Jobs) -> bool:
    """End a sync that has exceeded its time limit; return whether it had.

    Parameters
    ----------
    now
        Epoch seconds.
    """
    if not job.is_sync or job.is_in_line or job.status in INACTIVE | {Status.ROLLING_BACK}:
        return False
    if now - (job.run_at or job.created_at).timestamp() <= _LONGEST.total_seconds():
        return False
    jobs.transition(
        job.ref, Status.FAILED if job.status is not Status.CANCELLING else Status.CANCELLED, problem=_PROBLEM
    )
    return True
