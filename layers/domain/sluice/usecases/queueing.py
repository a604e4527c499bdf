"""Locks that decide when a job runs, and the jobs that wait for them.

The lock of an importer that runs one job at a time is held from the start of a job to its end, except in review. The
lock of a dataset is held by the one job that loads into it or is rolled back: it takes the lock in the transaction that
moves it to `loading` or `rolling_back`, and gives it back when its run has ended and no worker holds a chunk. A job
that finds the lock taken joins its line in a run that is not started. Then nothing executes, until the owner gives the
lock back and the first in line takes it: urgent jobs first, then the oldest.

Jobs of the drop folder take it in the order of `sluice.usecases.dropped_order`.

A job waits for its importer first and for its dataset last, and the owner of a dataset waits for no lock, so no two
jobs wait for each other.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sluice.catalog.registry import importer_named, importer_of
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound, Problem
from sluice.model.job import SYSTEM, Decided, Job, WaitsFor
from sluice.model.lock import Held, Lock, LockChanged, LockStep, Waiting, dataset_lock, importer_lock
from sluice.model.status import ENDED, HOLDING, INACTIVE, STOPPING, Status
from sluice.usecases.dropped_order import is_held_up, overtaken_by
from sluice.usecases.ports import Jobs
from sluice.usecases.services import Services, find_job

# More than any number of waiting jobs: a full page might lack the first in line.
_ALL = 100_000
# Jobs in line that learn at once who holds the lock; the others learn it from the sweeper.
_AT_ONCE = 25


def start(job: Job, *, now: int, services: Services) -> None:
    """Start the execution of a job's run, unless the job waits for a lock; a second call starts nothing.

    Parameters
    ----------
    now
        Epoch seconds.
    """
    if job.is_in_line:
        _pass_dataset_on(_dataset_of(job), now, services)
        return
    is_free = job.status is not Status.QUEUED or not _is_exclusive(job)
    if is_free or services.locks.acquire(importer_lock(job), job.ref):
        services.machine.start(job)
    elif owner := services.locks.owner(importer_lock(job)):
        services.jobs.wait_for(job, WaitsFor("importer", owner.id))


def begin(
    job: Job,
    to: Status,
    *,
    by: str,
    now: int,
    services: Services,
    note: str = "",
    decided: Decided | None = None,
    committed: bool = False,
) -> Job:
    """Move a job to ``to`` in a new run and start it; if another job holds a lock that it needs, it joins the line.

    Parameters
    ----------
    job
        The job as it was read.
    by, note
        Subject of the caller, and details for the log.
    decided, committed
        What the caller decides, and whether it commits the job.

    Returns
    -------
    Job
        In ``to``; `failed` if a newer file of the drop folder was loaded; or `queued`, for a rollback `rolling_back`,
        if it waits. A job in review has given back the lock of an importer that runs one at a time, so it is queued
        once more.
    """
    if job.status is Status.IN_REVIEW and _is_exclusive(job):
        to = Status.QUEUED
    if job.is_dropped and (lock := _dataset_of(job)):  # it may have ended, and does not hold up newer ones since
        services.locks.enlist(lock, job.ref)
    change = _Change(by, note, decided, committed)
    begun = _enter(job, to, change, new_run=True, now=now, services=services)
    if begun.status is Status.QUEUED and not begun.is_in_line:
        start(begun, now=now, services=services)
        return services.jobs.get(begun.ref)
    if begun.status not in ENDED and not begun.is_in_line:
        services.machine.start(begun)
    return begun


def enter_delivery(job: Job, *, now: int, services: Services) -> Job:
    """Move a parsed job on to its delivery in the same run; if it has to wait for its dataset, it is `queued`."""
    return _enter(job, Status.LOADING, _Change(SYSTEM), new_run=False, now=now, services=services)


def ensure_hold(job: Job, *, now: int, services: Services) -> Job | None:
    """Return the job with the lock of its dataset, which jobs under way from an earlier version lack.

    ``None`` if another job holds it, or if the job waits in the line.
    """
    lock = _dataset_of(job)
    if job.hold or lock is None:
        return job
    seen = _held(lock, now, services)
    if job.is_in_line or seen.owner not in {None, job.ref}:
        return None
    try:
        return services.jobs.transition(
            job.ref, job.status, phase=job.phase, since=job, lock=LockStep(lock, seen, True)
        )
    except (Conflict, LockChanged):
        return None


def release(job: Job, *, now: int, services: Services) -> Job:
    """Give back the locks that a job no longer needs, start the next job in each line, and return the job.

    A second call gives nothing back and starts nothing. The lock of the dataset stays with the job as long as a worker
    holds one of its chunks; then the sweeper, or the next job that asks for the lock, takes it back.

    Parameters
    ----------
    job
        The job after its transition. The leases are read after it: a worker that leases a chunk later sees it.
    now
        Epoch seconds.
    """
    if job.status in ENDED | {Status.IN_REVIEW} and _is_exclusive(job):
        _pass_importer_on(job.ref, job, now, services)
    lock = _dataset_of(job)
    if lock is None or job.status not in INACTIVE or (job.hold and _needs_dataset(job, now, services)):
        return job
    if job.hold and services.jobs.give_back(job, lock):
        job = replace(job, hold=0)
    _pass_dataset_on(lock, now, services)
    return job


def repair(job: Job, *, now: int, services: Services, owners: dict[Lock, JobRef | None] | None = None) -> bool:
    """Pass on the lock that a job waits for, if its owner no longer needs it; return whether the job waits.

    The process that should have passed the lock on, or started its new owner, may have died.

    Parameters
    ----------
    owners
        Owners of locks that were passed on, or found in use, for other jobs in line; this function adds to them. There
        may be thousands of jobs in one line, and one look at its lock is enough for all of them.
    """
    owners = {} if owners is None else owners
    if job.is_in_line:
        if lock := _dataset_of(job):
            if lock not in owners:
                _pass_dataset_on(lock, now, services)
                owners[lock] = services.locks.held(lock).owner
            if owner := owners[lock]:
                _note_owner(job, owner, services)
        return True
    if job.status is not Status.QUEUED or not _is_exclusive(job):
        return False
    return _waits_for_importer(job, now, services, owners)


def _waits_for_importer(job: Job, now: int, services: Services, owners: dict[Lock, JobRef | None]) -> bool:
    lock = importer_lock(job)
    owner = owners.get(lock) or services.locks.owner(lock)
    if owner is None:
        return not services.locks.acquire(lock, job.ref)
    if owner == job.ref:
        return False
    if lock not in owners:
        there = find_job(owner, services.jobs)
        if there is None or there.status in ENDED | {Status.IN_REVIEW}:
            _pass_importer_on(owner, job, now, services)
        else:
            owners[lock] = owner
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


@dataclass(frozen=True)
class _Change:
    """What changes with the state of a job, and who changes it."""

    by: str
    note: str = ""
    decided: Decided | None = None
    committed: bool = False


def _enter(job: Job, to: Status, change: _Change, *, new_run: bool, now: int, services: Services) -> Job:
    """Move a job to ``to``, with its dataset's lock if it will write; into the line if the lock is not for it."""
    moved: dict[str, Any] = {**vars(change), "since": job}
    if to not in HOLDING or (lock := _dataset_of(job)) is None:
        phase = job.delivery if to is Status.LOADING else None
        return services.jobs.transition(job.ref, to, phase=phase, new_run=new_run, **moved)
    while True:
        seen = _held(lock, now, services)
        if to is Status.LOADING and (problem := overtaken_by(job, seen)):
            return _fail(job, problem, change.by, services)
        step = LockStep(lock, seen, takes=_may_take(job, lock, seen, now, services))
        try:
            if step.takes:
                return services.jobs.transition(job.ref, to, new_run=new_run, lock=step, **moved)
            queued = to if to is Status.ROLLING_BACK else Status.QUEUED
            waits = {"note": f"{change.note}; waits for its dataset" if change.note else "waits for its dataset"}
            waiting = services.jobs.transition(
                job.ref, queued, phase=PhaseName.LOAD, new_run=True, lock=step, **moved | waits
            )
        except LockChanged:
            continue  # another job has taken it or given it back
        if seen.owner is None:  # the process that should have passed it on to the first in line may have died
            _pass_dataset_on(lock, now, services)
            return services.jobs.get(job.ref)
        return waiting


def _may_take(job: Job, lock: Lock, seen: Held, now: int, services: Services) -> bool:
    """Return whether the lock is the job's, or free and no other job comes before it."""
    if seen.owner is not None:
        return seen.owner == job.ref
    comes_first = seen.first is None or Waiting(job.ref, job.urgent, job.run).place <= seen.first.place
    return comes_first and not is_held_up(job, lock, now, services)


def _fail(job: Job, problem: Problem, by: str, services: Services) -> Job:
    if job.status is Status.FAILED:  # a retry, or one that was called twice
        raise Conflict("overtaken", **problem.params)
    return services.jobs.transition(job.ref, Status.FAILED, by=by, problem=problem, since=job)


def _held(lock: Lock, now: int, services: Services) -> Held:
    """Read the lock of a dataset; take it back first from an owner that no longer needs it, or was removed."""
    seen = services.locks.held(lock)
    if seen.owner is None:
        return seen
    owner = find_job(seen.owner, services.jobs)
    if owner is None:
        services.locks.release(lock, seen.owner)
    elif _needs_dataset(owner, now, services):
        return seen
    else:
        services.jobs.give_back(owner, lock)
    return services.locks.held(lock)


def _needs_dataset(job: Job, now: int, services: Services) -> bool:
    """Return whether a job may still write: by its state, or by a worker that holds one of its chunks.

    It also needs the lock until a worker has counted what a dead one has delivered. A suspended job gives it back
    before, because its database is away, which remembers by itself what was delivered.

    A worker leases its chunk before it reads the job, and the leases are read after the job: one of the two sees the
    other.
    """
    if job.status in HOLDING | STOPPING:
        return True
    writing = (PhaseName.LOAD, PhaseName.ABSENT, PhaseName.UNDO)
    return any(
        chunk.is_held(now) or (chunk.is_uncounted and not job.suspended)
        for name in writing
        for chunk in services.chunks.of_phase(job.ref, name)
    )


def _pass_dataset_on(lock: Lock | None, now: int, services: Services) -> None:
    """Let the first in line take the lock of a dataset and start its run, if the lock is free.

    If it is not, start its owner: the process that passed the lock on may have died before it did so.
    """
    while lock is not None:
        seen = _held(lock, now, services)
        if seen.owner is not None:
            owner = find_job(seen.owner, services.jobs)
            if owner and owner.hold and owner.status in HOLDING:
                services.machine.start(owner)
            return
        job = _next(lock, seen, now, services)
        if job is None:
            return
        to = Status.LOADING if job.status is Status.QUEUED else job.status
        step = LockStep(lock, seen, takes=True)
        try:
            job = services.jobs.transition(job.ref, to, phase=job.phase, since=job, lock=step)
        except (Conflict, LockChanged):
            continue
        services.machine.start(job)
        for waiting in services.locks.line(lock, _AT_ONCE):
            if (other := find_job(waiting.ref, services.jobs)) and other.is_in_line:
                _note_owner(other, job.ref, services)
        return


def _next(lock: Lock, seen: Held, now: int, services: Services) -> Job | None:
    """Find the first in the line of a lock that may take it; ends those that were overtaken."""
    for waiting in services.locks.line(lock, _AT_ONCE):
        job = find_job(waiting.ref, services.jobs)
        if job is None or job.run != waiting.run or not job.is_in_line:
            services.locks.leave(lock, waiting)  # it was paused, cancelled or removed
        elif job.status is Status.QUEUED and (problem := overtaken_by(job, seen)):
            with suppress(Conflict):
                _fail(job, problem, SYSTEM, services)
            services.locks.leave(lock, waiting)
        elif not is_held_up(job, lock, now, services):
            return job
    return None


def _note_owner(job: Job, owner: JobRef, services: Services) -> None:
    """Store in a job in line who holds the lock now."""
    if job.waits_for and job.waits_for.job != owner.id:
        services.jobs.wait_for(job, WaitsFor("dataset", owner.id))


def _pass_importer_on(owner: JobRef, job: Job, now: int, services: Services) -> None:
    """Pass the lock of the job's importer on from an owner that has ended.

    A job that is queued during the release may miss the lock, while the releasing process misses the job. So the line
    is read once more after the release.
    """
    lock, follower = importer_lock(job), _first(job, services.jobs)
    locks = services.locks
    passed = locks.transfer(lock, owner, follower.ref) if follower else locks.release(lock, owner)
    if not passed:
        current = locks.owner(lock)  # the process that transferred the lock may have died before it started the job
        follower = find_job(current, services.jobs)
    elif follower is None and (late := _first(job, services.jobs)) and locks.acquire(lock, late.ref):
        follower = late
    if follower is not None and follower.status is Status.QUEUED:
        start(follower, now=now, services=services)


def _dataset_of(job: Job) -> Lock | None:
    """Name the lock of a job's dataset; ``None`` for a lookup, which writes to none."""
    if job.lookup:
        return None
    try:
        return dataset_lock(job.ref.tenant, importer_of(job).dataset)
    except NotFound:  # the importer was removed from the catalogue
        return None


def _is_exclusive(job: Job) -> bool:
    try:
        return not job.is_sync and importer_named(job.importer).one_at_a_time
    except NotFound:
        return False


def _first(job: Job, jobs: Jobs) -> Job | None:
    """Find the first of the queued jobs of an importer; one in its dataset's line has left the importer's."""
    queued = jobs.page(job.ref.tenant, status=Status.QUEUED, importer=job.importer, limit=_ALL, cursor=None).items
    waiting = [each for each in queued if not each.is_in_line]
    return min(waiting, key=lambda each: (not each.urgent, each.ref.id), default=None)
