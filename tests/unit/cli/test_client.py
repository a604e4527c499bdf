"""How the client waits for a job."""

import pytest

from sluice_cli.client import Client
from local.errors import Stalled
from tests.unit.cli.fake_api import API, FakeApi, job


def test_following_gives_changes_only_and_stops_when_settled() -> None:
    """A version that was seen is asked for conditionally, answered 304, and not given again."""
    api = FakeApi(states=[job("queued"), job("queued"), job("loading", version=2), job("completed", version=3)])
    naps: list[float] = []
    with Client(API, "t", transport=api.transport) as client:
        seen = [answer.body["status"] for answer in client.follow("01JOB", sleep=naps.append)]
    assert seen == ["queued", "loading", "completed"]
    assert [request.headers.get("If-None-Match") for request in api.requests] == [None, '"1"', '"1"', '"2"']


def test_a_person_waits_a_second_at_most_whatever_retry_after_says() -> None:
    """The fake asks for 30 s."""
    api = FakeApi(states=[job("loading"), job("completed", version=2)])
    naps: list[float] = []
    with Client(API, "t", transport=api.transport) as client:
        list(client.follow("01JOB", sleep=naps.append))
    assert naps == [1.0]


def test_a_job_that_does_not_change_is_given_up_on() -> None:
    """A script must not hang for ever because a worker is gone."""
    api = FakeApi(states=[job("loading")])
    with Client(API, "t", transport=api.transport) as client, pytest.raises(Stalled, match="sluice job 01JOB"):
        list(client.follow("01JOB", patience=0, sleep=lambda _: None))


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "rolled_back", "in_review", "paused"])
def test_a_settled_job_is_given_once(status: str) -> None:
    """None of these goes on by itself."""
    api = FakeApi(states=[job(status)])
    with Client(API, "t", transport=api.transport) as client:
        assert [answer.body["status"] for answer in client.follow("01JOB", sleep=lambda _: None)] == [status]


def test_the_token_goes_with_every_call_of_the_api() -> None:
    """As a bearer token."""
    api = FakeApi()
    with Client(API, "t0ken", transport=api.transport) as client:
        client.get("/jobs")
    assert api.requests[0].headers["Authorization"] == "Bearer t0ken"
    assert list(api.called()) == ["GET /prod/v1/jobs"]
