"""What if nobody comes: expired reviews, lost events, stops that nobody ends, runs that were never started?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.job import Job
from sluice.model.status import Status
from tests.factories import csv_file, products
from tests.fakes.course import LEASE, NOW, Course

LATE = timedelta(minutes=16)
#: Long enough for a job that is to stop.
SOON = timedelta(seconds=121)


@pytest.fixture
def ref(course: Course) -> JobRef:
    """A queued job of 25 rows in three chunks."""
    return course.upload(csv_file(products(25)))


def problem_of(job: Job) -> str | None:
    return job.problem.type if job.problem else None


def test_a_review_that_nobody_ends_expires_after_seven_days(course: Course) -> None:
    ref = course.upload(csv_file(products(3)), review=True)
    course.run(ref)
    assert course.sweep(after=timedelta(days=6, hours=23)) == 0, "a job that waits for a person is not stuck"
    assert course.jobs.get(ref).status is Status.IN_REVIEW
    course.sweep(after=timedelta(days=7, minutes=1))
    job = course.jobs.get(ref)
    assert (job.status, problem_of(job)) == (Status.CANCELLED, "review-expired")
    assert course.jobs.entries(ref)[-1].note == "the review expired"


def test_a_paused_job_waits_as_long_as_it_must(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.pause(ref)
    course.queue.messages.clear()
    job = course.finish(ref)
    assert course.sweep(after=timedelta(days=80)) == 0
    assert course.jobs.get(ref) == job
    assert course.queue.messages == []


def test_a_file_whose_event_was_lost_starts_its_job(course: Course, ref: JobRef) -> None:
    """It lies there, and its etag is the one that reads are held to."""
    waiting = replace(course.jobs.get(ref), status=Status.WAITING_FOR_FILE)
    course.jobs.items[ref] = replace(waiting, file=replace(waiting.file, etag=None))
    course.machine.started.clear()
    course.sweep(after=timedelta(minutes=14))
    assert course.machine.started == []
    course.sweep(after=LATE)
    assert course.machine.started == [(ref, 1)]
    job = course.run(ref)
    assert (job.status, job.counts.inserted) == (Status.COMPLETED, 25)
    assert job.file.etag is not None


def test_a_file_that_came_late_is_still_taken(course: Course, ref: JobRef) -> None:
    """A day is for uploads that never come; one that is there is imported."""
    course.jobs.items[ref] = replace(course.jobs.get(ref), status=Status.WAITING_FOR_FILE)
    course.sweep(after=timedelta(days=2))
    assert course.jobs.get(ref).status is Status.QUEUED


@pytest.mark.parametrize(("call", "end"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
def test_a_stop_that_nobody_ends_is_ended_when_the_lease_has_run_out(
    course: Course, ref: JobRef, call: str, end: Status
) -> None:
    """Its worker died, and the message with it."""
    course.plan(ref)
    token = course.dispatch(ref, PhaseName.PARSE)
    course.chunks.lease(course.queue.messages.pop(0), now=NOW, until=NOW + LEASE)
    course.queue.messages.clear()
    getattr(course, call)(ref)
    assert course.sweep(after=timedelta(seconds=119)) == 0
    assert token not in course.machine.answers
    assert course.sweep(after=SOON) == 1
    assert course.machine.answers[token] == {"outcome": "stopped"}
    assert course.queue.messages == [], "a job that is to stop gets no messages"
    assert course.finish(ref).status is end


@pytest.mark.parametrize(("call", "end"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
def test_a_stop_whose_course_is_over_is_ended(course: Course, ref: JobRef, call: str, end: Status) -> None:
    """Somebody stopped the execution by hand, say."""
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    getattr(course, call)(ref)
    course.machine.over.add((ref, 1))
    course.sweep(after=SOON)
    assert course.jobs.get(ref).status is end


@pytest.mark.parametrize("call", ["pause", "cancel"])
def test_a_stop_of_a_job_whose_course_never_began_begins_it(course: Course, ref: JobRef, call: str) -> None:
    """Its plan sees that nothing is wanted, and its end says so."""
    course.plan(ref)
    course.machine.started.clear()
    getattr(course, call)(ref)
    course.sweep(after=SOON)
    assert course.machine.started == [(ref, 1)]
    assert course.plan(ref) == "over"
    assert course.finish(ref).status in {Status.PAUSED, Status.CANCELLED}


def test_a_rollback_whose_messages_were_lost_goes_on(course: Course, ref: JobRef) -> None:
    course.run(ref)
    course.roll_back(ref)
    token = course.dispatch(ref, PhaseName.UNDO)
    course.work(course.queue.messages.pop(0))
    course.queue.messages.clear()
    assert course.sweep(after=LATE) == 1
    assert [message.index for message in course.queue.messages] == [1, 2]
    course.deliver()
    assert course.machine.answers[token] == {"outcome": "done"}
    assert course.finish(ref).counts.reversed == 25


def test_a_rollback_whose_course_is_over_fails_and_can_be_taken_on(course: Course, ref: JobRef) -> None:
    course.run(ref)
    course.roll_back(ref)
    course.machine.over.add((ref, 2))
    course.sweep(after=LATE)
    job = course.jobs.get(ref)
    assert (job.status, problem_of(job)) == (Status.FAILED, "rollback-incomplete")
    course.roll_back(ref)
    assert course.run(ref).status is Status.ROLLED_BACK


def test_the_course_of_an_earlier_run_that_is_over_is_no_reason_to_end_a_later_one(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.pause(ref)
    course.queue.messages.clear()
    course.finish(ref)
    course.machine.over.add((ref, 1))
    course.resume(ref)
    course.sweep(after=LATE)
    assert course.jobs.get(ref).status is Status.PARSING
    assert course.run(ref).counts.inserted == 25


def test_a_job_that_merely_waits_is_not_sent_again_every_five_minutes(course: Course, ref: JobRef) -> None:
    """What was done about it counts as a move."""
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.queue.messages.clear()
    course.sweep(after=LATE)
    before = course.jobs.get(ref).updated_at
    assert before is not None
    assert len(course.queue.messages) == 3
    course.sweep(after=timedelta(minutes=5))
    assert len(course.queue.messages) == 3


def test_ended_jobs_are_left_alone(course: Course, ref: JobRef) -> None:
    done = course.run(ref)
    assert course.sweep(after=timedelta(days=30)) == 0
    assert course.jobs.get(ref) == done
