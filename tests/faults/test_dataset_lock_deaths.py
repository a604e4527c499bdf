"""What if a process dies with the lock of a dataset, if two come at once, or if its owner is no more?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sluice.catalog.registry import importer_named
from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, NotYet
from sluice.model.job import Job, WaitsFor
from sluice.model.lock import Held, LockStep
from sluice.model.status import Status
from sluice.schema.staging import Applied, Batch
from sluice.usecases import queueing
from sluice.usecases.views import progress_of
from tests.faults.dataset_lock import (
    FILE,
    PRODUCTS,
    SOON,
    actions,
    completed,
    end,
    in_review,
    loading,
    owner,
    parsed,
    waiting,
)
from tests.support.deaths import dying
from tests.support.harness import LEASE, NOW, Harness

STEPS = [
    pytest.param("jobs", "give_back", False, id="before-the-lock-is-given-back"),
    pytest.param("jobs", "give_back", True, id="before-the-lock-is-passed-on"),
    pytest.param("machine", "start", False, id="before-the-run-is-started"),
    pytest.param("machine", "start", True, id="after-the-run-is-started"),
]


@pytest.mark.parametrize("repeats", [True, False])
@pytest.mark.parametrize(("place", "name", "after"), STEPS)
def test_a_process_that_dies_with_the_lock_stops_no_other_job(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, place: str, name: str, after: bool, repeats: bool
) -> None:
    """Step Functions repeats the last step of a run; failing that, the sweeper does what it left."""
    first, second, third = loading(harness), waiting(harness, force=True), waiting(harness, force=True)
    harness.deliver()
    with dying(monkeypatch, getattr(harness, place), name, after=after):
        harness.finish(first)
    if repeats:
        assert harness.finish(first).status is Status.COMPLETED
    else:
        harness.sweep(after=SOON if place == "jobs" else timedelta(minutes=16))
    assert owner(harness) == second
    assert harness.machine.started.count((second, 2)) == 1
    assert harness.run(second).status is Status.COMPLETED
    assert harness.run(third).counts.unchanged == 25
    assert owner(harness) is None


@actions
def test_a_call_that_dies_when_it_has_the_lock_is_repeated(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, bring: Callable[[Harness], JobRef], call: str, status: Status
) -> None:
    """The lock is taken in the transaction of the transition, so there is no job with only one of the two."""
    ref = bring(harness)
    with dying(monkeypatch, harness.jobs, "transition"):
        getattr(harness, call)(ref)
    assert owner(harness) is None
    with dying(monkeypatch, harness.jobs, "transition", after=True):
        getattr(harness, call)(ref)
    assert owner(harness) == ref
    assert (ref, 2) not in harness.machine.started
    getattr(harness, call)(ref)
    assert harness.machine.started[-1] == (ref, 2)
    assert harness.run(ref).status in {Status.COMPLETED, Status.ROLLED_BACK}


def test_a_dispatch_that_dies_when_its_job_waits_ends_its_execution(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = loading(harness), parsed(harness, force=True)
    with dying(monkeypatch, harness.machine, "succeed"):
        harness.dispatch(second, PhaseName.LOAD)
    job = harness.jobs.get(second)
    assert job.is_in_line
    queueing_run = job.run
    from sluice.usecases.dispatch import dispatch

    dispatch(second, 1, PhaseName.LOAD, "again", now=NOW, services=harness)
    assert harness.machine.answers["again"] == {"outcome": "over"}
    assert harness.jobs.get(second).run == queueing_run
    end(harness, first)
    assert harness.run(second).status is Status.COMPLETED


def test_of_two_jobs_that_find_the_lock_free_at_once_one_waits(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = parsed(harness), parsed(harness, force=True)
    held = harness.locks.held

    def slower(lock: Any) -> Held:
        seen = held(lock)
        monkeypatch.setattr(harness.locks, "held", held)
        harness.dispatch(second, PhaseName.LOAD)
        return seen

    monkeypatch.setattr(harness.locks, "held", slower)
    token = harness.dispatch(first, PhaseName.LOAD)
    assert harness.machine.answers[token] == {"outcome": "queued"}
    assert harness.jobs.get(first).waits_for == WaitsFor("dataset", second.id)
    assert owner(harness) == second


def test_a_job_that_joins_the_line_as_the_lock_is_given_back_takes_it(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has read that the lock is taken; its transaction fails, so it cannot wait for a job that has ended."""
    first, second = loading(harness), parsed(harness, force=True)
    messages, harness.queue.messages = harness.queue.messages, []
    transition = harness.jobs.transition

    def given_back_first(*args: Any, **more: Any) -> Job:
        if isinstance(more.get("lock"), LockStep):
            monkeypatch.setattr(harness.jobs, "transition", transition)
            harness.queue.messages = messages
            end(harness, first)
        return transition(*args, **more)

    monkeypatch.setattr(harness.jobs, "transition", given_back_first)
    harness.dispatch(second, PhaseName.LOAD)
    assert owner(harness) == second
    assert end(harness, second).status is Status.COMPLETED


def test_a_job_that_finds_a_line_before_a_free_lock_lets_it_pass(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that should have passed the lock on has died; the next job passes it on to the first."""
    first, second = loading(harness), waiting(harness, force=True)
    harness.deliver()
    with dying(monkeypatch, harness.jobs, "give_back", after=True):
        harness.finish(first)
    third = waiting(harness, force=True)
    assert owner(harness) == second
    assert harness.machine.started[-1] == (second, 2)
    harness.run(second)
    assert harness.run(third).status is Status.COMPLETED


def test_the_lock_stays_while_a_worker_of_a_failed_run_holds_a_chunk(harness: Harness) -> None:
    """That worker may still write. When its lease is over, another one counts what it wrote; then the lock goes on."""
    first, second = loading(harness), waiting(harness, force=True)
    leased = harness.queue.messages.pop(0)
    harness.queue.messages.clear()
    harness.chunks.lease(leased, now=NOW, until=NOW + LEASE)
    job = harness.finish(first, error="States.Timeout")
    assert (job.status, job.hold, owner(harness)) == (Status.FAILED, 1, first)
    assert harness.jobs.get(second).is_in_line
    assert queueing.repair(harness.jobs.get(second), now=NOW + LEASE - 1, services=harness)
    assert owner(harness) == first
    harness.sweep(after=SOON)
    assert owner(harness) == first
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    harness.sweep(after=SOON)
    assert (owner(harness), harness.jobs.get(first).hold) == (second, 0)
    assert harness.run(second).status is Status.COMPLETED


def test_a_retry_before_the_lock_was_given_back_continues_the_hold(harness: Harness) -> None:
    """No other job has written in between."""
    first, second = loading(harness), waiting(harness, force=True)
    leased = harness.queue.messages.pop(0)
    harness.queue.messages.clear()
    harness.chunks.lease(leased, now=NOW, until=NOW + LEASE)
    harness.finish(first, error="States.Timeout")
    job = harness.retry(first)
    assert (job.status, job.hold, owner(harness)) == (Status.LOADING, 1, first)
    harness.dispatch(first, PhaseName.LOAD)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    assert harness.finish(first, now=NOW + LEASE).status is Status.COMPLETED
    assert owner(harness) == second


@pytest.mark.parametrize("call", ["finish", "cancel", "pause"])
def test_a_worker_writes_only_while_its_job_holds_the_lock(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """One that is writing when its run ends keeps the lock with its job; one that comes later writes nothing."""
    first, second = loading(harness), waiting(harness, force=True)
    message, *later = harness.queue.messages
    harness.queue.messages.clear()
    apply, owners = harness.destination.apply, []

    def ended_meanwhile(batch: Batch) -> Applied:
        if call == "finish":
            harness.finish(first, error="States.Timeout")
        else:
            getattr(harness, call)(first)
            harness.finish(first, error="States.Timeout")
        for late in later:
            harness.work(late)
        owners.append(owner(harness))
        return apply(batch)

    monkeypatch.setattr(harness.destination, "apply", ended_meanwhile)
    harness.work(message)
    assert owners == [first]
    assert harness.destination.writes == 10
    monkeypatch.setattr(harness.destination, "apply", apply)
    harness.sweep(after=SOON)
    assert owner(harness) == second


@pytest.mark.parametrize("deleted", [True, False])
def test_an_owner_that_was_removed_holds_up_no_job(harness: Harness, deleted: bool) -> None:
    """Its item has expired, or a caller has deleted the job after its end."""
    first, second = loading(harness), waiting(harness, force=True)
    harness.chunks.lease(harness.queue.messages.pop(0), now=NOW, until=NOW + LEASE)
    harness.queue.messages.clear()
    if deleted:
        harness.finish(first, error="States.Timeout")
        harness.jobs.mark_deleted(first, by="ann")
        for name in PhaseName:
            harness.chunks.forget(first, name)
    else:
        del harness.jobs.items[first]
    harness.sweep(after=SOON)
    assert owner(harness) == second
    assert harness.run(second).status is Status.COMPLETED


def test_a_waiting_job_that_was_removed_holds_up_no_job(harness: Harness) -> None:
    first, second, third = loading(harness), waiting(harness, force=True), waiting(harness, force=True)
    del harness.jobs.items[second]
    end(harness, first)
    assert owner(harness) == third


def test_a_job_of_an_importer_that_runs_one_at_a_time_keeps_its_place_there(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = completed(harness)
    monkeypatch.setattr(queueing, "importer_named", lambda name: replace(importer_named(name), one_at_a_time=True))
    harness.roll_back(back)
    first = waiting(harness, force=True)
    second = harness.upload(FILE, force=True)
    assert harness.jobs.get(second).waits_for == WaitsFor("importer", first.id)
    assert progress_of(harness.jobs.get(second)).code == "waiting-for-importer"
    assert (second, 1) not in harness.machine.started
    harness.run(back)
    assert (owner(harness), harness.machine.started[-1]) == (first, (first, 2))
    harness.sweep(after=timedelta(minutes=16))
    assert (second, 1) not in harness.machine.started
    harness.run(first)
    assert harness.machine.started[-1] == (second, 1)
    assert harness.run(second).status is Status.COMPLETED


def test_a_waiting_rollback_undoes_nothing_until_it_has_the_lock(harness: Harness) -> None:
    """A message of an earlier rollback may come late."""
    ref = completed(harness)
    harness.roll_back(ref)
    harness.dispatch(ref, PhaseName.UNDO)
    late = harness.queue.messages.pop()
    harness.queue.messages.clear()
    harness.finish(ref, error="States.Timeout")
    other = loading(harness, force=True)
    job = harness.roll_back(ref)
    assert (job.status, job.waits_for) == (Status.ROLLING_BACK, WaitsFor("dataset", other.id))
    writes = harness.destination.writes
    harness.work(late)
    assert harness.destination.writes == writes
    assert harness.finish(ref, error="States.Timeout") == job
    end(harness, other)
    assert harness.run(ref).counts.conflicts + harness.jobs.get(ref).counts.reversed == 25


def without_hold(harness: Harness, ref: JobRef) -> None:
    """Let a job be one of an earlier version, which knew no lock."""
    job = harness.jobs.get(ref)
    harness.jobs.give_back(job, PRODUCTS)


def test_a_job_that_an_earlier_version_began_takes_the_lock_with_its_next_chunk(harness: Harness) -> None:
    ref = loading(harness)
    without_hold(harness, ref)
    harness.work(harness.queue.messages.pop(0))
    assert (owner(harness), harness.jobs.get(ref).hold) == (ref, 2)
    assert end(harness, ref).status is Status.COMPLETED
    assert owner(harness) is None


def test_a_chunk_of_a_job_that_an_earlier_version_began_waits_for_the_lock(harness: Harness) -> None:
    ref = loading(harness)
    without_hold(harness, ref)
    messages, harness.queue.messages = harness.queue.messages, []
    other = loading(harness, force=True)
    with pytest.raises(NotYet):
        harness.work(messages[0])
    there = harness.chunks.get(messages[0])
    assert there is not None
    assert (there.state, there.attempts) == (ChunkState.QUEUED, 0), "it does not count as an attempt"
    end(harness, other)
    harness.queue.messages = messages
    assert end(harness, ref).status is Status.COMPLETED


def test_a_committed_job_that_was_cancelled_in_line_is_not_committed_again(harness: Harness) -> None:
    ref = in_review(harness)
    loading(harness, force=True)
    harness.commit(ref)
    harness.cancel(ref)
    with pytest.raises(Conflict):
        harness.commit(ref)
    assert harness.jobs.get(ref).status is Status.CANCELLED


def test_a_late_event_of_the_file_does_not_queue_a_job_that_is_parsed(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two deliveries of the event at once: the second one has read the job before the first one queued it."""
    ref = parsed(harness)
    job = harness.jobs.get(ref)
    get = harness.jobs.get

    def earlier(_: JobRef) -> Job:
        monkeypatch.setattr(harness.jobs, "get", get)
        return replace(job, status=Status.WAITING_FOR_FILE)

    monkeypatch.setattr(harness.jobs, "get", earlier)
    with pytest.raises(Conflict):
        harness.arrive(job.file.key)
    assert harness.jobs.get(ref).status is Status.PARSING


def test_chunks_of_the_line_name_their_run(harness: Harness) -> None:
    """A place that a paused job has left is not the place of its later run."""
    first, second = loading(harness), waiting(harness, force=True)
    (place,) = harness.locks.line(PRODUCTS, 9)
    harness.pause(second)
    harness.resume(second)
    harness.locks.leave(PRODUCTS, place)
    assert [(each.ref, each.run) for each in harness.locks.line(PRODUCTS, 9)] == [(second, 3)]
    end(harness, first)
    assert owner(harness) == second
    assert ChunkRef(second, PhaseName.LOAD, 0) not in harness.queue.messages
