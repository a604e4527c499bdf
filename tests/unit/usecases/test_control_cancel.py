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
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """A queued job of 45 rows in five chunks."""
    return harness.upload(csv_file(products(45)))


def brought_to(harness: Harness, ref: JobRef, status: Status) -> Job:
    """Let the job come to a state that nobody is at."""
    match status:
        case Status.WAITING_FOR_FILE:
            harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=status)
        case Status.IN_REVIEW:
            harness.jobs.items[ref] = replace(harness.jobs.get(ref), review=True)
            harness.run(ref)
        case Status.PAUSED:
            harness.plan(ref)
            harness.phase(ref, PhaseName.PARSE)
            harness.pause(ref)
            harness.finish(ref)
        case _:
            pass
    job = harness.jobs.get(ref)
    assert job.status is status
    return job


@pytest.mark.parametrize("status", [Status.WAITING_FOR_FILE, Status.QUEUED, Status.IN_REVIEW, Status.PAUSED])
def test_a_job_that_nobody_is_at_ends_at_once(harness: Harness, ref: JobRef, status: Status) -> None:
    brought_to(harness, ref, status)
    job = harness.cancel(ref)
    assert (job.status, job.phase, job.problem) == (Status.CANCELLED, None, None)
    assert job.finished_at is not None
    assert harness.cancel(ref) == job, "a second time changes nothing"
    assert harness.plan(ref) == "over"
    assert harness.finish(ref) == job
    assert harness.destination.writes == 0


def test_a_file_that_comes_after_its_job_was_cancelled_starts_nothing(harness: Harness, ref: JobRef) -> None:
    job = brought_to(harness, ref, Status.WAITING_FOR_FILE)
    harness.machine.started.clear()
    harness.cancel(ref)
    harness.arrive(job.file.key)
    assert harness.machine.started == []
    assert harness.jobs.get(ref).status is Status.CANCELLED


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_job_under_way_ends_when_the_chunks_that_workers_hold_are_done(
    harness: Harness, ref: JobRef, name: PhaseName
) -> None:
    harness.plan(ref)
    if name is PhaseName.LOAD:
        harness.phase(ref, PhaseName.PARSE)
    token = harness.dispatch(ref, name)
    held = harness.queue.messages.pop(0)
    harness.chunks.lease(held, now=NOW, until=NOW + LEASE)
    assert harness.cancel(ref).status is Status.CANCELLING
    harness.deliver()
    assert token not in harness.machine.answers
    harness.work(held, now=NOW + LEASE)
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    job = harness.finish(ref)
    assert (job.status, job.phase) == (Status.CANCELLED, None)
    assert {chunk.state for chunk in harness.chunks.of_phase(ref, name)} == {ChunkState.QUEUED}
    assert harness.destination.writes == 0


def test_nothing_is_written_after_a_job_was_cancelled(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chunk that a worker is at is finished first, and counted."""
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    token = harness.dispatch(ref, PhaseName.LOAD)
    apply = harness.destination.apply

    def cancelled_meanwhile(batch: Batch) -> Applied:
        monkeypatch.setattr(harness.destination, "apply", apply)
        harness.cancel(ref)
        assert token not in harness.machine.answers
        return apply(batch)

    monkeypatch.setattr(harness.destination, "apply", cancelled_meanwhile)
    harness.work(harness.queue.messages.pop(0))
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    job = harness.finish(ref)
    assert (job.status, job.counts.inserted, harness.destination.writes) == (Status.CANCELLED, 10, 10)
    harness.deliver()
    assert (harness.jobs.get(ref), harness.destination.writes) == (job, 10)


def test_what_was_loaded_stays_and_can_be_taken_back(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    harness.work(harness.queue.messages.pop(0))
    harness.cancel(ref)
    harness.finish(ref)
    assert len(harness.destination.values("acme", "products")) == 10
    harness.roll_back(ref)
    job = harness.run(ref)
    assert (job.status, job.counts.reversed) == (Status.ROLLED_BACK, 10)
    assert harness.destination.values("acme", "products") == {}


def test_a_pausing_job_is_cancelled_instead(harness: Harness, ref: JobRef) -> None:
    """Whoever is at its chunk tells the machine the same, and the job ends as what was asked for last."""
    harness.plan(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)
    held = harness.queue.messages.pop(0)
    harness.chunks.lease(held, now=NOW, until=NOW + LEASE)
    harness.pause(ref)
    assert harness.cancel(ref).status is Status.CANCELLING
    with pytest.raises(Conflict):
        harness.pause(ref)
    harness.work(held, now=NOW + LEASE)
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    assert harness.finish(ref).status is Status.CANCELLED


def test_a_job_that_is_cancelled_while_its_file_is_cut_ends_after_the_cut(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    assert harness.cancel(ref).status is Status.CANCELLING
    token = harness.dispatch(ref, PhaseName.PARSE)
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    assert harness.finish(ref).status is Status.CANCELLED


def test_cancelling_twice_cancels_once(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    first = harness.cancel(ref)
    assert harness.cancel(ref) == first


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.ROLLED_BACK, Status.ROLLING_BACK])
def test_what_has_ended_or_is_being_taken_back_is_not_cancelled(harness: Harness, ref: JobRef, status: Status) -> None:
    """Half of a rollback would help nobody."""
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=status)
    with pytest.raises(Conflict) as rejected:
        harness.cancel(ref)
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
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch, before: Status, after: Status, end: Status
) -> None:
    """Nobody who may cancel shall read that the job's state does not allow it."""
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=before)
    move = harness.jobs.transition

    def moves_on_first(*args: Any, **more: Any) -> Job:
        monkeypatch.setattr(harness.jobs, "transition", move)
        move(ref, after)
        return move(*args, **more)

    monkeypatch.setattr(harness.jobs, "transition", moves_on_first)
    assert harness.cancel(ref).status is end


def test_a_job_that_ends_at_that_moment_is_not_cancelled(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=Status.LOADING)
    move = harness.jobs.transition

    def ends_first(*args: Any, **more: Any) -> Job:
        monkeypatch.setattr(harness.jobs, "transition", move)
        move(ref, Status.COMPLETED)
        return move(*args, **more)

    monkeypatch.setattr(harness.jobs, "transition", ends_first)
    with pytest.raises(Conflict, match="completed"):
        harness.cancel(ref)
