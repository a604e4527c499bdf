"""Tidy up: find jobs that nobody is at any more and set them going again, or end them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sluice.model.chunk import CLOSED, Chunk, ChunkState, PhaseName
from sluice.model.errors import Problem
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.barrier import answer
from sluice.usecases.ports import Chunks, Jobs, Machine, Queue

# A presigned form holds an hour; a day leaves room for a slow upload that began in time.
_UPLOAD_HOURS = 24
_EXPIRED = Problem("upload-expired", "The file never came", "No file arrived within a day. Start the import again.")
_STOPPED = Problem(
    "system-error",
    "The import could not go on",
    "Its course was stopped from outside. What was loaded stays; import the file again to load the rest.",
)


def tidy(
    *,
    now: datetime,
    stuck_minutes: int,
    complain: Callable[[Job, Exception], None],
    jobs: Jobs,
    chunks: Chunks,
    queue: Queue,
    machine: Machine,
) -> int:
    """Look after every job that has not ended.

    A message can be lost with the process that held it, a machine may never have been started. Everything that is
    done here is harmless when the job was only slow: a doubled message finds its chunk closed or leased.

    Parameters
    ----------
    complain
        Is told of a job that could not be looked after; the others are all the same.

    Returns
    -------
    int
        Jobs that have not moved for ``stuck_minutes``.
    """
    stuck = 0
    for job in jobs.active():
        idle = now - (job.updated_at or job.created_at)
        match job.status:
            case Status.WAITING_FOR_FILE if idle > timedelta(hours=_UPLOAD_HOURS):
                jobs.move(job.ref, Status.FAILED, problem=_EXPIRED)
            case Status.QUEUED | Status.PARSING | Status.LOADING if idle > timedelta(minutes=stuck_minutes):
                stuck += 1
                try:
                    _set_going(job, int(now.timestamp()), jobs, chunks, queue, machine)
                except Exception as error:  # noqa: BLE001 - one broken job must not keep the others waiting
                    complain(job, error)
    return stuck


def _set_going(job: Job, now: int, jobs: Jobs, chunks: Chunks, queue: Queue, machine: Machine) -> None:
    if machine.is_over(job.ref):
        jobs.move(job.ref, Status.FAILED, problem=_STOPPED)
        return
    if job.status is Status.QUEUED:
        machine.start(job.ref)
        return
    name = PhaseName.PARSE if job.status is Status.PARSING else PhaseName.LOAD
    barrier = chunks.phase(job.ref, name)
    if barrier is None:
        return  # its plan or dispatch is still to come: Step Functions tries those again itself
    if barrier.remaining == 0:
        answer(barrier, machine)
    idle = [chunk.ref for chunk in chunks.of_phase(job.ref, name) if _is_idle(chunk, now)]
    queue.send(idle, urgent=job.urgent)
    jobs.touch(job.ref)  # a job that merely waits behind others must not get its messages again every five minutes


def _is_idle(chunk: Chunk, now: int) -> bool:
    leased = chunk.state is ChunkState.RUNNING and chunk.lease_until > now
    return chunk.state not in CLOSED and not leased
