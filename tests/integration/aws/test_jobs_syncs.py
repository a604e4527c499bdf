"""Operations of the stores that only syncs use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.job import SYNC, Decided, Job
from sluice.model.options import Guards, LoadOptions
from sluice.model.status import Status
from sluice.usecases.ports import Chunks, Jobs
from tests.support.factories import make_chunk, make_job


def sync(job_id: str, status: Status = Status.QUEUED) -> Job:
    return replace(make_job(status=status), ref=JobRef("acme", job_id), kind=SYNC, importer="pangkat")


@pytest.fixture
def parsed(jobs: Jobs, chunks: Chunks) -> Job:
    """Add a sync whose pages have been parsed: two rows, one of them rejected."""
    job = sync("1", status=Status.PARSING)
    jobs.add(job)
    jobs.describe(job, file=job.file, total=2)
    chunks.add([make_chunk(job.ref, 0)])
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="token")
    chunks.close(make_chunk(job.ref, 0).ref, ChunkState.DONE, Counts(checked=2, rejected=1))
    return jobs.get(job.ref)


def test_the_counts_of_a_source_that_is_read_again_start_at_zero(parsed: Job, jobs: Jobs) -> None:
    jobs.read_again(parsed, note="rows moved")
    job = jobs.get(parsed.ref)
    assert (job.counts, job.planned, job.reads, job.status) == (Counts(), False, 2, Status.PARSING)
    assert jobs.entries(parsed.ref)[-1].note == "rows moved"


def test_each_plan_starts_at_most_one_further_reading(parsed: Job, jobs: Jobs) -> None:
    jobs.read_again(parsed, note="")
    jobs.read_again(parsed, note="")
    assert jobs.get(parsed.ref).reads == 2
    jobs.describe(parsed, file=parsed.file, total=7)
    assert jobs.get(parsed.ref).counts.total == 7
    jobs.read_again(parsed, note="")
    assert jobs.get(parsed.ref).reads == 2, "this caller has seen the first reading"
    jobs.transition(parsed.ref, Status.LOADING)
    jobs.read_again(jobs.get(parsed.ref), note="")
    assert jobs.get(parsed.ref).reads == 2, "its rows are being loaded"


def test_a_removed_phase_has_no_barrier_and_no_chunks(parsed: Job, chunks: Chunks) -> None:
    chunks.add([make_chunk(parsed.ref, 0, PhaseName.LOAD)])
    chunks.forget(parsed.ref, PhaseName.PARSE)
    assert chunks.barrier(parsed.ref, PhaseName.PARSE) is None
    assert list(chunks.of_phase(parsed.ref, PhaseName.PARSE)) == []
    assert len(list(chunks.of_phase(parsed.ref, PhaseName.LOAD))) == 1
    chunks.forget(parsed.ref, PhaseName.PARSE)


def test_a_sync_that_may_mark_nothing_keeps_its_mode_and_the_reason(parsed: Job, jobs: Jobs) -> None:
    options = LoadOptions(blanks="clear", guards=Guards(max_deleted=3))
    job = jobs.decide(parsed, Decided(parsed.recipe, options=options), note="its upstream has no rows")
    assert job == jobs.get(parsed.ref)
    assert (job.options, job.counts, job.status) == (options, parsed.counts, Status.PARSING)
    assert jobs.entries(parsed.ref)[-1].note == "its upstream has no rows"
