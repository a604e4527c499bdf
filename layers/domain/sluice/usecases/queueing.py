"""Importers that run one job at a time: the lock of an importer, and the jobs that wait for it.

The job that owns the lock runs. When it ends, the lock passes to the next job in line: urgent jobs first, then the
oldest.
"""

from __future__ import annotations

from sluice.catalog.registry import importer_named
from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, NotFound
from sluice.model.job import Job
from sluice.model.lock import importer_lock
from sluice.model.status import ENDED, Status
from sluice.usecases.ports import Jobs
from sluice.usecases.services import Services

# More than any number of waiting jobs: a full page might lack the first in line.
_ALL = 100_000


def start_when_free(job: Job, services: Services) -> None:
    """Start a queued job if its importer is free; otherwise it waits until `release_importer` starts it."""
    if not _is_exclusive(job) or services.locks.acquire(importer_lock(job), job.ref):
        services.machine.start(job)


def release_importer(job: Job, services: Services) -> None:
    """Pass the lock of a job that has ended to the next job in line and start it; a second call starts nothing.

    A job that is queued during the release may miss the lock, while the releasing process misses the job. So the line
    is read once more after the release.
    """
    if job.status in ENDED and _is_exclusive(job):
        _pass_on(job.ref, job, services)


def repair_importer_lock(job: Job, services: Services) -> bool:
    """Pass the lock on if its owner has ended or was removed; return whether the queued job waits for another job."""
    if job.status is not Status.QUEUED or not _is_exclusive(job):
        return False
    owner = services.locks.owner(importer_lock(job))
    if owner is None:
        return not services.locks.acquire(importer_lock(job), job.ref)
    if owner == job.ref:
        return False
    if (there := _found(owner, services.jobs)) is None or there.status in ENDED:
        _pass_on(owner, job, services)
    return True


def acquire_importer_again(job: Job, services: Services) -> None:
    """Acquire the lock again, before a job that has ended is continued.

    Raises
    ------
    Conflict
        If another job owns it.
    """
    if _is_exclusive(job) and not services.locks.acquire(importer_lock(job), job.ref):
        raise Conflict("importer-busy", importer=importer_named(job.importer).title)


def _pass_on(owner: JobRef, job: Job, services: Services) -> None:
    """Pass the lock of the job's importer on from an owner that has ended."""
    lock, follower = importer_lock(job), _first(job, services.jobs)
    locks = services.locks
    passed = locks.transfer(lock, owner, follower.ref) if follower else locks.release(lock, owner)
    if not passed:
        current = locks.owner(lock)  # the process that transferred the lock may have died before it started the job
        follower = _found(current, services.jobs) if current else None
    elif follower is None and (late := _first(job, services.jobs)) and locks.acquire(lock, late.ref):
        follower = late
    if follower is not None and follower.status is Status.QUEUED:
        services.machine.start(follower)


def _found(ref: JobRef, jobs: Jobs) -> Job | None:
    try:
        return jobs.get(ref)
    except NotFound:  # its retention has ended
        return None


def _is_exclusive(job: Job) -> bool:
    try:
        return not job.is_sync and importer_named(job.importer).one_at_a_time
    except NotFound:
        return False


def _first(job: Job, jobs: Jobs) -> Job | None:
    waiting = jobs.page(job.ref.tenant, status=Status.QUEUED, importer=job.importer, limit=_ALL, cursor=None).items
    return min(waiting, key=lambda each: (not each.urgent, each.ref.id), default=None)
