"""Syncs: one at a time for each source, page by page, then as any import."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sluice.catalog import registry
from sluice.catalog.civil_service.pangkat import pangkat
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound, UpstreamRejected
from sluice.model.job import SYNC, WaitsFor
from sluice.model.lock import source_lock
from sluice.model.status import Status
from sluice.usecases.sync import SyncStart, clean_up, start_sync
from tests.support.harness import LEASE, NOW, Harness
from tests.unit.usecases.syncs import AT, promotion, pulling, raising, start


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    """Return a harness whose upstream has 450 rows: three chunks of two pages, the last of less than a page."""
    return pulling(monkeypatch)


def compared(harness: Harness, ref: JobRef) -> None:
    """Run a sync, which is planned, until it may load."""
    assert harness.phase(ref, PhaseName.PARSE) == "done"
    assert harness.phase(ref, PhaseName.LOAD) == "compare"
    assert harness.phase(ref, PhaseName.COMPARE) == "done"


def test_rows_of_all_pages_are_loaded_once(harness: Harness) -> None:
    job = harness.run(start(harness).job.ref)
    assert (job.kind, job.status) == (SYNC, Status.COMPLETED)
    assert (job.counts.total, job.counts.inserted) == (450, 450)
    again = harness.run(start(harness, force=True).job.ref)
    assert (again.counts.inserted, again.counts.unchanged) == (0, 450)


def test_a_wrong_row_is_rejected_with_its_position_in_the_source(harness: Harness) -> None:
    harness.upstreams.rows["pangkat"][250] = promotion(250, golonganBaru="nonsense")
    job = harness.run(start(harness).job.ref)
    assert (job.status, job.counts.rejected, job.counts.inserted) == (Status.COMPLETED, 1, 449)


def test_a_retried_sync_has_another_half_an_hour(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = start(harness, at=AT - timedelta(hours=6)).job.ref
    read = harness.upstreams.read
    monkeypatch.setattr(
        harness.upstreams,
        "read",
        raising(UpstreamRejected("bad-answer", upstream="siasn", what="pangkat from row 1 on", got="status 403")),
    )
    assert harness.run(ref).status is Status.FAILED
    monkeypatch.setattr(harness.upstreams, "read", read)
    harness.retry(ref)
    assert harness.run(ref).status is Status.COMPLETED


def test_a_new_sync_waits_for_workers_of_the_earlier_one(harness: Harness) -> None:
    """A worker may still write what it has read before."""
    first = start(harness).job.ref
    harness.plan(first)
    compared(harness, first)
    harness.dispatch(first, PhaseName.LOAD)
    leased = harness.queue.messages.pop(0)
    harness.queue.messages.clear()
    assert harness.chunks.lease(leased, now=NOW, until=NOW + 40)
    second = start(harness, force=True).job.ref
    harness.plan(second)
    compared(harness, second)
    token = harness.dispatch(second, PhaseName.LOAD)
    assert harness.machine.answers[token] == {"outcome": "queued"}
    assert harness.jobs.get(second).waits_for == WaitsFor("dataset", first.id)
    assert harness.finish(first, error="States.Timeout").status is Status.CANCELLED
    assert harness.jobs.get(second).status is Status.QUEUED, "the lease lasts on"
    harness.sweep(after=timedelta(seconds=1))
    harness.deliver(each=lambda chunk: harness.work(chunk, now=NOW + LEASE))
    harness.sweep(after=timedelta(seconds=1))
    assert harness.run(second).status is Status.COMPLETED


def test_a_sync_that_waits_for_its_dataset_exceeds_no_time_limit(harness: Harness) -> None:
    """Its limit begins anew when it has the lock."""
    first = start(harness).job.ref
    harness.run(first)
    harness.run(start(harness, force=True).job.ref)
    harness.roll_back(first)
    second = harness.run(start(harness, force=True).job.ref).ref
    for after in (timedelta(minutes=31), timedelta(days=3)):
        harness.sweep(after=after)
        assert harness.jobs.get(second).is_in_line
        assert not clean_up("acme", ["pangkat"], by="ann", now=datetime.now(UTC) + after, services=harness)
    joined = harness.jobs.get(second).run_at
    harness.queue.messages.clear()
    assert harness.run(first).status is Status.ROLLED_BACK
    begun = harness.jobs.get(second).run_at
    assert begun is not None
    assert joined is not None
    assert begun > joined
    assert harness.run(second).status is Status.COMPLETED


def test_a_superseded_job_stops_loading_even_if_the_forcing_call_died(harness: Harness) -> None:
    first = start(harness).job
    harness.plan(first.ref)
    compared(harness, first.ref)
    token = harness.dispatch(first.ref, PhaseName.LOAD)
    harness.jobs.add(
        replace(first, ref=JobRef("acme", "2")), owning=source_lock("acme", "pangkat"), instead_of=first.ref
    )
    harness.deliver()
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    assert harness.finish(first.ref).status is Status.CANCELLED
    assert harness.destination.values("acme", "pangkat") == {}


def test_no_sync_starts_while_the_earlier_job_is_rolled_back(harness: Harness) -> None:
    ref = start(harness).job.ref
    harness.run(ref)
    harness.roll_back(ref)
    with pytest.raises(Conflict) as rejected:
        start(harness, force=True)
    assert rejected.value.problem.type == "rolling-back"
    harness.run(ref)
    assert start(harness, force=True).is_new


def test_an_empty_source_is_a_sync_without_rows(harness: Harness) -> None:
    harness.upstreams.rows["pangkat"] = []
    job = harness.run(start(harness).job.ref)
    assert (job.status, job.counts.total) == (Status.COMPLETED, 0)


def test_a_source_without_a_total_is_read_to_its_end(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._SOURCES, "pangkat", replace(pangkat, has_total=False))
    job = harness.run(start(harness).job.ref)
    assert (job.status, job.counts.inserted) == (Status.COMPLETED, 450)
    offsets = [offset for _, offset in harness.upstreams.asked]
    assert offsets == sorted(set(offsets)), "one page after the other, none twice"


def test_an_upstream_that_rejects_the_request_ends_the_job_with_its_reason(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reject(*_: object, **__: object) -> None:
        raise UpstreamRejected("bad-answer", upstream="siasn", what="pangkat from row 1 on", got="status 403")

    monkeypatch.setattr(harness.upstreams, "read", reject)
    job = harness.run(start(harness).job.ref)
    assert (job.status, job.problem and job.problem.type) == (Status.FAILED, "upstream-rejected")


def test_a_source_has_one_job_unless_the_caller_forces_another(harness: Harness) -> None:
    first = start(harness)
    assert first.is_new
    assert start(harness) == SyncStart(first.job, is_new=False)
    done = harness.run(first.job.ref)
    assert start(harness) == SyncStart(done, is_new=False)
    forced = start(harness, force=True)
    assert forced.is_new
    assert forced.job.ref != first.job.ref
    assert harness.jobs.get(first.job.ref).status is Status.COMPLETED


def test_force_cancels_the_job_in_progress(harness: Harness) -> None:
    first = start(harness).job.ref
    harness.plan(first)
    harness.dispatch(first, PhaseName.PARSE)
    forced = start(harness, force=True).job.ref
    harness.deliver()
    assert harness.finish(first).status is Status.CANCELLED
    assert any(f"superseded by job {forced.id}" in entry.note for entry in harness.jobs.entries(first))
    assert harness.run(forced).counts.inserted == 450


def test_a_superseded_job_that_was_not_cancelled_stops_before_it_loads(harness: Harness) -> None:
    """The forcing call may die after it has acquired the lock and before it cancels the job."""
    first = start(harness).job.ref
    harness.plan(first)
    harness.phase(first, PhaseName.PARSE)
    harness.locks.owners[source_lock("acme", "pangkat")] = JobRef("acme", "01ANOTHER")
    harness.phase(first, PhaseName.LOAD)
    assert harness.finish(first).status is Status.CANCELLED
    assert harness.destination.datasets == {}


def test_tenants_pull_the_same_source_side_by_side(harness: Harness) -> None:
    assert start(harness).job.ref.id
    assert start(harness, tenant="other").is_new


def test_of_many_simultaneous_starts_one_creates_the_job(harness: Harness) -> None:
    with ThreadPoolExecutor(20) as pool:
        starts = list(pool.map(lambda _: start(harness), range(50)))
    assert len({each.job.ref for each in starts}) == 1
    assert [each.is_new for each in starts].count(True) == 1


def test_an_unknown_source_cannot_be_synced(harness: Harness) -> None:
    with pytest.raises(NotFound):
        start_sync("acme", "products", by="ann", force=False, now=AT, services=harness)


def test_a_sync_that_takes_longer_than_half_an_hour_ends(harness: Harness) -> None:
    ref = start(harness).job.ref
    harness.plan(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)
    harness.work(harness.queue.messages.pop(0), now=NOW + 1_801)
    job = harness.jobs.get(ref)
    assert (job.status, job.problem and job.problem.type) == (Status.FAILED, "sync-overdue")
    assert harness.machine.answers[token] == {"outcome": "over"}


def test_stuck_syncs_are_rescued_and_counted_by_their_state(harness: Harness) -> None:
    ref = start(harness, at=datetime.now(UTC)).job.ref
    harness.plan(ref)

    def cleaned(after: timedelta) -> dict[str, int]:
        now = datetime.now(UTC) + after
        return dict(clean_up("acme", ["pangkat", "skk"], by="ann", now=now, services=harness))

    assert cleaned(timedelta(minutes=10)) == {}
    assert cleaned(timedelta(minutes=20)) == {"parsing": 1}
    assert harness.jobs.get(ref).status is Status.CANCELLING
