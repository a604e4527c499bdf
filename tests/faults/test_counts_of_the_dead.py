"""What if a worker dies between two rows that it writes? What it wrote is counted, listed and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import ImagesGone
from sluice.model.options import LoadOptions
from sluice.model.status import Status
from sluice.schema.staging import Applied, Batch
from sluice.wording import word_detail
from tests.support.deaths import Killed, dying
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness


class Dying(dict[Any, Any]):
    """A dataset whose writer dies after some records."""

    def __init__(self, there: dict[Any, Any], after: int) -> None:
        super().__init__(there)
        self.left = after

    def __setitem__(self, key: Any, value: Any) -> None:
        if not self.left:
            raise Killed
        self.left -= 1
        super().__setitem__(key, value)


@dataclass
class Dead:
    """A job of 25 new rows, less two that are there as they are, whose first chunk was written in part."""

    harness: Harness
    ref: JobRef
    token: str

    def inserted(self) -> int:
        there = self.harness.destination.datasets["acme", "products"].values()
        return sum(1 for image in there if image.job_id == self.ref.id)


@pytest.fixture
def dead(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> Dead:
    harness.run(harness.upload(csv_file(products(2))))
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    token = harness.dispatch(ref, PhaseName.LOAD)
    die(harness, after=3)
    return Dead(harness, ref, token)


def die(harness: Harness, *, after: int, now: int = NOW) -> None:
    """Let a worker die with the first message after it has written some records; the message stays in the queue."""
    there = harness.destination.datasets
    alive = there["acme", "products"]
    there["acme", "products"] = dying = Dying(alive, after)
    with pytest.raises(Killed):
        _work_and_die(harness, now)
    there["acme", "products"] = dict(dying)


def _work_and_die(harness: Harness, now: int) -> None:
    release, harness.chunks.release = harness.chunks.release, lambda *_, **__: None  # type: ignore[method-assign]
    try:
        harness.work(harness.queue.messages[0], now=now)
    finally:
        harness.chunks.release = release  # type: ignore[method-assign]


@pytest.mark.parametrize(("call", "end"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
def test_a_stop_counts_what_a_dead_worker_has_written(dead: Dead, call: str, end: Status) -> None:
    """Of its ten rows two were there and three are written; the five others are unprocessed, as are those behind."""
    harness, ref = dead.harness, dead.ref
    getattr(harness, call)(ref)
    assert dead.token not in harness.machine.answers, "a worker has to count first"
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    assert harness.machine.answers[dead.token] == {"outcome": "stopped"}
    job = harness.finish(ref, now=NOW + LEASE)
    assert (job.status, job.hold) == (end, 0)
    assert job.counts == Counts(total=25, checked=25, inserted=3, unchanged=2)
    assert (job.counts.inserted, job.counts.unprocessed) == (dead.inserted(), 20)


def test_loaded_csv_has_the_rows_that_are_counted(dead: Dead) -> None:
    harness, ref = dead.harness, dead.ref
    harness.cancel(ref)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    job = harness.finish(ref, now=NOW + LEASE)
    loaded = harness.make_file(ref, "loaded.csv").decode().splitlines()[1:]
    assert len(loaded) == job.counts.loaded == 5


def test_a_rollback_takes_back_the_rows_that_are_counted(dead: Dead) -> None:
    harness, ref = dead.harness, dead.ref
    harness.cancel(ref)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    harness.finish(ref, now=NOW + LEASE)
    harness.roll_back(ref)
    job = harness.run(ref)
    assert (job.status, job.counts.reversed, job.counts.conflicts) == (Status.ROLLED_BACK, 3, 0)
    assert dead.inserted() == 0
    assert len(harness.destination.values("acme", "products")) == 2


def test_a_row_that_was_not_written_belongs_to_the_job_that_writes_it_then(dead: Dead) -> None:
    """The rollback of the first job leaves it alone, even though it has the very values."""
    harness, ref = dead.harness, dead.ref
    harness.cancel(ref)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    harness.finish(ref, now=NOW + LEASE)
    other = harness.upload(csv_file(products(25)), force=True)
    assert harness.run(other).counts.inserted == 20
    harness.roll_back(ref)
    job = harness.run(ref)
    assert (job.counts.reversed, job.counts.conflicts) == (3, 0)
    assert len(harness.destination.values("acme", "products")) == 22


def test_a_resumed_job_counts_each_row_once(dead: Dead) -> None:
    """The counts of the pause are taken off when the chunk is queued again."""
    harness, ref = dead.harness, dead.ref
    harness.pause(ref)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    harness.finish(ref, now=NOW + LEASE)
    harness.resume(ref)
    assert harness.run(ref).counts == Counts(total=25, checked=25, inserted=23, unchanged=2)


def test_a_job_that_is_cancelled_in_its_second_hold_keeps_the_count_of_the_first(dead: Dead) -> None:
    """Another job has written since, so the dataset alone would not tell."""
    harness, ref = dead.harness, dead.ref
    harness.pause(ref)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    harness.finish(ref, now=NOW + LEASE)
    harness.run(harness.upload(csv_file([("P-000003", "Other", "7", 1)])))
    harness.resume(ref)
    token = harness.dispatch(ref, PhaseName.LOAD)
    harness.cancel(ref)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    assert token in harness.machine.answers
    job = harness.finish(ref, now=NOW + LEASE)
    assert (job.status, job.counts.inserted, job.counts.unprocessed) == (Status.CANCELLED, 3, 20)


def test_three_dead_workers_leave_the_rows_that_none_has_written_unprocessed(dead: Dead) -> None:
    harness, ref = dead.harness, dead.ref
    for number in (1, 2):
        die(harness, after=1, now=NOW + number * LEASE)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + 3 * LEASE))
    job = harness.finish(ref, now=NOW + 3 * LEASE)
    assert (job.status, job.counts.unprocessed) == (Status.FAILED, 3)
    assert job.counts.inserted == dead.inserted() == 20
    harness.retry(ref)
    done = harness.run(ref)
    assert (done.status, done.counts.inserted, done.counts.unprocessed) == (Status.COMPLETED, 23, 0)


def test_a_chunk_that_is_written_as_a_whole_is_done_after_its_last_attempt(
    dead: Dead, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the count was missing."""
    harness, ref = dead.harness, dead.ref
    die(harness, after=4, now=NOW + LEASE)
    with dying(monkeypatch, harness.chunks, "close"):
        harness.work(harness.queue.messages[0], now=NOW + 2 * LEASE)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + 3 * LEASE))
    assert {chunk.state for chunk in harness.chunks.of_phase(ref, PhaseName.LOAD)} == {ChunkState.DONE}
    assert harness.finish(ref).counts == Counts(total=25, checked=25, inserted=23, unchanged=2)


def test_a_failed_execution_keeps_the_lock_until_a_worker_has_counted(dead: Dead) -> None:
    """Nothing else writes before."""
    harness, ref = dead.harness, dead.ref
    job = harness.finish(ref, error="States.Timeout", now=NOW + LEASE)
    assert (job.status, job.hold > 0) == (Status.FAILED, True)
    harness.work(harness.queue.messages.pop(0), now=NOW + LEASE)
    job = harness.jobs.get(ref)
    assert (job.status, job.counts.inserted, job.counts.unprocessed) == (Status.FAILED, 3, 20)


def test_a_rollback_counts_first_what_a_worker_of_a_failed_execution_has_written(dead: Dead) -> None:
    harness, ref = dead.harness, dead.ref
    harness.queue.messages.clear()
    harness.finish(ref, error="States.Timeout", now=NOW + LEASE)
    harness.roll_back(ref, now=NOW + LEASE)
    harness.dispatch(ref, PhaseName.UNDO, now=NOW + LEASE)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    job = harness.finish(ref, now=NOW + LEASE)
    assert (job.status, job.counts.inserted, job.counts.reversed) == (Status.ROLLED_BACK, 3, 3)


def test_an_attempt_that_fails_may_have_written_rows(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its chunk waits for two seconds only, and a cancel in between counts all the same."""
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    apply = harness.destination.apply

    def fails_late(batch: Batch) -> Applied:
        apply(batch)
        raise OSError("reset")

    monkeypatch.setattr(harness.destination, "apply", fails_late)
    with pytest.raises(OSError, match="reset"):
        harness.work(harness.queue.messages[0])
    harness.cancel(ref)
    assert harness.jobs.get(ref).status is Status.CANCELLING
    harness.deliver()
    assert harness.finish(ref).counts.inserted == 10


def test_a_deletion_that_a_dead_worker_began_is_counted(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.run(harness.upload(csv_file(products(12))))
    ref = harness.upload(csv_file(products(12)), options=LoadOptions(mode="delete"), force=True)
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    assert harness.phase(ref, PhaseName.LOAD) == "compare"
    harness.phase(ref, PhaseName.COMPARE)
    harness.dispatch(ref, PhaseName.LOAD)
    die(harness, after=4)
    harness.cancel(ref)
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    job = harness.finish(ref, now=NOW + LEASE)
    assert (job.counts.deleted, job.counts.unprocessed) == (4, 8)
    assert len(harness.destination.values("acme", "products")) == 8


# ---------------------------------------------------------------------- rollbacks without their journal


def test_a_rollback_whose_journal_has_expired_never_says_that_rows_were_rolled_back(harness: Harness) -> None:
    """Chunks whose journals are there are undone; the problem names the rows that stay."""
    ref = harness.upload(csv_file(products(25)))
    harness.run(ref)
    [journal] = [name for name in harness.files.names(f"jobs/acme/{ref.id}/") if name.endswith("journal/000001.jsonl")]
    harness.files.remove(journal)
    harness.roll_back(ref)
    job = harness.run(ref)
    assert job.problem is not None
    assert (job.status, job.problem.type, job.counts.reversed) == (Status.FAILED, "rollback-incomplete", 15)
    assert "rows 12 to 21" in word_detail(job.problem)
    assert "expired" in word_detail(job.problem)
    assert len(harness.destination.values("acme", "products")) == 10


def test_a_chunk_that_was_never_applied_needs_no_journal(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    harness.cancel(ref)
    harness.finish(ref)
    harness.roll_back(ref)
    assert harness.run(ref).status is Status.ROLLED_BACK


def test_the_error_says_what_is_gone() -> None:
    assert "not kept any more" in word_detail(ImagesGone().problem)
