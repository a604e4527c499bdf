"""The barrier at the end of a phase: the worker that passes it answers the token of the state machine."""

from __future__ import annotations

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.status import ENDED, STOPPING
from sluice.usecases.services import Services


def answer_if_passed(ref: JobRef, name: PhaseName, now: int, services: Services) -> None:
    """Answer the token of a phase when none of its chunks remains, or when its job is to stop and no worker holds one.

    The answer is ``done`` or, if a person has to look at the job before it goes on, ``review``; for a job that is to
    stop, ``stopped``; for one that has ended while its chunks were done, ``over``. Called when the phase is set up,
    after a chunk was closed or put back, when a stop is asked for, and again by every redelivery of a closed chunk's
    message: if the worker that closed the last chunk died before it could answer, its message comes again and the
    answer is given then.

    A worker takes its lease before it looks at the job, and a stop is written to the job before the leases are looked
    at: one of the two sees the other, so that nothing is written after a job has stopped.

    Parameters
    ----------
    now
        Epoch seconds.
    """
    barrier = services.chunks.barrier(ref, name)
    if barrier is None:
        return
    job = services.jobs.get(ref)
    if barrier.remaining == 0:
        services.machine.succeed(barrier.token, {"outcome": "review" if job.needs_review else "done"})
    elif job.status in STOPPING and not any(chunk.is_held(now) for chunk in services.chunks.of_phase(ref, name)):
        services.machine.succeed(barrier.token, {"outcome": "stopped"})
    elif job.status in ENDED:
        services.machine.succeed(barrier.token, {"outcome": "over"})
