"""Watching jobs by the WebSocket, if the stack has one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from local.stack import Stack
from sluice.auth import READ
from tests.support.factories import csv_file, products
from tests.support.people import Person


@pytest.fixture
def address(stack: Stack) -> str:
    """Return the WebSocket's address; LocalStack's free edition has no WebSocket APIs, so the stack has none there."""
    if "SocketUrl" not in stack.outputs:
        pytest.skip("this stack was deployed with EnableWebSocket=false")
    return stack.outputs["SocketUrl"]


def watching(address: str, person: Person) -> ClientConnection:
    return connect(address, additional_headers={"Authorization": person.http.headers["Authorization"]})


def received_until_the_end(socket: ClientConnection, job_id: str) -> list[dict[str, Any]]:
    """Return the messages of a job up to its end."""
    heard = []
    while True:
        message = json.loads(socket.recv(timeout=60))
        # events of the queues come in between
        if message["event"] != "queue.status" and message["job"]["id"] == job_id:
            heard.append(message)
            if message["job"]["status"] in {"completed", "failed"}:
                return heard


def test_a_watcher_gets_the_events_of_a_job_from_its_beginning_to_its_end(ann: Person, address: str) -> None:
    with watching(address, ann) as socket:
        heard = received_until_the_end(socket, ann.start(csv_file(products(20)), filename="a.csv"))
    names = [message["event"] for message in heard]
    versions = [message["job"]["version"] for message in heard]
    assert names[-1] == "job.completed"
    assert {"job.queued", "job.started", "job.progress"} <= set(names)
    assert versions == sorted(set(versions)), "each version once, in order"
    assert heard[-1]["job"]["counts"]["inserted"] == 20


def test_another_tenant_gets_no_events(ann: Person, person: Callable[..., Person], address: str) -> None:
    other = person(f"{ann.tenant[:50]}-other")
    with watching(address, other) as socket:
        ann.imported(csv_file(products(3)), filename="a.csv")
        mine = other.start(csv_file(products(2)), filename="b.csv")
        first = json.loads(socket.recv(timeout=60))
        assert first["job"]["id"] == mine, "the first event is of the tenant's own job"


def test_a_connection_without_a_valid_token_is_rejected(
    ann: Person, person: Callable[..., Person], address: str
) -> None:
    job_id = ann.start(csv_file(products(2)), filename="a.csv")
    other_tenant = person(f"{ann.tenant[:50]}-other", scopes=[READ])
    for headers, path in (
        ({}, ""),
        ({"Authorization": "Bearer nonsense"}, ""),
        ({"Authorization": other_tenant.http.headers["Authorization"]}, f"?job={job_id}"),
    ):
        with pytest.raises(InvalidStatus):
            connect(address + path, additional_headers=headers)
    ann.end_of(job_id)
