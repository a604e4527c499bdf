"""Sources, their current jobs, and the schedules that pull them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.catalog.registry import SOURCES
from sluice.model.chunk import JobRef
from sluice.model.status import Status
from tests.integration.api.calling import Answer, call, get, post
from tests.integration.stack import GROUP, SCHEDULED, Stack, client
from tests.support import issuer

PATH = "/v1/syncs/pangkat/schedule"


def put(path: str = PATH, **body: Any) -> Answer:
    """Set a schedule."""
    return call("PUT", path, json_body=body)


def source(name: str = "pangkat", **more: Any) -> Any:
    """Return a source as the list shows it."""
    answer = get("/v1/sources", **more)
    assert (answer.status, answer.body["next"]) == (200, None), answer.text
    assert [each["name"] for each in answer.body["items"]] == [each.name for each in SOURCES]
    return next(each for each in answer.body["items"] if each["name"] == name)


def when(text: str) -> datetime:
    """Parse an instant of a response."""
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def test_a_source_without_a_sync_has_no_job(stack: Stack) -> None:
    assert source() == {
        "name": "pangkat",
        "title": "Promotions (pangkat)",
        "dataset": "pangkat",
        "page_size": 100,
        "has_total": True,
        "job": None,
        "last_sync": None,
        "schedule": None,
    }


def test_a_source_shows_its_last_job_while_it_runs_and_after_its_end(stack: Stack) -> None:
    job = post("/v1/syncs/pangkat").body["job"]
    found = source()
    assert (found["job"], found["last_sync"]) == (job, None)
    stack.jobs.transition(JobRef("acme", job["id"]), Status.FAILED)
    found = source()
    assert (found["job"]["id"], found["job"]["status"]) == (job["id"], "failed")
    assert found["last_sync"] == {
        "finished_at": found["job"]["finished_at"],
        "minutes_ago": 0,
        "result": found["job"]["counts"],
    }
    again = post("/v1/syncs/pangkat").body
    assert (again["job"], again["last_sync"]) == (found["job"], found["last_sync"])
    assert source("skk")["job"] is None
    assert source(token=issuer.token(tenant="other"))["job"] is None


def test_a_schedule_is_off_until_it_is_set_and_after_it_is_removed(stack: Stack) -> None:
    start = (datetime.now(UTC) + timedelta(hours=3)).replace(microsecond=0)
    answer = put(every_minutes=360, starting_at=start.isoformat())
    assert answer.status == 200, answer.text
    shown = start.isoformat().replace("+00:00", "Z")
    assert answer.body == {"every_minutes": 360, "starting_at": shown, "next_at": shown}
    assert source()["schedule"] == answer.body
    assert source("skk")["schedule"] is None
    assert source(token=issuer.token(tenant="other"))["schedule"] is None
    for _ in range(2):
        removed = call("DELETE", PATH)
        assert (removed.status, removed.content) == (204, b"")
        assert source()["schedule"] is None


@pytest.mark.parametrize("body", [{"every_minutes": 90}, {"every_minutes": 90, "starting_at": None}])
def test_without_a_start_time_the_first_run_is_one_period_from_now(stack: Stack, body: dict[str, Any]) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    answer = put(**body).body
    first = when(answer["starting_at"]) - timedelta(minutes=90)
    assert before <= first <= datetime.now(UTC)
    assert answer["next_at"] == answer["starting_at"]


def test_a_start_time_in_the_past_sets_only_the_time_of_day(stack: Stack) -> None:
    answer = put(every_minutes=1440, starting_at="2026-01-01T06:00:00+07:00").body
    next_run = when(answer["next_at"])
    assert datetime.now(UTC) - timedelta(minutes=1) < next_run < datetime.now(UTC) + timedelta(days=1)
    assert f"{next_run:%H:%M:%S}" == "23:00:00"
    assert source()["schedule"] == answer


def test_a_schedule_replaces_the_earlier_one(stack: Stack) -> None:
    for minutes in (15, 44_640):
        assert put(every_minutes=minutes).status == 200
        assert source()["schedule"]["every_minutes"] == minutes
    (found,) = client("scheduler").list_schedules(GroupName=GROUP)["Schedules"]
    assert found["Target"]["Arn"] == SCHEDULED


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({}, "body.every_minutes"),
        ({"every_minutes": 14}, "body.every_minutes"),
        ({"every_minutes": 44_641}, "body.every_minutes"),
        ({"every_minutes": "often"}, "body.every_minutes"),
        ({"every_minutes": 60, "starting_at": "tomorrow"}, "body.starting_at"),
        ({"every_minutes": 60, "starting_at": "2026-03-01T06:00:00"}, "body.starting_at"),
        ({"every_minutes": 60, "starting_at": "9999-12-31T23:59:59-12:00"}, "body.starting_at"),
        ({"every_minutes": 60, "starting_at": "0001-01-01T00:00:00+12:00"}, "body.starting_at"),
        ({"every_minutes": 60, "until": "2027-01-01T00:00:00Z"}, "body.until"),
    ],
)
def test_an_invalid_schedule_is_rejected_with_the_place_of_the_error(
    stack: Stack, body: dict[str, Any], at: str
) -> None:
    answer = put(**body)
    assert (answer.status, answer.body["type"]) == (422, "/problems/invalid-request"), answer.text
    assert [error["at"] for error in answer.body["errors"]] == [at]
    assert source()["schedule"] is None


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_unknown_source_has_no_schedule(stack: Stack, method: str) -> None:
    answer = call(method, "/v1/syncs/products/schedule", json_body={"every_minutes": 60} if method == "PUT" else None)
    assert (answer.status, answer.body["type"]) == (404, "/problems/not-found")


def test_a_page_of_another_origin_may_use_both_methods(stack: Stack) -> None:
    """Its browser sends a preflight request first."""
    answer = call("OPTIONS", PATH, token=None, headers={"Access-Control-Request-Method": "PUT"})
    assert answer.status == 204
    assert {"PUT", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(","))
