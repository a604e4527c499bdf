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
    if job.parked:  # it would go on by itself
        return jobs.stay_paused(ref, by=by)
    if job.status is Status.PAUSED:
        return job
    waits = job.status is Status.QUEUED
    job = jobs.move(ref, Status.PAUSING, by=by)
    if waits:
        machine.start(job)  # one that waits for its turn has no course yet that could say that it has stopped
    if job.phase is not None:
        answer_if_passed(ref, job.phase, now=now, jobs=jobs, chunks=chunks, machine=machine)
    return job
