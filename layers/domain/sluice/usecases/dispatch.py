"""Dispatch a phase: set up its barrier, then send a message for each of its chunks."""

from __future__ import annotations

from sluice.model.chunk import CLOSED, JobRef, PhaseName
from sluice.model.status import STOPPING, Status
from sluice.usecases.phases import phase_of
from sluice.usecases.rounds import answer_if_passed
from sluice.usecases.services import Services


def dispatch(ref: JobRef, run: int, name: PhaseName, token: str, *, now: int, services: Services) -> None:
    """Fan a phase out; the worker that closes the last chunk answers the token.

    The barrier is written before the first message is sent, because a worker may close its chunk while other messages
    are still being sent. A second dispatch is harmless: the barrier keeps its count and takes the newer token, and a
    worker that finds its chunk closed changes nothing.

    The token is answered with ``{outcome}``: ``done``; ``absent`` if the records that the file lacks are to be deleted
    now; ``compare`` if the rows must be compared with the dataset before the job goes on; ``review`` if a caller has
    to commit it; ``uncompared`` if some rows could not be compared; ``queued`` if another job holds the lock of its
    dataset; ``stopped`` if it was paused or cancelled; ``over`` if it has ended, or another run has replaced this one;
    ``again`` if the source must be read again; ``rejected`` if what was loaded must be taken back.

    Parameters
    ----------
    ref, run
        The job, and its run that the execution belongs to.
    name
        The phase; ``load`` stands for the job's delivery, which may be ``lookup``.
    token
        Task token of the state machine.
    now
        Epoch seconds.
    """
    chunks, machine = services.chunks, services.machine
    job = services.jobs.get(ref)
    name = job.delivery if name is PhaseName.LOAD else name
    phase = phase_of(job, name)
    if job.run == run and (ended := phase.check(job, now, services)):
        job = ended
    if job.status in STOPPING and job.run == run:
        if next(chunks.of_phase(ref, name), None) is None:
            machine.succeed(token, {"outcome": "stopped"})
        else:  # a worker of an earlier dispatch, or of a run that failed, may still hold a chunk
            chunks.open_barrier(ref, name, run=run, token=token)
            answer_if_passed(ref, name, now, services)
            uncounted = [chunk.ref for chunk in chunks.of_phase(ref, name) if chunk.is_uncounted]
            services.queue.send(uncounted, urgent=job.urgent)  # an earlier dispatch may have died before it sent any
        return
    if job.run == run and job.status in phase.entered_from:
        entered = phase.enter(job, now, services)
        if isinstance(entered, str):
            machine.succeed(token, {"outcome": entered})
            return
        job = entered
    if job.run == run + 1 and job.status is Status.PARSING:
        machine.start(job)  # an earlier dispatch may have died after it began that run
    if job.run != run or job.status is not phase.running or job.is_in_line:
        machine.succeed(token, {"outcome": "over"})
        return
    job = services.jobs.enter_phase(ref, name)
    phase.prepare(job, services)
    chunks.add(phase.chunks(job, services))
    chunks.open_barrier(ref, name, run=run, token=token)
    # A stop that a caller requested after the job was read has seen no barrier, or one with another token.
    answer_if_passed(ref, name, now, services)
    open_chunks = [chunk.ref for chunk in chunks.of_phase(ref, name) if chunk.state not in CLOSED]
    services.queue.send(open_chunks, urgent=job.urgent)
