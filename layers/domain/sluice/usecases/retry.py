"""Retry a job that failed for a reason that is not in its file."""

from __future__ import annotations

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict
from sluice.model.job import RETRYABLE, Job
from sluice.model.status import Status, illegal_move
from sluice.usecases.ports import Chunks, Jobs, Machine
from sluice.usecases.turns import take_turn_again


def retry(ref: JobRef, *, by: str, jobs: Jobs, chunks: Chunks, machine: Machine) -> Job:
    """Go on with just the chunks that are not done, in a new run.

    Raises
    ------
    Conflict
        If the job has not failed, or failed for its file, or was deleted, or it is another one's turn.
    """
    job = jobs.get(ref)
    if job.status in {Status.PARSING, Status.LOADING} and job.run > 1:  # made again, as in `resume`
        machine.start(job)
        return job
    if job.status is not Status.FAILED:
        raise illegal_move(ref.id, job.status, Status.LOADING)
    if job.deleted or job.problem is None or job.problem.type not in RETRYABLE:
        detail = "The job failed for a reason that would be the same again; its problem says what to do."
        if job.deleted:
            detail = "Its file and its rows were deleted. Import the file again."
        raise Conflict("not-retryable", "The job cannot be retried", detail, status_now=str(job.status))
    parsed = [chunk.state is ChunkState.DONE for chunk in chunks.of_phase(ref, PhaseName.PARSE)]
    to = Status.LOADING if job.planned and all(parsed) and not job.needs_review else Status.PARSING
    take_turn_again(job, jobs)
    job = jobs.move(ref, to, by=by, note="retried", new_run=True)
    machine.start(job)
    return job
