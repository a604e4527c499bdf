"""Cancel a job: nothing more of it is written."""

from __future__ import annotations

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.status import AT_REST, ENDED, Status, illegal_move
from sluice.usecases.barrier import answer_if_passed
from sluice.usecases.ports import Chunks, Jobs, Machine
from sluice.usecases.turns import pass_turn


def cancel(ref: JobRef, *, by: str, now: int, jobs: Jobs, chunks: Chunks, machine: Machine) -> Job:
    """End a job before its time. What was loaded stays, and can be rolled back.

    A job that nobody is at ends at once; one under way as soon as the chunks that workers hold are done.

    Raises
    ------
    Conflict
        If the job has ended, or is being rolled back.
    """
    while True:
        job = jobs.get(ref)
        if job.status is Status.CANCELLED:
            return job
        if job.status in ENDED | {Status.ROLLING_BACK}:
            raise illegal_move(ref.id, job.status, Status.CANCELLED)
        at_once = job.status in AT_REST | {Status.QUEUED}
        try:
            job = jobs.move(ref, Status.CANCELLED if at_once else Status.CANCELLING, by=by)
        except Conflict:
            continue  # it has moved on since it was read
        if not at_once and job.phase is not None:
            answer_if_passed(ref, job.phase, now=now, jobs=jobs, chunks=chunks, machine=machine)
        pass_turn(job, jobs=jobs, machine=machine)
        return job
