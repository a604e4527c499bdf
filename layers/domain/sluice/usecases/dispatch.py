"""Dispatch a phase: set up its barrier, then send a message for each of its chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.job import SYNC, SYSTEM, Job
from sluice.model.status import STOPPING, Status
from sluice.usecases.barrier import answer_if_passed
from sluice.usecases.control import cancel
from sluice.usecases.duplicate_keys import find_duplicates
from sluice.usecases.ports import Chunks, Files, Jobs, Machine, Queue, Records
from sluice.usecases.pull import mark_deleted, read_again
from sluice.usecases.staged_rows import decide_dates

#: What a job is while a phase of it is under way; its workers do nothing while it is anything else.
UNDER_WAY = {
    PhaseName.PARSE: Status.PARSING,
    PhaseName.COMPARE: Status.PARSING,
    PhaseName.LOAD: Status.LOADING,
    PhaseName.UNDO: Status.ROLLING_BACK,
}


def dispatch(
    ref: JobRef,
    run: int,
    name: PhaseName,
    token: str,
    *,
    now: int,
    jobs: Jobs,
    chunks: Chunks,
    files: Files,
    queue: Queue,
    machine: Machine,
    records: Records,
) -> None:
    """Fan a phase out; the token is answered when its last chunk is closed.

    The barrier stands before the first message goes out, for a worker may close its chunk while the rest is still
    being sent. Doing all of this twice is harmless: the barrier keeps its count and takes the newer token, and a
    worker that finds its chunk closed changes nothing.

    The answer is ``{outcome}``: ``done``, ``review`` when somebody has to look at the job first, ``stopped`` when it
    was paused or cancelled, ``over`` when it has gone on without this run, ``again`` when its source has to be read
    again.
    """
    job = jobs.get(ref)
    if job.run == run and is_superseded(job, jobs):
        job = cancel(ref, by=SYSTEM, now=now, jobs=jobs, chunks=chunks, machine=machine)
    if job.status in STOPPING and job.run == run:
        if next(chunks.of_phase(ref, name), None) is None:
            machine.succeed(token, {"outcome": "stopped"})
        else:  # a worker may hold one of them: of an attempt before this one, or of a run that broke
            chunks.open_phase(ref, name, run=run, token=token)
            answer_if_passed(ref, name, now=now, jobs=jobs, chunks=chunks, machine=machine)
        return
    if job.run == run and name in {PhaseName.COMPARE, PhaseName.LOAD} and job.status is Status.PARSING:
        job = decide_dates(job, jobs=jobs, files=files)
        if name is PhaseName.LOAD:
            if first := _before_loading(job, jobs, chunks, files):
                machine.succeed(token, {"outcome": first})
                return
            job = jobs.transition(ref, Status.LOADING)
    if job.run != run or job.status is not UNDER_WAY[name]:
        machine.succeed(token, {"outcome": "over"})
        return
    job = jobs.remember(ref, phase=name)
    if name in {PhaseName.COMPARE, PhaseName.LOAD}:
        find_duplicates(ref, chunks=chunks, files=files)
        mark_deleted(job, chunks=chunks, files=files, records=records)
    chunks.add(_new_chunks(ref, name, chunks))
    chunks.open_phase(ref, name, run=run, token=token)
    # also for a stop that was asked for since the job was read: it has seen no barrier, or one with another token
    answer_if_passed(ref, name, now=now, jobs=jobs, chunks=chunks, machine=machine)
    queue.send([chunk.ref for chunk in chunks.of_phase(ref, name) if chunk.state not in CLOSED], urgent=job.urgent)


def is_superseded(job: Job, jobs: Jobs) -> bool:
    """Whether a sync no longer stands for its source: whoever took its place may have died before cancelling it."""
    pulling = job.kind == SYNC and job.status in {Status.PARSING, Status.LOADING}
    return pulling and jobs.sync_of(job.ref.tenant, job.importer) != job.ref


def _before_loading(job: Job, jobs: Jobs, chunks: Chunks, files: Files) -> str | None:
    """What a job that was parsed needs before it may be loaded."""
    if read_again(job, jobs=jobs, chunks=chunks, files=files):
        return "again"
    return "review" if job.needs_review else None


def _new_chunks(ref: JobRef, name: PhaseName, chunks: Chunks) -> Iterator[Chunk]:
    """Chunks that follow from an earlier phase: compared and loaded is what was staged, undone what may be loaded."""
    match name:
        case PhaseName.COMPARE | PhaseName.LOAD:
            for parsed in chunks.of_phase(ref, PhaseName.PARSE):
                staged = parsed.counts.checked - parsed.counts.rejected
                if parsed.state is ChunkState.DONE and staged:
                    yield Chunk(
                        ChunkRef(ref, name, parsed.ref.index), parsed.first_row, staged, parsed.start, parsed.end
                    )
        case PhaseName.UNDO:
            for loaded in chunks.of_phase(ref, PhaseName.LOAD):
                yield Chunk(replace(loaded.ref, phase=name), loaded.first_row, loaded.rows)
        case PhaseName.PARSE:
            return
