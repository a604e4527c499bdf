"""Retrying a job that failed for a reason outside its file: only the missing work is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Conflict
from sluice.model.job import Job, allowed_actions
from sluice.model.status import Status
from sluice.usecases.artifacts import JobFiles
from sluice.wording import word_rejection
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness

ROWS = 45


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """Return a queued job of 45 rows in five chunks."""
    return harness.upload(csv_file(products(ROWS)))


def without(harness: Harness, ref: JobRef, name: PhaseName, *indexes: int) -> Job:
    """Run the job to its end; some chunks of a phase are given up."""
    harness.plan(ref)
    for phase in (PhaseName.PARSE, PhaseName.LOAD):
        harness.dispatch(ref, phase)

        def deliver(chunk: ChunkRef) -> None:
            if chunk.phase is name and chunk.index in indexes:
                assert harness.give_up(chunk)
            else:
                harness.work(chunk)

        harness.deliver(each=deliver)
    return harness.finish(ref)


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_retry_processes_only_the_chunks_that_were_given_up(harness: Harness, ref: JobRef, name: PhaseName) -> None:
    failed = without(harness, ref, name, 1, 4)
    assert (failed.status, failed.counts.loaded, failed.counts.unprocessed) == (Status.FAILED, 30, 15)
    writes = harness.destination.writes
    job = harness.retry(ref)
    assert (job.problem, job.finished_at, job.run) == (None, None, 2)
    assert job.status is (Status.PARSING if name is PhaseName.PARSE else Status.LOADING)
    assert harness.machine.started[-1] == (ref, 2)
    done = harness.run(ref)
    assert (done.status, done.counts) == (Status.COMPLETED, Counts(total=ROWS, checked=ROWS, inserted=ROWS))
    assert harness.destination.writes - writes == 15
    assert len(harness.destination.values("acme", "products")) == ROWS


def test_blank_rows_of_a_chunk_that_was_given_up_leave_the_total_at_the_retry(harness: Harness) -> None:
    rows: list[tuple[object, ...]] = list(products(20))
    rows[12:12] = [("", "", "", "")] * 3
    ref = harness.upload(csv_file(rows))
    assert without(harness, ref, PhaseName.PARSE, 1).counts.total == 23
    harness.retry(ref)
    assert harness.run(ref).counts == Counts(total=20, checked=20, inserted=20)


def test_a_retry_that_fails_again_is_retried_again(harness: Harness, ref: JobRef) -> None:
    without(harness, ref, PhaseName.LOAD, 2)
    for run in (2, 3):
        harness.retry(ref)
        harness.dispatch(ref, PhaseName.LOAD)
        assert harness.give_up(harness.queue.messages.pop())
        job = harness.finish(ref)
        assert (job.status, job.run, job.counts.unprocessed) == (Status.FAILED, run, 10)
    harness.retry(ref)
    assert harness.run(ref).counts.inserted == ROWS


def keyed(*keys: int) -> bytes:
    """Return a file whose rows have these keys, and prices that distinguish them."""
    return csv_file([(f"P-{key:06d}", f"Part {key}", str(place), 1) for place, key in enumerate(keys, start=2)])


def rejected(harness: Harness, ref: JobRef) -> dict[int, str]:
    """Return the rejected rows with their reasons."""
    found = JobFiles(harness.jobs.get(ref), harness.files).rejections_page(limit=100, cursor=None).items
    return {rejection.row: word_rejection(rejection) for rejection in found}


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_key_that_is_in_every_chunk_is_loaded_exactly_once(harness: Harness, name: PhaseName, index: int) -> None:
    """Whichever chunk comes late, two rows are rejected, and the third is in the dataset."""
    ref = harness.upload(keyed(*range(1, 10), 99, *range(11, 20), 99, *range(21, 30), 99))
    failed = without(harness, ref, name, index)
    assert failed.status is Status.FAILED
    harness.retry(ref)
    done = harness.run(ref)
    assert (done.status, done.counts.inserted, done.counts.rejected) == (Status.COMPLETED, 28, 2)
    rows = {11, 21, 31}
    loaded = rows - set(rejected(harness, ref))
    assert len(loaded) == 1
    price = harness.destination.values("acme", "products")["P-000099"]["price"]
    assert price == str(next(iter(loaded))), "the dataset has the row that was not rejected"
    assert set(rejected(harness, ref).values()) == {f"repeats the Part Number of row {loaded.pop()}"}


def test_a_duplicate_key_is_rejected_even_if_its_row_comes_first_in_the_file(harness: Harness) -> None:
    """A loaded row is not reversed because a late chunk has an earlier one."""
    ref = harness.upload(keyed(*range(1, 10), 99, *range(11, 20), 99))
    without(harness, ref, PhaseName.PARSE, 0)
    harness.retry(ref)
    harness.run(ref)
    assert rejected(harness, ref) == {11: "repeats the Part Number of row 21"}


def test_a_key_that_a_dead_worker_may_have_loaded_stays_with_its_row(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its chunk was written and never closed by it, and an earlier one was parsed after that; the counts add up."""
    ref = harness.upload(keyed(*range(1, 10), 99, *range(11, 20), 99))
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.give_up(harness.queue.messages.pop(0))
    harness.deliver()
    harness.dispatch(ref, PhaseName.LOAD)
    (dead,) = harness.queue.messages
    with monkeypatch.context() as patched:
        patched.setattr(harness.chunks, "close", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            harness.work(dead)
    harness.queue.messages.clear()
    harness.give_up(dead, now=NOW + LEASE)
    assert harness.finish(ref).counts.unprocessed == 10, "a worker has counted what the dead one wrote"
    harness.retry(ref)
    done = harness.run(ref)
    assert (done.status, done.counts.inserted, done.counts.rejected) == (Status.COMPLETED, 19, 1)
    assert rejected(harness, ref) == {11: "repeats the Part Number of row 21"}
    assert harness.destination.values("acme", "products")["P-000099"]["price"] == "21"


def test_an_execution_that_failed_continues_where_it_was(harness: Harness, ref: JobRef) -> None:
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    for _ in range(2):
        harness.work(harness.queue.messages.pop(0))
    leased = harness.queue.messages.pop(0)
    harness.chunks.lease(leased, now=NOW, until=NOW + LEASE)
    harness.queue.messages.clear()
    assert harness.finish(ref, error="States.Timeout").problem is not None
    assert harness.retry(ref).status is Status.LOADING
    token = harness.dispatch(ref, PhaseName.LOAD)
    harness.queue.messages.remove(leased)
    harness.deliver()
    assert token not in harness.machine.answers, "a worker of the earlier run still has its lease"
    harness.work(leased, now=NOW + LEASE)
    assert token in harness.machine.answers
    assert harness.finish(ref).counts == Counts(total=ROWS, checked=ROWS, inserted=ROWS)


def test_a_plan_that_failed_is_made_again(harness: Harness, ref: JobRef) -> None:
    harness.finish(ref, error="Lambda.OutOfMemory")
    job = harness.retry(ref)
    assert (job.status, job.entry, job.started_at is not None) == (Status.PARSING, "plan", True)
    assert harness.run(ref).counts.inserted == ROWS


def test_a_committed_job_is_not_reviewed_again_at_a_retry(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(ROWS)), review=True)
    harness.run(ref)
    harness.commit(ref)
    token = harness.dispatch(ref, PhaseName.LOAD)
    harness.give_up(harness.queue.messages.pop())
    harness.deliver()
    assert harness.machine.answers[token] == {"outcome": "done"}
    assert harness.finish(ref).status is Status.FAILED
    assert harness.retry(ref).status is Status.LOADING
    assert harness.run(ref).status is Status.COMPLETED


def test_a_job_that_failed_before_its_review_is_reviewed_at_the_retry(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(ROWS)), review=True)
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.COMPARE)
    harness.work(harness.queue.messages.pop(0))
    harness.queue.messages.clear()
    harness.finish(ref, error="States.Timeout")
    assert harness.retry(ref).status is Status.PARSING
    job = harness.run(ref)
    assert (job.status, job.counts.to_insert) == (Status.IN_REVIEW, ROWS)


def test_a_retry_that_is_sent_twice_begins_one_run(harness: Harness, ref: JobRef) -> None:
    without(harness, ref, PhaseName.LOAD, 1)
    harness.retry(ref)
    harness.machine.started.clear()
    assert harness.retry(ref).run == 2
    assert harness.machine.started == [(ref, 2)], "it may not have been started the first time"


@pytest.mark.parametrize("body", [b"%PDF-1.7", csv_file(products(2), titles=("Part Number", "Price", "Stock"))])
def test_a_rejected_file_is_not_retried(harness: Harness, body: bytes) -> None:
    """It would be rejected again."""
    ref = harness.upload(body)
    harness.run(ref)
    with pytest.raises(Conflict) as rejected:
        harness.retry(ref)
    assert rejected.value.problem.type == "not-retryable"
    assert harness.jobs.get(ref).status is Status.FAILED
    assert allowed_actions(harness.jobs.get(ref)) == []


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.FAILED])
def test_only_a_failed_job_is_retried(harness: Harness, ref: JobRef, status: Status) -> None:
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), status=status)
    with pytest.raises(Conflict) as rejected:
        harness.retry(ref)
    assert rejected.value.problem.type == "illegal-transition"


@pytest.mark.parametrize(
    ("fail", "actions"),
    [
        (lambda harness, ref: without(harness, ref, PhaseName.LOAD, 1), ["retry", "rollback"]),
        (lambda harness, ref: harness.finish(ref, error="States.Timeout"), ["retry"]),
    ],
    ids=["some rows are loaded", "nothing was read"],
)
def test_a_failed_job_lists_its_allowed_actions(
    harness: Harness, ref: JobRef, fail: Callable[[Harness, JobRef], Job], actions: list[str]
) -> None:
    """A file that was never split has nothing to roll back."""
    assert allowed_actions(fail(harness, ref)) == actions


def test_chunks_that_are_done_stay_as_they_are(harness: Harness, ref: JobRef) -> None:
    without(harness, ref, PhaseName.PARSE, 1)
    before = list(harness.chunks.of_phase(ref, PhaseName.LOAD))
    harness.retry(ref)
    harness.run(ref)
    after = {chunk.ref: chunk for chunk in harness.chunks.of_phase(ref, PhaseName.LOAD)}
    assert [after.pop(chunk.ref) for chunk in before] == before
    assert [(chunk.ref.index, chunk.state) for chunk in after.values()] == [(1, ChunkState.DONE)]
