"""What if a job waits in vain: expired reviews, lost events, stops without an end, runs that were never started?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.job import Job
from sluice.model.status import Status
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness

LATE = timedelta(minutes=16)
#: Long enough after a pause or a cancellation.
SOON = timedelta(seconds=121)


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """Return a queued job of 25 rows in three chunks."""
    return harness.upload(csv_file(products(25)))


def problem_of(job: Job) -> str | None:
    return job.problem.type if job.problem else None


def test_a_review_is_reminded_of_once_at_half_time(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(3)), review=True)
    harness.run(ref)
    before = harness.jobs.get(ref)
    harness.sweep(after=timedelta(days=3, hours=11))
    assert harness.jobs.get(ref) == before
    for days in (4, 5, 6):
        harness.sweep(after=timedelta(days=days))
    notes = [entry.note for entry in harness.jobs.entries(ref) if entry.note.startswith("reminder")]
    assert notes == ["reminder: it waits for commit, and is cancelled within 3 days"]
    assert harness.jobs.get(ref).version == before.version + 1, "watchers see it"


def test_a_review_without_a_commit_expires_after_seven_days(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(3)), review=True)
    harness.run(ref)
    assert harness.sweep(after=timedelta(days=6, hours=23)) == 0, "a job that waits for a person is not stuck"
    assert harness.jobs.get(ref).status is Status.IN_REVIEW
    harness.sweep(after=timedelta(days=7, minutes=1))
    job = harness.jobs.get(ref)
    assert (job.status, problem_of(job)) == (Status.CANCELLED, "review-expired")
    assert harness.jobs.entries(ref)[-1].note == "the review expired"


def test_a_paused_job_is_not_resumed_by_the_sweeper(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.pause(ref)
    harness.queue.messages.clear()
    job = harness.finish(ref)
    assert harness.sweep(after=timedelta(days=80)) == 0
    assert harness.jobs.get(ref) == job
    assert harness.queue.messages == []


def test_a_file_whose_event_was_lost_starts_its_job(harness: Harness, ref: JobRef) -> None:
    """The file is in the bucket, and its etag is the one that readers require."""
    waiting = replace(harness.jobs.get(ref), status=Status.WAITING_FOR_FILE)
    harness.jobs.items[ref] = replace(waiting, file=replace(waiting.file, etag=None))
    harness.machine.started.clear()
    harness.sweep(after=timedelta(minutes=14))
    assert harness.machine.started == []
    harness.sweep(after=LATE)
    assert harness.machine.started == [(ref, 1)]
    job = harness.run(ref)
    assert (job.status, job.counts.inserted) == (Status.COMPLETED, 25)
    assert job.file.etag is not None


def test_a_late_file_is_still_imported(harness: Harness, ref: JobRef) -> None:
    """A job without a file ends after a day; one whose file is in the bucket is imported."""
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=Status.WAITING_FOR_FILE)
    harness.sweep(after=timedelta(days=2))
    assert harness.jobs.get(ref).status is Status.QUEUED


@pytest.mark.parametrize(("call", "end"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
def test_a_stop_whose_worker_died_ends_when_the_lease_has_expired(
    harness: Harness, ref: JobRef, call: str, end: Status
) -> None:
    """The worker died, and its message was lost."""
    harness.plan(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)
    harness.chunks.lease(harness.queue.messages.pop(0), now=NOW, until=NOW + LEASE)
    harness.queue.messages.clear()
    getattr(harness, call)(ref)
    assert harness.sweep(after=timedelta(seconds=119)) == 0
    assert token not in harness.machine.answers
    assert harness.sweep(after=SOON) == 1
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    assert harness.queue.messages == [], "a stopping job gets no messages"
    assert harness.finish(ref).status is end


@pytest.mark.parametrize(("call", "end"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
def test_a_stop_whose_execution_is_over_ends(harness: Harness, ref: JobRef, call: str, end: Status) -> None:
    """An operator may have stopped the execution by hand."""
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    getattr(harness, call)(ref)
    harness.machine.over.add((ref, 1))
    harness.sweep(after=SOON)
    assert harness.jobs.get(ref).status is end


@pytest.mark.parametrize("call", ["pause", "cancel"])
def test_a_stop_of_a_job_whose_execution_never_started_starts_it(harness: Harness, ref: JobRef, call: str) -> None:
    """Its plan sees the stop, and its last step records it."""
    harness.plan(ref)
    harness.machine.started.clear()
    getattr(harness, call)(ref)
    harness.sweep(after=SOON)
    assert harness.machine.started == [(ref, 1)]
    assert harness.plan(ref) == "over"
    assert harness.finish(ref).status in {Status.PAUSED, Status.CANCELLED}


def test_a_rollback_whose_messages_were_lost_continues(harness: Harness, ref: JobRef) -> None:
    harness.run(ref)
    harness.roll_back(ref)
    token = harness.dispatch(ref, PhaseName.UNDO)
    harness.work(harness.queue.messages.pop(0))
    harness.queue.messages.clear()
    assert harness.sweep(after=LATE) == 1
    assert [message.index for message in harness.queue.messages] == [1, 2]
    harness.deliver()
    assert harness.machine.answers[token] == {"outcome": "done"}
    assert harness.finish(ref).counts.reversed == 25


def test_a_rollback_whose_execution_is_over_fails_and_can_be_continued(harness: Harness, ref: JobRef) -> None:
    harness.run(ref)
    harness.roll_back(ref)
    harness.machine.over.add((ref, 2))
    harness.sweep(after=LATE)
    job = harness.jobs.get(ref)
    assert (job.status, problem_of(job)) == (Status.FAILED, "rollback-incomplete")
    harness.roll_back(ref)
    assert harness.run(ref).status is Status.ROLLED_BACK


def test_an_earlier_execution_that_is_over_does_not_end_a_later_run(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.pause(ref)
    harness.queue.messages.clear()
    harness.finish(ref)
    harness.machine.over.add((ref, 1))
    harness.resume(ref)
    harness.sweep(after=LATE)
    assert harness.jobs.get(ref).status is Status.PARSING
    assert harness.run(ref).counts.inserted == 25


def test_a_waiting_job_does_not_get_its_messages_again_every_five_minutes(harness: Harness, ref: JobRef) -> None:
    """The sweep itself updates the job."""
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.queue.messages.clear()
    harness.sweep(after=LATE)
    before = harness.jobs.get(ref).updated_at
    assert before is not None
    assert len(harness.queue.messages) == 3
    harness.sweep(after=timedelta(minutes=5))
    assert len(harness.queue.messages) == 3


def test_ended_jobs_are_left_alone(harness: Harness, ref: JobRef) -> None:
    done = harness.run(ref)
    assert harness.sweep(after=timedelta(days=30)) == 0
    assert harness.jobs.get(ref) == done


def test_jobs_that_wait_behind_others_are_left_alone_however_many_there_are(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No message is sent again, no alarm rings, and the queues and the executions are asked once for all of them."""
    refs = [ref, *(harness.upload(csv_file(products(5, first=100 * n))) for n in range(1, 30))]
    for each in refs:
        harness.plan(each)
        harness.dispatch(each, PhaseName.PARSE)
    before = list(harness.queue.messages)

    def fail(_: Job) -> bool:
        raise AssertionError("no execution is asked for alone")

    monkeypatch.setattr(harness.machine, "is_over", fail)
    assert harness.sweep(after=LATE) == 0
    assert harness.sweep(after=timedelta(days=3)) == 0
    assert harness.queue.messages == before


def test_a_job_whose_execution_is_gone_is_rescued_although_others_wait(harness: Harness, ref: JobRef) -> None:
    """Messages of others say nothing about its own."""
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.machine.over.add((ref, 1))
    assert harness.sweep(after=LATE) == 1
    assert problem_of(harness.jobs.get(ref)) == "system-error"


def test_a_message_that_has_outlived_its_queue_is_sent_again(harness: Harness, ref: JobRef) -> None:
    """Another job's messages keep the queue from ever being empty."""
    other = harness.upload(csv_file(products(5, first=100)))
    for each in (ref, other):
        harness.plan(each)
        harness.dispatch(each, PhaseName.PARSE)
    harness.queue.messages = [chunk for chunk in harness.queue.messages if chunk.job == other]
    harness.sweep(after=timedelta(days=4, minutes=1))
    assert {chunk.job for chunk in harness.queue.messages} == {ref, other}
