"""Resume a paused job."""

from __future__ import annotations

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.job import Job
from sluice.model.status import Status, illegal_move
from sluice.usecases.ports import Jobs, Machine
from sluice.usecases.turns import take_turn_again


def resume(ref: JobRef, *, by: str, jobs: Jobs, machine: Machine) -> Job:
    """Go on with a paused job where it stopped, in a new run; chunks that are done stay done.

    A job that goes on already stays as it is.

    Raises
    ------
    Conflict
        If the job is not paused, and never was; or if its importer does one at a time, and another is under way.
    """
    job = jobs.get(ref)
    to = Status.LOADING if job.phase is PhaseName.LOAD else Status.PARSING
    if job.status is to and job.run > 1:  # made again: its course may not have been started the first time
        machine.start(job)
        return job
    if job.status is not Status.PAUSED:
        raise illegal_move(ref.id, job.status, to)
    take_turn_again(job, jobs)
    job = jobs.move(ref, to, by=by, note="resumed", new_run=True)
    machine.start(job)
    return job
