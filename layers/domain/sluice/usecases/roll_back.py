"""Roll a job back: the rows it changed are put back as they were."""

from __future__ import annotations

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.status import ENDED, Status
from sluice.usecases.ports import Jobs, Machine


def roll_back(ref: JobRef, *, by: str, jobs: Jobs, machine: Machine) -> Job:
    """Take back what a job that has ended did; rows that were changed since are kept as they are.

    A job that is rolled back, or being so, stays as it is: nothing is taken back twice.

    Raises
    ------
    Conflict
        If the job is under way, or never came to touch the dataset, or was deleted.
    """
    job = jobs.get(ref)
    if job.status is Status.ROLLED_BACK:
        return job
    if job.status is Status.ROLLING_BACK:  # made again: its course may not have been started the first time
        machine.start(job)
        return job
    if job.status in ENDED and (reason := _why_not(job)):
        raise Conflict("nothing-to-roll-back", "There is nothing to roll back", reason, status_now=str(job.status))
    job = jobs.move(ref, Status.ROLLING_BACK, by=by, new_run=True)
    machine.start(job)
    return job


def _why_not(job: Job) -> str | None:
    if job.deleted:
        return "What the rows were before was deleted with the job: they stay as they are."
    if job.lookup:
        return "Its rows were looked up, and nothing was changed by that."
    if not job.planned and job.status is not Status.COMPLETED:
        return "It ended before a row was loaded: there is nothing to take back."
    return None
