"""Finish a job: say how it ended."""

from __future__ import annotations

from sluice.model.chunk import Chunk, ChunkState, JobRef, PhaseName
from sluice.model.errors import Problem
from sluice.model.job import Job
from sluice.model.status import ENDED, Status
from sluice.usecases.ports import Chunks, Jobs

# Chunks that a problem names one by one; beyond it says how many more.
_NAMED = 5


def finish(ref: JobRef, *, error: str | None, jobs: Jobs, chunks: Chunks) -> Job:
    """End a job: completed when every row was delivered or refused, else failed with the reason.

    Parameters
    ----------
    error
        The kind of error that broke the course of the job, ``None`` when it ran to its end. Callers see it.
    """
    job = jobs.get(ref)
    if job.status in ENDED:
        return job
    if error is not None:
        return jobs.move(ref, Status.FAILED, problem=_broken(error))
    if job.counts.unprocessed:
        return jobs.move(ref, Status.FAILED, problem=_unprocessed(job, chunks))
    return jobs.move(ref, Status.COMPLETED)


def _broken(error: str) -> Problem:
    detail = f"The import stopped for a reason that is not in the file ({error}). Try again; what was loaded stays."
    return Problem("system-error", "The import could not go on", detail)


def _unprocessed(job: Job, chunks: Chunks) -> Problem:
    failed = [
        chunk for phase in PhaseName for chunk in chunks.of_phase(job.ref, phase) if chunk.state is ChunkState.FAILED
    ]
    named = "; ".join(_say(chunk) for chunk in failed[:_NAMED])
    more = f"; and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    rows = job.counts.unprocessed
    detail = f"{rows:,} rows were neither loaded nor refused: {named}{more}."
    return Problem("unprocessed-rows", "Some rows could not be processed", detail, {"chunks": len(failed)})


def _say(chunk: Chunk) -> str:
    rows = f"rows {chunk.first_row:,} to {chunk.first_row + chunk.rows - 1:,}"
    return f"{rows} ({chunk.error or 'no answer from the worker'})"
