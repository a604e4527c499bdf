"""Cancelling a job from every state: it ends, and nothing is written after it has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.schema.staging import Applied, Batch
from tests.factories import csv_file, products
from tests.fakes.course import LEASE, NOW, Course


@pytest.fixture
def ref(course: Course) -> JobRef:
    """A queued job of 45 rows in five chunks."""
    return course.upload(csv_file(products(45)))


def brought_to(course: Course, ref: JobRef, status: Status) -> Job:
    """Let the job come to a state that nobody is at."""
    match status:
        case Status.WAITING_FOR_FILE:
            course.jobs.items[ref] = replace(course.jobs.get(ref), status=status)
        case Status.IN_REVIEW:
            course.jobs.items[ref] = replace(course.jobs.get(ref), review=True)
            course.run(ref)
        case Status.PAUSED:
            course.plan(ref)
            course.phase(ref, PhaseName.PARSE)
            course.pause(ref)
            course.finish(ref)
        case _:
            pass
    job = course.jobs.get(ref)
    assert job.status is status
    return job


@pytest.mark.parametrize("status", [Status.WAITING_FOR_FILE, Status.QUEUED, Status.IN_REVIEW, Status.PAUSED])
def test_a_job_that_nobody_is_at_ends_at_once(course: Course, ref: JobRef, status: Status) -> None:
    brought_to(course, ref, status)
    job = course.cancel(ref)
    assert (job.status, job.phase, job.problem) == (Status.CANCELLED, None, None)
    assert job.finished_at is not None
    assert course.cancel(ref) == job, "a second time changes nothing"
    assert course.plan(ref) == "over"
    assert course.finish(ref) == job
    assert course.destination.writes == 0


def test_a_file_that_comes_after_its_job_was_cancelled_starts_nothing(course: Course, ref: JobRef) -> None:
    job = brought_to(course, ref, Status.WAITING_FOR_FILE)
    course.machine.started.clear()
    course.cancel(ref)
    course.arrive(job.file.key)
    assert course.machine.started == []
    assert course.jobs.get(ref).status is Status.CANCELLED


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_job_under_way_ends_when_the_chunks_that_workers_hold_are_done(
    course: Course, ref: JobRef, name: PhaseName
) -> None:
    course.plan(ref)
    if name is PhaseName.LOAD:
        course.phase(ref, PhaseName.PARSE)
    token = course.dispatch(ref, name)
    held = course.queue.messages.pop(0)
    course.chunks.lease(held, now=NOW, until=NOW + LEASE)
    assert course.cancel(ref).status is Status.CANCELLING
    course.deliver()
    assert token not in course.machine.answers
    course.work(held, now=NOW + LEASE)
    assert course.machine.answers[token] == {"outcome": "stopped"}
    job = course.finish(ref)
    assert (job.status, job.phase) == (Status.CANCELLED, None)
    assert {chunk.state for chunk in course.chunks.of_phase(ref, name)} == {ChunkState.QUEUED}
    assert course.destination.writes == 0


def test_nothing_is_written_after_a_job_was_cancelled(
    course: Course, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chunk that a worker is at is finished first, and counted."""
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    token = course.dispatch(ref, PhaseName.LOAD)
    apply = course.destination.apply

    def cancelled_meanwhile(batch: Batch) -> Applied:
        monkeypatch.setattr(course.destination, "apply", apply)
        course.cancel(ref)
        assert token not in course.machine.answers
        return apply(batch)

    monkeypatch.setattr(course.destination, "apply", cancelled_meanwhile)
    course.work(course.queue.messages.pop(0))
    assert course.machine.answers[token] == {"outcome": "stopped"}
    job = course.finish(ref)
    assert (job.status, job.counts.inserted, course.destination.writes) == (Status.CANCELLED, 10, 10)
    course.deliver()
    assert (course.jobs.get(ref), course.destination.writes) == (job, 10)


def test_what_was_loaded_stays_and_can_be_taken_back(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    course.dispatch(ref, PhaseName.LOAD)
    course.work(course.queue.messages.pop(0))
    course.cancel(ref)
    course.finish(ref)
    assert len(course.destination.values("acme", "products")) == 10
    course.roll_back(ref)
    job = course.run(ref)
    assert (job.status, job.counts.reversed) == (Status.ROLLED_BACK, 10)
    assert course.destination.values("acme", "products") == {}


def test_a_pausing_job_is_cancelled_instead(course: Course, ref: JobRef) -> None:
    """Whoever is at its chunk tells the machine the same, and the job ends as what was asked for last."""
    course.plan(ref)
    token = course.dispatch(ref, PhaseName.PARSE)
    held = course.queue.messages.pop(0)
    course.chunks.lease(held, now=NOW, until=NOW + LEASE)
    course.pause(ref)
    assert course.cancel(ref).status is Status.CANCELLING
    with pytest.raises(Conflict):
        course.pause(ref)
    course.work(held, now=NOW + LEASE)
    assert course.machine.answers[token] == {"outcome": "stopped"}
    assert course.finish(ref).status is Status.CANCELLED


def test_a_job_that_is_cancelled_while_its_file_is_cut_ends_after_the_cut(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    assert course.cancel(ref).status is Status.CANCELLING
    token = course.dispatch(ref, PhaseName.PARSE)
    assert course.machine.answers[token] == {"outcome": "stopped"}
    assert course.finish(ref).status is Status.CANCELLED


def test_cancelling_twice_cancels_once(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    first = course.cancel(ref)
    assert course.cancel(ref) == first


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.ROLLED_BACK, Status.ROLLING_BACK])
def test_what_has_ended_or_is_being_taken_back_is_not_cancelled(course: Course, ref: JobRef, status: Status) -> None:
    """Half of a rollback would help nobody."""
    course.jobs.items[ref] = replace(course.jobs.get(ref), status=status)
    with pytest.raises(Conflict) as rejected:
        course.cancel(ref)
    assert rejected.value.problem.params["status_now"] == str(status)


@pytest.mark.parametrize(
    ("before", "after", "end"),
    [
        (Status.QUEUED, Status.PARSING, Status.CANCELLING),
        (Status.PARSING, Status.IN_REVIEW, Status.CANCELLED),
        (Status.PAUSING, Status.PAUSED, Status.CANCELLED),
        (Status.PAUSED, Status.LOADING, Status.CANCELLING),
        (Status.IN_REVIEW, Status.LOADING, Status.CANCELLING),
    ],
)
def test_a_job_that_moves_on_at_that_moment_is_cancelled_all_the_same(
    course: Course, ref: JobRef, monkeypatch: pytest.MonkeyPatch, before: Status, after: Status, end: Status
) -> None:
    """Nobody who may cancel shall read that the job's state does not allow it."""
    course.jobs.items[ref] = replace(course.jobs.get(ref), status=before)
    move = course.jobs.transition

    def moves_on_first(*args: Any, **more: Any) -> Job:
        monkeypatch.setattr(course.jobs, "transition", move)
        move(ref, after)
        return move(*args, **more)

    monkeypatch.setattr(course.jobs, "transition", moves_on_first)
    assert course.cancel(ref).status is end


def test_a_job_that_ends_at_that_moment_is_not_cancelled(
    course: Course, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.jobs.items[ref] = replace(course.jobs.get(ref), status=Status.LOADING)
    move = course.jobs.transition

    def ends_first(*args: Any, **more: Any) -> Job:
        monkeypatch.setattr(course.jobs, "transition", move)
        move(ref, Status.COMPLETED)
        return move(*args, **more)

    monkeypatch.setattr(course.jobs, "transition", ends_first)
    with pytest.raises(Conflict, match="completed"):
        course.cancel(ref)
