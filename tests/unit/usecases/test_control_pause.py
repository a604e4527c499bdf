"""Pausing and resuming a job: chunks are released, and nothing is done twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.status import ENDED, Status
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """Return a planned job of 45 rows in five chunks."""
    ref = harness.upload(csv_file(products(45)))
    harness.plan(ref)
    return ref


def states(harness: Harness, ref: JobRef, name: PhaseName) -> list[ChunkState]:
    return [chunk.state for chunk in harness.chunks.of_phase(ref, name)]


def begun(harness: Harness, ref: JobRef, name: PhaseName) -> str:
    """Run a phase until two chunks are done and one has a lease; return its token."""
    if name is PhaseName.LOAD:
        harness.phase(ref, PhaseName.PARSE)
    token = harness.dispatch(ref, name)
    for _ in range(2):
        harness.work(harness.queue.messages.pop(0))
    harness.chunks.lease(harness.queue.messages[0], now=NOW, until=NOW + LEASE)
    return token


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_job_is_paused_when_the_last_worker_is_done(harness: Harness, ref: JobRef, name: PhaseName) -> None:
    """The last worker sends the token, and no earlier one."""
    token = begun(harness, ref, name)
    leased = harness.queue.messages.pop(0)
    assert harness.pause(ref).status is Status.PAUSING
    assert token not in harness.machine.answers
    harness.deliver()
    assert token not in harness.machine.answers, "a worker may still be writing"
    harness.chunks.close(leased, ChunkState.DONE, Counts())
    harness.work(leased)
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    job = harness.finish(ref)
    assert (job.status, job.phase) == (Status.PAUSED, name)


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_chunks_that_are_delivered_while_a_job_stops_are_released(
    harness: Harness, ref: JobRef, name: PhaseName
) -> None:
    """Their messages are dropped, and their rows are not counted."""
    begun(harness, ref, name)
    harness.queue.messages.pop(0)
    before = harness.pause(ref).counts
    harness.deliver()
    assert states(harness, ref, name) == ["done", "done", "running", "queued", "queued"]
    assert harness.jobs.get(ref).counts == before


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_resumed_job_processes_exactly_the_open_chunks(harness: Harness, ref: JobRef, name: PhaseName) -> None:
    """Whatever was delivered in between, the counts are those of a job that was never paused."""
    begun(harness, ref, name)
    leased = harness.queue.messages.pop(0)
    harness.pause(ref)
    harness.deliver()
    harness.work(leased, now=NOW + LEASE)  # the worker died, and its message was delivered again
    assert harness.finish(ref).status is Status.PAUSED
    writes = harness.destination.writes
    job = harness.resume(ref)
    assert (job.status, job.run) == (Status.LOADING if name is PhaseName.LOAD else Status.PARSING, 2)
    assert harness.machine.started[-1] == (ref, 2)
    assert harness.plan(ref) == ("planned" if name is PhaseName.PARSE else "over")
    token = harness.dispatch(ref, name)
    assert harness.queue.messages == [ChunkRef(ref, name, index) for index in (2, 3, 4)]
    harness.deliver()
    assert harness.machine.answers[token] == {"outcome": "done"}
    if name is PhaseName.PARSE:
        harness.phase(ref, PhaseName.LOAD)
    done = harness.finish(ref)
    assert done.counts == Counts(total=45, checked=45, inserted=45)
    assert done.status is Status.COMPLETED
    assert harness.destination.writes - writes == (45 if name is PhaseName.PARSE else 25)


def test_a_job_without_leases_is_paused_at_once(harness: Harness, ref: JobRef) -> None:
    """Its messages wait in the queue; the call sees that no worker has a lease."""
    token = harness.dispatch(ref, PhaseName.PARSE)
    harness.pause(ref)
    assert harness.machine.answers[token] == {"outcome": "stopped"}


def test_a_job_is_paused_before_its_plan(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(45)))
    assert harness.pause(ref).status is Status.PAUSING
    assert harness.plan(ref) == "over"
    assert harness.finish(ref).status is Status.PAUSED
    assert harness.jobs.get(ref).phase is None
    assert harness.resume(ref).entry == "plan"
    assert harness.run(ref).counts == Counts(total=45, checked=45, inserted=45)


def test_a_job_that_is_paused_while_its_file_is_split_splits_it_once(harness: Harness) -> None:
    """The plan ends, and the phase after it does not begin."""
    ref = harness.upload(csv_file(products(45)))
    harness.plan(ref)
    harness.pause(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    assert harness.queue.messages == []
    assert harness.finish(ref).status is Status.PAUSED
    harness.resume(ref)
    assert harness.run(ref).counts == Counts(total=45, checked=45, inserted=45)


def test_a_long_plan_stops_when_the_job_is_paused(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """It starts again when the job is resumed."""
    ref = harness.upload(csv_file(products(45)))
    clock = iter(range(0, 1000, 3))
    seen: list[int] = []

    def hours() -> float:
        seen.append(1)
        if len(seen) == 3:
            harness.pause(ref)
        return float(next(clock))

    with monkeypatch.context() as patched:
        patched.setattr("sluice.usecases.plan.time.monotonic", hours)
        assert harness.plan(ref) == "over"
    assert list(harness.chunks.of_phase(ref, PhaseName.PARSE)) == []
    assert not harness.jobs.get(ref).planned
    assert harness.finish(ref).status is Status.PAUSED
    harness.resume(ref)
    assert harness.run(ref).counts == Counts(total=45, checked=45, inserted=45)


def test_a_comparison_is_paused_and_resumed(harness: Harness) -> None:
    """Compared rows are not compared again."""
    ref = harness.upload(csv_file(products(45)), review=True)
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.COMPARE)
    harness.work(harness.queue.messages.pop(0))
    harness.pause(ref)
    harness.queue.messages.clear()
    job = harness.finish(ref)
    assert (job.status, job.phase) == (Status.PAUSED, PhaseName.COMPARE)
    assert harness.resume(ref).status is Status.PARSING
    done = harness.run(ref)
    assert (done.status, done.counts.to_insert) == (Status.IN_REVIEW, 45)


def test_pausing_twice_pauses_once(harness: Harness, ref: JobRef) -> None:
    harness.dispatch(ref, PhaseName.PARSE)
    pausing = harness.pause(ref)
    assert harness.pause(ref) == pausing
    paused = harness.finish(ref)
    assert harness.pause(ref) == paused


def test_a_job_is_paused_again_after_it_was_resumed(harness: Harness, ref: JobRef) -> None:
    for run in (1, 2, 3):
        token = harness.dispatch(ref, PhaseName.PARSE)
        harness.work(harness.queue.messages.pop(0))
        harness.pause(ref)
        assert harness.machine.answers[token] == {"outcome": "stopped"}
        harness.deliver()
        assert harness.finish(ref).run == run
        harness.resume(ref)
    assert harness.run(ref).counts == Counts(total=45, checked=45, inserted=45)


def test_a_job_that_was_resumed_is_not_resumed_again(harness: Harness, ref: JobRef) -> None:
    """Its execution is started again, because the first call may have died before it could."""
    harness.dispatch(ref, PhaseName.PARSE)
    harness.pause(ref)
    harness.finish(ref)
    resumed = harness.resume(ref)
    harness.machine.started.clear()
    assert harness.resume(ref) == resumed
    assert harness.machine.started == [(ref, 2)]


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PAUSED])
def test_only_a_paused_job_is_resumed(harness: Harness, ref: JobRef, status: Status) -> None:
    harness.jobs.items[ref] = replaced(harness, ref, status)
    before = harness.jobs.get(ref)
    with pytest.raises(Conflict) as rejected:
        harness.resume(ref)
    assert rejected.value.problem.type == "illegal-transition"
    assert harness.jobs.get(ref) == before


@pytest.mark.parametrize(
    "status",
    [*sorted(ENDED), Status.WAITING_FOR_FILE, Status.IN_REVIEW, Status.CANCELLING, Status.ROLLING_BACK],
)
def test_an_inactive_job_is_not_paused(harness: Harness, ref: JobRef, status: Status) -> None:
    harness.jobs.items[ref] = replaced(harness, ref, status)
    with pytest.raises(Conflict):
        harness.pause(ref)


def replaced(harness: Harness, ref: JobRef, status: Status) -> Job:
    """Return the job in a given state."""
    return replace(harness.jobs.get(ref), status=status)


def test_a_pause_after_the_last_chunk_stops_the_job_before_its_end(harness: Harness, ref: JobRef) -> None:
    """The caller asked for it; once resumed, the job has nothing left to do."""
    harness.phase(ref, PhaseName.PARSE)
    harness.phase(ref, PhaseName.LOAD)
    harness.pause(ref)
    assert harness.finish(ref).status is Status.PAUSED
    harness.resume(ref)
    done = harness.run(ref)
    assert (done.status, done.counts.inserted) == (Status.COMPLETED, 45)
