"""The client: how it waits for a job, and what it sends."""

import pytest

from sluice_cli.client import Client
from sluice_cli.errors import RequestFailed, Stalled
from tests.unit.cli.fake_api import API, FakeApi, job


def test_follow_yields_each_version_once_and_ends_with_the_job() -> None:
    """A known version is requested conditionally; the 304 yields nothing."""
    api = FakeApi(states=[job("queued"), job("queued"), job("loading", version=2), job("completed", version=3)])
    pauses: list[float] = []
    with Client(API, "t", transport=api.transport) as client:
        seen = [state.body["status"] for state in client.follow("01JOB", sleep=pauses.append)]
    assert seen == ["queued", "loading", "completed"]
    assert [request.headers.get("If-None-Match") for request in api.requests] == [None, '"1"', '"1"', '"2"']


def test_follow_pauses_a_second_at_most_when_retry_after_is_longer() -> None:
    """The fake sends 30 s."""
    api = FakeApi(states=[job("loading"), job("completed", version=2)])
    pauses: list[float] = []
    with Client(API, "t", transport=api.transport) as client:
        list(client.follow("01JOB", sleep=pauses.append))
    assert pauses == [1.0]


def test_follow_raises_when_the_job_does_not_change_any_more() -> None:
    """A script must not hang when a worker has died."""
    api = FakeApi(states=[job("loading")])
    with Client(API, "t", transport=api.transport) as client, pytest.raises(Stalled, match="sluice job 01JOB"):
        list(client.follow("01JOB", patience=0, sleep=lambda _: None))


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "rolled_back", "in_review", "paused"])
def test_follow_ends_at_once_for_a_job_that_waits_or_has_ended(status: str) -> None:
    """None of these states changes by itself."""
    api = FakeApi(states=[job(status)])
    with Client(API, "t", transport=api.transport) as client:
        assert [state.body["status"] for state in client.follow("01JOB", sleep=lambda _: None)] == [status]


def test_follow_continues_while_a_paused_job_is_suspended() -> None:
    """A suspended job resumes by itself."""
    states = [job("paused", suspended="No response"), job("loading", version=2), job("completed", version=3)]
    api = FakeApi(states=states)
    with Client(API, "t", transport=api.transport) as client:
        seen = [state.body["status"] for state in client.follow("01JOB", sleep=lambda _: None)]
    assert seen == ["paused", "loading", "completed"]


def test_every_call_of_the_api_has_the_bearer_token() -> None:
    api = FakeApi()
    with Client(API, "t0ken", transport=api.transport) as client:
        client.get("/jobs")
    assert api.requests[0].headers["Authorization"] == "Bearer t0ken"
    assert list(api.called()) == ["GET /prod/v1/jobs"]


def test_a_problem_keeps_its_status_and_its_document() -> None:
    problem = {"type": "/problems/importer-busy", "title": "The importer is busy", "detail": "Wait for job 01OLD."}
    api = FakeApi(problem=problem)
    with Client(API, "t", transport=api.transport) as client, pytest.raises(RequestFailed) as failed:
        client.post("/jobs/01JOB/commit")
    assert (failed.value.status, failed.value.problem) == (409, problem)
