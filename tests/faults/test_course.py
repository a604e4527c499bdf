"""What if the steps around the workers die, come twice, or never come?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.wording import word_detail
from tests.factories import csv_file, products
from tests.fakes.course import NOW, Course


@pytest.fixture
def ref(course: Course) -> JobRef:
    """A queued job of 25 good rows."""
    return course.upload(csv_file(products(25)))


def test_planning_twice_plans_once(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    objects, chunks = dict(course.files.objects), dict(course.chunks.items)
    course.plan(ref)
    assert (course.files.objects, course.chunks.items) == (objects, chunks)
    assert course.run(ref).counts.inserted == 25


def test_dispatching_twice_answers_the_newer_token_and_counts_once(course: Course, ref: JobRef) -> None:
    """A retry of the state machine's task brings a new token; nobody waits for the old one."""
    course.plan(ref)
    old = course.dispatch(ref, PhaseName.PARSE)
    course.work(course.queue.messages.pop(0))
    new = course.dispatch(ref, PhaseName.PARSE)
    course.deliver()
    assert new in course.machine.answers
    assert old not in course.machine.answers
    assert course.jobs.get(ref).counts.checked == 25


def test_a_dispatch_that_comes_after_the_last_chunk_is_answered_at_once(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.deliver()
    again = course.dispatch(ref, PhaseName.PARSE)
    assert again in course.machine.answers
    assert not course.queue.messages


def test_a_dispatch_of_an_ended_job_is_answered_at_once(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    course.jobs.transition(ref, Status.FAILED)
    token = course.dispatch(ref, PhaseName.PARSE)
    assert course.machine.answers[token] == {"outcome": "over"}
    assert not course.queue.messages


def test_messages_that_were_lost_are_sent_again(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    token = course.dispatch(ref, PhaseName.PARSE)
    course.work(course.queue.messages.pop(0))
    course.queue.messages.clear()
    assert course.sweep(after=timedelta(minutes=1)) == 0, "a job that is only slow is left alone"
    assert not course.queue.messages
    assert course.sweep(after=timedelta(minutes=16)) == 1
    course.deliver()
    assert token in course.machine.answers


def test_a_chunk_whose_worker_died_with_its_message_is_sent_again(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    first = course.queue.messages.pop(0)
    course.chunks.lease(first, now=NOW, until=NOW + 70)
    course.queue.messages.clear()
    assert course.sweep(after=timedelta(minutes=16)) == 1
    assert first in course.queue.messages


def test_a_job_whose_machine_never_started_is_started(course: Course, ref: JobRef) -> None:
    course.machine.started.clear()
    assert course.sweep(after=timedelta(minutes=16)) == 1
    assert course.machine.started == [(ref, 1)]


def test_an_answer_that_was_lost_is_given_again(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    token = course.dispatch(ref, PhaseName.PARSE)
    course.deliver()
    course.machine.answers.clear()
    course.sweep(after=timedelta(minutes=16))
    assert token in course.machine.answers


def test_a_job_whose_file_never_came_is_ended(course: Course, ref: JobRef) -> None:
    course.jobs.items[ref] = replace(course.jobs.items[ref], status=Status.WAITING_FOR_FILE)
    course.files.objects.clear()
    course.sweep(after=timedelta(hours=23))
    assert course.jobs.get(ref).status is Status.WAITING_FOR_FILE
    course.sweep(after=timedelta(hours=25))
    ended = course.jobs.get(ref)
    assert ended.problem is not None
    assert (ended.status, ended.problem.type) == (Status.FAILED, "upload-expired")


def test_a_course_that_breaks_ends_the_job_with_the_reason_and_keeps_what_was_loaded(
    course: Course, ref: JobRef
) -> None:
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.deliver()
    course.dispatch(ref, PhaseName.LOAD)
    course.work(course.queue.messages.pop(0))
    job = course.finish(ref, error="States.Timeout: no answer")
    assert job.problem is not None
    assert (job.status, job.problem.type, job.counts.inserted) == (Status.FAILED, "system-error", 10)
    assert "States.Timeout" in word_detail(job.problem)
    again = course.finish(ref)
    assert again == job, "a job that has ended stays as it is"


def test_a_job_whose_course_was_stopped_from_outside_is_ended(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    course.machine.over.add((ref, 1))
    assert course.sweep(after=timedelta(minutes=16)) == 1
    job = course.jobs.get(ref)
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, "system-error")


def test_a_file_that_is_overwritten_while_it_is_read_gives_no_mixture(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    key = course.jobs.get(ref).file.key
    course.files.write(key, csv_file(products(25, price="66")))
    token = course.dispatch(ref, PhaseName.PARSE)
    course.deliver()
    assert token in course.machine.answers
    job = course.finish(ref)
    assert job.problem is not None
    assert (job.status, job.counts.loaded) == (Status.FAILED, 0)
    assert "overwr" in word_detail(job.problem) or "Upload it again" in word_detail(job.problem)


def test_a_job_that_cannot_be_looked_after_keeps_no_other_waiting(
    course: Course, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = course.upload(csv_file(products(3)), tenant="other")
    course.machine.started.clear()
    start = course.machine.start

    def failing(job: Job) -> None:
        if job.ref == ref:
            raise OSError("throttled")
        start(job)

    monkeypatch.setattr(course.machine, "start", failing)
    complaints: list[JobRef] = []
    assert course.sweep(after=timedelta(minutes=16), complain=lambda job, _: complaints.append(job.ref)) == 2
    assert (complaints, course.machine.started) == ([ref], [(other, 1)])


def test_a_plan_that_comes_late_does_not_put_blank_rows_back(course: Course) -> None:
    rows: list[list[object]] = [list(row) for row in products(12)]
    rows[2:2] = [["", "", "", ""]]
    ref = course.upload(csv_file(rows))
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.deliver()
    course.plan(ref)
    assert course.jobs.get(ref).counts.total == 12
