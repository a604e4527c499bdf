"""Control of a job: callers answer, commit, pause, resume, cancel, retry, roll back and delete it; workers suspend it.

Each function is idempotent. A call changes the job first and then starts its execution; if the process dies between
the two, the repeated call starts the execution. ``by`` is the subject of the caller, ``now`` the time in epoch seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, Problem, TryLater
from sluice.model.job import SYSTEM, Job, is_retryable
from sluice.model.retention import check_kept
from sluice.model.status import ENDED, INACTIVE, Status, illegal_transition
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.queueing import acquire_importer_again, begin, release, start
from sluice.usecases.rounds import CANCEL, answer_if_passed, check_answers, decide_answers, delivered
from sluice.usecases.services import Services
from sluice.wording import word_detail

# Bounds of the delay before a suspended job resumes.
_FIRST_SECONDS = 30
_LONGEST_SECONDS = 600


def answer(ref: JobRef, *, version: int, answers: Mapping[str, Any], by: str, now: int, services: Services) -> Job:
    """Answer questions of a job in review, or decide anew what was decided about its file.

    While a question stays open, the job stays in review. The last answer lets it go on: by a round if rows are read
    otherwise now, else to its load, unless it must be committed.

    Parameters
    ----------
    version
        Version of the recipe that the caller has seen.
    answers
        Decisions, see `given_decisions`; ``{"mode": "update"}`` where the job offers it; or ``exceed`` or
        ``cancel`` for a guard.

    Raises
    ------
    Conflict
        ``illegal-transition`` if the job is not in review; ``answered-otherwise`` if its recipe has changed since, and
        other answers hold now; ``already-delivered`` if an answer changes rows that were delivered.
    InvalidDecision
        If an answer is none.
    """
    job = services.jobs.get(ref)
    made = check_answers(job, answers)
    if version != job.recipe.version:
        return _answered_before(job, made, now, services)
    if job.status is not Status.IN_REVIEW:
        raise illegal_transition(ref.id, job.status, "answered")
    if CANCEL in made.values():
        return cancel(ref, by=by, now=now, services=services)
    decided, is_round = decide_answers(job, made, services)
    note = ", ".join(f"{key}: {json.dumps(value)}" for key, value in made.items())
    try:
        if decided.questions or (job.needs_commit and not is_round):
            return services.jobs.decide(job, decided, by=by, note=note)
        to = Status.PARSING if is_round else Status.LOADING
        return begin(job, to, by=by, note=note, decided=decided, now=now, services=services)
    except Conflict:
        there = services.jobs.get(ref)
        if there.recipe.version == version:
            raise
        return _answered_before(there, made, now, services)  # another answer came first


def _answered_before(job: Job, made: Mapping[str, Any], now: int, services: Services) -> Job:
    """Return a job whose recipe has changed, if the answers hold: the call came twice, or two callers agree.

    Raises
    ------
    Conflict
        If the job has ended, or something else holds.
    """
    if job.status in ENDED:
        raise illegal_transition(job.ref.id, job.status, "answered")
    holds = {key: job.options.mode if key == "mode" else job.recipe.value(key) for key in made}
    if "columns" in made and made["columns"].items() <= job.recipe.columns.items():
        holds["columns"] = made["columns"]  # beside others that were known before
    if holds != made:
        is_open = {question.key for question in job.questions}.__contains__
        decided = {key: value for key, value in holds.items() if value is not None and not is_open(key)}
        otherwise = {key: value for key, value in decided.items() if value != made[key]}
        raise Conflict("answered-otherwise", id=job.ref.id, version=job.recipe.version, holds=otherwise)
    if job.status in {Status.PARSING, Status.LOADING, Status.QUEUED}:
        start(job, now=now, services=services)  # the first call may have died before it started the execution
    return job


def commit(ref: JobRef, *, by: str, now: int, services: Services) -> Job:
    """Commit a job in review: start loading its rows, or let it wait while another job loads into its dataset.

    Raises
    ------
    Conflict
        If the job is not in review, or has open questions.
    """
    job = services.jobs.get(ref)
    if job.committed and job.status in {Status.LOADING, Status.PARSING, Status.QUEUED}:
        start(job, now=now, services=services)  # the first call may have died before it started the execution
        return job
    if job.status is not Status.IN_REVIEW:
        raise illegal_transition(ref.id, job.status, Status.LOADING)
    if job.questions:
        raise Conflict("questions-open", id=ref.id, keys=[question.key for question in job.questions])
    return begin(job, Status.LOADING, by=by, committed=True, now=now, services=services)


def pause(ref: JobRef, *, by: str, now: int, services: Services) -> Job:
    """Pause a job until a caller resumes or cancels it; chunks that workers hold are finished first.

    Raises
    ------
    Conflict
        If the job is not under way.
    """
    job = services.jobs.get(ref)
    if job.suspended:  # without this it would resume automatically
        return services.jobs.stay_paused(ref, by=by)
    if job.status is Status.PAUSED:
        return job
    if job.status is Status.QUEUED and job.is_in_line:  # it has no execution, so there is nothing to wait for
        try:
            return services.jobs.transition(ref, Status.PAUSED, by=by, since=job)
        except Conflict:
            return pause(ref, by=by, now=now, services=services)  # its turn has come since it was read
    waits = job.status is Status.QUEUED
    job = services.jobs.transition(ref, Status.PAUSING, by=by)
    if waits:
        # a job that waits for its importer has no execution yet, and only an execution can move it to `paused`
        services.machine.start(job)
    if job.phase is not None:
        answer_if_passed(ref, job.phase, now, services)
    return job


def resume(ref: JobRef, *, by: str, now: int, services: Services) -> Job:
    """Continue a paused job in a new run; chunks that are done stay done.

    A job that was resumed before is returned unchanged.

    Raises
    ------
    Conflict
        If the job is not paused, or if its importer runs one job at a time and another job owns the lock.
    """
    job = services.jobs.get(ref)
    to = Status.LOADING if job.phase in {job.delivery, PhaseName.ABSENT} else Status.PARSING
    if _has_begun(job, {to}):
        start(job, now=now, services=services)  # the first call may have died before it started the execution
        return job
    if job.status is not Status.PAUSED:
        raise illegal_transition(ref.id, job.status, to)
    acquire_importer_again(job, services)
    return begin(job, to, by=by, note="resumed", now=now, services=services)


def suspend(ref: JobRef, problem: Problem, services: Services) -> None:
    """Suspend a job until its upstream is back; a job that is already stopping stays as it is.

    Workers release its chunks as in any pause. No chunk loses an attempt, because the next run sends new messages.
    """
    with suppress(Conflict):
        services.jobs.transition(ref, Status.PAUSING, note=word_detail(problem), suspended=problem)


def auto_resume_after(job: Job) -> int:
    """Return the seconds until a suspended job resumes: 30, more with each run, 600 at most.

    An upstream that restarts is available again soon; one that is down for days gets about a hundred requests a day.
    """
    return min(_FIRST_SECONDS * job.run, _LONGEST_SECONDS)


def auto_resume(ref: JobRef, run: int, *, now: int, services: Services) -> Job:
    """Resume a suspended job, unless a caller has changed its state; if its upstream is still down, it suspends again.

    A second call starts no second run.

    Parameters
    ----------
    run
        The run in which the job was suspended.
    """
    job = services.jobs.get(ref)
    if job.run == run + 1 and _has_begun(job, {Status.PARSING, Status.LOADING}):
        start(job, now=now, services=services)  # the first call may have died before it started the execution
        return job
    if job.run != run or job.status is not Status.PAUSED or not job.suspended:
        return job
    with suppress(Conflict):
        return resume(ref, by=SYSTEM, now=now, services=services)
    return services.jobs.get(ref)


def cancel(ref: JobRef, *, by: str, now: int, services: Services) -> Job:
    """Cancel a job; rows that were loaded stay and can be rolled back.

    An inactive or queued job ends at once; any other job ends when the chunks that workers hold are done.

    Raises
    ------
    Conflict
        If the job has ended or is being rolled back.
    """
    while True:
        job = services.jobs.get(ref)
        if job.status is Status.CANCELLED:
            return job
        if job.status in ENDED | {Status.ROLLING_BACK}:
            raise illegal_transition(ref.id, job.status, Status.CANCELLED)
        at_once = job.status in INACTIVE | {Status.QUEUED}
        try:
            job = services.jobs.transition(ref, Status.CANCELLED if at_once else Status.CANCELLING, by=by)
        except Conflict:
            continue  # another process changed its state after it was read
        if not at_once and job.phase is not None:
            answer_if_passed(ref, job.phase, now, services)
        return release(job, now=now, services=services)


def retry(ref: JobRef, *, by: str, now: int, services: Services) -> Job:
    """Process the chunks of a failed job that are not done, in a new run.

    Raises
    ------
    Conflict
        If the job has not failed, its file was rejected, it was deleted, or its importer runs another job.
    """
    job = services.jobs.get(ref)
    if _has_begun(job, {Status.PARSING, Status.LOADING}):  # called again, as in `resume`
        start(job, now=now, services=services)
        return job
    if job.status is not Status.FAILED:
        raise illegal_transition(ref.id, job.status, Status.LOADING)
    if job.deleted or not is_retryable(job):
        case = "deleted" if job.deleted else "same-again"
        raise Conflict("not-retryable", case=case, status_now=str(job.status))
    check_kept(job, "retry", datetime.fromtimestamp(now, UTC))
    to = Status.LOADING if _goes_on_loading(job, services) else Status.PARSING
    acquire_importer_again(job, services)
    return begin(job, to, by=by, note="retried", now=now, services=services)


def roll_back(ref: JobRef, *, by: str, now: int, services: Services) -> Job:
    """Roll back a job that has ended; rows that another writer has changed since are conflicts and stay as they are.

    A job that is or was rolled back stays as it is, so no row is restored twice. While another job holds the lock of
    its dataset, it waits as `rolling_back`.

    Raises
    ------
    Conflict
        If the job is under way, has not written to the dataset, or was deleted.
    """
    job = services.jobs.get(ref)
    if job.status is Status.ROLLED_BACK:
        return job
    if job.status is Status.ROLLING_BACK:  # the first call may have died before it started the execution
        start(job, now=now, services=services)
        return job
    if job.status not in ENDED:  # a load takes itself back, not by a call
        raise illegal_transition(ref.id, job.status, Status.ROLLING_BACK)
    if case := _why_not(job):
        raise Conflict("nothing-to-roll-back", case=case, status_now=str(job.status))
    check_kept(job, "rollback", datetime.fromtimestamp(now, UTC))
    return begin(job, Status.ROLLING_BACK, by=by, now=now, services=services)


def delete_job(ref: JobRef, *, by: str, now: int, services: Services) -> Job:
    """Delete the file, chunks, rejected rows and results of a job that has ended; the job and its log stay.

    Rows in a dataset stay there; a caller who wants to remove them calls `roll_back` first. A second call, or a call
    after one that died, deletes what is left.

    Raises
    ------
    Conflict
        If the job has not ended.
    TryLater
        If a worker of an earlier run still holds a lease: it might write objects after they were deleted.
    """
    # The mark comes first: a deleted job cannot be continued, and no download of it is made.
    job = services.jobs.mark_deleted(ref, by=by)
    chunks = services.chunks
    held = [chunk.lease_until - now for name in PhaseName for chunk in chunks.of_phase(ref, name) if chunk.is_held(now)]
    if held:
        raise TryLater("job-in-use", max(held))
    JobFiles(job, services.files).remove_all()
    if job.file.key:
        # with its etag, because another file may have replaced it in the drop folder
        services.files.remove_file(job.file.key, job.file.etag)
    for name in PhaseName:
        chunks.forget(ref, name)
    return job


def _goes_on_loading(job: Job, services: Services) -> bool:
    """Return whether a failed job was loading all of its rows; else its rows have to be settled first."""
    parsed = list(services.chunks.of_phase(job.ref, PhaseName.PARSE))
    if not job.planned or job.needs_review or job.compares_first:
        return False
    there = delivered(job, services.chunks)
    staged = {chunk.ref.index for chunk in parsed if chunk.counts.checked > chunk.counts.rejected}
    return bool(there) and all(chunk.state is ChunkState.DONE for chunk in parsed) and staged <= there


def _has_begun(job: Job, states: set[Status]) -> bool:
    """Return whether an earlier call has continued the job: its new run is under way, or waits for its dataset."""
    return job.run > 1 and (job.status in states or (job.status is Status.QUEUED and job.is_in_line))


def _why_not(job: Job) -> str | None:
    if job.deleted:
        return "deleted"
    if job.lookup:
        return "lookup"
    if job.has_loaded_nothing:
        return "undone" if job.problem and job.problem.params["case"] == "undone" else "nothing-loaded"
    if not job.planned and job.status is not Status.COMPLETED:
        return "nothing-loaded"
    return None
