"""The end of a run, and the end of a chunk whose message reached the dead-letter queue."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import IMAGES_GONE, NotFound, Problem, TryLater
from sluice.model.job import BROKEN, HALF_UNDONE, UNPROCESSED, Job
from sluice.model.status import Status
from sluice.usecases.absent import is_list
from sluice.usecases.ports import Chunks
from sluice.usecases.queueing import release
from sluice.usecases.remembered import learn
from sluice.usecases.rounds import answer_if_passed, may_change
from sluice.usecases.services import Services
from sluice.usecases.staged_rows import rejections_problem
from sluice.usecases.worker import is_exhausted
from sluice.wording.english.forms import rows

# Names that Step Functions gives to the end of a function by its time-out or for want of memory (AWS Step Functions
# Developer Guide, "Handle transient Lambda service exceptions"). It would end so again with the same file.
_DEATHS = frozenset({"Sandbox.Timedout", "Runtime.OutOfMemory", "Runtime.ExitError", "Lambda.Unknown"})
_NOTHING = (ChunkState.FAILED, Counts())
# Failed chunks that a problem describes; it only counts the others.
_DESCRIBED = 5


def finish(ref: JobRef, run: int, *, error: str | None, now: int, services: Services) -> Job:
    """Move a job to the state that follows its run: paused, cancelled, in review, completed, failed or rolled back.

    A job is completed if every row was delivered or rejected. It gives back the lock of its dataset, and if it has
    ended that of its importer, so that the next job in line starts. How the file of a completed one was read is
    remembered.

    Parameters
    ----------
    run
        The run that has ended; nothing happens if the job is in a later run.
    error
        Name of the error that failed the execution, ``None`` if it succeeded. Callers see it.
    now
        Epoch seconds.
    """
    job = services.jobs.get(ref)
    if job.run == run and not job.is_in_line:
        job = _finished(job, error, services)
        job = release(job, now=now, services=services)
        learn(job, services)
    return job


def give_up(ref: ChunkRef, *, now: int, services: Services) -> bool:
    """Close a chunk without attempts left as failed; send the message of another one again, as a new one.

    A message that was received as often as SQS allows has waited long, or has met a function that could not begin. The
    rows of a failed chunk stay unprocessed until a caller retries the job.

    Parameters
    ----------
    now
        Epoch seconds.

    Returns
    -------
    bool
        ``False`` if the chunk was closed before, was opened again since its message was sent, has attempts left, or a
        worker has to count first what a dead one has delivered.

    Raises
    ------
    NotFound
        If the chunk or its job is not there any more.
    TryLater
        If a worker still holds the lease: SQS delivered the message twice, and only one delivery failed.
    """
    chunks = services.chunks
    chunk = chunks.get(ref)
    if chunk is None:
        raise NotFound("chunk", f"{ref.phase} {ref.index}")
    # what a dead worker has delivered is counted by the next one, which sees that no attempt is left
    given_up = is_exhausted(chunk) and not chunk.is_uncounted and chunks.close(ref, *_NOTHING, free_at=now)
    chunk = chunks.get(ref)
    if chunk is not None and chunk.state not in CLOSED and chunk.ref.round == ref.round:
        if chunk.is_held(now):
            raise TryLater("chunk-in-use", max(1, chunk.lease_until - now))
        services.queue.send([ref], urgent=services.jobs.get(ref.job).urgent)
    answer_if_passed(ref.job, ref.phase, now, services)
    return given_up


def _finished(job: Job, error: str | None, services: Services) -> Job:
    ref, jobs = job.ref, services.jobs
    match job.status:
        case Status.CANCELLING:
            return jobs.transition(ref, Status.CANCELLED)
        case Status.PAUSING:
            return jobs.transition(ref, Status.PAUSED)
        case Status.ROLLING_BACK:
            return _after_rollback(job, error, services)
        case Status.QUEUED | Status.PARSING | Status.LOADING:
            return _after_import(job, error, services)
        case _:
            return job


def _after_rollback(job: Job, error: str | None, services: Services) -> Job:
    jobs, failed = services.jobs, _failed(job.ref, services.chunks, [PhaseName.UNDO])
    if error is not None or failed:
        return jobs.transition(job.ref, Status.FAILED, problem=_rollback_incomplete(error, failed))
    counts = job.counts
    if job.problem:  # a rejected row has made the job take back what it had loaded
        problem = rejections_problem(
            job, "undone", services.files, kept=counts.conflicts, failed=counts.rollback_failed
        )
        return jobs.transition(job.ref, Status.FAILED, problem=problem)
    note = f"{rows(counts.reversed)} rolled back, {counts.conflicts:,} kept, {counts.rollback_failed:,} failed"
    return jobs.transition(job.ref, Status.ROLLED_BACK, note=note)


def _after_import(job: Job, error: str | None, services: Services) -> Job:
    jobs, chunks = services.jobs, services.chunks
    if error is not None:
        return jobs.transition(job.ref, Status.FAILED, problem=_system_error(job, error))
    uncompared = _failed(job.ref, chunks, [PhaseName.PARSE, PhaseName.COMPARE]) if job.compares_first else []
    is_over = bool(uncompared) or may_change(job, services)
    if job.status is Status.PARSING and job.needs_review and not is_over:
        return jobs.transition(job.ref, Status.IN_REVIEW)
    if any(is_list(chunk.ref.index) for chunk in uncompared):
        return jobs.transition(job.ref, Status.FAILED, problem=_unfinished_mirror(job, "uncompared", uncompared))
    if job.counts.unprocessed:
        failed = _failed(job.ref, chunks, [PhaseName.PARSE, PhaseName.COMPARE, job.delivery])
        return jobs.transition(job.ref, Status.FAILED, problem=_unprocessed_rows(job, failed))
    if job.mirrors and job.counts.to_delete_yet:
        failed = _failed(job.ref, chunks, [PhaseName.ABSENT])
        return jobs.transition(job.ref, Status.FAILED, problem=_unfinished_mirror(job, "absent", failed))
    return jobs.transition(job.ref, Status.COMPLETED)


def _failed(ref: JobRef, chunks: Chunks, phases: list[PhaseName]) -> list[Chunk]:
    return [chunk for phase in phases for chunk in chunks.of_phase(ref, phase) if chunk.state is ChunkState.FAILED]


def _system_error(job: Job, error: str) -> Problem:
    if error in _DEATHS and not job.planned and not job.is_sync:
        return Problem("too-large", {"case": "planner", "error": error})
    return Problem(BROKEN, {"case": _case(job), "error": error})


def _unprocessed_rows(job: Job, failed: list[Chunk]) -> Problem:
    return Problem(UNPROCESSED, {"case": _case(job), "rows": job.counts.unprocessed, **_describe(failed)})


def _unfinished_mirror(job: Job, case: str, failed: list[Chunk]) -> Problem:
    return Problem(UNPROCESSED, {"case": case, "rows": job.counts.to_delete_yet, **_describe(failed)})


def _case(job: Job) -> str:
    return "lookup" if job.lookup else "loading"


def _rollback_incomplete(error: str | None, failed: list[Chunk]) -> Problem:
    gone = [chunk for chunk in failed if chunk.error and chunk.error.type == IMAGES_GONE]
    case = "error" if error else "expired" if len(gone) == len(failed) else "chunks"
    return Problem(HALF_UNDONE, {"case": case, "error": error, **_describe(failed)})


def _describe(failed: list[Chunk]) -> dict[str, Any]:
    """Count the failed chunks, and describe the rows and the error of the first few; those of lists have no rows."""
    first = [
        {
            "first_row": chunk.first_row,
            "last_row": chunk.first_row + chunk.rows - 1,
            "error": asdict(chunk.error) if chunk.error else None,
        }
        for chunk in [chunk for chunk in failed if not is_list(chunk.ref.index)][:_DESCRIBED]
    ]
    return {"chunks": len(failed), "failed": first}
