"""Following a job by its events: over many answers, and over a connection that breaks."""

import json
from collections.abc import Callable

import httpx
import pytest

from sluice_cli.client import Client
from local.errors import Refused, Stalled
from tests.unit.cli.fake_api import API, job

Reply = httpx.Response | Exception


def event(version: int, status: str) -> httpx.Response:
    data = json.dumps({"event": "job.progress", "job": job(status, version=version)})
    text = f"retry: 500\n\nid: {version}-{status}-s\nevent: progress\ndata: {data}\n\n"
    return httpx.Response(200, text=text, headers={"Content-Type": "text/event-stream; charset=utf-8"})


NOTHING = httpx.Response(200, text="retry: 500\n\n", headers={"Content-Type": "text/event-stream"})
OVER = httpx.Response(204)


class Streams:
    """An API that gives one answer after the other, and keeps what it was asked."""

    def __init__(self, *answers: Reply) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def followed(self, sleep: Callable[[float], None] = lambda _: None, patience: float = 900) -> list[str]:
        with Client(API, "t", transport=httpx.MockTransport(self)) as client:
            return [answer.body["status"] for answer in client.events("01JOB", patience=patience, sleep=sleep)]


def test_a_stream_is_followed_to_its_end_over_many_answers() -> None:
    streams = Streams(event(1, "queued"), NOTHING, event(3, "loading"), event(4, "completed"), OVER)
    assert streams.followed() == ["queued", "loading", "completed"]
    last = [request.headers.get("Last-Event-ID") for request in streams.asked]
    assert last == [None, "1-queued-s", "1-queued-s", "3-loading-s", "4-completed-s"]


def test_a_connection_that_breaks_is_taken_up_where_it_was() -> None:
    naps: list[float] = []
    broken = httpx.ConnectError("gone")
    streams = Streams(event(1, "loading"), broken, httpx.Response(502), broken, event(2, "completed"), OVER)
    assert streams.followed(naps.append) == ["loading", "completed"]
    assert naps == [0.5, 0.5, 1.0, 2.0, 0.5], "as the stream says after an answer, longer and longer without one"


def test_a_stream_that_is_gone_for_good_is_given_up() -> None:
    with pytest.raises(Stalled):
        Streams(httpx.ConnectError("gone")).followed(patience=-1)


def test_what_the_api_refuses_is_said() -> None:
    refused = httpx.Response(404, json={"title": "Not found", "detail": "There is no job '01JOB'."})
    with pytest.raises(Refused, match="01JOB"):
        Streams(refused).followed()
