"""The client: how it waits for a job, and what it sends."""

from typing import Any

import httpx
import pytest

from sluice_cli.client import Client
from sluice_cli.errors import RequestFailed, Stalled, Unreachable
from tests.unit.cli.fake_api import API, FakeApi, job


@pytest.fixture
def api_pauses() -> list[float]:
    """The pauses of a client, which does not sleep."""
    return []


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


class Unsteady(FakeApi):
    """An API that fails now and then: in place of a reply, the request raises or gets a status of a gateway."""

    def __init__(self, *failures: int | None, states: list[dict[str, Any]]) -> None:
        super().__init__(states=states)
        self.failures = list(failures)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        failure = self.failures.pop(0) if self.failures else 0
        if failure is None:
            raise httpx.ConnectError("connection reset")
        return httpx.Response(failure) if failure else super()._respond(request)


def test_follow_waits_out_a_broken_connection_and_a_gateway(api_pauses: list[float]) -> None:
    """The job goes on meanwhile."""
    api = Unsteady(0, None, 502, 429, states=[job("loading"), job("completed", version=2)])
    with Client(API, "t", transport=api.transport) as client:
        seen = [state.body["status"] for state in client.follow("01JOB", sleep=api_pauses.append)]
    assert seen == ["loading", "completed"]
    assert api_pauses[1:4] == [0.5, 1.0, 2.0], "longer and longer"


@pytest.mark.parametrize("failures", [(None,), (0, 500), (0, 403)])
def test_follow_raises_at_once_where_waiting_is_of_no_use(
    failures: tuple[int | None, ...], api_pauses: list[float]
) -> None:
    """A first call that reaches no API, and an error of the API itself."""
    api = Unsteady(*failures, states=[job("loading"), job("completed", version=2)])
    with Client(API, "t", transport=api.transport) as client, pytest.raises((RequestFailed, Unreachable)):
        list(client.follow("01JOB", sleep=api_pauses.append))


def test_follow_does_not_wait_for_ever_for_a_connection() -> None:
    api = Unsteady(0, None, states=[job("loading")])
    with Client(API, "t", transport=api.transport) as client, pytest.raises((Stalled, Unreachable)):
        list(client.follow("01JOB", patience=0, sleep=lambda _: None))
