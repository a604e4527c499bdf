"""The WebSocket's functions with the recorded events of their triggers."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.announce import app as announce
from functions.socket import app as socket
from sluice import auth as identity
from sluice import bootstrap
from sluice.model.event import Connection, Ticket
from sluice.usecases.watchers import issue_ticket
from tests.integration.stack import Stack, event
from tests.support import issuer
from tests.support.factories import make_job
from tests.support.lambda_context import FakeContext
from tests.support.metrics import counted
from tests.support.sockets import MemorySockets

CONTEXT: LambdaContext = FakeContext()
CONNECTION = event("socket_connect")["requestContext"]["connectionId"]


def connecting(token: str | None, job: str | None = None) -> dict[str, Any]:
    """Return the recorded event with the given token."""
    asked: dict[str, Any] = event("socket_connect")
    asked["headers"].pop("Authorization")
    if token is not None:
        asked["headers"]["authorization"] = f"Bearer {token}"
    if job is not None:
        asked["queryStringParameters"] = {"job": job}
    return asked


def watchers(tenant: str = "acme") -> list[Connection]:
    return bootstrap.connections("JobsTable").of_tenant(tenant)


def test_a_valid_token_connects_and_a_disconnect_removes_the_connection(stack: Stack) -> None:
    assert socket.handler(connecting(issuer.token()), CONTEXT) == {"statusCode": 200}
    (connected,) = watchers()
    assert replace(connected, since=0, until=None) == Connection(CONNECTION, "acme")
    assert connected.until is not None
    assert connected.until > connected.since
    left = event("socket_connect")
    left["requestContext"]["routeKey"] = "$disconnect"
    assert socket.handler(left, CONTEXT) == {"statusCode": 200}
    assert watchers() == []


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (None, 401),
        ("nonsense", 401),
        (issuer.token(exp=1), 401),
        (issuer.token(aud="another audience"), 401),
        (issuer.token(scope=""), 403),
        (issuer.with_claims(issuer.claims() | {"scope": ["imports:read"]}), 403),
        (issuer.token_with_null("tenant"), 401),
        (issuer.token_with_null("sub"), 401),
        (issuer.with_claims(issuer.claims() | {"tenant": True}), 401),
        (issuer.with_claims(issuer.claims() | {"exp": float("inf")}), 401),
    ],
    ids=[
        *("none", "nonsense", "expired", "wrong audience", "no scope", "scopes in a list", "no tenant", "no subject"),
        *("a boolean tenant", "endless"),
    ],
)
def test_a_connection_without_a_valid_token_is_rejected(
    stack: Stack, capsys: pytest.CaptureFixture[str], token: str | None, status: int
) -> None:
    assert socket.handler(connecting(token), CONTEXT) == {"statusCode": status}
    assert watchers() == []
    assert not counted(capsys.readouterr().out), "no caller can ring an alarm"


def test_a_job_of_another_tenant_is_not_watched(stack: Stack) -> None:
    assert socket.handler(connecting(issuer.token(), job="01NOTMINE"), CONTEXT) == {"statusCode": 404}
    assert watchers() == []


@pytest.mark.parametrize("job", ["", "a#b", "\ud800", "x" * 3000, "../x", "é"])
def test_an_id_that_no_job_can_have_is_not_found(stack: Stack, job: str) -> None:
    assert socket.handler(connecting(issuer.token(), job=job), CONTEXT) == {"statusCode": 404}
    assert watchers() == []


@pytest.mark.parametrize("text", ["", ".", "acme", "acme.", "None.x", "acme.\ud800", "acme." + "x" * 300, "a#b.c"])
def test_an_odd_ticket_is_rejected(stack: Stack, text: str) -> None:
    assert socket.handler(with_ticket(text), CONTEXT) == {"statusCode": 401}
    assert watchers() == []


@pytest.mark.parametrize(
    "answer", [httpx.ConnectError("away"), ValueError("a page"), RecursionError(), KeyError("jwks_uri")]
)
def test_an_issuer_that_is_away_or_odd_is_not_the_watchers_fault(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: Exception
) -> None:
    """A browser tries again later; the operator's alarm rings."""

    def fail(url: str) -> None:
        raise answer

    monkeypatch.setattr(identity, "fetch_json", fail)
    assert socket.handler(connecting(issuer.token()), CONTEXT) == {"statusCode": 503}
    assert counted(capsys.readouterr().out) == {"CaughtErrors": 1}


def ticket_for(job_id: str | None) -> str:
    wanted = Ticket("acme", "ann", job_id, until=int(time.time()) + 600)
    jobs, tickets = Stack().jobs, bootstrap.tickets("JobsTable")
    return issue_ticket(wanted, now=int(time.time()), jobs=jobs, tickets=tickets)


def with_ticket(text: str, connection_id: str = CONNECTION, **asked: str) -> dict[str, Any]:
    made = connecting(None)
    made["requestContext"]["connectionId"] = connection_id
    made["queryStringParameters"] = {"ticket": text, **asked}
    return made


def test_a_ticket_connects_once(stack: Stack) -> None:
    text = ticket_for(None)
    assert socket.handler(with_ticket(text), CONTEXT) == {"statusCode": 200}
    assert socket.handler(with_ticket(text, "another"), CONTEXT) == {"statusCode": 401}
    assert [watcher.id for watcher in watchers()] == [CONNECTION]


def test_a_ticket_for_one_job_gets_no_events_of_others(stack: Stack) -> None:
    """Other parameters of the address have no effect."""
    job = make_job("acme")
    stack.jobs.add(job)
    assert socket.handler(with_ticket(ticket_for(job.ref.id), job="01OTHER"), CONTEXT) == {"statusCode": 200}
    assert [watcher.job_id for watcher in watchers()] == [job.ref.id]


def test_messages_of_a_client_are_ignored(stack: Stack) -> None:
    said = event("socket_connect")
    said["requestContext"]["routeKey"] = "$default"
    assert socket.handler(said, CONTEXT) == {"statusCode": 200}
    assert watchers() == []


def test_a_change_of_a_job_is_posted_to_those_who_watch(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    sockets = MemorySockets()
    monkeypatch.setattr(bootstrap, "sockets", lambda endpoint: sockets)
    bootstrap.connections("JobsTable").add(Connection("mine", "acme"), now=0)
    bootstrap.connections("JobsTable").add(Connection("theirs", "other"), now=0)
    announce.handler(event("stream_job"), CONTEXT)
    assert list(sockets.sent) == ["mine"]
    message = json.loads(sockets.sent["mine"][0])
    assert (message["event"], message["job"]["version"]) == ("job.completed", 8)
    assert message["job"]["links"]["self"].endswith(f"/v1/jobs/{message['job']['id']}")


def test_an_event_that_cannot_be_posted_does_not_block_the_stream_and_is_counted(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stream's shard waits for each of its records, so a record that always fails would block all later ones."""

    class Broken:
        def post(self, connection_id: str, message: bytes) -> bool:
            raise OSError("the connection is unreachable")

    monkeypatch.setattr(bootstrap, "sockets", lambda endpoint: Broken())
    bootstrap.connections("JobsTable").add(Connection("mine", "acme"), now=0)
    announce.handler(event("stream_job"), CONTEXT)
    assert counted(capsys.readouterr().out) == {"CaughtErrors": 2}, "the job, and the queues"


def test_a_job_that_cannot_be_read_does_not_block_the_stream_and_is_counted(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sockets = MemorySockets()
    monkeypatch.setattr(bootstrap, "sockets", lambda endpoint: sockets)
    bootstrap.connections("JobsTable").add(Connection("mine", "acme"), now=0)
    changed, unreadable = event("stream_job"), event("stream_job")["Records"][0]
    unreadable["dynamodb"]["NewImage"]["status"] = {"S": "unheard-of"}
    announce.handler({"Records": [unreadable, *changed["Records"]]}, CONTEXT)
    assert list(sockets.sent) == ["mine"]
    assert counted(capsys.readouterr().out) == {"CaughtErrors": 1}


def test_stream_records_of_other_items_are_ignored(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    sockets = MemorySockets()
    monkeypatch.setattr(bootstrap, "sockets", lambda endpoint: sockets)
    bootstrap.connections("JobsTable").add(Connection("mine", "acme"), now=0)
    changed = event("stream_job")
    images = changed["Records"][0]["dynamodb"]
    images["NewImage"].pop("kind")
    announce.handler(changed, CONTEXT)
    images.pop("NewImage")
    announce.handler(changed, CONTEXT)
    assert sockets.sent == {}
