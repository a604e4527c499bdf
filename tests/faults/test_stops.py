"""What if a pause or a cancellation meets a worker? One of the two sees the other, whichever comes first."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.model.chunk import Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Problem, TryLater
from sluice.model.status import Status
from sluice.schema.staging import Applied, Batch
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness

STOPPED = {"outcome": "stopped"}
BOTH = pytest.mark.parametrize(("call", "end"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """Return a job of 25 rows that are parsed and not yet loaded."""
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    return ref


@BOTH
def test_a_stop_waits_for_a_worker_that_already_has_its_lease(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch, call: str, end: Status
) -> None:
    """The worker read the job before the stop, so it writes; the token is completed only afterwards."""
    token = harness.dispatch(ref, PhaseName.LOAD)
    apply = harness.destination.apply

    def stopped_meanwhile(batch: Batch) -> Applied:
        getattr(harness, call)(ref)
        assert token not in harness.machine.answers
        return apply(batch)

    monkeypatch.setattr(harness.destination, "apply", stopped_meanwhile)
    harness.work(harness.queue.messages.pop(0))
    assert harness.machine.answers[token] == STOPPED
    job = harness.finish(ref)
    assert (job.status, job.counts.inserted, harness.destination.writes) == (end, 10, 10)


@BOTH
def test_a_worker_that_leases_during_a_stop_releases_its_chunk(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch, call: str, end: Status
) -> None:
    """The stop sees the lease and leaves the token to the worker, which sees the stop."""
    token = harness.dispatch(ref, PhaseName.LOAD)
    first = harness.queue.messages.pop(0)
    barrier = harness.chunks.barrier

    def leased_first(*args: Any) -> Any:
        monkeypatch.setattr(harness.chunks, "barrier", barrier)
        assert harness.chunks.lease(first, now=NOW, until=NOW + LEASE) is not None
        return barrier(*args)

    monkeypatch.setattr(harness.chunks, "barrier", leased_first)
    getattr(harness, call)(ref)
    assert token not in harness.machine.answers
    harness.work(first, now=NOW + LEASE)
    assert harness.machine.answers[token] == STOPPED
    assert harness.finish(ref).status is end
    assert harness.destination.writes == 0


@BOTH
def test_a_worker_that_leases_after_a_stop_releases_its_chunk_and_completes_the_token_again(
    harness: Harness, ref: JobRef, call: str, end: Status
) -> None:
    """The state machine does not know the token any more, and ignores it."""
    token = harness.dispatch(ref, PhaseName.LOAD)
    getattr(harness, call)(ref)
    assert harness.machine.answers[token] == STOPPED
    job = harness.finish(ref)
    harness.deliver()
    assert (harness.jobs.get(ref), job.status, harness.destination.writes) == (job, end, 0)
    assert {chunk.state for chunk in harness.chunks.of_phase(ref, PhaseName.LOAD)} == {ChunkState.QUEUED}


@BOTH
def test_of_two_workers_that_release_their_chunks_the_last_one_completes_the_token(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch, call: str, end: Status
) -> None:
    """Each sees the lease of the other until it is released."""
    token = harness.dispatch(ref, PhaseName.LOAD)
    first, second = harness.queue.messages.pop(0), harness.queue.messages.pop(0)
    release = harness.chunks.release
    seen: list[bool] = []

    def after_the_other(chunk: Chunk, error: Problem | None = None, **how: bool) -> None:
        monkeypatch.setattr(harness.chunks, "release", release)
        other = harness.chunks.lease(second, now=NOW, until=NOW + LEASE)
        assert other is not None
        release(chunk, error, **how)
        seen.append(token in harness.machine.answers)
        release(other, touched=False)

    harness.jobs.transition(ref, Status.PAUSING if call == "pause" else Status.CANCELLING)
    monkeypatch.setattr(harness.chunks, "release", after_the_other)
    harness.work(first)
    assert seen == [False]
    assert harness.machine.answers[token] == STOPPED
    assert harness.finish(ref).status is end


@BOTH
def test_a_dead_worker_does_not_delay_a_stop_longer_than_its_lease(
    harness: Harness, ref: JobRef, call: str, end: Status
) -> None:
    """Its message is delivered again just after the lease, and the next worker releases the chunk."""
    token = harness.dispatch(ref, PhaseName.LOAD)
    dead = harness.queue.messages.pop(0)
    harness.chunks.lease(dead, now=NOW, until=NOW + LEASE)
    getattr(harness, call)(ref)
    harness.deliver()
    with pytest.raises(TryLater):
        harness.work(dead, now=NOW + LEASE - 1)
    assert token not in harness.machine.answers
    harness.work(dead, now=NOW + LEASE)
    assert harness.machine.answers[token] == STOPPED
    assert harness.finish(ref).status is end


@BOTH
@pytest.mark.parametrize("phase", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_stop_after_the_lease_has_expired_waits_for_a_worker_only_to_count_what_was_loaded(
    harness: Harness, ref: JobRef, call: str, end: Status, phase: PhaseName
) -> None:
    """The message of the dead worker comes again two seconds after its lease; parsing leaves nothing to count."""
    if phase is PhaseName.PARSE:
        ref = harness.upload(csv_file(products(25)), force=True)
        harness.plan(ref)
    token = harness.dispatch(ref, phase)
    dead = harness.queue.messages.pop(0)
    harness.chunks.lease(dead, now=NOW, until=NOW + LEASE)
    getattr(harness, call)(ref, now=NOW + LEASE)
    assert (token in harness.machine.answers) is (phase is PhaseName.PARSE)
    harness.work(dead, now=NOW + LEASE)
    assert harness.machine.answers[token] == STOPPED
    assert harness.finish(ref).status is end


@BOTH
def test_a_failing_chunk_completes_the_token_when_its_message_is_delivered_again(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch, call: str, end: Status
) -> None:
    """Its attempt failed after the stop had looked for leases, and may have loaded rows, which are counted first."""
    token = harness.dispatch(ref, PhaseName.LOAD)
    first = harness.queue.messages.pop(0)

    def breaks(_: Batch) -> Applied:
        getattr(harness, call)(ref)
        raise OSError("reset")

    monkeypatch.setattr(harness.destination, "apply", breaks)
    with pytest.raises(OSError, match="reset"):
        harness.work(first)
    assert token not in harness.machine.answers
    harness.work(first)
    assert harness.machine.answers[token] == STOPPED
    assert harness.finish(ref).status is end


@BOTH
def test_a_chunk_that_is_given_up_during_a_stop_completes_the_stop(
    harness: Harness, ref: JobRef, call: str, end: Status
) -> None:
    """No worker has its lease any more; a resumed job processes it again."""
    token = harness.dispatch(ref, PhaseName.LOAD)
    dead = harness.queue.messages.pop(0)
    harness.chunks.lease(dead, now=NOW, until=NOW + LEASE)
    getattr(harness, call)(ref)
    assert harness.give_up(dead, now=NOW + LEASE)
    assert harness.machine.answers[token] == STOPPED
    assert harness.finish(ref).status is end
    if call == "pause":
        harness.queue.messages.clear()
        harness.resume(ref)
        assert harness.run(ref).counts == Counts(total=25, checked=25, inserted=25)


def test_a_message_of_an_earlier_run_processes_its_chunk_in_the_next(harness: Harness, ref: JobRef) -> None:
    """It was in flight while the job was paused and resumed; each chunk counts once, whichever message brings it."""
    harness.dispatch(ref, PhaseName.LOAD)
    old = list(harness.queue.messages)
    harness.queue.messages.clear()
    harness.pause(ref)
    harness.finish(ref)
    harness.resume(ref)
    harness.work(old[0])
    token = harness.dispatch(ref, PhaseName.LOAD)
    assert harness.queue.messages == [ChunkRef(ref, PhaseName.LOAD, index) for index in (1, 2)]
    for message in old:
        harness.work(message)
    assert harness.machine.answers[token] == {"outcome": "done"}
    harness.deliver()
    assert harness.finish(ref).counts == Counts(total=25, checked=25, inserted=25)


def test_the_barrier_of_an_earlier_phase_stops_nothing(harness: Harness, ref: JobRef) -> None:
    """A late message of a parsed chunk finds its phase complete, and does not change the job's current phase."""
    token = harness.dispatch(ref, PhaseName.LOAD)
    leased = harness.queue.messages.pop(0)
    harness.chunks.lease(leased, now=NOW, until=NOW + LEASE)
    harness.cancel(ref)
    harness.work(ChunkRef(ref, PhaseName.PARSE, 0))
    assert token not in harness.machine.answers


@BOTH
def test_a_dispatch_that_is_retried_waits_for_the_workers_of_the_first(
    harness: Harness, ref: JobRef, call: str, end: Status
) -> None:
    """The first one died after it had sent some messages; its token has expired."""
    harness.dispatch(ref, PhaseName.LOAD, "first")
    leased = harness.queue.messages.pop(0)
    harness.chunks.lease(leased, now=NOW, until=NOW + LEASE)
    getattr(harness, call)(ref)
    harness.dispatch(ref, PhaseName.LOAD, "second")
    assert harness.machine.answers.keys() & {"first", "second"} == set()
    harness.work(leased, now=NOW + LEASE)
    assert harness.machine.answers["second"] == STOPPED
    assert harness.finish(ref).status is end


@BOTH
def test_a_stop_during_a_dispatch_needs_no_message_to_end(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch, call: str, end: Status
) -> None:
    """The queue may be long; either the dispatch sees the stop, or the stop sees the barrier."""
    open_barrier = harness.chunks.open_barrier

    def stopped_first(*args: Any, **more: Any) -> Any:
        getattr(harness, call)(ref)
        return open_barrier(*args, **more)

    monkeypatch.setattr(harness.chunks, "open_barrier", stopped_first)
    token = harness.dispatch(ref, PhaseName.LOAD)
    assert harness.machine.answers[token] == STOPPED
    assert harness.finish(ref).status is end
    harness.deliver()
    assert harness.destination.writes == 0


def test_a_rollback_waits_for_a_worker_of_a_failed_execution(harness: Harness, ref: JobRef) -> None:
    """What that worker writes is rolled back too."""
    harness.dispatch(ref, PhaseName.LOAD)
    leased = harness.queue.messages.pop(0)
    harness.queue.messages.clear()
    harness.chunks.lease(leased, now=NOW, until=NOW + LEASE)
    harness.finish(ref, error="States.Timeout")
    harness.roll_back(ref)
    harness.dispatch(ref, PhaseName.UNDO)
    with pytest.raises(TryLater) as later:
        harness.work(harness.queue.messages[0])
    assert later.value.seconds == LEASE
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    assert harness.finish(ref).status is Status.ROLLED_BACK
