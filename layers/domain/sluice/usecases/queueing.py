"""Importers that do one job at a time: whose turn it is, and who comes next."""

from __future__ import annotations

from sluice.catalog.registry import importer_named
from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, NotFound
from sluice.model.job import SYNC, Job
from sluice.model.status import ENDED, Status
from sluice.usecases.ports import Jobs, Machine

# More than wait anywhere: of a page that is full, the first in line might be missing.
_ALL = 100_000


def start_when_free(job: Job, *, jobs: Jobs, machine: Machine) -> None:
    """Start a queued job, at once or when its turn has come: first in, first out, and urgent ones before the others."""
    if not _in_line(job) or jobs.take_turn(job):
        machine.start(job)


def release_importer(job: Job, *, jobs: Jobs, machine: Machine) -> None:
    """Let the next job begin when one has ended; done twice, it begins once.

    A job may be queued just while the turn is given up: it did not get it then, and who gave it up did not see it. So
    the queue is looked at once more afterwards.
    """
    if job.status in ENDED and _in_line(job):
        _pass(job.ref, job, jobs, machine)


def repair_importer_lock(job: Job, *, jobs: Jobs, machine: Machine) -> bool:
    """See to it that a queued job does not wait for one that has ended or is gone; says if it waits for another one."""
    if job.status is not Status.QUEUED or not _in_line(job):
        return False
    holder = jobs.turn_of(job)
    if holder is None:
        return not jobs.take_turn(job)
    if holder == job.ref:
        return False
    if (there := _found(holder, jobs)) is None or there.status in ENDED:
        _pass(holder, job, jobs, machine)
    return True


def _pass(holder: JobRef, job: Job, jobs: Jobs, machine: Machine) -> None:
    """Pass the turn of the job's importer on from the holder, who needs it no more."""
    follower = _first(job, jobs)
    if not jobs.give_turn(job, holder, follower):
        given = jobs.turn_of(job)  # whoever gave it the turn may have died before starting it
        follower = _found(given, jobs) if given else None
    elif follower is None and (late := _first(job, jobs)) and jobs.take_turn(late):
        follower = late
    if follower is not None and follower.status is Status.QUEUED:
        machine.start(follower)


def acquire_importer_again(job: Job, jobs: Jobs) -> None:
    """Take the turn for a job that is to go on after it had ended.

    Raises
    ------
    Conflict
        If it is another job's.
    """
    if _in_line(job) and not jobs.take_turn(job):
        raise Conflict("importer-busy", importer=importer_named(job.importer).title)


def _found(ref: JobRef, jobs: Jobs) -> Job | None:
    try:
        return jobs.get(ref)
    except NotFound:  # its retention is over
        return None


def _in_line(job: Job) -> bool:
    try:
        return job.kind != SYNC and importer_named(job.importer).one_at_a_time
    except NotFound:
        return False


def _first(job: Job, jobs: Jobs) -> Job | None:
    waiting = jobs.page(job.ref.tenant, status=Status.QUEUED, importer=job.importer, limit=_ALL, cursor=None).items
    return min(waiting, key=lambda each: (not each.urgent, each.ref.id), default=None)
