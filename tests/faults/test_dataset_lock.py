"""One job at a time loads into a dataset: what if another one holds its lock?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sluice.catalog.registry import importer_named
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.job import Job, WaitsFor
from sluice.model.lock import Held
from sluice.model.status import Status
from sluice.schema.importer import Importer
from sluice.schema.staging import Applied, Batch
from sluice.usecases import queueing
from sluice.usecases.views import preview, progress_of
from sluice.wording import word_progress
from tests.faults.dataset_lock import (
    BRINGS,
    PRODUCTS,
    actions,
    end,
    in_review,
    loading,
    owner,
    waiting,
)
from tests.support.factories import csv_file
from tests.support.harness import Harness


def test_a_job_waits_as_queued_while_another_one_loads_into_its_dataset(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its next run is not started; the end of the other job starts it where it had stopped."""
    holds: list[tuple[str, int]] = []
    apply = harness.destination.apply

    def noting(batch: Batch) -> Applied:
        holds.append((batch.job_id, batch.hold))
        return apply(batch)

    monkeypatch.setattr(harness.destination, "apply", noting)
    first = loading(harness)
    second = waiting(harness, force=True)
    job = harness.jobs.get(second)
    assert (job.status, job.run, job.waits_for) == (Status.QUEUED, 2, WaitsFor("dataset", first.id))
    assert (job.counts.total, job.counts.checked) == (25, 25)
    assert (second, 2) not in harness.machine.started
    assert end(harness, first).status is Status.COMPLETED
    job = harness.jobs.get(second)
    assert (job.status, job.run, job.waits_for) == (Status.LOADING, 2, None)
    assert harness.machine.started[-1] == (second, 2)
    done = harness.run(second)
    assert (done.status, done.counts.unchanged, done.hold) == (Status.COMPLETED, 25, 0)
    assert set(holds) == {(first.id, 1), (second.id, 2)}
    assert owner(harness) is None


def test_a_waiting_job_says_what_it_waits_for_and_shows_its_preview(harness: Harness) -> None:
    first = loading(harness)
    job = harness.jobs.get(waiting(harness, force=True))
    progress = progress_of(job)
    assert (progress.code, progress.total) == ("waiting-for-dataset", 25)
    assert word_progress(job, progress.code) == f"Waits for job {first.id}, which loads into the same dataset"
    shown = preview(job.ref, limit=5, jobs=harness.jobs, chunks=harness.chunks, files=harness.files)
    assert len(shown.rows) == 5


@pytest.mark.parametrize("bring", BRINGS)
def test_no_inactive_job_holds_the_lock(harness: Harness, bring: Callable[[Harness], JobRef]) -> None:
    ref = bring(harness)
    assert owner(harness) is None
    assert harness.jobs.get(ref).hold == 0


@actions
def test_whatever_continues_a_job_waits_for_the_lock(
    harness: Harness, bring: Callable[[Harness], JobRef], call: str, status: Status
) -> None:
    """The same call again starts nothing; the end of the other job starts the run once."""
    ref = bring(harness)
    other = loading(harness, force=True)
    job = getattr(harness, call)(ref)
    assert (job.status, job.run, job.waits_for) == (status, 2, WaitsFor("dataset", other.id))
    assert getattr(harness, call)(ref) == job
    assert (ref, 2) not in harness.machine.started
    before = harness.destination.writes
    assert harness.sweep(after=timedelta(days=3)) == 0, "the messages of the other one are still in the queue"
    assert harness.sweep(after=timedelta(days=5)) == 1, "only the other one is stuck"
    assert harness.jobs.get(ref) == job
    end(harness, other)
    assert harness.destination.writes >= before
    assert harness.machine.started.count((ref, 2)) == 1
    done = harness.run(ref)
    assert done.status is (Status.ROLLED_BACK if call == "roll_back" else Status.COMPLETED)
    assert owner(harness) is None


def test_urgent_jobs_come_first_and_then_older_ones(harness: Harness) -> None:
    jobs = [loading(harness)]
    jobs += [waiting(harness, force=True, urgent=urgent) for urgent in (False, True, False, True)]
    first, second, urgent, third, late = jobs
    order = []
    for ref in (first, urgent, late, second, third):
        order.append(owner(harness))
        if ref != first:
            harness.dispatch(ref, PhaseName.LOAD)
        end(harness, ref)
    assert order == [first, urgent, late, second, third]
    assert owner(harness) is None
    assert harness.locks.held(PRODUCTS) == Held(None, 5, None)


def test_those_who_still_wait_learn_who_holds_the_lock_now(harness: Harness) -> None:
    first, second, third = loading(harness), waiting(harness, force=True), waiting(harness, force=True)
    end(harness, first)
    assert harness.jobs.get(third).waits_for == WaitsFor("dataset", second.id)


@pytest.mark.parametrize(("call", "stopped"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
def test_a_waiting_job_stops_at_once_and_loses_its_place(harness: Harness, call: str, stopped: Status) -> None:
    first, second, third = loading(harness), waiting(harness, force=True), waiting(harness, force=True)
    job = getattr(harness, call)(second)
    assert (job.status, job.waits_for, job.phase) == (stopped, None, PhaseName.LOAD if call == "pause" else None)
    assert getattr(harness, call)(second) == job
    end(harness, first)
    assert owner(harness) == third
    assert (second, 2) not in harness.machine.started
    if call == "pause":
        assert harness.resume(second).waits_for == WaitsFor("dataset", third.id)
        harness.run(third)
        assert harness.run(second).status is Status.COMPLETED


def test_a_pause_that_meets_the_start_of_a_waiting_job_pauses_its_run(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = loading(harness), waiting(harness, force=True)
    get = harness.jobs.get

    def started_meanwhile(ref: JobRef) -> Job:
        job = get(ref)
        monkeypatch.setattr(harness.jobs, "get", get)
        end(harness, first)
        return job

    monkeypatch.setattr(harness.jobs, "get", started_meanwhile)
    assert harness.pause(second).status is Status.PAUSING
    assert harness.run(second).status is Status.PAUSED
    assert owner(harness) is None


def test_other_tenants_other_datasets_and_reviews_wait_for_no_job(harness: Harness) -> None:
    loading(harness)
    loading(harness, tenant="other")
    assert harness.run(in_review(harness)).status is Status.IN_REVIEW
    body = csv_file([("D-1", "Dealer", "gold")], ("Dealer Code", "Name", "Tier"))
    ref = harness.upload(body, importer="dealers")
    harness.queue.messages.clear()
    assert harness.run(ref).status is Status.COMPLETED


def test_two_importers_of_one_dataset_share_its_lock(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    def shared(job: Job) -> Importer:
        return replace(importer_named(job.importer), dataset="products")

    monkeypatch.setattr(queueing, "importer_of", shared)
    first = loading(harness)
    body = csv_file([("D-1", "Dealer", "gold")], ("Dealer Code", "Name", "Tier"))
    second = harness.upload(body, importer="dealers")
    messages, harness.queue.messages = harness.queue.messages, []
    harness.run(second)
    assert harness.jobs.get(second).waits_for == WaitsFor("dataset", first.id)
    harness.queue.messages = messages
    end(harness, first)
    assert harness.run(second).status is Status.COMPLETED
