"""Schedules of syncs: what a scheduled run starts, and how schedules are listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sluice.catalog.registry import SOURCES
from sluice.model.chunk import JobRef
from sluice.model.errors import NotFound
from sluice.model.job import SYNC, Job
from sluice.model.lock import source_lock
from sluice.model.status import ENDED, Status
from sluice.upstream.source import Schedule
from sluice.usecases.sync import list_sources, set_schedule, sync_on_schedule
from tests.support.factories import make_job
from tests.support.harness import NOW, Harness
from tests.support.schedules import MemorySchedules

AT = datetime.fromtimestamp(NOW, UTC)


def scheduled(harness: Harness, source: str = "pangkat", tenant: str = "acme") -> Job | None:
    return sync_on_schedule(tenant, source, now=AT, services=harness)


def current(harness: Harness, status: Status) -> JobRef:
    """Create the source's current job, in some state."""
    job = make_job(importer="pangkat", status=status)
    harness.jobs.add(job)
    harness.locks.owners[source_lock("acme", "pangkat")] = job.ref
    return job.ref


def test_the_first_scheduled_run_starts_a_job(harness: Harness) -> None:
    job = scheduled(harness)
    assert job is not None
    assert (job.kind, job.importer, job.status, job.requested_by) == (SYNC, "pangkat", Status.QUEUED, "schedule")
    assert harness.machine.started == [(job.ref, 1)]
    assert harness.locks.owner(source_lock("acme", "pangkat")) == job.ref


@pytest.mark.parametrize("status", sorted(ENDED))
def test_a_scheduled_run_starts_a_new_job_when_the_earlier_one_has_ended(harness: Harness, status: Status) -> None:
    before = current(harness, status)
    job = scheduled(harness)
    assert job is not None
    assert job.ref != before
    assert harness.locks.owner(source_lock("acme", "pangkat")) == job.ref


@pytest.mark.parametrize("status", sorted(set(Status) - ENDED))
def test_a_scheduled_run_leaves_a_job_alone_that_has_not_ended(harness: Harness, status: Status) -> None:
    before = current(harness, status)
    assert scheduled(harness) is None
    assert harness.jobs.get(before).status is status
    assert harness.locks.owner(source_lock("acme", "pangkat")) == before
    assert harness.machine.started == []


def test_a_scheduled_run_that_is_delivered_twice_starts_one_job(harness: Harness) -> None:
    assert scheduled(harness) is not None
    assert scheduled(harness) is None
    assert len(harness.machine.started) == 1


def test_a_deleted_job_does_not_block_a_scheduled_run(harness: Harness) -> None:
    harness.locks.owners[source_lock("acme", "pangkat")] = JobRef("acme", "01LONGAGO")
    assert scheduled(harness) is not None


def test_tenants_and_sources_do_not_block_each_other(harness: Harness) -> None:
    assert scheduled(harness) is not None
    assert scheduled(harness, tenant="other") is not None
    assert scheduled(harness, "skk") is not None


def test_a_scheduled_run_of_a_removed_source_is_an_error(harness: Harness) -> None:
    """The alarm of the function notifies the operator."""
    with pytest.raises(NotFound):
        scheduled(harness, "nothing")


def test_a_schedule_is_set_for_a_known_source(harness: Harness) -> None:
    schedules = MemorySchedules()
    made = set_schedule("acme", "skk", every_minutes=60, starting_at=None, now=AT, schedules=schedules)
    assert made == Schedule(60, AT + timedelta(hours=1)) == schedules.get("acme", "skk")
    with pytest.raises(NotFound):
        set_schedule("acme", "products", every_minutes=60, starting_at=None, now=AT, schedules=schedules)
    assert len(schedules.items) == 1


def test_sources_are_listed_with_their_job_and_schedule(harness: Harness) -> None:
    schedules = harness.schedules
    set_schedule("acme", "skk", every_minutes=60, starting_at=None, now=AT, schedules=schedules)
    set_schedule("other", "pensiun", every_minutes=60, starting_at=None, now=AT, schedules=schedules)
    job = scheduled(harness)
    found = {each.source.name: each for each in list_sources("acme", harness)}
    assert list(found) == [source.name for source in SOURCES]
    assert found["pangkat"].job == job
    assert [name for name, each in found.items() if each.job] == ["pangkat"]
    assert [name for name, each in found.items() if each.schedule] == ["skk"]


@pytest.fixture
def harness() -> Harness:
    """Return a harness without an earlier sync."""
    return Harness()
