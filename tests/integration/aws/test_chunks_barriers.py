"""The contract of the `Chunks` port across runs of a job: barriers that are opened again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest

from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.model.chunk import Barrier, Chunk, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.ports import Chunks, Jobs
from tests.integration.aws.conftest import KEEP_DAYS, NOW, RESET
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.factories import make_chunk, make_job


@pytest.fixture
def first_run(job: Job, chunks: Chunks) -> list[Chunk]:
    """Add its four chunks after a first run: done, failed, leased, queued."""
    first_run = [make_chunk(job.ref, index) for index in range(4)]
    chunks.add(first_run)
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="first")
    chunks.close(first_run[0].ref, ChunkState.DONE, Counts(checked=10))
    chunks.lease(first_run[1].ref, now=NOW, until=NOW + 70)
    chunks.close(first_run[1].ref, ChunkState.FAILED, Counts(), RESET)
    chunks.lease(first_run[2].ref, now=NOW, until=NOW + 70)
    return first_run


def opened(chunks: Chunks, ref: JobRef, run: int, token: str) -> Barrier:
    """Open the barrier, and check that the returned state is the stored one."""
    barrier = chunks.open_barrier(ref, PhaseName.PARSE, run=run, token=token)
    assert chunks.barrier(ref, PhaseName.PARSE) == barrier
    return barrier


def test_a_barrier_counts_the_existing_chunks(job: Job, chunks: Chunks) -> None:
    chunks.add([make_chunk(job.ref, index) for index in range(3)])
    assert opened(chunks, job.ref, 1, "t") == Barrier(PhaseName.PARSE, run=1, total=3, remaining=3, failed=0, token="t")


def test_a_phase_without_chunks_ends_at_once(job: Job, chunks: Chunks) -> None:
    assert opened(chunks, job.ref, 1, "t").remaining == 0


def test_the_same_run_keeps_its_count_and_takes_the_newer_token(
    job: Job, first_run: list[Chunk], chunks: Chunks
) -> None:
    """This includes failed chunks: they stay failed until a caller retries the job."""
    assert opened(chunks, job.ref, 1, "newer") == Barrier(PhaseName.PARSE, 1, 4, 2, 1, "newer")
    failed = chunks.get(first_run[1].ref)
    assert failed is not None
    assert failed.state is ChunkState.FAILED


def test_an_earlier_run_does_not_reset_the_barrier(job: Job, first_run: list[Chunk], chunks: Chunks) -> None:
    opened(chunks, job.ref, 2, "second")
    assert opened(chunks, job.ref, 1, "late").run == 2


def test_a_later_run_counts_the_remaining_chunks_again(job: Job, first_run: list[Chunk], chunks: Chunks) -> None:
    """Every chunk that is not done remains, including one that a worker has leased."""
    assert opened(chunks, job.ref, 2, "second") == Barrier(PhaseName.PARSE, 2, 4, 3, 0, "second")


def test_a_later_run_requeues_the_failed_chunks(job: Job, first_run: list[Chunk], chunks: Chunks) -> None:
    """Failed chunks start without attempts, and may have delivered rows; chunks in other states are unchanged."""
    before = [chunks.get(each.ref) for each in first_run]
    opened(chunks, job.ref, 2, "second")
    after = [chunks.get(each.ref) for each in first_run]
    assert [before[place] for place in (0, 2, 3)] == [after[place] for place in (0, 2, 3)]
    assert after[1] == replace(first_run[1], touched=True)
    taken = chunks.lease(first_run[1].ref, now=NOW, until=NOW + 70)
    assert taken is not None
    assert taken.attempts == 1


def test_chunks_of_a_later_run_count_its_barrier_down(
    job: Job, first_run: list[Chunk], chunks: Chunks, jobs: Jobs
) -> None:
    """Each chunk counts once, whichever run it was leased in."""
    opened(chunks, job.ref, 2, "second")
    for chunk in chunks.of_phase(job.ref, PhaseName.PARSE):
        chunks.close(chunk.ref, ChunkState.DONE, Counts(checked=10))
        chunks.close(chunk.ref, ChunkState.DONE, Counts(checked=10))
    barrier = chunks.barrier(job.ref, PhaseName.PARSE)
    assert barrier is not None
    assert (barrier.remaining, barrier.failed, jobs.get(job.ref).counts.checked) == (0, 0, 40)


def test_chunks_that_were_added_since_count_in_a_later_run(job: Job, first_run: list[Chunk], chunks: Chunks) -> None:
    """A parse chunk that succeeds in the second run adds a load chunk that the first run did not have."""
    chunks.add([make_chunk(job.ref, 4)])
    assert opened(chunks, job.ref, 2, "second").total == 5


def test_phases_have_barriers_of_their_own(job: Job, first_run: list[Chunk], chunks: Chunks) -> None:
    chunks.add([make_chunk(job.ref, 0, PhaseName.LOAD)])
    assert chunks.open_barrier(job.ref, PhaseName.LOAD, run=1, token="load").total == 1
    assert opened(chunks, job.ref, 1, "t").total == 4


def test_a_chunk_may_be_released_without_an_error(job: Job, first_run: list[Chunk], chunks: Chunks) -> None:
    """The job was paused or cancelled: that is no error, and the error of an earlier attempt stays."""
    leased = chunks.lease(first_run[3].ref, now=NOW, until=NOW + 70)
    assert leased is not None
    chunks.release(leased, RESET)
    again = chunks.lease(first_run[3].ref, now=NOW, until=NOW + 70)
    assert again is not None
    chunks.release(again)
    found = chunks.get(first_run[3].ref)
    assert found is not None
    assert (found.state, found.lease_until, found.error) == (ChunkState.QUEUED, 0, RESET)
    assert not found.is_held(NOW)


@pytest.mark.parametrize(("now", "held"), [(NOW, True), (NOW + 69, True), (NOW + 70, False)])
def test_a_chunk_is_held_until_its_lease_runs_out(first_run: list[Chunk], chunks: Chunks, now: int, held: bool) -> None:
    """After that moment its worker counts as dead."""
    found = chunks.get(first_run[2].ref)
    assert found is not None
    assert found.is_held(now) is held


@pytest.fixture
def dynamo(aws: None) -> tuple[DynamoJobs, DynamoChunks]:
    """Return the real stores, because only those have concurrent writers."""
    table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
    return DynamoJobs(table, KEEP_DAYS), DynamoChunks(table)


@pytest.mark.parametrize("run", [1, 2])
def test_a_chunk_that_closes_while_the_barrier_is_opened_is_counted(
    dynamo: tuple[DynamoJobs, DynamoChunks], monkeypatch: pytest.MonkeyPatch, run: int
) -> None:
    """A worker may count down between reading and writing what remains."""
    jobs, chunks = dynamo
    job = make_job(status=Status.PARSING)
    jobs.add(job)
    three = [make_chunk(job.ref, index) for index in range(3)]
    chunks.add(three)
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="first")
    write = chunks._write_phase
    closing = iter(three[:2])

    def late(*args: Any) -> Barrier | None:
        if (chunk := next(closing, None)) is not None:
            chunks.close(chunk.ref, ChunkState.DONE, Counts(checked=10))
        return write(*args)

    monkeypatch.setattr(chunks, "_write_phase", late)
    barrier = chunks.open_barrier(job.ref, PhaseName.PARSE, run=run, token="newer")
    assert barrier == Barrier(PhaseName.PARSE, run, 3, 1, 0, "newer")
    assert chunks.barrier(job.ref, PhaseName.PARSE) == barrier


def test_two_workers_that_open_the_first_barrier_at_once_agree(
    dynamo: tuple[DynamoJobs, DynamoChunks], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dispatch that timed out may still be running when it is retried."""
    jobs, chunks = dynamo
    job = make_job(status=Status.PARSING)
    jobs.add(job)
    chunks.add([make_chunk(job.ref)])
    write = chunks._write_phase

    def after_the_other(*args: Any) -> Barrier | None:
        monkeypatch.setattr(chunks, "_write_phase", write)
        chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="other")
        chunks.close(make_chunk(job.ref).ref, ChunkState.DONE, Counts(checked=10))
        return write(*args)

    monkeypatch.setattr(chunks, "_write_phase", after_the_other)
    assert chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="mine").remaining == 0


def test_a_chunk_that_was_requeued_and_done_meanwhile_is_not_requeued_again(
    dynamo: tuple[DynamoJobs, DynamoChunks], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows would be counted twice."""
    jobs, chunks = dynamo
    job = make_job(status=Status.PARSING)
    jobs.add(job)
    chunk = make_chunk(job.ref)
    chunks.add([chunk])
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="first")
    chunks.close(chunk.ref, ChunkState.FAILED, Counts(), RESET)
    requeue = chunks._reopen_one

    def after_the_other(failed: Chunk) -> None:
        monkeypatch.setattr(chunks, "_reopen_one", requeue)
        chunks.open_barrier(job.ref, PhaseName.PARSE, run=2, token="other")
        [again] = chunks.of_phase(job.ref, PhaseName.PARSE)
        chunks.close(again.ref, ChunkState.DONE, Counts(checked=10))
        requeue(failed)

    monkeypatch.setattr(chunks, "_reopen_one", after_the_other)
    barrier = chunks.open_barrier(job.ref, PhaseName.PARSE, run=2, token="mine")
    assert (barrier.remaining, barrier.token) == (0, "mine")
    found = chunks.get(chunk.ref)
    assert found is not None
    assert found.state is ChunkState.DONE
