"""The end of a run: a job is stopped or ended; and of a chunk whose message failed for good."""

from __future__ import annotations

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
    why = f"The import stopped for a reason that is not in the file ({error})."
    detail = f"{why} What was {_what_is_done(job)} stays; retry the job."
    return Problem(BROKEN, "The import could not go on", detail)


def _unprocessed(job: Job, failed: list[Chunk]) -> Problem:
    rows = job.counts.unprocessed
    what = f"{rows:,} rows were neither {_what_is_done(job)} nor rejected"
    detail = f"{what}: {_named(failed)}. Retry the job to go on with them."
    return Problem(UNPROCESSED, "Some rows could not be processed", detail, {"chunks": len(failed)})


def _what_is_done(job: Job) -> str:
    return "looked up" if job.lookup else "loaded"


def _half_undone(error: str | None, failed: list[Chunk]) -> Problem:
    detail = f"It stopped ({error or _named(failed)}). What was taken back stays so; roll the job back again."
    return Problem(HALF_UNDONE, "The rollback could not be finished", detail, {"chunks": len(failed)})


def _named(failed: list[Chunk]) -> str:
    more = f"; and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    return "; ".join(_say(chunk) for chunk in failed[:_NAMED]) + more


def _say(chunk: Chunk) -> str:
    rows = f"rows {chunk.first_row:,} to {chunk.first_row + chunk.rows - 1:,}"
    return f"{rows} ({chunk.error or 'no answer from the worker'})"


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
        raise TryLater("A worker is still at this chunk.", max(1, chunk.lease_until - now))
    answer_if_passed(ref.job, ref.phase, now, services)
    return given_up
