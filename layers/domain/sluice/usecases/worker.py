"""The worker: processes one chunk of any phase, with the same result however often its message is delivered."""

from __future__ import annotations

from dataclasses import replace

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState, Parsed, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import ATTEMPT_FAILED, DependencyDown, NotYet, Problem, TryLater, UpstreamDown
from sluice.usecases.control import suspend
from sluice.usecases.lookup import ATTEMPTS_WHILE_DOWN
from sluice.usecases.phases import phase_of
from sluice.usecases.ports import Chunks
from sluice.usecases.rounds import answer_if_passed
from sluice.usecases.services import Services, Work

_Closed = tuple[ChunkState, Counts | Parsed, Problem | None]

# Attempts at a chunk; then it fails. An attempt is a lease whose work failed, or whose worker died. A wait is none, so
# a chunk may wait as long as it must.
_ATTEMPTS = 3
# Seconds after which a rollback looks again whether its database is back.
_UNTIL_BACK = 30


def process_chunk(ref: ChunkRef, *, now: int, lease_seconds: int, services: Services) -> None:
    """Lease a chunk, do its work and close it; release it unchanged if its job is stopped.

    Parameters
    ----------
    now
        Epoch seconds.
    lease_seconds
        Length of the lease; longer than a worker can live, so a worker whose lease has expired cannot write any more.

    Raises
    ------
    TryLater
        If another worker holds the lease: the message must be redelivered, because that worker may die.
    NotYet
        If the chunk must wait; this does not count as an attempt.
    """
    chunks = services.chunks
    chunk = chunks.lease(ref, now=now, until=now + lease_seconds)
    if chunk is None:
        _check_not_leased(ref, now, chunks)
    else:
        try:
            closed = _work(chunk, now, now + lease_seconds, services)
            if closed is None:
                chunks.release(chunk, tried=False)
            else:
                chunks.close(chunk.ref, *closed)  # in the round that was leased
        except Exception as error:
            _release(chunk, error, services)
            if not isinstance(error, DependencyDown):
                answer_if_passed(ref.job, ref.phase, now, services)  # a stop may have waited for this lease
                raise
            if ref.phase is PhaseName.UNDO:  # a rollback cannot be paused
                raise NotYet("dependency-down", _UNTIL_BACK) from error
    answer_if_passed(ref.job, ref.phase, now, services)


def is_exhausted(chunk: Chunk) -> bool:
    """Whether no attempt at a chunk is left."""
    return chunk.attempts >= (ATTEMPTS_WHILE_DOWN if chunk.ref.phase is PhaseName.LOOKUP else _ATTEMPTS)


def seconds_until_retry(ref: ChunkRef, services: Services) -> int:
    """Return how long to wait before the next attempt at a chunk that has failed: 2 seconds, then 4."""
    chunk = services.chunks.get(ref)
    return 1 << min(_ATTEMPTS, chunk.attempts if chunk else 1)


def _work(chunk: Chunk, now: int, until: int, services: Services) -> _Closed | None:
    """Do the work of a chunk; return how to close it, or ``None`` if its job does not need it now."""
    job = services.jobs.get(chunk.ref.job)
    phase = phase_of(job, chunk.ref.phase)
    work = Work(job, chunk, now, until)
    if job.status is not phase.running or job.is_in_line or not phase.is_wanted(work, services):
        return None
    if is_exhausted(replace(chunk, attempts=chunk.attempts - 1)):  # the worker of the last attempt died
        return ChunkState.FAILED, Counts(), None
    try:
        return ChunkState.DONE, phase.work(work, services), None
    except phase.final as error:
        return ChunkState.FAILED, Counts(), error.problem


def _release(chunk: Chunk, error: Exception, services: Services) -> None:
    """Release a chunk whose work failed, so that the next attempt does not wait for the end of the lease.

    Callers see the stored error, so it holds only the error's class; the log has the rest.
    """
    match error:
        case DependencyDown():
            suspend(chunk.ref.job, error.problem, services)
            # A first attempt that finds the upstream down proves nothing about this chunk. A later one asks only for
            # keys that have failed before, so it counts: the number of such attempts is limited. A database that is
            # away proves nothing at all.
            services.chunks.release(chunk, tried=chunk.attempts > 1 and isinstance(error, UpstreamDown))
        case NotYet():
            services.chunks.release(chunk, tried=False)
        case _ if is_exhausted(chunk):
            services.chunks.close(chunk.ref, ChunkState.FAILED, Counts(), _failed(error))
        case _:
            services.chunks.release(chunk, _failed(error))


def _failed(error: Exception) -> Problem:
    return Problem(ATTEMPT_FAILED, {"error": type(error).__name__})


def _check_not_leased(ref: ChunkRef, now: int, chunks: Chunks) -> None:
    """Raise `TryLater` if another worker holds the chunk; the message of a closed or unknown chunk is done."""
    found = chunks.get(ref)
    if found is not None and found.state not in CLOSED:
        raise TryLater("chunk-leased", max(1, found.lease_until - now))
