"""Pause a job: it stops after the chunks that workers hold."""

from __future__ import annotations

from sluice.model.chunk import JobRef
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.barrier import answer_if_passed
from sluice.usecases.ports import Chunks, Jobs, Machine


def pause(ref: JobRef, *, by: str, now: int, jobs: Jobs, chunks: Chunks, machine: Machine) -> Job:
    """Stop a job where it is, until it is resumed or cancelled.

    Raises
    ------
    Conflict
        If it is not under way.
    """
    job = jobs.get(ref)
    if job.status is Status.PAUSED:
        return job
    job = jobs.move(ref, Status.PAUSING, by=by)
    if job.phase is not None:
        answer_if_passed(ref, job.phase, now=now, jobs=jobs, chunks=chunks, machine=machine)
    return job
