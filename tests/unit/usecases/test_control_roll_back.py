"""Rolling a job back: its changes are reversed, and rows that other jobs have changed since are conflicts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.destinations.dynamodb.stored import Image
from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Conflict
from sluice.model.job import allowed_actions
from sluice.model.status import Status
from sluice.schema.staging import Batch, KeptRow, Undone
from sluice.usecases.artifacts import JobFiles, job_folder
from sluice.wording import word_detail
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """Return a job that has loaded 35 rows: 10 unchanged, 10 with another price, 15 new."""
    harness.run(harness.upload(csv_file(products(20))))
    rows = [*products(10), *products(10, first=11, price="1.5"), *products(15, first=21)]
    ref = harness.upload(csv_file(rows))
    counts = harness.run(ref).counts
    assert (counts.unchanged, counts.updated, counts.inserted) == (10, 10, 15)
    return ref


def records(harness: Harness) -> dict[str, Image]:
    """Return the dataset as it is stored."""
    return dict(harness.destination.datasets["acme", "products"])


def kept(harness: Harness, ref: JobRef) -> list[dict[str, Any]]:
    """Return the rows that were not rolled back, as the API lists them."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = JobFiles(harness.jobs.get(ref), harness.files).kept_page(limit=3, cursor=cursor)
        found += page.items
        if (cursor := page.next) is None:
            return found


def test_a_rollback_leaves_the_dataset_as_it_was_before(harness: Harness) -> None:
    """Every record is the same, including the job that wrote it."""
    harness.run(harness.upload(csv_file(products(20))))
    before = records(harness)
    ref = harness.upload(csv_file([*products(10), *products(10, first=11, price="1.5"), *products(15, first=21)]))
    loaded = harness.run(ref)
    job = harness.roll_back(ref)
    assert (job.status, job.phase, job.run, job.entry) == (Status.ROLLING_BACK, PhaseName.UNDO, 2, "undo")
    assert harness.machine.started[-1] == (ref, 2)
    done = harness.run(ref)
    assert (done.status, done.problem) == (Status.ROLLED_BACK, None)
    assert done.counts == replace(loaded.counts, reversed=25)
    assert records(harness) == before
    assert kept(harness, ref) == []


def test_a_job_that_an_earlier_version_has_loaded_is_rolled_back(harness: Harness) -> None:
    """Its objects begin with no line about their format, and the duplicates of a chunk have another name."""
    harness.run(harness.upload(csv_file(products(20))))
    before = records(harness)
    ref = harness.upload(csv_file([*products(30, price="1.5"), *products(2, price="9")]))
    loaded = harness.run(ref)
    assert (loaded.counts.updated, loaded.counts.inserted, loaded.counts.rejected) == (20, 10, 2)
    for key in harness.files.names(job_folder(ref)):
        body = harness.files.read(key).removeprefix(b'{"format": 1}\n')
        harness.files.remove(key)
        harness.files.write(key.replace(".duplicates", ".repeats"), body)
    harness.roll_back(ref)
    done = harness.run(ref)
    assert (done.status, done.counts) == (Status.ROLLED_BACK, replace(loaded.counts, reversed=30))
    assert records(harness) == before
    assert kept(harness, ref) == []


def test_rows_that_were_changed_since_are_conflicts_and_name_the_job_that_changed_them(
    harness: Harness, ref: JobRef
) -> None:
    later = harness.upload(csv_file([*products(2, first=11, price="3"), *products(2, first=21, price="3")]))
    harness.run(later)
    del harness.destination.datasets["acme", "products"]["P-000013"]
    harness.roll_back(ref)
    done = harness.run(ref)
    assert (done.status, done.counts.reversed, done.counts.conflicts) == (Status.ROLLED_BACK, 20, 5)
    found = kept(harness, ref)
    assert [(row["key"], row["outcome"], row["job_id"]) for row in found] == [
        ("P-000011", "conflict", later.id),
        ("P-000012", "conflict", later.id),
        ("P-000013", "conflict", None),
        ("P-000021", "conflict", later.id),
        ("P-000022", "conflict", later.id),
    ]
    assert {row["code"] for row in found} == {"changed-since", "removed-since"}
    values = harness.destination.values("acme", "products")
    assert values["P-000011"]["price"] == "3"
    assert values["P-000014"]["price"] == "9.5"
    assert not {"P-000013", "P-000023"} & set(values)


def test_of_two_jobs_the_later_one_is_rolled_back_first(harness: Harness, ref: JobRef) -> None:
    """The rows of the earlier one then have no later change."""
    later = harness.upload(csv_file(products(35, price="3")))
    harness.run(later)
    for each in (later, ref):
        harness.roll_back(each)
        assert harness.run(each).counts.conflicts == 0
    assert {row["price"] for row in harness.destination.values("acme", "products").values()} == {"9.5"}
    assert len(records(harness)) == 20


def test_a_second_rollback_changes_nothing(harness: Harness, ref: JobRef) -> None:
    first = harness.roll_back(ref)
    assert harness.roll_back(ref) == first
    done = harness.run(ref)
    before = records(harness)
    assert harness.roll_back(ref) == done
    assert (records(harness), harness.machine.started.count((ref, 2))) == (before, 1)
    assert allowed_actions(done) == []


def test_messages_of_a_rollback_may_be_delivered_twice(harness: Harness, ref: JobRef) -> None:
    harness.roll_back(ref)
    token = harness.dispatch(ref, PhaseName.UNDO)
    harness.queue.messages += harness.queue.messages
    harness.deliver()
    assert harness.machine.answers[token] == {"outcome": "done"}
    assert harness.finish(ref).counts.reversed == 25


@pytest.mark.parametrize("call", ["pause", "cancel", "retry", "resume", "commit"])
def test_a_rollback_in_progress_is_left_alone(harness: Harness, ref: JobRef, call: str) -> None:
    harness.roll_back(ref)
    with pytest.raises(Conflict) as rejected:
        getattr(harness, call)(ref)
    assert rejected.value.problem.params["status_now"] == "rolling_back"
    assert harness.run(ref).status is Status.ROLLED_BACK


@pytest.mark.parametrize("status", [Status.QUEUED, Status.PARSING, Status.LOADING, Status.PAUSING, Status.CANCELLING])
def test_a_job_in_progress_is_not_rolled_back(harness: Harness, ref: JobRef, status: Status) -> None:
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=status)
    with pytest.raises(Conflict) as rejected:
        harness.roll_back(ref)
    assert rejected.value.problem.type == "illegal-transition"


@pytest.mark.parametrize("status", [Status.WAITING_FOR_FILE, Status.IN_REVIEW, Status.PAUSED])
def test_a_job_that_waits_has_to_be_cancelled_before_a_rollback(harness: Harness, ref: JobRef, status: Status) -> None:
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=status)
    with pytest.raises(Conflict):
        harness.roll_back(ref)
    harness.cancel(ref)
    assert harness.roll_back(ref).status is Status.ROLLING_BACK


def test_a_job_whose_file_was_rejected_has_nothing_to_roll_back(harness: Harness) -> None:
    ref = harness.upload(b"%PDF-1.7")
    harness.run(ref)
    with pytest.raises(Conflict) as rejected:
        harness.roll_back(ref)
    assert rejected.value.problem.type == "nothing-to-roll-back"


def test_a_job_that_was_cancelled_before_its_file_was_split_has_nothing_to_roll_back(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(3)))
    harness.cancel(ref)
    with pytest.raises(Conflict) as rejected:
        harness.roll_back(ref)
    assert rejected.value.problem.type == "nothing-to-roll-back"


def test_rows_of_a_worker_that_died_before_it_counted_them_are_counted_and_rolled_back(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last attempt a worker finds that all of them are there."""
    ref = harness.upload(csv_file(products(30)))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    with monkeypatch.context() as patched:
        patched.setattr(harness.chunks, "close", lambda *_, **__: 1 / 0)
        dead = harness.queue.messages.pop(1)
        with pytest.raises(ZeroDivisionError):
            harness.work(dead)
    harness.give_up(dead, now=NOW + LEASE)
    harness.deliver()
    done = harness.finish(ref)
    assert (done.status, done.counts.inserted, len(records(harness))) == (Status.COMPLETED, 30, 30)
    harness.roll_back(ref)
    done = harness.run(ref)
    assert (done.status, done.problem, done.counts.reversed) == (Status.ROLLED_BACK, None, 30)
    assert records(harness) == {}


def test_a_rollback_that_failed_is_finished_by_the_next(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reversed rows stay reversed, and are not counted again."""
    harness.roll_back(ref)
    token = harness.dispatch(ref, PhaseName.UNDO)
    dead = ChunkRef(ref, PhaseName.UNDO, 1)
    harness.queue.messages.remove(dead)
    harness.give_up(dead)
    harness.deliver()
    assert token in harness.machine.answers
    failed = harness.finish(ref)
    assert failed.problem is not None
    assert (failed.status, failed.problem.type, failed.counts.reversed) == (Status.FAILED, "rollback-incomplete", 15)
    assert "rows 12 to 21" in word_detail(failed.problem)
    assert allowed_actions(failed) == ["rollback"]
    with pytest.raises(Conflict) as rejected:
        harness.retry(ref)
    assert rejected.value.problem.type == "not-retryable"
    assert harness.roll_back(ref).run == 3
    undone: list[int] = []
    undo = harness.destination.undo

    def noting(batch: Batch) -> Undone:
        undone.append(batch.index)
        return undo(batch)

    monkeypatch.setattr(harness.destination, "undo", noting)
    done = harness.run(ref)
    assert (done.status, done.problem, done.counts.reversed, undone) == (Status.ROLLED_BACK, None, 25, [1])


def test_a_rollback_whose_execution_failed_is_continued(harness: Harness, ref: JobRef) -> None:
    harness.roll_back(ref)
    harness.dispatch(ref, PhaseName.UNDO)
    harness.work(harness.queue.messages.pop(0))
    harness.queue.messages.clear()
    failed = harness.finish(ref, error="States.Timeout")
    assert failed.problem is not None
    assert (failed.problem.type, "States.Timeout" in word_detail(failed.problem)) == ("rollback-incomplete", True)
    harness.roll_back(ref)
    assert harness.run(ref).counts.reversed == 25


def test_rows_that_could_not_be_reversed_are_reported_separately_from_conflicts(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One cause is a row that the table rejects."""
    incomplete = Undone(8, [KeptRow("K", "01OTHER", "changed-since")], [KeptRow("F", None, "no-image")])
    monkeypatch.setattr(harness.destination, "undo", lambda _: incomplete)
    harness.roll_back(ref)
    done = harness.run(ref)
    assert (done.counts.reversed, done.counts.conflicts, done.counts.rollback_failed) == (32, 4, 4)
    assert [row["outcome"] for row in kept(harness, ref)] == ["conflict", "failed"] * 4
    assert "32 rows rolled back, 4 kept, 4 failed" in harness.jobs.entries(ref)[-1].note


def test_a_job_without_rows_is_rolled_back(harness: Harness) -> None:
    ref = harness.upload(csv_file([]))
    harness.run(ref)
    harness.roll_back(ref)
    done = harness.run(ref)
    assert (done.status, done.counts) == (Status.ROLLED_BACK, Counts())


def test_a_rolled_back_job_keeps_its_counts(harness: Harness, ref: JobRef) -> None:
    """They are those of loading, and its chunks are done."""
    before = harness.jobs.get(ref).counts
    harness.roll_back(ref)
    after = harness.run(ref).counts
    assert (after.inserted, after.updated, after.unchanged) == (before.inserted, before.updated, before.unchanged)
    assert {chunk.state for chunk in harness.chunks.of_phase(ref, PhaseName.LOAD)} == {ChunkState.DONE}
