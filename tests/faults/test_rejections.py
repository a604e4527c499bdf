"""What if a row is rejected while others load, and the job loads all or none? Nothing stays, whichever process dies."""

from __future__ import annotations

import pytest

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import REJECTIONS, Conflict
from sluice.model.job import HALF_UNDONE, Job
from sluice.model.options import LoadOptions
from sluice.model.status import Status
from sluice.schema.staging import Applied, Batch, Undone
from tests.support.deaths import deliver_with_deaths, killed_at
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness
from tests.support.strict import StrictDestination

WRONG = "P-000012"


@pytest.fixture
def dataset(harness: Harness) -> StrictDestination:
    """Return the dataset: it has five of the products, and a constraint does not allow one that the file brings."""
    harness.destination = dataset = StrictDestination(harness.files)
    harness.run(harness.upload(csv_file(products(5))))
    dataset.constrained = {WRONG}
    return dataset


@pytest.fixture
def ref(harness: Harness, dataset: StrictDestination) -> JobRef:
    """Return a job of three chunks that are compared: a row of the second is at fault."""
    rows = products(25, price="7")
    ref = harness.upload(csv_file(rows), options=LoadOptions(on_rejections="stop"))
    harness.plan(ref)
    for phase in (PhaseName.PARSE, PhaseName.COMPARE):
        harness.phase(ref, phase)
    return ref


def assert_untouched(harness: Harness, job: Job) -> None:
    """Assert that the job failed for its rejected row, and that nothing of it is left."""
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, REJECTIONS)
    values = harness.destination.values("acme", "products")
    assert {key: row["price"] for key, row in values.items()} == {f"P-{n:06d}": "9.5" for n in range(1, 6)}
    counts = job.counts
    assert (counts.rejected, counts.conflicts, counts.rollback_failed) == (1, 0, 0)
    # a worker that died after its write has not counted it, and no other worker repeats it
    assert counts.inserted + counts.updated <= counts.reversed


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("phase", "store", "call"),
    [
        (PhaseName.LOAD, "chunks", "lease"),
        (PhaseName.LOAD, "files", "write_once"),
        (PhaseName.LOAD, "destination", "apply"),
        (PhaseName.LOAD, "files", "write"),
        (PhaseName.LOAD, "chunks", "close"),
        (PhaseName.LOAD, "machine", "succeed"),
        (PhaseName.UNDO, "chunks", "lease"),
        (PhaseName.UNDO, "destination", "undo"),
        (PhaseName.UNDO, "files", "write_once"),
        (PhaseName.UNDO, "chunks", "close"),
        (PhaseName.UNDO, "machine", "succeed"),
    ],
)
def test_a_worker_that_dies_at_any_call_leaves_nothing_behind(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch, phase: PhaseName, store: str, call: str, after: bool
) -> None:
    """Its message is delivered again after the lease."""
    clock = NOW
    deaths: list[int] = []
    for name, outcome in ((PhaseName.LOAD, "rejected"), (PhaseName.UNDO, "done")):
        token = harness.dispatch(ref, name, now=clock)
        if name is phase:
            deaths = killed_at(monkeypatch, getattr(harness, store), call, after=after)
        clock = deliver_with_deaths(harness, clock)
        assert harness.machine.answers[token] == {"outcome": outcome}
    assert deaths, "the process died where this test meant it to"
    assert_untouched(harness, harness.finish(ref))


def test_the_job_keeps_the_lock_of_its_dataset_while_its_load_is_taken_back(
    harness: Harness, ref: JobRef, dataset: StrictDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the same hold, so no other job writes in between; the lock is free when the job has ended."""
    undo, holds = dataset.undo, set[int]()

    def seen(batch: Batch) -> Undone:
        holds.add(batch.hold)
        return undo(batch)

    monkeypatch.setattr(dataset, "undo", seen)
    harness.phase(ref, PhaseName.LOAD)
    hold = harness.jobs.get(ref).hold
    harness.phase(ref, PhaseName.UNDO)
    assert (hold > 0, holds) == (True, {hold})
    assert harness.finish(ref).hold == 0


def test_chunks_that_no_worker_holds_are_not_loaded_any_more(
    harness: Harness, ref: JobRef, dataset: StrictDestination
) -> None:
    token = harness.dispatch(ref, PhaseName.LOAD)
    first, second, third = harness.queue.messages
    harness.work(second)
    assert harness.machine.answers[token] == {"outcome": "rejected"}
    writes = dataset.writes
    for chunk in (first, third):
        harness.work(chunk)
    assert dataset.writes == writes
    states = [chunk.state for chunk in harness.chunks.of_phase(ref, PhaseName.LOAD)]
    assert states == [ChunkState.QUEUED, ChunkState.DONE, ChunkState.QUEUED]


def test_the_rollback_waits_for_a_worker_that_already_has_its_lease(
    harness: Harness, ref: JobRef, dataset: StrictDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker read the job before the row was rejected, so it writes; the token is completed only afterwards."""
    token = harness.dispatch(ref, PhaseName.LOAD)
    first, second, _ = harness.queue.messages
    apply = dataset.apply

    def rejected_meanwhile(batch: Batch) -> Applied:
        monkeypatch.setattr(dataset, "apply", apply)
        harness.work(second)
        assert token not in harness.machine.answers
        return apply(batch)

    monkeypatch.setattr(dataset, "apply", rejected_meanwhile)
    harness.work(first)
    assert harness.machine.answers[token] == {"outcome": "rejected"}
    harness.queue.messages.clear()
    harness.phase(ref, PhaseName.UNDO)
    job = harness.finish(ref)
    assert job.counts.updated == 5
    assert_untouched(harness, job)


@pytest.mark.parametrize("call", ["dispatch", "finish"])
def test_a_step_that_is_repeated_changes_nothing(harness: Harness, ref: JobRef, call: str) -> None:
    """Step Functions repeats a task whose function died after its work."""
    harness.phase(ref, PhaseName.LOAD)
    if call == "dispatch":
        harness.dispatch(ref, PhaseName.UNDO)
    harness.phase(ref, PhaseName.UNDO)
    job = harness.finish(ref)
    assert_untouched(harness, job)
    assert harness.finish(ref) == job


def test_a_pause_that_meets_the_rejection_takes_the_load_back_after_the_resume(harness: Harness, ref: JobRef) -> None:
    harness.dispatch(ref, PhaseName.LOAD)
    first, second, _ = harness.queue.messages
    harness.work(first)
    harness.queue.messages.clear()
    assert harness.chunks.lease(second, now=NOW, until=NOW + LEASE)
    harness.pause(ref)
    harness.work(second, now=NOW + LEASE)  # it may close its chunk or put it back; the job is stopping
    harness.finish(ref)
    harness.resume(ref)
    assert_untouched(harness, harness.run(ref))


def test_a_job_whose_execution_failed_takes_its_load_back_in_a_retry(harness: Harness, ref: JobRef) -> None:
    """The rejection is a count of the job, so a later run sees it."""
    harness.dispatch(ref, PhaseName.LOAD)
    for chunk in harness.queue.messages[:2]:
        harness.work(chunk)
    harness.queue.messages.clear()
    assert harness.finish(ref, error="States.Timeout").status is Status.FAILED
    harness.retry(ref)
    assert_untouched(harness, harness.run(ref))


def test_a_rollback_that_failed_half_way_is_repeated_by_a_caller(harness: Harness, ref: JobRef) -> None:
    """The job's own problem is gone then; what it has loaded is not."""
    harness.phase(ref, PhaseName.LOAD)
    harness.dispatch(ref, PhaseName.UNDO)
    harness.give_up(harness.queue.messages.pop(0))
    harness.deliver()
    job = harness.finish(ref)
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, HALF_UNDONE)
    harness.roll_back(ref)
    job = harness.run(ref)
    assert (job.status, job.counts.conflicts, job.counts.reversed) == (Status.ROLLED_BACK, 0, job.counts.loaded)


def test_a_caller_cannot_roll_back_a_job_that_loads(harness: Harness, ref: JobRef) -> None:
    """Only a rejected row of the job itself takes a load back, so that no worker writes beside the rollback."""
    harness.dispatch(ref, PhaseName.LOAD)
    with pytest.raises(Conflict, match="illegal-transition"):
        harness.roll_back(ref)
    assert harness.jobs.get(ref).status is Status.LOADING
