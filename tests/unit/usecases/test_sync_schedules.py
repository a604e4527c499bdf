"""Schedules of syncs: what a strike begins, and what is seen of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sluice.catalog.registry import SOURCES
from sluice.model.chunk import JobRef
from sluice.model.errors import NotFound
from sluice.model.job import SYNC, Job
from sluice.model.lock import source_lock
from sluice.model.schedule import Schedule
from sluice.model.status import ENDED, Status
from sluice.usecases.sync import list_sources, set_schedule, sync_on_schedule
from tests.support.factories import make_job
from tests.support.harness import NOW, Harness
from tests.support.schedules import MemorySchedules

AT = datetime.fromtimestamp(NOW, UTC)


def strike(harness: Harness, source: str = "pangkat", tenant: str = "acme") -> Job | None:
    return sync_on_schedule(tenant, source, now=AT, services=harness)


def standing(harness: Harness, status: Status) -> JobRef:
    """A job in some state that stands for the source."""
    job = make_job(importer="pangkat", status=status)
    harness.jobs.add(job)
    harness.locks.owners[source_lock("acme", "pangkat")] = job.ref
    return job.ref


def test_the_first_strike_begins_a_job(harness: Harness) -> None:
    job = strike(harness)
    assert job is not None
    assert (job.kind, job.importer, job.status, job.requested_by) == (SYNC, "pangkat", Status.QUEUED, "schedule")
    assert harness.machine.started == [(job.ref, 1)]
    assert harness.locks.owner(source_lock("acme", "pangkat")) == job.ref


@pytest.mark.parametrize("status", sorted(ENDED))
def test_a_strike_begins_anew_when_the_job_before_has_ended(harness: Harness, status: Status) -> None:
    before = standing(harness, status)
    job = strike(harness)
    assert job is not None
    assert job.ref != before
    assert harness.locks.owner(source_lock("acme", "pangkat")) == job.ref


@pytest.mark.parametrize("status", sorted(set(Status) - ENDED))
def test_a_strike_leaves_a_job_alone_that_has_not_ended(harness: Harness, status: Status) -> None:
    before = standing(harness, status)
    assert strike(harness) is None
    assert harness.jobs.get(before).status is status
    assert harness.locks.owner(source_lock("acme", "pangkat")) == before
    assert harness.machine.started == []


def test_a_strike_that_comes_twice_begins_once(harness: Harness) -> None:
    assert strike(harness) is not None
    assert strike(harness) is None
    assert len(harness.machine.started) == 1


def test_a_job_that_was_removed_by_now_holds_nothing_up(harness: Harness) -> None:
    harness.locks.owners[source_lock("acme", "pangkat")] = JobRef("acme", "01LONGAGO")
    assert strike(harness) is not None


def test_tenants_and_sources_do_not_hold_each_other_up(harness: Harness) -> None:
    assert strike(harness) is not None
    assert strike(harness, tenant="other") is not None
    assert strike(harness, "skk") is not None


def test_a_schedule_of_a_source_that_is_gone_is_an_error(harness: Harness) -> None:
    """Somebody has to hear of it: the alarm of the function."""
    with pytest.raises(NotFound):
        strike(harness, "nothing")


def test_a_schedule_is_set_for_a_source_that_there_is(harness: Harness) -> None:
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
    job = strike(harness)
    found = {each.source.name: each for each in list_sources("acme", harness)}
    assert list(found) == [source.name for source in SOURCES]
    assert found["pangkat"].job == job
    assert [name for name, each in found.items() if each.job] == ["pangkat"]
    assert [name for name, each in found.items() if each.schedule] == ["skk"]


@pytest.fixture
def harness() -> Harness:
    """Nothing was pulled so far."""
    return Harness()
