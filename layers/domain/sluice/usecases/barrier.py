"""The barrier at the end of a phase: the worker that passes it answers the state machine's task token."""

from __future__ import annotations

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.status import ENDED, STOPPING
from sluice.usecases.services import Services


def answer_if_passed(ref: JobRef, name: PhaseName, now: int, services: Services) -> None:
    """Answer the token of a phase if no chunk remains, or if its job is stopping and no worker holds a lease.

    The outcome is ``done``; ``absent`` if the records that the file lacks are to be deleted now; ``rejected`` if what
    the job has loaded must be taken back; ``stopped`` if it is stopping; or ``over`` if it ended while its chunks were
    processed. What else follows is decided by the next dispatch.

    Dispatch calls it when it has set up the phase, a worker after it has closed or released a chunk, and a caller's
    pause or cancel. Every redelivery of a closed chunk's message calls it again: if the worker that closed the last
    chunk dies before it answers the token, its message is redelivered and the token is answered then.

    A worker acquires its lease before it reads the job, and a stop is written to the job before the leases are read.
    One of the two sees the other, so no worker writes anything after a job has stopped. A rejected row that stops a
    load is a count of the job, written when its chunk is closed.

    Parameters
    ----------
    ref, name
        The job and the phase.
    now
        Epoch seconds.
    """
    barrier = services.chunks.barrier(ref, name)
    if barrier is None:
        return
    job = services.jobs.get(ref)
    must_undo = job.must_undo and name is job.delivery
    stops = job.status in STOPPING or must_undo
    if barrier.remaining == 0:
        follows = "absent" if name is PhaseName.LOAD and job.mirrors else "done"
        services.machine.succeed(barrier.token, {"outcome": "rejected" if must_undo else follows})
    elif stops and not any(chunk.is_held(now) for chunk in services.chunks.of_phase(ref, name)):
        services.machine.succeed(barrier.token, {"outcome": "rejected" if must_undo else "stopped"})
    elif job.status in ENDED:
        services.machine.succeed(barrier.token, {"outcome": "over"})
