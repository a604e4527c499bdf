"""The end of a run: a job is stopped or ended; and of a chunk whose message failed for good."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Problem, TryLater
from sluice.model.job import BROKEN, HALF_UNDONE, UNPROCESSED, Job
from sluice.model.status import Status
from sluice.usecases.barrier import answer_if_passed
from sluice.usecases.ports import Chunks, Jobs
from sluice.usecases.queueing import release_importer
from sluice.usecases.services import Services

# Chunks that a problem names one by one; beyond it says how many more.
_NAMED = 5


def finish(ref: JobRef, run: int, *, error: str | None, services: Services) -> Job:
    """Stop a job that a caller wanted stopped, or end it: completed when every row was delivered or rejected.

    When a job ends, the next of its importer may begin, if the importer runs one at a time.

    Parameters
    ----------
    run
        The run that has come to its end; one that the job has left behind says nothing any more.
    error
        The kind of error that failed the execution, ``None`` when it ran to its end. Callers see it.
    """
    job = services.jobs.get(ref)
    if job.run == run:
        job = _finished(job, error, services.jobs, services.chunks)
        release_importer(job, services)
    return job


def _finished(job: Job, error: str | None, jobs: Jobs, chunks: Chunks) -> Job:
    ref = job.ref
    match job.status:
        case Status.CANCELLING:
            return jobs.transition(ref, Status.CANCELLED)
        case Status.PAUSING:
            return jobs.transition(ref, Status.PAUSED)
        case Status.ROLLING_BACK:
            return _after_rollback(job, error, jobs, chunks)
        case Status.QUEUED | Status.PARSING | Status.LOADING:
            return _after_import(job, error, jobs, chunks)
        case _:
            return job


def _after_rollback(job: Job, error: str | None, jobs: Jobs, chunks: Chunks) -> Job:
    failed = _failed(job.ref, chunks, [PhaseName.UNDO])
    if error is not None or failed:
        return jobs.transition(job.ref, Status.FAILED, problem=_half_undone(error, failed))
    counts = job.counts
    said = f"{counts.reversed:,} rows taken back, {counts.conflicts:,} kept, {counts.rollback_failed:,} failed"
    return jobs.transition(job.ref, Status.ROLLED_BACK, note=said)


def _after_import(job: Job, error: str | None, jobs: Jobs, chunks: Chunks) -> Job:
    if error is not None:
        return jobs.transition(job.ref, Status.FAILED, problem=_broken(job, error))
    if job.status is Status.PARSING and job.needs_review:
        return jobs.transition(job.ref, Status.IN_REVIEW)
    if job.counts.unprocessed:
        failed = _failed(job.ref, chunks, [PhaseName.PARSE, job.delivery])
        return jobs.transition(job.ref, Status.FAILED, problem=_unprocessed(job, failed))
    return jobs.transition(job.ref, Status.COMPLETED)


def _failed(ref: JobRef, chunks: Chunks, phases: list[PhaseName]) -> list[Chunk]:
    return [chunk for phase in phases for chunk in chunks.of_phase(ref, phase) if chunk.state is ChunkState.FAILED]


def _broken(job: Job, error: str) -> Problem:
    return Problem(BROKEN, {"case": _case(job), "error": error})


def _unprocessed(job: Job, failed: list[Chunk]) -> Problem:
    return Problem(UNPROCESSED, {"case": _case(job), "rows": job.counts.unprocessed, **_named(failed)})


def _case(job: Job) -> str:
    return "lookup" if job.lookup else "loading"


def _half_undone(error: str | None, failed: list[Chunk]) -> Problem:
    return Problem(HALF_UNDONE, {"case": "error" if error else "chunks", "error": error, **_named(failed)})


def _named(failed: list[Chunk]) -> dict[str, Any]:
    """How many chunks failed; rows and error of the first of them."""
    first = [
        {
            "first_row": chunk.first_row,
            "last_row": chunk.first_row + chunk.rows - 1,
            "error": asdict(chunk.error) if chunk.error else None,
        }
        for chunk in failed[:_NAMED]
    ]
    return {"chunks": len(failed), "failed": first}


def give_up(ref: ChunkRef, *, now: int, services: Services) -> bool:
    """Close the chunk as failed, so that the phase can end; its rows stay unprocessed until the job is retried.

    Returns
    -------
    bool
        Whether it was given up by this call; ``False`` when it was closed before.

    Raises
    ------
    TryLater
        If a worker still holds it (a doubled message died while the other is at work).
    """
    chunks = services.chunks
    given_up = chunks.close(ref, ChunkState.FAILED, Counts(), free_at=now)
    chunk = chunks.get(ref)
    if chunk is not None and chunk.state not in CLOSED:
        raise TryLater("chunk-in-use", max(1, chunk.lease_until - now))
    answer_if_passed(ref.job, ref.phase, now, services)
    return given_up
