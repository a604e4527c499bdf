"""The contract of the `Schedules` port, and its use of EventBridge Scheduler."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from sluice.aws.scheduler import EventBridgeSchedules, read_input
from sluice.catalog.registry import SOURCES
from sluice.model.errors import NewerFormat, TryLater
from sluice.upstream.source import Schedule
from sluice.usecases.ports import Schedules
from tests.integration.conftest import REGION
from tests.integration.stack import event
from tests.support.schedules import MemorySchedules

FIRST = Schedule(360, datetime(2030, 3, 1, 6, tzinfo=UTC))
SECOND = Schedule(1440, datetime(2030, 4, 1, 7, 30, 15, tzinfo=UTC))
GROUP = "sluice-syncs"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:scheduled"
ROLE = "arn:aws:iam::123456789012:role/scheduler"


def scheduler() -> Any:
    """Create a schedule group of EventBridge Scheduler on moto."""
    client: Any = boto3.client("scheduler", region_name=REGION)
    client.create_schedule_group(Name=GROUP)
    return client


@pytest.fixture(params=["memory", "scheduler"])
def schedules(request: pytest.FixtureRequest) -> Schedules:
    """Return each store in turn."""
    if request.param == "memory":
        return MemorySchedules()
    request.getfixturevalue("aws")
    return EventBridgeSchedules(scheduler(), GROUP, FUNCTION, ROLE)


def test_a_source_has_no_schedule_until_it_gets_one(schedules: Schedules) -> None:
    assert schedules.get("acme", "pangkat") is None
    schedules.put("acme", "pangkat", FIRST)
    assert schedules.get("acme", "pangkat") == FIRST


def test_the_last_schedule_replaces_the_earlier_ones(schedules: Schedules) -> None:
    for schedule in (FIRST, SECOND, FIRST, SECOND):
        schedules.put("acme", "pangkat", schedule)
    assert schedules.get("acme", "pangkat") == SECOND


def test_removing_a_schedule_twice_is_no_error(schedules: Schedules) -> None:
    schedules.remove("acme", "pangkat")
    schedules.put("acme", "pangkat", FIRST)
    for _ in range(2):
        schedules.remove("acme", "pangkat")
        assert schedules.get("acme", "pangkat") is None
    schedules.put("acme", "pangkat", SECOND)
    assert schedules.get("acme", "pangkat") == SECOND


def test_tenants_and_sources_have_schedules_of_their_own(schedules: Schedules) -> None:
    schedules.put("acme", "pangkat", FIRST)
    schedules.put("other", "pangkat", SECOND)
    assert schedules.get("acme", "skk") is None
    assert schedules.get("Acme", "pangkat") is None
    schedules.remove("acme", "pangkat")
    assert schedules.get("other", "pangkat") == SECOND


def test_of_many_schedules_that_are_put_at_once_one_is_stored(schedules: Schedules) -> None:
    wanted = [Schedule(15 + at, FIRST.starting_at) for at in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: schedules.put("acme", "pangkat", each), wanted))
    assert schedules.get("acme", "pangkat") in wanted


def test_a_scheduled_run_calls_the_function_with_the_tenant_and_the_source(aws: None) -> None:
    client = scheduler()
    EventBridgeSchedules(client, GROUP, FUNCTION, ROLE).put("acme", "pangkat", FIRST)
    (listed,) = client.list_schedules(GroupName=GROUP)["Schedules"]
    found = client.get_schedule(GroupName=GROUP, Name=listed["Name"])
    assert found["ScheduleExpression"] == "rate(360 minutes)"
    assert found["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert (found["Target"]["Arn"], found["Target"]["RoleArn"]) == (FUNCTION, ROLE)
    assert json.loads(found["Target"]["Input"]) == event("schedule_sync")
    # every retry ends before the next scheduled run
    assert found["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] <= timedelta(minutes=15).total_seconds()


def test_a_name_is_valid_in_eventbridge(aws: None) -> None:
    """This includes the longest tenant name."""
    client = scheduler()
    schedules = EventBridgeSchedules(client, GROUP, FUNCTION, ROLE)
    for source in SOURCES:
        schedules.put("t" * 64, source.name, FIRST)
    names = [each["Name"] for each in client.list_schedules(GroupName=GROUP)["Schedules"]]
    assert len(names) == len(SOURCES)
    assert all(len(name) <= 64 for name in names)


@pytest.mark.parametrize("change", [{"State": "DISABLED"}, {"ScheduleExpression": "cron(0 6 * * ? *)"}])
def test_a_schedule_that_an_operator_has_changed_is_read_again_once_it_is_put(
    aws: None, change: dict[str, Any]
) -> None:
    client = scheduler()
    schedules = EventBridgeSchedules(client, GROUP, FUNCTION, ROLE)
    schedules.put("acme", "pangkat", FIRST)
    wanted = schedules._key("acme", "pangkat") | schedules._definition("acme", "pangkat", FIRST) | change
    client.update_schedule(**wanted)
    assert schedules.get("acme", "pangkat") is None
    schedules.put("acme", "pangkat", SECOND)
    assert schedules.get("acme", "pangkat") == SECOND


class Contended:
    """A scheduler that another caller uses just before each update."""

    def __init__(self, client: Any, times: int) -> None:
        self._client, self._times = client, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def create_schedule(self, **wanted: Any) -> None:
        if self._times > 1:  # another caller has created it again by now
            raise self._client.exceptions.ConflictException({"Error": {"Code": "ConflictException"}}, "CreateSchedule")
        self._client.create_schedule(**wanted)

    def update_schedule(self, **wanted: Any) -> None:
        if self._times:
            self._times -= 1
            self._client.delete_schedule(GroupName=wanted["GroupName"], Name=wanted["Name"])
            if self._times:
                self._client.create_schedule(**wanted)
                raise self._client.exceptions.ConflictException(
                    {"Error": {"Code": "ConflictException"}}, "UpdateSchedule"
                )
        self._client.update_schedule(**wanted)


@pytest.mark.parametrize("times", [1, 3])
def test_a_schedule_is_put_while_other_callers_remove_and_change_it(aws: None, times: int) -> None:
    client = scheduler()
    EventBridgeSchedules(client, GROUP, FUNCTION, ROLE).put("acme", "pangkat", FIRST)
    schedules = EventBridgeSchedules(Contended(client, times), GROUP, FUNCTION, ROLE)
    schedules.put("acme", "pangkat", SECOND)
    assert schedules.get("acme", "pangkat") == SECOND


def test_a_caller_whose_attempts_all_conflict_has_to_try_later(aws: None) -> None:
    client = scheduler()
    EventBridgeSchedules(client, GROUP, FUNCTION, ROLE).put("acme", "pangkat", FIRST)
    with pytest.raises(TryLater, match="schedule-taken"):
        EventBridgeSchedules(Contended(client, 100), GROUP, FUNCTION, ROLE).put("acme", "pangkat", SECOND)


def test_the_input_of_a_scheduled_run_is_read_by_its_format() -> None:
    """Schedules live longer than a version of Sluice."""
    assert read_input({"tenant": "acme", "source": "pangkat"}) == ("acme", "pangkat")
    assert read_input(event("schedule_sync")) == ("acme", "pangkat")
    with pytest.raises(NewerFormat):
        read_input(event("schedule_sync") | {"format": 2})
