"""Do one chunk of any phase, exactly once however often its message comes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import (
    ATTEMPT_FAILED,
    FileRejected,
    NotYet,
    Problem,
    TryLater,
    UpstreamDown,
    UpstreamRejected,
)
from sluice.model.job import SYNC, SYSTEM, Job
from sluice.usecases.barrier import answer_if_passed
from sluice.usecases.control import cancel, suspend
from sluice.usecases.dispatch import UNDER_WAY, is_superseded
from sluice.usecases.load import compare_chunk, load_chunk, undo_chunk
from sluice.usecases.lookup import lookup_chunk
from sluice.usecases.parse import parse_chunk
from sluice.usecases.ports import Chunks, Destination, Files, Jobs, LookupCache, Machine, Upstreams
from sluice.usecases.pull import fetch
from sluice.usecases.sync import end_overdue

# What a worker that has pulled its pages needs to check and stage their rows, before its lease and its own time end.
_TO_PARSE = 20
# What one that asks needs beside that: its cold start, which the function's time-out counts and the lease does not
# know of, and writing down what it was told. The lease is 10 s longer than the time-out.
_TO_WRITE = 18


@dataclass(frozen=True)
class Services:
    """What a worker works with."""

    jobs: Jobs
    chunks: Chunks
    files: Files
    machine: Machine
    destination: Destination
    upstreams: Upstreams
    answers: LookupCache


@dataclass(frozen=True)
class _Time:
    """Epoch seconds: of now, and at which the lease ends."""

    now: int
    until: int


_Done = tuple[ChunkState, Counts, Problem | None]


def process_chunk(ref: ChunkRef, *, now: int, lease_seconds: int, tools: Services) -> None:
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
    NotYet
        If it was not the chunk's turn; that was no attempt.
    """
    chunks, time = tools.chunks, _Time(now, now + lease_seconds)
    chunk = chunks.lease(ref, now=now, until=time.until)
    if chunk is None:
        _make_way(ref, now, chunks)
    else:
        try:
            done = _work(chunk, time, tools)
        except Exception as error:
            _give_back(chunk, error, tools)
            if not isinstance(error, UpstreamDown):
                _answer(ref, now, tools)  # a stop may have waited for this chunk
                raise
        else:
            if done is None:
                chunks.release(chunk, tried=False)
            else:
                chunks.close(ref, *done)
    _answer(ref, now, tools)


def _answer(ref: ChunkRef, now: int, tools: Services) -> None:
    answer_if_passed(ref.job, ref.phase, now=now, jobs=tools.jobs, chunks=tools.chunks, machine=tools.machine)


def _give_back(chunk: Chunk, error: Exception, tools: Services) -> None:
    """Give the chunk back at once when its work fails, so that the next attempt need not wait for the lease.

    Callers see what is kept of the error, so it is the error's kind alone; the log has the rest.
    """
    match error:
        case UpstreamDown():
            suspend(chunk.ref.job, error.problem, tools.jobs)
            # a first attempt that finds nobody there says nothing of this chunk; a later one asks for just those keys
            # that have failed before, and cannot do so for ever
            tools.chunks.release(chunk, tried=chunk.attempts > 1)
        case NotYet():
            tools.chunks.release(chunk, tried=False)
        case _:
            tools.chunks.release(chunk, Problem(ATTEMPT_FAILED, {"error": type(error).__name__}))


def _work(chunk: Chunk, time: _Time, tools: Services) -> _Done | None:
    """How the chunk is to be closed, or ``None`` when its job does not want it now."""
    job, files, destination = tools.jobs.get(chunk.ref.job), tools.files, tools.destination
    if job.status is not UNDER_WAY[chunk.ref.phase] or end_overdue(job, time.now, tools.jobs):
        return None
    match chunk.ref.phase:
        case PhaseName.PARSE:
            return _parsed(job, chunk, time, tools)
        case PhaseName.COMPARE:
            return ChunkState.DONE, compare_chunk(job, chunk, files=files, destination=destination), None
        case PhaseName.LOAD if job.lookup:
            return _looked_up(job, chunk, time, tools)
        case PhaseName.LOAD:
            return _loaded(job, chunk, time, tools)
        case PhaseName.UNDO:
            _wait_for_its_load(chunk.ref, time.now, tools.chunks)
            return ChunkState.DONE, undo_chunk(job, chunk, files=files, destination=destination), None


def _parsed(job: Job, chunk: Chunk, time: _Time, tools: Services) -> _Done:
    try:
        if job.kind == SYNC:
            fetch(job, chunk, before=time.until - _TO_PARSE, files=tools.files, upstreams=tools.upstreams)
        return ChunkState.DONE, parse_chunk(job, chunk, chunks=tools.chunks, files=tools.files), None
    except (FileRejected, UpstreamRejected) as rejected:  # the same would be answered again: no second attempt
        return ChunkState.FAILED, Counts(), rejected.problem


def _looked_up(job: Job, chunk: Chunk, time: _Time, tools: Services) -> _Done:
    before = time.until - _TO_WRITE
    try:
        counts = lookup_chunk(
            job,
            chunk,
            now=time.now,
            before=before,
            files=tools.files,
            answers=tools.answers,
            upstreams=tools.upstreams,
        )
    except UpstreamRejected as rejected:
        return ChunkState.FAILED, Counts(), rejected.problem
    return ChunkState.DONE, counts, None


def _loaded(job: Job, chunk: Chunk, time: _Time, tools: Services) -> _Done | None:
    if job.kind == SYNC and is_superseded(job, tools.jobs):  # by somebody who died before cancelling it
        cancel(job.ref, by=SYSTEM, now=time.now, jobs=tools.jobs, chunks=tools.chunks, machine=tools.machine)
        return None
    _wait_for_predecessor(job, time.now, tools.chunks)
    return ChunkState.DONE, load_chunk(job, chunk, files=tools.files, destination=tools.destination), None


def _wait_for_its_load(ref: ChunkRef, now: int, chunks: Chunks) -> None:
    """A job that broke off may have left a worker behind; what that writes now would not be taken back."""
    loaded = chunks.get(replace(ref, phase=PhaseName.LOAD))
    if loaded is not None and loaded.is_held(now):
        raise TryLater("chunk-loading", loaded.lease_until - now)


def _wait_for_predecessor(job: Job, now: int, chunks: Chunks) -> None:
    """A worker of the sync whose place this one took may still write what it has read before."""
    if job.instead_of is None:
        return
    held = [
        chunk.lease_until - now
        for chunk in chunks.of_phase(JobRef(job.ref.tenant, job.instead_of), PhaseName.LOAD)
        if chunk.is_held(now)
    ]
    if held:
        raise NotYet("predecessor-loading", max(held))


def _make_way(ref: ChunkRef, now: int, chunks: Chunks) -> None:
    """A chunk that is not to be had is closed (then there is nothing to do), unknown, or somebody else's."""
    found = chunks.get(ref)
    if found is not None and found.state not in CLOSED:
        raise TryLater("chunk-leased", max(1, found.lease_until - now))
