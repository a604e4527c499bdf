"""The sweeper: finds jobs that no execution and no worker continues, and rescues or ends them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property

from sluice.model.chunk import CLOSED, JobRef, PhaseName, queue_of
from sluice.model.errors import NotFound, Problem
from sluice.model.job import Job
from sluice.model.lock import Lock
from sluice.model.status import INACTIVE, STOPPING, WORKING, Status
from sluice.usecases.control import auto_resume
from sluice.usecases.finish import finish
from sluice.usecases.queueing import release, repair
from sluice.usecases.rounds import answer_if_passed
from sluice.usecases.services import Services
from sluice.usecases.start_import import Arrival, start_job
from sluice.usecases.sync import end_overdue

# A presigned form expires after an hour; a day leaves time for a slow upload that began before.
_UPLOAD_HOURS = 24
_REVIEW_TIME = timedelta(days=7)
_HALF_TIME = _REVIEW_TIME / 2
# Begins the log entry that reminds of a job in review, so that it is written once.
_REMINDER = "reminder"
# A message that was not received is gone after this time (`MessageRetentionPeriod` of the queues in template.yaml).
_RETENTION = timedelta(days=4)
# A stop waits only for the leases that workers hold.
_STOP_SECONDS = 120
_EXPIRED = Problem("upload-expired")
_UNREVIEWED = Problem("review-expired")
_STOPPED = "stopped from outside"


def sweep(*, now: datetime, stuck_minutes: int, complain: Callable[[Job, Exception], None], services: Services) -> int:
    """Check every job that has not ended, and rescue or end those that nothing else continues.

    An execution may never have started, an event of the bucket may not have been delivered, a message may be gone.
    Every action is harmless to a job that is only slow: a second message finds its chunk closed or leased.

    A job that waits is not stuck, however long it waits. Where it waits for the lock of its dataset, the sweeper only
    sees to it that the lock is passed on. Where its execution runs and messages of others are before its own, it is
    left alone: new messages for all that wait would only lengthen the queue.

    Parameters
    ----------
    stuck_minutes
        A job without a change for longer than this is stuck.
    complain
        Called with a job that could not be rescued, and the error; the sweeper continues with the next job.

    Returns
    -------
    int
        Number of stuck jobs that were under way.
    """
    stuck, queues, owners, counted = 0, _Queues(services), dict[Lock, JobRef | None](), set[JobRef]()
    for job in services.jobs.active():
        idle = now - (job.updated_at or job.created_at)
        patience = timedelta(seconds=_STOP_SECONDS) if job.status in STOPPING else timedelta(minutes=stuck_minutes)
        try:
            if job.is_in_line:
                _send_uncounted(job, int(now.timestamp()), services, counted)
            if _see_to_dataset(job, int(now.timestamp()), services, owners):
                continue
            if _end_if_overdue(job, int(now.timestamp()), services) or idle <= patience:
                continue
            if repair(job, now=int(now.timestamp()), services=services, owners=owners):
                continue  # the job waits for the lock of its importer
            if idle < _RETENTION and queues.delay(job):
                continue
            stuck += job.status not in INACTIVE
            _handle_idle_job(job, idle, now, services)
        except Exception as error:  # noqa: BLE001 - an error of one job must not delay the others
            complain(job, error)
    return stuck


class _Queues:
    """What waits in the queues and which executions run, each read when the first idle job of a sweep needs it."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def delay(self, job: Job) -> bool:
        """Whether chunks of a job wait behind others, and its execution for them."""
        if job.phase is None or job.status not in WORKING or not self._depths[queue_of(job.phase, urgent=job.urgent)]:
            return False
        return (job.ref.id, job.run) in self._running

    @cached_property
    def _depths(self) -> dict[str, int]:
        return {name: sum(states.values()) for name, states in self._services.queue.depths().items()}

    @cached_property
    def _running(self) -> frozenset[tuple[str, int]]:
        return self._services.machine.running()


def _see_to_dataset(job: Job, now: int, services: Services, owners: dict[Lock, JobRef | None]) -> bool:
    """Give back the lock of a dataset whose owner is inactive, or pass it on; return whether the job waits for it."""
    if job.is_in_line:
        return repair(job, now=now, services=services, owners=owners)
    if job.hold and job.status in INACTIVE:  # a worker held a chunk when its run ended
        release(job, now=now, services=services)
    return False


def _send_uncounted(waiting: Job, now: int, services: Services, counted: set[JobRef]) -> None:
    """Let workers count what dead ones have delivered of a job that has ended, and whose lock another one waits for.

    Those of an owner that is in ``counted`` are sent already: ten thousand jobs may wait for it.
    """
    ref = JobRef(waiting.ref.tenant, waiting.waits_for.job if waiting.waits_for else "")
    if ref in counted:
        return
    counted.add(ref)
    with suppress(NotFound):
        owner = services.jobs.get(ref)
        if owner.hold and owner.status in INACTIVE:
            found = [
                chunk
                for name in (PhaseName.LOAD, PhaseName.ABSENT)
                for chunk in services.chunks.of_phase(owner.ref, name)
            ]
            lost = [chunk.ref for chunk in found if chunk.is_uncounted and not chunk.is_held(now)]
            services.queue.send(lost, urgent=owner.urgent)


def _end_if_overdue(job: Job, now: int, services: Services) -> bool:
    """End a sync beyond its time limit; return whether it was ended."""
    if not end_overdue(job, now, services.jobs):
        return False
    if job.phase is not None:
        answer_if_passed(job.ref, job.phase, now, services)
    return True


def _handle_idle_job(job: Job, idle: timedelta, now: datetime, services: Services) -> None:
    match job.status:
        case Status.WAITING_FOR_FILE:
            _start_or_expire(job, idle, now, services)
        case Status.IN_REVIEW if idle > _HALF_TIME:
            _remind_or_expire(job, now, services)
        case Status.PAUSED if job.suspended:
            auto_resume(job.ref, job.run, now=int(now.timestamp()), services=services)
        case status if status not in INACTIVE:
            _rescue_stuck_job(job, int(now.timestamp()), services)


def _remind_or_expire(job: Job, now: datetime, services: Services) -> None:
    """Remind of a job in review at half time, and cancel it when its time is over; an answer begins the time anew."""
    entries = services.jobs.entries(job.ref)
    waited = now - max(entry.at for entry in entries if not entry.note.startswith(_REMINDER))
    if waited > _REVIEW_TIME:
        expired = "the review expired"
        services.jobs.transition(job.ref, Status.CANCELLED, problem=_UNREVIEWED, note=expired, since=job)
    elif waited > _HALF_TIME and not entries[-1].note.startswith(_REMINDER):
        days = (_REVIEW_TIME - waited).days + 1
        services.jobs.log(job, note=f"{_REMINDER}: it waits for {job.waiting_for}, and is cancelled within {days} days")


def _start_or_expire(job: Job, idle: timedelta, now: datetime, services: Services) -> None:
    """Start a job whose file arrived without an event; fail a job whose file has not arrived within a day."""
    try:
        size, etag = services.files.stat(job.file.key)
    except NotFound:
        if idle > timedelta(hours=_UPLOAD_HOURS):
            services.jobs.transition(job.ref, Status.FAILED, problem=_EXPIRED)
    else:
        start_job(Arrival(job.file.key, size, etag, now), services)


def _rescue_stuck_job(job: Job, now: int, services: Services) -> None:
    chunks = services.chunks
    if services.machine.is_over(job):
        finish(job.ref, job.run, error=_STOPPED, now=now, services=services)
        return
    services.machine.start(job)
    if job.phase is None or chunks.barrier(job.ref, job.phase) is None:
        return  # plan or dispatch has not finished: Step Functions retries those itself
    answer_if_passed(job.ref, job.phase, now, services)
    stops = job.status in STOPPING
    idle = [
        chunk.ref
        for chunk in chunks.of_phase(job.ref, job.phase)
        if (chunk.is_uncounted if stops else chunk.state not in CLOSED) and not chunk.is_held(now)
    ]
    if idle:
        services.queue.send(idle, urgent=job.urgent)
    # the entry also marks the job as changed: it gets no new messages at the next sweep
    services.jobs.log(job, note=f"nothing had moved; {len(idle)} chunks were sent again")
