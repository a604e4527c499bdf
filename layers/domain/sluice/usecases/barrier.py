"""The end of a phase: whoever sees that no chunk remains, or that all stand still, answers the token."""

from __future__ import annotations

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.status import ENDED, STOPPING
from sluice.usecases.ports import Chunks, Jobs, Machine


def answer_if_passed(ref: JobRef, name: PhaseName, *, now: int, jobs: Jobs, chunks: Chunks, machine: Machine) -> None:
    """Answer the token of a phase when nothing of it remains, or when its job is to stop and no worker is at it.

    The answer is ``done`` or, if somebody has to look at the job before it goes on, ``review``; for a job that is
    to stop, ``stopped``; for one that has ended while its chunks were done, ``over``. Called when the phase is set
    up, after a chunk was closed or put back, when a stop is asked for, and again by every redelivery of a closed
    chunk's message: if the worker that closed the last chunk died before it could answer, its message comes again
    and the answer is given then.

    A worker takes its lease before it looks at the job, and a stop is written to the job before the leases are looked
    at: one of the two sees the other, so that nothing is written after a job has stopped.
    """
    barrier = chunks.phase(ref, name)
    if barrier is None:
        return
    job = jobs.get(ref)
    if barrier.remaining == 0:
        machine.succeed(barrier.token, {"outcome": "review" if job.needs_review else "done"})
    elif job.status in STOPPING and not any(chunk.is_held(now) for chunk in chunks.of_phase(ref, name)):
        machine.succeed(barrier.token, {"outcome": "stopped"})
    elif job.status in ENDED:
        machine.succeed(barrier.token, {"outcome": "over"})
