"""A worker that was killed, or none that is free: what does the job say?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sluice.model.chunk import ChunkRef, JobRef, PhaseName
from sluice.model.errors import NotYet
from sluice.model.status import Status
from sluice.usecases.control import pause
from sluice.usecases.views import progress_of, waits_for_worker
from sluice.wording import word_progress
from tests.faults.dataset_lock import loading, waiting
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, Harness, small_chunks


@pytest.fixture
def ref(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> JobRef:
    """A job of three chunks, whose messages are sent and not received."""
    small_chunks(monkeypatch)
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE, now=int(moved(harness, ref).timestamp()))
    return ref


def moved(harness: Harness, ref: JobRef) -> datetime:
    """Return when the job has changed last."""
    at = harness.jobs.get(ref).updated_at
    assert at is not None
    return at


def since(harness: Harness, ref: JobRef, seconds: float) -> datetime | None:
    """Return since when the job waits, as a reader sees it some seconds after its last change."""
    now = moved(harness, ref) + timedelta(seconds=seconds)
    return waits_for_worker(harness.jobs.get(ref), now=now, chunks=harness.chunks)


def chunk(ref: JobRef, index: int = 0) -> ChunkRef:
    return ChunkRef(ref, PhaseName.PARSE, index)


def test_a_job_whose_messages_no_worker_takes_says_since_when(harness: Harness, ref: JobRef) -> None:
    """So it is if a worker was killed between the message and its lease, or if all workers are busy."""
    assert since(harness, ref, 5) is None
    found = since(harness, ref, 40)
    assert found == moved(harness, ref).replace(microsecond=0)
    job = harness.jobs.get(ref)
    progress = progress_of(job, found)
    assert (progress.code, progress.total) == ("waiting-for-worker", 25)
    words = word_progress(job, progress.code, since=found)
    assert words.startswith(f"Waiting for a worker since {found:%H:%M:%S} UTC. ")


def test_a_chunk_under_a_live_lease_is_no_wait_and_is_one_once_its_lease_is_over(harness: Harness, ref: JobRef) -> None:
    """One worker is enough for the whole job; its lease ends later than it can live."""
    begun = int(moved(harness, ref).timestamp()) + 30
    harness.chunks.lease(chunk(ref), now=begun, until=begun + LEASE)
    assert since(harness, ref, 40) is None
    assert since(harness, ref, 30 + LEASE - 1) is None
    assert since(harness, ref, 30 + LEASE + 20) == datetime.fromtimestamp(begun + LEASE, UTC)


def test_a_chunk_that_was_released_with_a_delay_waits_for_that_and_for_no_worker(
    harness: Harness, ref: JobRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a lookup without a slot of its rate."""

    def busy(*_: object) -> None:
        raise NotYet("dataset-busy", 60)

    monkeypatch.setattr("sluice.usecases.worker._is_wanted", busy)
    with pytest.raises(NotYet):
        harness.work(chunk(ref), now=int(moved(harness, ref).timestamp()))
    assert since(harness, ref, 40) is None
    assert since(harness, ref, 80) is not None


def test_closed_chunks_are_no_sign_of_work(harness: Harness, ref: JobRef) -> None:
    harness.work(chunk(ref), now=int(moved(harness, ref).timestamp()))
    assert since(harness, ref, 40) == moved(harness, ref).replace(microsecond=0)
    for index in (1, 2):
        harness.work(chunk(ref, index), now=int(moved(harness, ref).timestamp()))
    assert since(harness, ref, 40) is None, "the next phase is being prepared"


def test_a_file_that_is_read_waits_for_no_worker(harness: Harness) -> None:
    ref = harness.upload(csv_file(products(5)))
    assert since(harness, ref, 600) is None
    harness.plan(ref)
    assert since(harness, ref, 600) is None


def test_a_job_that_waits_in_line_says_that_instead(harness: Harness) -> None:
    first = loading(harness)
    second = waiting(harness, force=True)
    assert since(harness, first, 40) is not None
    assert since(harness, second, 40) is None
    assert progress_of(harness.jobs.get(second)).code == "waiting-for-dataset"


def test_a_job_that_stops_waits_for_no_worker(harness: Harness, ref: JobRef) -> None:
    pause(ref, by="ann", now=0, services=harness)
    assert harness.jobs.get(ref).status in {Status.PAUSING, Status.PAUSED}
    assert since(harness, ref, 40) is None


def test_the_barrier_of_an_earlier_run_is_no_wait(harness: Harness, ref: JobRef) -> None:
    """What a resumed job has left open is dispatched anew."""
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), run=2)
    assert since(harness, ref, 600) is None
