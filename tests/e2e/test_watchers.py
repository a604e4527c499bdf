"""Many watchers of one job at once, by WebSockets and event streams."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.factories import csv_file, products
from tests.support.people import Person
from tests.support.sizes import size

SOCKETS, STREAMS = size(12, 100), size(3, 20)
ROWS = size(12_000, 40_000)
ENDS = {"completed", "failed", "cancelled"}


def ticket(person: Person, path: str) -> dict[str, Any]:
    answer = person.call("POST", f"{path}")
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def socket_url(person: Person, path: str) -> str:
    """Return an address with a ticket; LocalStack's free edition has no WebSocket APIs, so the stack has none there."""
    links = ticket(person, path)["links"]
    if "socket" not in links:
        pytest.skip("this stack was deployed with EnableWebSocket=false")
    return str(links["socket"])


def heard(socket: ClientConnection) -> list[dict[str, Any]]:
    """Return the job events of a socket up to an end."""
    events: list[dict[str, Any]] = []
    while not events or events[-1]["job"]["status"] not in ENDS:
        message = json.loads(socket.recv(timeout=120))
        if message["event"] != "queue.status":
            events.append(message)
    return events


def quiet(socket: ClientConnection) -> list[str]:
    """Return the job events that a socket receives after the end."""
    late = []
    try:
        while True:
            late.append(json.loads(socket.recv(timeout=0.2))["event"])
    except TimeoutError:
        return [event for event in late if event != "queue.status"]


def streamed(url: str) -> Iterator[dict[str, Any]]:
    """Yield the events of a stream up to its end, following it as a browser's EventSource does."""
    last = ""
    # a browser has no timeout; an emulator unpacks the layers for each of so many functions at once
    with httpx.Client(timeout=200) as http:
        while True:
            answer = http.get(url, headers={"Last-Event-ID": last} if last else {})
            if answer.status_code == 204:
                return
            assert answer.status_code == 200, answer.text
            fields = dict(line.split(": ", 1) for line in answer.text.splitlines() if line)
            last = fields["id"]
            if "data" in fields:
                yield json.loads(fields["data"])


def opened_stream(person: Person, job_id: str) -> Iterator[dict[str, Any]]:
    """Return a stream after its first event, so that its ticket is used before it can expire."""
    stream = streamed(ticket(person, f"/jobs/{job_id}/ticket")["links"]["events"])
    first = next(stream)
    return chain([first], stream)


def assert_in_order(events: list[dict[str, Any]], job_id: str) -> None:
    """Expect each event once and in order, and the end event exactly once as the last."""
    versions = [event["job"]["version"] for event in events]
    assert {event["job"]["id"] for event in events} == {job_id}
    assert versions == sorted(set(versions))
    assert [event["event"] for event in events if event["job"]["status"] in ENDS] == ["job.completed"]
    assert events[-1]["event"] == "job.completed"


@pytest.mark.storm
def test_each_of_many_watchers_gets_its_events_in_order_and_the_end_once(ann: Person) -> None:
    body = csv_file(products(ROWS))
    announced = ann.call("POST", "/imports", json={"importer": "products", "filename": "a.csv", "bytes": len(body)})
    job_id, upload = announced.json()["job"]["id"], announced.json()["upload"]
    with ExitStack() as opened, ThreadPoolExecutor(SOCKETS + STREAMS) as pool:
        paths = ["/tickets", f"/jobs/{job_id}/ticket"] * (SOCKETS // 2)
        sockets = [opened.enter_context(connect(socket_url(ann, path), open_timeout=60)) for path in paths]
        streams = [opened_stream(ann, job_id) for _ in range(STREAMS)]
        watching = [pool.submit(list, stream) for stream in streams]
        listening = [pool.submit(heard, socket) for socket in sockets]
        ann.client.upload(upload, "a.csv", io.BytesIO(body))
        for events in [future.result(timeout=240) for future in (*listening, *watching)]:
            assert_in_order(events, job_id)
            assert len(events) > 1  # a stream that reconnects late gets several changes at once
        assert [late for socket in sockets for late in quiet(socket)] == []
    assert ann.end_of(job_id)["counts"]["inserted"] == ROWS


def test_a_watcher_of_all_jobs_gets_events_of_the_queues(ann: Person) -> None:
    with connect(socket_url(ann, "/tickets"), open_timeout=60) as socket:
        job_id = ann.start(csv_file(products(5)), filename="a.csv")
        while (message := json.loads(socket.recv(timeout=60)))["event"] != "queue.status":
            assert message["job"]["id"] == job_id
    assert set(message["queues"]) == {"urgent", "standard", "lookup", "dead"}
    ann.end_of(job_id)


def test_a_ticket_opens_one_socket(ann: Person) -> None:
    url = socket_url(ann, "/tickets")
    with connect(url, open_timeout=60), pytest.raises(InvalidStatus):
        connect(url, open_timeout=60)


def test_a_stream_ends_with_the_review_and_another_one_follows_the_loading(ann: Person) -> None:
    job_id = ann.start(csv_file(products(50)), filename="a.csv", review=True)
    events = list(streamed(ticket(ann, f"/jobs/{job_id}/ticket")["links"]["events"]))
    assert [event["event"] for event in events if event["job"]["status"] == "in_review"] == ["job.in_review"]
    assert events[-1]["event"] == "job.in_review"
    ann.move(job_id, "commit")
    events = list(streamed(ticket(ann, f"/jobs/{job_id}/ticket")["links"]["events"]))
    assert_in_order(events, job_id)
