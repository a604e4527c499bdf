"""What if a step of the execution dies, runs twice or never starts?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.plan import plan
from sluice.wording import word_detail
from tests.support.factories import csv_file, products
from tests.support.harness import NOW, Harness


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """Return a queued job of 25 good rows."""
    return harness.upload(csv_file(products(25)))


def test_planning_twice_plans_once(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    objects, chunks = dict(harness.files.objects), dict(harness.chunks.items)
    harness.plan(ref)
    assert (harness.files.objects, harness.chunks.items) == (objects, chunks)
    assert harness.run(ref).counts.inserted == 25


def test_dispatching_twice_completes_the_newer_token_and_counts_once(harness: Harness, ref: JobRef) -> None:
    """A retry of the state machine's task brings a new token; no task waits for the old one."""
    harness.plan(ref)
    old = harness.dispatch(ref, PhaseName.PARSE)
    harness.work(harness.queue.messages.pop(0))
    new = harness.dispatch(ref, PhaseName.PARSE)
    harness.deliver()
    assert new in harness.machine.answers
    assert old not in harness.machine.answers
    assert harness.jobs.get(ref).counts.checked == 25


def test_a_dispatch_after_the_last_chunk_completes_its_token_at_once(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.deliver()
    again = harness.dispatch(ref, PhaseName.PARSE)
    assert again in harness.machine.answers
    assert not harness.queue.messages


def test_a_dispatch_of_an_ended_job_completes_its_token_at_once(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    harness.jobs.transition(ref, Status.FAILED)
    token = harness.dispatch(ref, PhaseName.PARSE)
    assert harness.machine.answers[token] == {"outcome": "over"}
    assert not harness.queue.messages


def test_messages_that_were_lost_are_sent_again(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)
    harness.work(harness.queue.messages.pop(0))
    harness.queue.messages.clear()
    assert harness.sweep(after=timedelta(minutes=1)) == 0, "a job that is only slow is left alone"
    assert not harness.queue.messages
    assert harness.sweep(after=timedelta(minutes=16)) == 1
    harness.deliver()
    assert token in harness.machine.answers


def test_a_chunk_whose_worker_died_with_its_message_is_sent_again(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    first = harness.queue.messages.pop(0)
    harness.chunks.lease(first, now=NOW, until=NOW + 70)
    harness.queue.messages.clear()
    assert harness.sweep(after=timedelta(minutes=16)) == 1
    assert first in harness.queue.messages


def test_a_job_whose_execution_never_started_is_started(harness: Harness, ref: JobRef) -> None:
    harness.machine.started.clear()
    assert harness.sweep(after=timedelta(minutes=16)) == 1
    assert harness.machine.started == [(ref, 1)]


def test_a_token_whose_completion_was_lost_is_completed_again(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)
    harness.deliver()
    harness.machine.answers.clear()
    harness.sweep(after=timedelta(minutes=16))
    assert token in harness.machine.answers


def test_a_job_whose_file_was_never_uploaded_is_ended(harness: Harness, ref: JobRef) -> None:
    harness.jobs.items[ref] = replace(harness.jobs.items[ref], status=Status.WAITING_FOR_FILE)
    harness.files.objects.clear()
    harness.sweep(after=timedelta(hours=23))
    assert harness.jobs.get(ref).status is Status.WAITING_FOR_FILE
    harness.sweep(after=timedelta(hours=25))
    ended = harness.jobs.get(ref)
    assert ended.problem is not None
    assert (ended.status, ended.problem.type) == (Status.FAILED, "upload-expired")


def test_an_execution_that_fails_ends_the_job_with_the_reason_and_keeps_what_was_loaded(
    harness: Harness, ref: JobRef
) -> None:
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.deliver()
    harness.dispatch(ref, PhaseName.LOAD)
    harness.work(harness.queue.messages.pop(0))
    job = harness.finish(ref, error="States.Timeout: no answer")
    assert job.problem is not None
    assert (job.status, job.problem.type, job.counts.inserted) == (Status.FAILED, "system-error", 10)
    assert "States.Timeout" in word_detail(job.problem)
    again = harness.finish(ref)
    assert again == job, "a job that has ended stays as it is"


def test_a_job_whose_execution_was_stopped_from_outside_is_ended(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    harness.machine.over.add((ref, 1))
    assert harness.sweep(after=timedelta(minutes=16)) == 1
    job = harness.jobs.get(ref)
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, "system-error")


def test_a_file_that_is_overwritten_during_reading_gives_no_mixture(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    key = harness.jobs.get(ref).file.key
    harness.files.write(key, csv_file(products(25, price="66")))
    token = harness.dispatch(ref, PhaseName.PARSE)
    harness.deliver()
    assert token in harness.machine.answers
    job = harness.finish(ref)
    assert job.problem is not None
    assert (job.status, job.counts.loaded) == (Status.FAILED, 0)
    assert "overwr" in word_detail(job.problem) or "Upload it again" in word_detail(job.problem)


def test_a_job_that_cannot_be_swept_blocks_no_other(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = harness.upload(csv_file(products(3)), tenant="other")
    harness.machine.started.clear()
    start = harness.machine.start

    def failing(job: Job) -> None:
        if job.ref == ref:
            raise OSError("throttled")
        start(job)

    monkeypatch.setattr(harness.machine, "start", failing)
    complaints: list[JobRef] = []
    assert harness.sweep(after=timedelta(minutes=16), complain=lambda job, _: complaints.append(job.ref)) == 2
    assert (complaints, harness.machine.started) == ([ref], [(other, 1)])


def test_a_late_plan_does_not_count_blank_rows_again(harness: Harness) -> None:
    rows: list[list[object]] = [list(row) for row in products(12)]
    rows[2:2] = [["", "", "", ""]]
    ref = harness.upload(csv_file(rows))
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.deliver()
    harness.plan(ref)
    assert harness.jobs.get(ref).counts.total == 12


@pytest.mark.parametrize("error", ["Sandbox.Timedout", "Runtime.OutOfMemory", "Runtime.ExitError", "Lambda.Unknown"])
def test_a_file_that_stops_the_planner_is_too_large_and_not_planned_again(
    harness: Harness, ref: JobRef, error: str
) -> None:
    """The same file would stop it again; a worker that dies later is none of the file's."""
    other = harness.upload(csv_file(products(3)))
    harness.plan(other)
    job = harness.finish(ref, error=error)
    assert job.problem is not None
    assert (job.status, job.problem.code) == (Status.FAILED, "too-large/planner")
    assert word_detail(job.problem).endswith("Save its table as .xlsx or CSV, or split it.")
    broken = harness.finish(other, error=error)
    assert broken.problem is not None
    assert broken.problem.type == "system-error"


def test_a_plan_that_has_no_time_left_rejects_its_file(harness: Harness, ref: JobRef) -> None:
    """Its function would be stopped in the middle, and the next attempt as well."""
    assert plan(ref, 1, before=NOW, services=harness) == "over"
    problem = harness.jobs.get(ref).problem
    assert problem is not None
    assert problem.code == "too-large/time"
