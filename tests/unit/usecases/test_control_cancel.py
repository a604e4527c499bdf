"""Cancelling a job in every state: it ends, and nothing is written afterwards."""

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
    """Return a queued job of 45 rows in five chunks."""
    return harness.upload(csv_file(products(45)))


def brought_to(harness: Harness, ref: JobRef, status: Status) -> Job:
    """Bring the job to a state in which no worker has a lease."""
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
def test_a_job_without_leases_is_cancelled_at_once(harness: Harness, ref: JobRef, status: Status) -> None:
    brought_to(harness, ref, status)
    job = harness.cancel(ref)
    assert (job.status, job.phase, job.problem) == (Status.CANCELLED, None, None)
    assert job.finished_at is not None
    assert harness.cancel(ref) == job, "a second time changes nothing"
    assert harness.plan(ref) == "over"
    assert harness.finish(ref) == job
    assert harness.destination.writes == 0


def test_a_file_that_is_uploaded_after_its_job_was_cancelled_starts_nothing(harness: Harness, ref: JobRef) -> None:
    job = brought_to(harness, ref, Status.WAITING_FOR_FILE)
    harness.machine.started.clear()
    harness.cancel(ref)
    harness.arrive(job.file.key)
    assert harness.machine.started == []
    assert harness.jobs.get(ref).status is Status.CANCELLED


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_job_in_progress_is_cancelled_when_chunks_with_leases_are_done(
    harness: Harness, ref: JobRef, name: PhaseName
) -> None:
    harness.plan(ref)
    if name is PhaseName.LOAD:
        harness.phase(ref, PhaseName.PARSE)
    token = harness.dispatch(ref, name)
    leased = harness.queue.messages.pop(0)
    harness.chunks.lease(leased, now=NOW, until=NOW + LEASE)
    assert harness.cancel(ref).status is Status.CANCELLING
    harness.deliver()
    assert token not in harness.machine.answers
    harness.work(leased, now=NOW + LEASE)
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    job = harness.finish(ref)
    assert (job.status, job.phase) == (Status.CANCELLED, None)
    assert {chunk.state for chunk in harness.chunks.of_phase(ref, name)} == {ChunkState.QUEUED}
    assert harness.destination.writes == 0


def test_nothing_is_written_after_a_job_was_cancelled(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker finishes its chunk first, and the chunk is counted."""
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


def test_loaded_rows_stay_and_can_be_rolled_back(harness: Harness, ref: JobRef) -> None:
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
    """The worker of the last chunk sends the same outcome, and the later request decides how the job ends."""
    harness.plan(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)
    leased = harness.queue.messages.pop(0)
    harness.chunks.lease(leased, now=NOW, until=NOW + LEASE)
    harness.pause(ref)
    assert harness.cancel(ref).status is Status.CANCELLING
    with pytest.raises(Conflict):
        harness.pause(ref)
    harness.work(leased, now=NOW + LEASE)
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    assert harness.finish(ref).status is Status.CANCELLED


def test_a_job_that_is_cancelled_while_its_file_is_split_ends_after_the_split(harness: Harness, ref: JobRef) -> None:
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
def test_a_job_that_has_ended_or_is_rolled_back_is_not_cancelled(harness: Harness, ref: JobRef, status: Status) -> None:
    """Half of a rollback would leave the dataset inconsistent."""
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
def test_a_job_that_changes_state_during_the_call_is_cancelled_all_the_same(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch, before: Status, after: Status, end: Status
) -> None:
    """A caller with a job that can be cancelled gets no error about its state."""
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=before)
    transition = harness.jobs.transition

    def changes_state_first(*args: Any, **more: Any) -> Job:
        monkeypatch.setattr(harness.jobs, "transition", transition)
        transition(ref, after)
        return transition(*args, **more)

    monkeypatch.setattr(harness.jobs, "transition", changes_state_first)
    assert harness.cancel(ref).status is end


def test_a_job_that_ends_during_the_call_is_not_cancelled(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=Status.LOADING)
    transition = harness.jobs.transition

    def ends_first(*args: Any, **more: Any) -> Job:
        monkeypatch.setattr(harness.jobs, "transition", transition)
        transition(ref, Status.COMPLETED)
        return transition(*args, **more)

    monkeypatch.setattr(harness.jobs, "transition", ends_first)
    with pytest.raises(Conflict, match="completed"):
        harness.cancel(ref)
