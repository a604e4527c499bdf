"""Park a job whose upstream is away, and wake it."""

from __future__ import annotations

from contextlib import suppress

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.log import SYSTEM
from sluice.model.status import Status
from sluice.usecases.ports import Jobs, Machine
from sluice.usecases.resume import resume

_FIRST_SECONDS = 30
_LONGEST_SECONDS = 600


def park(ref: JobRef, reason: str, jobs: Jobs) -> None:
    """Pause a job until its upstream is back; one that is being stopped already stays as it is.

    Its chunks go back as in any pause, and no attempt of theirs is lost: when it goes on they get new messages.
    """
    with suppress(Conflict):
        jobs.move(ref, Status.PAUSING, note=reason, parked=reason)


def wake_after(job: Job) -> int:
    """Seconds after which a parked job is woken: half a minute, and a little longer with each run, up to ten minutes.

    An upstream that restarts is back soon; one that is away for days is asked a hundred times a day.
    """
    return min(_FIRST_SECONDS * job.run, _LONGEST_SECONDS)


def wake(ref: JobRef, run: int, *, jobs: Jobs, machine: Machine) -> Job:
    """Let a parked job go on, unless somebody has moved it since; should its upstream be away still, it parks again.

    Doing it twice starts one run.
    """
    job = jobs.get(ref)
    if job.run == run + 1 and job.status in {Status.PARSING, Status.LOADING}:
        machine.start(job)  # whoever woke it may have died before this
        return job
    if job.run != run or job.status is not Status.PAUSED or not job.parked:
        return job
    with suppress(Conflict):
        return resume(ref, by=SYSTEM, jobs=jobs, machine=machine)
    return jobs.get(ref)
