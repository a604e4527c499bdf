"""The worker: processes one chunk of any phase, with the same result however often its message is delivered."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState, Parsed, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import ATTEMPT_FAILED, DependencyDown, NewerFormat, NotYet, Problem, TryLater, UpstreamDown
from sluice.model.status import INACTIVE, STOPPING
from sluice.usecases.control import suspend
from sluice.usecases.lookup import ATTEMPTS_WHILE_DOWN
from sluice.usecases.phases import Phase, phase_of
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
            if isinstance(closed, _Unwanted):
                chunks.release(chunk, tried=False, touched=closed.touched)
            else:
                chunks.close(chunk.ref, *closed)  # in the round that was leased
        except Exception as error:
            _release(chunk, error, now + lease_seconds, services)
            if not isinstance(error, DependencyDown):
                answer_if_passed(ref.job, ref.phase, now, services)  # a stop may have waited for this lease
                raise
            if not services.jobs.get(ref.job).suspended:  # a rollback cannot be paused, and a stop waits for a count
                raise NotYet("dependency-down", _UNTIL_BACK) from error
    answer_if_passed(ref.job, ref.phase, now, services)


def is_exhausted(chunk: Chunk) -> bool:
    """Whether no attempt at a chunk is left."""
    return chunk.attempts >= (ATTEMPTS_WHILE_DOWN if chunk.ref.phase is PhaseName.LOOKUP else _ATTEMPTS)


def seconds_until_retry(ref: ChunkRef, services: Services) -> int:
    """Return how long to wait before the next attempt at a chunk that has failed: 2 seconds, then 4."""
    return _backoff(services.chunks.get(ref))


def _backoff(chunk: Chunk | None) -> int:
    return 1 << min(_ATTEMPTS, chunk.attempts if chunk else 1)


@dataclass(frozen=True)
class _Unwanted:
    """Returned instead of how to close a chunk, if its job does not need it now; ``touched`` as of a `Chunk`."""

    touched: bool


def _work(chunk: Chunk, now: int, until: int, services: Services) -> _Closed | _Unwanted:
    """Do the work of a chunk; return how to close it.

    Of a job that has stopped or ended, what earlier attempts have delivered is counted and nothing else is done.
    """
    job = services.jobs.get(chunk.ref.job)
    phase = phase_of(job, chunk.ref.phase)
    work = Work(job, chunk, now, until)
    if is_exhausted(replace(chunk, attempts=chunk.attempts - 1)):  # the worker of the last attempt died
        return *_count(work, services), None
    if job.status in STOPPING | INACTIVE and not job.suspended:
        counted = phase.count(work, services)
        return (*counted, None) if counted else _Unwanted(touched=False)
    if not _is_wanted(work, phase, services):
        return _Unwanted(chunk.touched or chunk.attempts > 1)
    try:
        return ChunkState.DONE, phase.work(work, services), None
    except phase.final as error:
        return ChunkState.FAILED, Counts(), error.problem


def _is_wanted(work: Work, phase: Phase, services: Services) -> bool:
    job = work.job
    return job.status is phase.running and not job.is_in_line and phase.is_wanted(work, services)


def _count(work: Work, services: Services) -> tuple[ChunkState, Counts]:
    """Return how to close a chunk that has no attempts left, with the counts of what they have delivered."""
    found = phase_of(work.job, work.chunk.ref.phase).count(work, services)
    return found or (ChunkState.FAILED, Counts())


def _count_known(chunk: Chunk, until: int, services: Services) -> tuple[ChunkState, Counts]:
    """Return how to close a chunk that has failed for the last time; a later version counts what only it can read."""
    with suppress(NewerFormat):
        return _count(Work(services.jobs.get(chunk.ref.job), chunk, 0, until), services)
    return ChunkState.FAILED, Counts()


def _release(chunk: Chunk, error: Exception, until: int, services: Services) -> None:
    """Release a chunk whose work failed, so that the next attempt does not wait for the end of the lease.

    Callers see the stored error, so it holds only the error's class, or names what a newer version has stored; the log
    has the rest.
    """
    wait = error.seconds if isinstance(error, TryLater) else _backoff(chunk)
    chunk = replace(chunk, due_at=int(time.time()) + wait)
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
            services.chunks.close(chunk.ref, *_count_known(chunk, until, services), _failed(error))
        case _:
            services.chunks.release(chunk, _failed(error))


def _failed(error: Exception) -> Problem:
    if isinstance(error, NewerFormat):  # it names an object, and what an operator has to do
        return error.problem
    return Problem(ATTEMPT_FAILED, {"error": type(error).__name__})


def _check_not_leased(ref: ChunkRef, now: int, chunks: Chunks) -> None:
    """Raise `TryLater` if another worker holds the chunk; the message of a closed or unknown chunk is done."""
    found = chunks.get(ref)
    if found is not None and found.state not in CLOSED:
        raise TryLater("chunk-leased", max(1, found.lease_until - now))
