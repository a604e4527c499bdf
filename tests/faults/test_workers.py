"""What if a worker dies, a message is delivered twice, or two workers process the same chunk?"""

from __future__ import annotations

from typing import Any

import pytest

from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Problem, TryLater
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.wording import word_detail
from tests.support.deaths import deliver_with_deaths, killed_at
from tests.support.factories import csv_file, products
from tests.support.harness import IMPORT, LEASE, NOW, Harness


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """Return a planned job of 25 rows: 12 known and unchanged, 5 known and changed, 8 new."""
    harness.run(harness.upload(csv_file(products(17))))
    rows = [*products(12), *products(5, first=13, price="1.5"), *products(8, first=18)]
    ref = harness.upload(csv_file(rows))
    harness.plan(ref)
    return ref


def assert_exact(job: Job, harness: Harness) -> None:
    """Assert that every row of `ref` was loaded exactly once."""
    assert job.status is Status.COMPLETED
    assert job.counts == Counts(total=25, checked=25, inserted=8, updated=5, unchanged=12, rejected=0)
    values = harness.destination.values("acme", "products")
    assert len(values) == 25
    assert values["P-000013"]["price"] == "1.5"


def finish_job(ref: JobRef, harness: Harness) -> Job:
    return harness.finish(ref)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("phase", "store", "call"),
    [
        (PhaseName.PARSE, "chunks", "lease"),
        (PhaseName.PARSE, "files", "write"),
        (PhaseName.PARSE, "chunks", "close"),
        (PhaseName.PARSE, "machine", "succeed"),
        (PhaseName.LOAD, "chunks", "lease"),
        (PhaseName.LOAD, "files", "write_once"),
        (PhaseName.LOAD, "destination", "apply"),
        (PhaseName.LOAD, "chunks", "close"),
        (PhaseName.LOAD, "machine", "succeed"),
    ],
)
def test_a_worker_that_dies_at_any_call_costs_only_time(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch, phase: PhaseName, store: str, call: str, after: bool
) -> None:
    """Its message is delivered again after the lease, and the result is that of a worker that survived."""
    clock = NOW
    deaths: list[int] = []
    for name in IMPORT:
        harness.dispatch(ref, name)
        if name is phase:
            deaths = killed_at(monkeypatch, getattr(harness, store), call, after=after)
        clock = deliver_with_deaths(harness, clock)
    assert_exact(finish_job(ref, harness), harness)
    assert len(harness.machine.answers) == 4, "two phases of two jobs, each token completed"
    assert deaths, "the process died where this test meant it to"


def test_every_message_may_be_delivered_twice(harness: Harness, ref: JobRef) -> None:
    for name in IMPORT:
        harness.dispatch(ref, name)
        harness.queue.messages += harness.queue.messages
        harness.deliver()
    assert_exact(finish_job(ref, harness), harness)


def test_a_message_whose_chunk_is_leased_must_be_delivered_again(harness: Harness, ref: JobRef) -> None:
    harness.dispatch(ref, PhaseName.PARSE)
    first = harness.queue.messages[0]
    assert harness.chunks.lease(first, now=NOW, until=NOW + LEASE)
    with pytest.raises(TryLater) as busy:
        harness.work(first, now=NOW + 10)
    assert busy.value.seconds == LEASE - 10


def test_a_slow_worker_without_its_lease_changes_nothing_when_it_closes(harness: Harness, ref: JobRef) -> None:
    harness.dispatch(ref, PhaseName.PARSE)
    first = harness.queue.messages[0]
    slow = harness.chunks.lease(first, now=NOW, until=NOW + LEASE)
    assert slow is not None
    harness.work(first, now=NOW + LEASE + 1)
    before = harness.jobs.get(ref)
    harness.chunks.release(slow, Problem("attempt-failed", {"error": "OSError"}))
    assert not harness.chunks.close(first, ChunkState.DONE, Counts(checked=10))
    assert harness.jobs.get(ref) == before


def test_a_chunk_that_fails_twice_is_processed_at_the_third_attempt(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([OSError("reset"), OSError("reset")])
    real = harness.destination.apply

    def flaky(batch: Any) -> Any:
        if error := next(failures, None):
            raise error
        return real(batch)

    monkeypatch.setattr(harness.destination, "apply", flaky)

    def deliver(chunk: ChunkRef) -> None:
        try:
            harness.work(chunk)
        except OSError:
            harness.queue.messages.append(chunk)

    for name in IMPORT:
        harness.dispatch(ref, name)
        harness.deliver(each=deliver)
    assert_exact(finish_job(ref, harness), harness)


def test_a_chunk_that_is_given_up_leaves_its_rows_unprocessed_and_the_rest_loaded(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.dispatch(ref, PhaseName.PARSE)
    harness.deliver()
    token = harness.dispatch(ref, PhaseName.LOAD)
    dead = harness.queue.messages.pop(1)
    real = harness.destination.apply

    def broken(batch: Any) -> Any:
        if batch.index == dead.index:
            raise OSError("the table was deleted")
        return real(batch)

    monkeypatch.setattr(harness.destination, "apply", broken)
    harness.deliver()
    with pytest.raises(OSError, match="deleted"):
        harness.work(dead)
    assert harness.give_up(dead)
    assert not harness.give_up(dead), "a second time changes nothing"
    assert token in harness.machine.answers
    job = finish_job(ref, harness)
    assert (job.status, job.counts.unprocessed, job.counts.loaded) == (Status.FAILED, 10, 15)
    assert job.problem is not None
    assert "rows 12 to 21 (OSError)" in word_detail(job.problem)


def test_a_chunk_is_not_given_up_while_a_worker_has_its_lease(harness: Harness, ref: JobRef) -> None:
    harness.dispatch(ref, PhaseName.PARSE)
    first = harness.queue.messages[0]
    harness.chunks.lease(first, now=NOW, until=NOW + LEASE)
    with pytest.raises(TryLater):
        harness.give_up(first, now=NOW + 1)
    assert harness.give_up(first, now=NOW + LEASE)


def test_a_chunk_that_is_done_is_not_given_up(harness: Harness, ref: JobRef) -> None:
    harness.dispatch(ref, PhaseName.PARSE)
    done = harness.queue.messages.pop(0)
    harness.work(done)
    assert not harness.give_up(done)


def test_a_message_of_an_unknown_chunk_is_dropped(harness: Harness, ref: JobRef) -> None:
    harness.work(ChunkRef(JobRef("acme", "01GONE"), PhaseName.PARSE, 0))
    assert harness.jobs.get(ref).counts.checked == 0


def test_a_chunk_that_is_leased_while_it_is_given_up_is_left_to_its_worker(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that is delivered twice may lead to a lease just before the chunk is closed."""
    harness.dispatch(ref, PhaseName.PARSE)
    first = harness.queue.messages[0]
    close = harness.chunks.close

    def taken_first(*args: Any, **more: Any) -> bool:
        harness.chunks.lease(first, now=NOW, until=NOW + LEASE)
        return close(*args, **more)

    monkeypatch.setattr(harness.chunks, "close", taken_first)
    with pytest.raises(TryLater):
        harness.give_up(first)
