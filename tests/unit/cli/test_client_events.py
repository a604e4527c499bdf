"""Following a job by its events: over many responses, and over a connection that breaks."""

import json
from collections.abc import Callable

import httpx
import pytest

from sluice_cli import words
from sluice_cli.client import Client
from sluice_cli.errors import RequestFailed, Stalled
from tests.unit.cli.fake_api import API, job

Reply = httpx.Response | Exception


def event(version: int, status: str) -> httpx.Response:
    data = json.dumps({"event": "job.progress", "job": job(status, version=version)})
    text = f"retry: 500\n\nid: {version}-{status}-s\nevent: progress\ndata: {data}\n\n"
    return httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream; charset=utf-8"})


NO_EVENT = httpx.Response(200, text="retry: 500\n\n", headers={"Content-Type": "text/event-stream"})
END = httpx.Response(204)


class Streams:
    """An API that sends one reply after the other, and keeps the requests."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def followed(self, sleep: Callable[[float], None] = lambda _: None, patience: float = 900) -> list[str]:
        with Client(API, "t", transport=httpx.MockTransport(self)) as client:
            return [state.body["status"] for state in client.events("01JOB", patience=patience, sleep=sleep)]


def test_a_stream_is_followed_to_its_end_over_many_responses() -> None:
    streams = Streams(event(1, "queued"), NO_EVENT, event(3, "loading"), event(4, "completed"), END)
    assert streams.followed() == ["queued", "loading", "completed"]
    last = [request.headers.get("Last-Event-ID") for request in streams.requests]
    assert last == [None, "1-queued-s", "1-queued-s", "3-loading-s", "4-completed-s"]


def test_a_job_at_work_whose_stream_is_quiet_may_wait_for_a_worker() -> None:
    """It is requested after a response without an event, and yielded once for each wait."""

    def at_work(version: int, since: str | None) -> dict[str, object]:
        return job("loading", version=version, phase="load", progress={"waits_since": since})

    def of(state: dict[str, object]) -> httpx.Response:
        data = json.dumps({"event": "job.progress", "job": state})
        return httpx.Response(200, text=f"id: 1\ndata: {data}\n\n", headers={"Content-Type": "text/event-stream"})

    waits = [httpx.Response(200, json=at_work(1, since)) for since in (None, "2026-01-01T00:00:00Z")]
    begun: list[Reply] = [of(at_work(1, None)), NO_EVENT, waits[0], NO_EVENT, waits[1], NO_EVENT, waits[1]]
    broken: list[Reply] = [
        NO_EVENT,
        httpx.ConnectError("reset"),
        NO_EVENT,
        httpx.Response(500, json={"title": "Broken"}),
    ]
    streams = Streams(*begun, *broken, of(at_work(2, None)), NO_EVENT, waits[1], END)
    with Client(API, "t", transport=httpx.MockTransport(streams)) as client:
        seen = [
            (state.body["version"], words.waits(state.body)) for state in client.events("01JOB", sleep=lambda _: None)
        ]
    assert seen == [(1, None), (1, "2026-01-01T00:00:00Z"), (2, None), (1, "2026-01-01T00:00:00Z")]


def test_a_stream_continues_after_a_broken_connection() -> None:
    pauses: list[float] = []
    broken = httpx.ConnectError("connection reset")
    portal = httpx.Response(200, text="<html>", headers={"Content-Type": "text/html"})
    streams = Streams(event(1, "loading"), broken, httpx.Response(502), portal, event(2, "completed"), END)
    assert streams.followed(pauses.append) == ["loading", "completed"]
    assert pauses == [0.5, 0.5, 1.0, 2.0, 0.5], "the stream's retry after a response, otherwise longer and longer"


def test_a_stream_that_stays_broken_raises() -> None:
    with pytest.raises(Stalled):
        Streams(httpx.ConnectError("connection reset")).followed(patience=-1)


@pytest.mark.parametrize("status", [404, 500])
def test_a_problem_of_the_api_raises_with_its_detail(status: int) -> None:
    problem = httpx.Response(status, json={"title": "Not found", "detail": "There is no job '01JOB'."})
    with pytest.raises(RequestFailed, match="01JOB"):
        Streams(problem).followed()
