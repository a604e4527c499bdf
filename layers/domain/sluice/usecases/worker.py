"""The worker: does one chunk of any phase, exactly once however often its message comes."""

from __future__ import annotations

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState
from sluice.model.counts import Counts
from sluice.model.errors import ATTEMPT_FAILED, NotYet, Problem, TryLater, UpstreamDown
from sluice.usecases.barrier import answer_if_passed
from sluice.usecases.control import suspend
from sluice.usecases.phases import Work, phase_of
from sluice.usecases.ports import Chunks
from sluice.usecases.services import Services

_Closed = tuple[ChunkState, Counts, Problem | None]


def process_chunk(ref: ChunkRef, *, now: int, lease_seconds: int, services: Services) -> None:
    """Lease the chunk, do its work and close it; a chunk of a job that is stopped is put back.

    Parameters
    ----------
    now
        Epoch seconds.
    lease_seconds
        Length of the lease; longer than a worker can live, so that a worker that lost its lease is dead and cannot
        write any more.

    Raises
    ------
    TryLater
        If another worker holds the lease: the message must come again, because that worker may die.
    NotYet
        If the chunk has to wait; that was no attempt.
    """
    chunks = services.chunks
    chunk = chunks.lease(ref, now=now, until=now + lease_seconds)
    if chunk is None:
        _check_not_leased(ref, now, chunks)
    else:
        try:
            closed = _work(chunk, now, now + lease_seconds, services)
        except Exception as error:
            _give_back(chunk, error, services)
            if not isinstance(error, UpstreamDown):
                answer_if_passed(ref.job, ref.phase, now, services)  # a stop may have waited for this chunk
                raise
        else:
            if closed is None:
                chunks.release(chunk, tried=False)
            else:
                chunks.close(ref, *closed)
    answer_if_passed(ref.job, ref.phase, now, services)


def _work(chunk: Chunk, now: int, until: int, services: Services) -> _Closed | None:
    """Do the work; answer how the chunk is to be closed, or ``None`` when its job does not want it now."""
    job = services.jobs.get(chunk.ref.job)
    phase = phase_of(job, chunk.ref.phase)
    work = Work(job, chunk, now, until)
    if job.status is not phase.running or not phase.is_wanted(work, services):
        return None
    try:
        return ChunkState.DONE, phase.work(work, services), None
    except phase.final as error:
        return ChunkState.FAILED, Counts(), error.problem


def _give_back(chunk: Chunk, error: Exception, services: Services) -> None:
    """Give the chunk back at once when its work fails, so that the next attempt need not wait for the lease.

    Callers see what is stored of the error, so it is the error's kind alone; the log has the rest.
    """
    match error:
        case UpstreamDown():
            suspend(chunk.ref.job, error.problem, services)
            # a first attempt that finds the upstream away says nothing about this chunk; a later one asks for just
            # those keys that have failed before, and cannot do so for ever
            services.chunks.release(chunk, tried=chunk.attempts > 1)
        case NotYet():
            services.chunks.release(chunk, tried=False)
        case _:
            services.chunks.release(chunk, Problem(ATTEMPT_FAILED, {"error": type(error).__name__}))


def _check_not_leased(ref: ChunkRef, now: int, chunks: Chunks) -> None:
    """Let the message of a closed or unknown chunk go; that of a chunk that another worker holds comes again."""
    found = chunks.get(ref)
    if found is not None and found.state not in CLOSED:
        raise TryLater("chunk-leased", max(1, found.lease_until - now))
