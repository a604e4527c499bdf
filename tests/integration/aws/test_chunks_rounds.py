"""The contract of the `Chunks` port for rounds: chunks that are opened again, and phases that are dropped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.model.chunk import Chunk, ChunkState, Parsed, PhaseName, from_message, to_message
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.usecases.ports import Chunks, Jobs
from tests.integration.aws.conftest import NOW
from tests.support.factories import make_chunk


@pytest.fixture
def done(job: Job, chunks: Chunks) -> Chunk:
    """Add three chunks, two of them parsed, and return one of those."""
    chunks.add([make_chunk(job.ref, index) for index in range(3)])
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="first")
    for index in range(2):
        ref = make_chunk(job.ref, index).ref
        chunks.lease(ref, now=NOW, until=NOW + 70)
        parsed = Parsed(Counts(total=-1, checked=9, rejected=2), 3, frozenset({"decimal.price", "decimal.cost=,"}))
        assert chunks.close(ref, ChunkState.DONE, parsed)
    found = chunks.get(make_chunk(job.ref, 1).ref)
    assert found is not None
    return found


def test_a_closed_chunk_says_what_it_was_parsed_with(done: Chunk) -> None:
    assert (done.version, done.depends) == (3, frozenset({"decimal.price", "decimal.cost=,"}))


def test_a_chunk_is_reopened_and_its_counts_are_taken_off_the_jobs(
    job: Job, done: Chunk, jobs: Jobs, chunks: Chunks
) -> None:
    before = jobs.get(job.ref)
    chunks.reopen([done])
    again = chunks.get(done.ref)
    assert again is not None
    assert (again.ref.round, again.state, again.attempts, again.lease_until) == (1, ChunkState.QUEUED, 0, 0)
    assert (again.counts, again.closed_at, again.version) == (Counts(), None, 3)
    now = jobs.get(job.ref)
    assert (now.counts, now.version) == (Counts(total=-1, checked=9, rejected=2), before.version + 1)
    assert chunks.open_barrier(job.ref, PhaseName.PARSE, run=2, token="second").remaining == 2


def test_a_chunk_is_reopened_once(job: Job, done: Chunk, jobs: Jobs, chunks: Chunks) -> None:
    """A plan that died half-way is called again; even when the chunk is done by then, it knows the earlier round."""
    chunks.reopen([done])
    now = jobs.get(job.ref)
    chunks.reopen([done])
    assert jobs.get(job.ref) == now
    again = chunks.lease(done.ref, now=NOW, until=NOW + 70)
    assert again is not None
    assert chunks.close(again.ref, ChunkState.DONE, Parsed(Counts(checked=10), 4, frozenset()))
    chunks.reopen([done])
    found = chunks.get(done.ref)
    assert found is not None
    assert (found.state, found.counts, found.version, found.depends) == (
        ChunkState.DONE,
        Counts(checked=10),
        4,
        frozenset(),
    )


def test_an_earlier_round_closes_nothing(job: Job, done: Chunk, jobs: Jobs, chunks: Chunks) -> None:
    """A worker that stood still, or a dead letter."""
    chunks.reopen([done])
    now, barrier = jobs.get(job.ref), chunks.barrier(job.ref, PhaseName.PARSE)
    for state in (ChunkState.DONE, ChunkState.FAILED):
        assert not chunks.close(done.ref, state, Counts(checked=9))
    assert (jobs.get(job.ref), chunks.barrier(job.ref, PhaseName.PARSE)) == (now, barrier)


def test_a_failed_chunk_that_is_requeued_is_in_another_round(job: Job, chunks: Chunks) -> None:
    chunks.add([chunk := make_chunk(job.ref)])
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="first")
    chunks.close(chunk.ref, ChunkState.FAILED, Counts())
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=2, token="second")
    assert not chunks.close(chunk.ref, ChunkState.FAILED, Counts())
    leased = chunks.lease(chunk.ref, now=NOW, until=NOW + 70)
    assert leased is not None
    assert leased.is_again
    assert chunks.close(leased.ref, ChunkState.DONE, Counts())


def test_a_dropped_phase_takes_its_counts_with_it(job: Job, done: Chunk, jobs: Jobs, chunks: Chunks) -> None:
    chunks.add([make_chunk(job.ref, 0, PhaseName.COMPARE)])
    for _ in range(2):
        chunks.drop(job.ref, PhaseName.PARSE)
        assert chunks.barrier(job.ref, PhaseName.PARSE) is None
        assert list(chunks.of_phase(job.ref, PhaseName.PARSE)) == []
        assert jobs.get(job.ref).counts == Counts()
    assert len(list(chunks.of_phase(job.ref, PhaseName.COMPARE))) == 1


def test_a_message_names_the_round_of_its_chunk(done: Chunk) -> None:
    ref = replace(done.ref, round=2)
    read = from_message(to_message(ref))
    assert (read, read.round) == (done.ref, 2)
