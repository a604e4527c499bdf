"""What callers do to a job: commit, pause, resume, cancel, retry, roll back and delete it; and how it suspends itself.

Each verb can be called again: a call that was carried out before, but whose execution may not have been started, starts
it then.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from sluice.catalog.registry import importer_of
from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, Problem, RequestRejected, TryLater
from sluice.model.job import RETRYABLE, SYSTEM, DateOrder, Job
from sluice.model.status import ENDED, INACTIVE, Status, illegal_transition
from sluice.schema.importer import Column
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.barrier import answer_if_passed
from sluice.usecases.queueing import acquire_importer_again, release_importer
from sluice.usecases.services import Services
from sluice.wording import word_detail

_FIRST_SECONDS = 30
_LONGEST_SECONDS = 600


def commit(ref: JobRef, *, by: str, answers: Mapping[str, DateOrder], services: Services) -> Job:
    """Let the job go on to load.

    Parameters
    ----------
    answers
        Order of day and month, ``dmy`` or ``mdy``, by date column (its field or title); needed for those that the job
        asks about.

    Raises
    ------
    Conflict
        If the job is not in review, or was committed with other answers.
    RequestRejected
        ``ambiguous-dates`` when an answer is missing; ``unknown-column`` when one is about a column that is not asked
        about.
    """
    job = services.jobs.get(ref)
    if job.status not in {Status.IN_REVIEW, Status.LOADING} or (job.status is Status.LOADING and not job.committed):
        raise illegal_transition(ref.id, job.status, Status.LOADING)
    date_orders = {**job.date_orders, **_by_field(job, answers)}
    if job.status is Status.LOADING:
        if date_orders != job.date_orders:
            raise Conflict("committed-otherwise", id=ref.id)
        services.machine.start(job)  # called again: its execution may not have been started the first time
        return job
    missing = [column.title for column in _asked(job) if column.field not in date_orders]
    if missing:
        raise RequestRejected("ambiguous-dates", columns=missing)
    note = ", ".join(f"{field}: {order}" for field, order in sorted(date_orders.items()))
    job = services.jobs.transition(
        ref,
        Status.LOADING,
        phase=job.delivery,
        by=by,
        note=note and f"dates {note}",
        new_run=True,
        answers=date_orders,
    )
    services.machine.start(job)
    return job


def _asked(job: Job) -> list[Column]:
    return [column for column in importer_of(job).columns if column.field in job.ambiguous]


def _by_field(job: Job, answers: Mapping[str, DateOrder]) -> dict[str, DateOrder]:
    """The answers by field; an order that the file itself proves cannot be changed."""
    fields = {name: column.field for column in _asked(job) for name in (column.field, column.title)}
    unknown = sorted(set(answers) - set(fields))
    if unknown:
        raise RequestRejected("unknown-column", unknown=unknown, asked=[column.title for column in _asked(job)])
    return {fields[name]: order for name, order in answers.items()}


def pause(ref: JobRef, *, by: str, now: int, services: Services) -> Job:
    """Stop a job where it is, until it is resumed or cancelled.

    Raises
    ------
    Conflict
        If it is not under way.
    """
    job = services.jobs.get(ref)
    if job.suspended:  # it would go on by itself
        return services.jobs.stay_paused(ref, by=by)
    if job.status is Status.PAUSED:
        return job
    waits = job.status is Status.QUEUED
    job = services.jobs.transition(ref, Status.PAUSING, by=by)
    if waits:
        services.machine.start(
            job
        )  # one that waits for its importer has no execution yet that could say that it has stopped
    if job.phase is not None:
        answer_if_passed(ref, job.phase, now, services)
    return job


def resume(ref: JobRef, *, by: str, services: Services) -> Job:
    """Go on with a paused job where it stopped, in a new run; chunks that are done stay done.

    A job that goes on already stays as it is.

    Raises
    ------
    Conflict
        If the job is not paused, and never was; or if its importer does one at a time, and another is under way.
    """
    job = services.jobs.get(ref)
    to = Status.LOADING if job.phase is job.delivery else Status.PARSING
    if job.status is to and job.run > 1:  # called again: its execution may not have been started the first time
        services.machine.start(job)
        return job
    if job.status is not Status.PAUSED:
        raise illegal_transition(ref.id, job.status, to)
    acquire_importer_again(job, services)
    job = services.jobs.transition(ref, to, phase=_phase_in(to, job), by=by, note="resumed", new_run=True)
    services.machine.start(job)
    return job


def _phase_in(status: Status, job: Job) -> PhaseName | None:
    return job.delivery if status is Status.LOADING else None


def suspend(ref: JobRef, problem: Problem, services: Services) -> None:
    """Pause a job until its upstream is back; one that is being stopped already stays as it is.

    Its chunks go back as in any pause, and no attempt of theirs is lost: when it goes on they get new messages.
    """
    with suppress(Conflict):
        services.jobs.transition(ref, Status.PAUSING, note=word_detail(problem), suspended=problem)


def auto_resume_after(job: Job) -> int:
    """Seconds until a suspended job is resumed: half a minute, and a little longer with each run, up to ten minutes.

    An upstream that restarts is back soon; one that is away for days is asked a hundred times a day.
    """
    return min(_FIRST_SECONDS * job.run, _LONGEST_SECONDS)


def auto_resume(ref: JobRef, run: int, *, services: Services) -> Job:
    """Resume a suspended job, unless a caller has changed its state since; with its upstream away, it suspends again.

    Called twice, it starts one run.
    """
    job = services.jobs.get(ref)
    if job.run == run + 1 and job.status in {Status.PARSING, Status.LOADING}:
        services.machine.start(job)  # the call that resumed it may have died before this
        return job
    if job.run != run or job.status is not Status.PAUSED or not job.suspended:
        return job
    with suppress(Conflict):
        return resume(ref, by=SYSTEM, services=services)
    return services.jobs.get(ref)


def cancel(ref: JobRef, *, by: str, now: int, services: Services) -> Job:
    """End a job before its time. What was loaded stays, and can be rolled back.

    An inactive job ends at once; one under way as soon as the chunks that workers hold are done.

    Raises
    ------
    Conflict
        If the job has ended, or is being rolled back.
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
            continue  # it has moved on since it was read
        if not at_once and job.phase is not None:
            answer_if_passed(ref, job.phase, now, services)
        release_importer(job, services)
        return job


def retry(ref: JobRef, *, by: str, services: Services) -> Job:
    """Go on with just the chunks that are not done, in a new run.

    Raises
    ------
    Conflict
        If the job has not failed, or failed for its file, or was deleted, or its importer runs another job.
    """
    job = services.jobs.get(ref)
    if job.status in {Status.PARSING, Status.LOADING} and job.run > 1:  # called again, as in `resume`
        services.machine.start(job)
        return job
    if job.status is not Status.FAILED:
        raise illegal_transition(ref.id, job.status, Status.LOADING)
    if job.deleted or job.problem is None or job.problem.type not in RETRYABLE:
        case = "deleted" if job.deleted else "same-again"
        raise Conflict("not-retryable", case=case, status_now=str(job.status))
    parsed = [chunk.state is ChunkState.DONE for chunk in services.chunks.of_phase(ref, PhaseName.PARSE)]
    to = Status.LOADING if job.planned and all(parsed) and not job.needs_review else Status.PARSING
    acquire_importer_again(job, services)
    job = services.jobs.transition(ref, to, phase=_phase_in(to, job), by=by, note="retried", new_run=True)
    services.machine.start(job)
    return job


def roll_back(ref: JobRef, *, by: str, services: Services) -> Job:
    """Take back what a job that has ended did; rows that were changed since are kept as they are.

    A job that is rolled back, or being so, stays as it is: nothing is taken back twice.

    Raises
    ------
    Conflict
        If the job is under way, or never came to touch the dataset, or was deleted.
    """
    job = services.jobs.get(ref)
    if job.status is Status.ROLLED_BACK:
        return job
    if job.status is Status.ROLLING_BACK:  # called again: its execution may not have been started the first time
        services.machine.start(job)
        return job
    if job.status in ENDED and (case := _why_not(job)):
        raise Conflict("nothing-to-roll-back", case=case, status_now=str(job.status))
    job = services.jobs.transition(ref, Status.ROLLING_BACK, by=by, new_run=True)
    services.machine.start(job)
    return job


def _why_not(job: Job) -> str | None:
    if job.deleted:
        return "deleted"
    if job.lookup:
        return "lookup"
    if not job.planned and job.status is not Status.COMPLETED:
        return "nothing-loaded"
    return None


def delete_job(ref: JobRef, *, by: str, now: int, services: Services) -> Job:
    """Delete the file of a job that has ended, its chunks, rejected rows and results; the job and its log stay.

    What it loaded into a dataset stays there: `roll_back` is for that, before this. Doing it twice, or going on with
    one that died, deletes what is left.

    Raises
    ------
    Conflict
        If the job has not ended.
    TryLater
        If a worker that it left behind is still at a chunk, and might write what was deleted.
    """
    # first of all: from here on the job does not go on, and nothing is made of it any more
    job = services.jobs.mark_deleted(ref, by=by)
    chunks = services.chunks
    held = [chunk.lease_until - now for name in PhaseName for chunk in chunks.of_phase(ref, name) if chunk.is_held(now)]
    if held:
        raise TryLater("job-in-use", max(held))
    JobFiles(ref, services.files).remove_all()
    if job.file.key:
        # in the drop folder, another file may have come in its place since
        services.files.remove_file(job.file.key, job.file.etag)
    for name in PhaseName:
        chunks.forget(ref, name)
    return job
