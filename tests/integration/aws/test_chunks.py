"""The contract of the `Chunks` port."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from boto3.dynamodb.conditions import ConditionExpressionBuilder

from sluice.model.chunk import Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.usecases.ports import Chunks, Jobs
from tests.integration.aws.conftest import NOW, RESET
from tests.support.factories import make_chunk


@pytest.fixture
def chunk(job: Job, chunks: Chunks) -> Chunk:
    """Add three chunks, open the barrier, and return one chunk."""
    chunks.add([make_chunk(job.ref, index) for index in range(3)])
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="token")
    return make_chunk(job.ref, 1)


def test_chunks_come_back_in_order(job: Job, chunks: Chunks) -> None:
    made = [make_chunk(job.ref, index) for index in range(120)]
    chunks.add(reversed(made))
    chunks.add([make_chunk(job.ref, 0, PhaseName.LOAD)])
    assert list(chunks.of_phase(job.ref, PhaseName.PARSE)) == made


def test_adding_a_chunk_again_leaves_it_as_it_is(chunk: Chunk, chunks: Chunks) -> None:
    leased = chunks.lease(chunk.ref, now=NOW, until=NOW + 70)
    chunks.add([chunk])
    assert chunks.get(chunk.ref) == leased


def test_a_chunk_is_leased_once(chunk: Chunk, chunks: Chunks) -> None:
    leased = chunks.lease(chunk.ref, now=NOW, until=NOW + 70)
    assert leased == replace(chunk, state=ChunkState.RUNNING, attempts=1, lease_until=NOW + 70)
    assert chunks.lease(chunk.ref, now=NOW + 69, until=NOW + 139) is None


def test_an_expired_lease_is_granted_to_the_next_worker(chunk: Chunk, chunks: Chunks) -> None:
    chunks.lease(chunk.ref, now=NOW, until=NOW + 70)
    again = chunks.lease(chunk.ref, now=NOW + 70, until=NOW + 140)
    assert again is not None
    assert again.attempts == 2


def test_a_missing_chunk_is_not_leased(job: Job, chunks: Chunks) -> None:
    ref = ChunkRef(job.ref, PhaseName.PARSE, 7)
    assert chunks.lease(ref, now=NOW, until=NOW + 70) is None
    assert chunks.get(ref) is None


def test_a_released_chunk_is_queued_again_with_its_error(chunk: Chunk, chunks: Chunks) -> None:
    leased = chunks.lease(chunk.ref, now=NOW, until=NOW + 70)
    assert leased is not None
    chunks.release(replace(leased, due_at=NOW + 8), RESET)
    found = chunks.get(chunk.ref)
    assert found is not None
    assert (found.state, found.error, found.attempts, found.due_at) == (ChunkState.QUEUED, RESET, 1, NOW + 8)


def test_a_lease_that_another_worker_has_taken_over_is_not_released(chunk: Chunk, chunks: Chunks) -> None:
    slow = chunks.lease(chunk.ref, now=NOW, until=NOW + 70)
    other = chunks.lease(chunk.ref, now=NOW + 71, until=NOW + 141)
    assert slow is not None
    chunks.release(slow, RESET)
    assert chunks.get(chunk.ref) == other


def test_closing_a_chunk_counts_the_barrier_down_and_the_job_up(
    chunk: Chunk, jobs: Jobs, chunks: Chunks, job: Job
) -> None:
    chunks.lease(chunk.ref, now=NOW, until=NOW + 70)
    counts = Counts(total=-1, checked=9, rejected=2)
    assert chunks.close(chunk.ref, ChunkState.DONE, counts)
    barrier, after, closed = chunks.barrier(job.ref, PhaseName.PARSE), jobs.get(job.ref), chunks.get(chunk.ref)
    assert barrier is not None
    assert closed is not None
    assert (barrier.total, barrier.remaining, barrier.failed) == (3, 2, 0)
    assert (after.counts, after.version) == (counts, 2)
    assert (closed.state, closed.counts, closed.lease_until) == (ChunkState.DONE, counts, 0)


def test_closing_twice_changes_nothing(chunk: Chunk, jobs: Jobs, chunks: Chunks, job: Job) -> None:
    assert chunks.close(chunk.ref, ChunkState.DONE, Counts(checked=10))
    before = (jobs.get(job.ref), chunks.barrier(job.ref, PhaseName.PARSE), chunks.get(chunk.ref))
    assert not chunks.close(chunk.ref, ChunkState.FAILED, Counts(checked=10), RESET)
    assert (jobs.get(job.ref), chunks.barrier(job.ref, PhaseName.PARSE), chunks.get(chunk.ref)) == before


def test_a_failed_chunk_is_counted_and_keeps_its_error(chunk: Chunk, chunks: Chunks, job: Job) -> None:
    assert chunks.close(chunk.ref, ChunkState.FAILED, Counts(), RESET)
    barrier, closed = chunks.barrier(job.ref, PhaseName.PARSE), chunks.get(chunk.ref)
    assert barrier is not None
    assert closed is not None
    assert (barrier.remaining, barrier.failed, closed.error) == (2, 1, RESET)


def test_a_missing_chunk_is_not_closed(chunk: Chunk, jobs: Jobs, chunks: Chunks, job: Job) -> None:
    assert not chunks.close(ChunkRef(job.ref, PhaseName.PARSE, 99), ChunkState.DONE, Counts(checked=10))
    assert jobs.get(job.ref).counts.checked == 0


def test_a_barrier_keeps_its_count_and_takes_the_newer_token(chunk: Chunk, chunks: Chunks, job: Job) -> None:
    chunks.close(chunk.ref, ChunkState.DONE, Counts())
    barrier = chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="newer")
    assert (barrier.total, barrier.remaining, barrier.token) == (3, 2, "newer")
    assert chunks.barrier(job.ref, PhaseName.PARSE) == barrier


def test_a_barrier_does_not_exist_before_it_is_opened(job: Job, chunks: Chunks) -> None:
    assert chunks.barrier(job.ref, PhaseName.LOAD) is None
    assert chunks.barrier(JobRef("acme", "none"), PhaseName.LOAD) is None


def test_conditions_are_built_in_one_thread(job: Job, chunks: Chunks, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 has one builder for each resource: two threads would take each other's placeholders (boto/boto3#1332)."""
    builders: set[str] = set()
    build = ConditionExpressionBuilder.build_expression

    def noted(builder: ConditionExpressionBuilder, *args: Any, **more: Any) -> Any:
        builders.add(threading.current_thread().name)
        return build(builder, *args, **more)

    monkeypatch.setattr(ConditionExpressionBuilder, "build_expression", noted)
    chunks.add(make_chunk(job.ref, index) for index in range(20))
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="token")
    for index in range(20):
        chunks.close(ChunkRef(job.ref, PhaseName.PARSE, index), ChunkState.DONE, Counts(checked=1))
    chunks.reopen(list(chunks.of_phase(job.ref, PhaseName.PARSE)))
    chunks.drop(job.ref, PhaseName.PARSE)
    assert list(chunks.of_phase(job.ref, PhaseName.PARSE)) == []
    assert builders <= {threading.current_thread().name}
