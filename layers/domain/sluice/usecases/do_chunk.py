"""Do one chunk of any phase, exactly once however often its message comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import FileRefused, TryLater
from sluice.usecases.barrier import answer_if_passed
from sluice.usecases.compare_chunk import compare_chunk
from sluice.usecases.dispatch import UNDER_WAY
from sluice.usecases.load_chunk import load_chunk
from sluice.usecases.parse_chunk import parse_chunk
from sluice.usecases.ports import Chunks, Destination, Files, Jobs, Machine
from sluice.usecases.undo_chunk import undo_chunk

# Of an error's text, what a job's problem can show.
_ERROR_LENGTH = 300


def do_chunk(
    ref: ChunkRef,
    *,
    now: int,
    lease_seconds: int,
    jobs: Jobs,
    chunks: Chunks,
    files: Files,
    machine: Machine,
    destination: Destination,
) -> None:
    """Take the chunk, do its work and close it; a chunk of a job that is stopped is put back.

    Parameters
    ----------
    now
        Epoch seconds.
    lease_seconds
        How long nobody else may take the chunk; longer than a worker can live, so that a worker that lost its
        lease is dead and cannot write any more.

    Raises
    ------
    TryLater
        If another worker holds the chunk: its message must come again, for that worker may die.
    """
    chunk = chunks.lease(ref, now=now, until=now + lease_seconds)
    if chunk is None:
        _make_way(ref, now, chunks)
    else:
        with _released_on_failure(chunk, chunks):
            done = _work(chunk, now, jobs, chunks, files, destination)
        if done is None:
            chunks.release(chunk)
        else:
            chunks.close(ref, *done)
    answer_if_passed(ref.job, ref.phase, now=now, jobs=jobs, chunks=chunks, machine=machine)


def _work(
    chunk: Chunk, now: int, jobs: Jobs, chunks: Chunks, files: Files, destination: Destination
) -> tuple[ChunkState, Counts, str | None] | None:
    """How the chunk is to be closed, or ``None`` when its job does not want it now."""
    job = jobs.get(chunk.ref.job)
    if job.status is not UNDER_WAY[chunk.ref.phase]:
        return None
    match chunk.ref.phase:
        case PhaseName.PARSE:
            try:
                return ChunkState.DONE, parse_chunk(job, chunk, chunks=chunks, files=files), None
            except FileRefused as damaged:  # the same bytes give the same answer: no second attempt
                return ChunkState.FAILED, Counts(), damaged.problem.detail[:_ERROR_LENGTH]
        case PhaseName.COMPARE:
            return ChunkState.DONE, compare_chunk(job, chunk, files=files, destination=destination), None
        case PhaseName.LOAD:
            return ChunkState.DONE, load_chunk(job, chunk, files=files, destination=destination), None
        case PhaseName.UNDO:
            _wait_for_its_load(chunk.ref, now, chunks)
            return ChunkState.DONE, undo_chunk(job, chunk, files=files, destination=destination), None


def _wait_for_its_load(ref: ChunkRef, now: int, chunks: Chunks) -> None:
    """A job that broke off may have left a worker behind; what that writes now would not be taken back."""
    loaded = chunks.get(replace(ref, phase=PhaseName.LOAD))
    if loaded is not None and loaded.is_held(now):
        raise TryLater("A worker is still loading this chunk.", loaded.lease_until - now)


def _make_way(ref: ChunkRef, now: int, chunks: Chunks) -> None:
    """A chunk that is not to be had is closed (then there is nothing to do), unknown, or somebody else's."""
    found = chunks.get(ref)
    if found is not None and found.state not in CLOSED:
        raise TryLater("Another worker is at this chunk.", max(1, found.lease_until - now))


@contextmanager
def _released_on_failure(chunk: Chunk, chunks: Chunks) -> Iterator[None]:
    """Give the chunk back at once when its work fails, so that the next attempt need not wait for the lease.

    Callers see what is kept of the error, so it is the error's kind alone; the log has the rest.
    """
    try:
        yield
    except Exception as error:
        chunks.release(chunk, type(error).__name__)
        raise
