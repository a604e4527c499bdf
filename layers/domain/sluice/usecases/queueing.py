"""Importers that run one job at a time: the lock of an importer, and the jobs that wait for it.

The job that owns the lock runs. When it ends, the lock goes to the next job in line: urgent ones first, then by age.
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

# More jobs than wait anywhere: on a full page, the first in line might be missing.
_ALL = 100_000


def start_when_free(job: Job, services: Services) -> None:
    """Start a queued job, at once or when its importer is free: first in, first out, urgent jobs before the others."""
    if not _is_exclusive(job) or services.locks.acquire(importer_lock(job), job.ref):
        services.machine.start(job)


def release_importer(job: Job, services: Services) -> None:
    """Let the next job begin when one has ended; called twice, it begins once.

    A job may be queued just while the lock is released: it did not get the lock then, and the releasing worker did not
    see the job. So the line is looked at once more afterwards.
    """
    if job.status in ENDED and _is_exclusive(job):
        _pass_on(job.ref, job, services)


def repair_importer_lock(job: Job, services: Services) -> bool:
    """Take the lock off a job that has ended or was removed; says whether the queued job waits for another one."""
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
    """Acquire the lock for a job that is to go on after it had ended.

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
        given = locks.owner(lock)  # the worker that transferred it may have died before it could start the job
        follower = _found(given, services.jobs) if given else None
    elif follower is None and (late := _first(job, services.jobs)) and locks.acquire(lock, late.ref):
        follower = late
    if follower is not None and follower.status is Status.QUEUED:
        services.machine.start(follower)


def _found(ref: JobRef, jobs: Jobs) -> Job | None:
    try:
        return jobs.get(ref)
    except NotFound:  # its retention is over
        return None


def _is_exclusive(job: Job) -> bool:
    try:
        return not job.is_sync and importer_named(job.importer).one_at_a_time
    except NotFound:
        return False


def _first(job: Job, jobs: Jobs) -> Job | None:
    waiting = jobs.page(job.ref.tenant, status=Status.QUEUED, importer=job.importer, limit=_ALL, cursor=None).items
    return min(waiting, key=lambda each: (not each.urgent, each.ref.id), default=None)
