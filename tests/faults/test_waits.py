"""What if a chunk must wait for a slot, a lock, a throttled table, or a database that is away? No chunk fails of it."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.errors import DatabaseDown, NotFound, NotYet
from sluice.model.status import Status
from sluice.usecases.control import auto_resume
from sluice.usecases.worker import seconds_until_retry
from tests.support.factories import csv_file, products
from tests.support.harness import IMPORT, LEASE, NOW, Harness


@pytest.fixture
def loading(harness: Harness) -> JobRef:
    """Return a job of 25 rows in three chunks, which are about to be loaded."""
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.deliver()
    harness.dispatch(ref, PhaseName.LOAD)
    return ref


def failing(monkeypatch: pytest.MonkeyPatch, harness: Harness, call: str, error: Exception) -> dict[str, bool]:
    """Let a call of the destination raise an error until the returned switch is off."""
    real, switch = getattr(harness.destination, call), {"on": True}

    def raising(*args: Any) -> Any:
        if switch["on"]:
            raise error
        return real(*args)

    monkeypatch.setattr(harness.destination, call, raising)
    return switch


def test_a_chunk_may_wait_any_number_of_times(
    harness: Harness, loading: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQS receives its message each time; the chunk counts no attempt."""
    waits = failing(monkeypatch, harness, "apply", NotYet("table-throttled", 10))
    (message, *_) = harness.queue.messages
    for _ in range(50):
        with pytest.raises(NotYet):
            harness.work(message)
    waits["on"] = False
    harness.deliver()
    assert harness.finish(loading).status is Status.COMPLETED


def test_the_third_attempt_that_fails_closes_the_chunk(
    harness: Harness, loading: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No dead letter is needed; the delays between the attempts are 2 and 4 seconds."""
    failing(monkeypatch, harness, "apply", OSError("reset"))
    (message, *_) = harness.queue.messages
    delays = []
    for _ in range(3):
        with pytest.raises(OSError, match="reset"):
            harness.work(message)
        delays.append(seconds_until_retry(message, harness))
    chunk = harness.chunks.get(message)
    assert chunk is not None
    assert (chunk.state, chunk.error and chunk.error.params["error"]) == (ChunkState.FAILED, "OSError")
    assert delays[:2] == [2, 4]
    harness.work(message)  # delivered once more, it changes nothing


def test_the_fourth_lease_of_a_chunk_whose_workers_all_died_closes_it(harness: Harness, loading: JobRef) -> None:
    """A row may end the process each time, and the other chunks must not wait for it."""
    message = harness.queue.messages.pop(0)
    clock = NOW
    for _ in range(3):
        assert harness.chunks.lease(message, now=clock, until=clock + LEASE)
        clock += LEASE + 1
    harness.work(message, now=clock)
    harness.deliver()
    job = harness.finish(loading)
    assert (job.status, job.counts.loaded, job.counts.unprocessed) == (Status.FAILED, 15, 10)
    retried = harness.retry(loading)
    for name in IMPORT[1:]:
        harness.dispatch(retried.ref, name)
        harness.deliver()
    assert harness.finish(loading).status is Status.COMPLETED


def test_a_dead_letter_with_attempts_left_is_sent_again(harness: Harness, loading: JobRef) -> None:
    """It has waited until SQS received it no more."""
    message = harness.queue.messages.pop(0)
    assert not harness.give_up(message, attempts=0)
    assert harness.queue.messages[-1] == message
    harness.deliver()
    assert harness.finish(loading).status is Status.COMPLETED


def test_a_dead_letter_of_a_deleted_job_ends(harness: Harness) -> None:
    """Its chunk and its barrier are gone, so there is nothing to give up."""
    gone = ChunkRef(JobRef("acme", "01GONE"), PhaseName.LOAD, 0)
    with pytest.raises(NotFound):
        harness.give_up(gone)
    assert harness.queue.messages == []


def test_a_chunk_whose_closing_is_rejected_is_free_at_once(
    harness: Harness, loading: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next delivery of its message does not find a lease."""
    real = harness.chunks.close
    rejections = iter([NotYet("jobs-table-busy", 10)])

    def busy(*args: Any, **kwargs: Any) -> Any:
        if error := next(rejections, None):
            raise error
        return real(*args, **kwargs)

    monkeypatch.setattr(harness.chunks, "close", busy)
    message = harness.queue.messages[0]
    with pytest.raises(NotYet):
        harness.work(message)
    chunk = harness.chunks.get(message)
    assert chunk is not None
    assert (chunk.state, chunk.attempts) == (ChunkState.QUEUED, 0)
    harness.deliver()
    assert harness.finish(loading).counts.inserted == 25


def test_a_database_that_is_away_suspends_a_load_and_fails_no_chunk(
    harness: Harness, loading: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job goes on by itself, however often the database is still away."""
    away = failing(monkeypatch, harness, "apply", DatabaseDown())
    for _ in range(5):
        harness.deliver()
        job = harness.finish(loading)
        assert (job.status, job.suspended and job.suspended.type) == (Status.PAUSED, "database-down")
        job = auto_resume(loading, job.run, now=NOW, services=harness)
        harness.dispatch(loading, PhaseName.LOAD)
    away["on"] = False
    harness.deliver()
    job = harness.finish(loading)
    assert (job.status, job.counts.inserted, job.counts.unprocessed) == (Status.COMPLETED, 25, 0)


def test_a_rollback_waits_for_a_database_that_is_away(
    harness: Harness, loading: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be paused, so its messages come again."""
    harness.deliver()
    harness.finish(loading)
    harness.roll_back(loading)
    harness.dispatch(loading, PhaseName.UNDO)
    away = failing(monkeypatch, harness, "undo", DatabaseDown())
    for _ in range(5):
        for message in list(harness.queue.messages):
            with pytest.raises(NotYet):
                harness.work(message)
    away["on"] = False
    harness.deliver()
    job = harness.finish(loading)
    assert (job.status, job.counts.reversed) == (Status.ROLLED_BACK, 25)
