"""What if nobody comes: expired reviews, lost events, stops that nobody ends, runs that were never started?"""

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
#: Long enough for a job that is to stop.
SOON = timedelta(seconds=121)


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """A queued job of 25 rows in three chunks."""
    return harness.upload(csv_file(products(25)))


def problem_of(job: Job) -> str | None:
    return job.problem.type if job.problem else None


def test_a_review_that_nobody_ends_expires_after_seven_days(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(3)), review=True)
    harness.run(ref)
    assert harness.sweep(after=timedelta(days=6, hours=23)) == 0, "a job that waits for a person is not stuck"
    assert harness.jobs.get(ref).status is Status.IN_REVIEW
    harness.sweep(after=timedelta(days=7, minutes=1))
    job = harness.jobs.get(ref)
    assert (job.status, problem_of(job)) == (Status.CANCELLED, "review-expired")
    assert harness.jobs.entries(ref)[-1].note == "the review expired"


def test_a_paused_job_waits_as_long_as_it_must(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.pause(ref)
    harness.queue.messages.clear()
    job = harness.finish(ref)
    assert harness.sweep(after=timedelta(days=80)) == 0
    assert harness.jobs.get(ref) == job
    assert harness.queue.messages == []


def test_a_file_whose_event_was_lost_starts_its_job(harness: Harness, ref: JobRef) -> None:
    """It lies there, and its etag is the one that reads are held to."""
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


def test_a_file_that_came_late_is_still_taken(harness: Harness, ref: JobRef) -> None:
    """A day is for uploads that never come; one that is there is imported."""
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=Status.WAITING_FOR_FILE)
    harness.sweep(after=timedelta(days=2))
    assert harness.jobs.get(ref).status is Status.QUEUED


@pytest.mark.parametrize(("call", "end"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
def test_a_stop_that_nobody_ends_is_ended_when_the_lease_has_run_out(
    harness: Harness, ref: JobRef, call: str, end: Status
) -> None:
    """Its worker died, and the message with it."""
    harness.plan(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)
    harness.chunks.lease(harness.queue.messages.pop(0), now=NOW, until=NOW + LEASE)
    harness.queue.messages.clear()
    getattr(harness, call)(ref)
    assert harness.sweep(after=timedelta(seconds=119)) == 0
    assert token not in harness.machine.answers
    assert harness.sweep(after=SOON) == 1
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    assert harness.queue.messages == [], "a job that is to stop gets no messages"
    assert harness.finish(ref).status is end


@pytest.mark.parametrize(("call", "end"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
def test_a_stop_whose_course_is_over_is_ended(harness: Harness, ref: JobRef, call: str, end: Status) -> None:
    """Somebody stopped the execution by hand, say."""
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    getattr(harness, call)(ref)
    harness.machine.over.add((ref, 1))
    harness.sweep(after=SOON)
    assert harness.jobs.get(ref).status is end


@pytest.mark.parametrize("call", ["pause", "cancel"])
def test_a_stop_of_a_job_whose_course_never_began_begins_it(harness: Harness, ref: JobRef, call: str) -> None:
    """Its plan sees that nothing is wanted, and its end says so."""
    harness.plan(ref)
    harness.machine.started.clear()
    getattr(harness, call)(ref)
    harness.sweep(after=SOON)
    assert harness.machine.started == [(ref, 1)]
    assert harness.plan(ref) == "over"
    assert harness.finish(ref).status in {Status.PAUSED, Status.CANCELLED}


def test_a_rollback_whose_messages_were_lost_goes_on(harness: Harness, ref: JobRef) -> None:
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


def test_a_rollback_whose_course_is_over_fails_and_can_be_taken_on(harness: Harness, ref: JobRef) -> None:
    harness.run(ref)
    harness.roll_back(ref)
    harness.machine.over.add((ref, 2))
    harness.sweep(after=LATE)
    job = harness.jobs.get(ref)
    assert (job.status, problem_of(job)) == (Status.FAILED, "rollback-incomplete")
    harness.roll_back(ref)
    assert harness.run(ref).status is Status.ROLLED_BACK


def test_the_course_of_an_earlier_run_that_is_over_is_no_reason_to_end_a_later_one(
    harness: Harness, ref: JobRef
) -> None:
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


def test_a_job_that_merely_waits_is_not_sent_again_every_five_minutes(harness: Harness, ref: JobRef) -> None:
    """What was done about it counts as a move."""
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
