"""Tickets and event streams, as the gateway and a browser call them."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from sluice.auth import READ
from sluice.model.job import Job
from sluice.model.status import Status
from tests.integration.api.calling import Answer, get, post
from tests.integration.stack import Stack, client, forget_settings
from tests.support import issuer
from tests.support.factories import make_job

READER = issuer.token(scope=READ)


@pytest.fixture
def job(stack: Stack) -> Job:
    """Add a running job; requests for events wait for a moment only."""
    made = replace(make_job(status=Status.LOADING), version=5)
    stack.jobs.add(made)
    return made


def ticket_for(job: Job) -> str:
    answer = post(f"/v1/jobs/{job.ref.id}/ticket", token=READER)
    assert answer.status == 201
    return str(answer.body["ticket"])


def last_id(answer: Answer) -> str:
    return next(line.removeprefix("id: ") for line in answer.text.splitlines() if line.startswith("id: "))


def events(job: Job, ticket: str, *, last: str | None = None, by_query: bool = False) -> Answer:
    query = {"ticket": ticket} | ({"last_event_id": last} if last and by_query else {})
    headers = {"Last-Event-ID": last} if last and not by_query else {}
    return get(f"/v1/jobs/{job.ref.id}/events", query=query, headers=headers, token=None)


def test_a_ticket_comes_with_the_links_that_it_opens(job: Job) -> None:
    answer = post(f"/v1/jobs/{job.ref.id}/ticket", token=READER).body
    assert answer["expires_in"] == 60
    assert answer["links"]["events"].endswith(f"/v1/jobs/{job.ref.id}/events?ticket={answer['ticket']}")
    assert answer["links"]["socket"] == f"wss://socket.example/live?ticket={answer['ticket']}"


def test_a_ticket_for_all_jobs_opens_the_socket_alone(job: Job) -> None:
    answer = post("/v1/tickets", token=READER).body
    assert set(answer["links"]) == {"socket"}
    assert events(job, answer["ticket"]).status == 401


def test_a_stream_begins_with_the_current_job(job: Job) -> None:
    answer = events(job, ticket_for(job))
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert "retry: 500" in answer.text
    assert "event: progress" in answer.text


@pytest.mark.parametrize("by_query", [False, True], ids=["header", "query"])
def test_a_browser_that_reconnects_gets_the_events_that_it_missed(stack: Stack, job: Job, by_query: bool) -> None:
    ticket = ticket_for(job)
    heard = last_id(events(job, ticket))
    nothing = events(job, ticket, last=heard, by_query=by_query)
    assert (nothing.status, nothing.text) == (200, f"retry: 500\n\nid: {heard}\n\n")
    stack.jobs.transition(job.ref, Status.COMPLETED)
    end = events(job, ticket, last=heard, by_query=by_query)
    assert "event: completed" in end.text
    over = events(job, ticket, last=last_id(end), by_query=by_query)
    assert (over.status, over.text) == (204, "")


def test_a_new_ticket_resumes_an_interrupted_stream_even_without_new_events(job: Job) -> None:
    """A browser reconnects with its original address, which names the older stream."""
    older = last_id(events(job, ticket_for(job)))
    ticket = ticket_for(job)
    taken_up = events(job, ticket, last=older, by_query=True)
    assert "data:" not in taken_up.text
    here, query = f"/v1/jobs/{job.ref.id}/events", {"ticket": ticket, "last_event_id": older}
    again = get(here, query=query, headers={"Last-Event-ID": last_id(taken_up)}, token=None)
    assert again.status == 200


def test_a_stream_that_had_ended_continues_after_an_action_on_the_job(stack: Stack, job: Job) -> None:
    stack.jobs.transition(job.ref, Status.COMPLETED)
    ticket = ticket_for(job)
    end = last_id(events(job, ticket))
    stack.jobs.transition(job.ref, Status.ROLLING_BACK)
    assert "event: progress" in events(job, ticket, last=end).text


def test_an_event_ends_the_wait(stack: Stack, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait is longer than the timeout of the test; the job changes during a sleep."""
    monkeypatch.setenv("EVENTS_WAIT_SECONDS", "1e6")
    forget_settings()
    monkeypatch.setattr(time, "sleep", lambda _: stack.jobs.transition(job.ref, Status.COMPLETED))
    ticket = ticket_for(job)
    assert "event: completed" in events(job, ticket, last=last_id(events(job, ticket))).text


def test_the_same_address_opens_a_stream_once(job: Job) -> None:
    ticket = ticket_for(job)
    stream = last_id(events(job, ticket)).rsplit("-", 1)[0]
    for last in (None, "5-loading-", f"{stream}-guessed"):
        assert events(job, ticket, last=last).status == 401


def test_a_ticket_opens_no_other_job(stack: Stack, job: Job) -> None:
    other = make_job(status=Status.LOADING)
    stack.jobs.add(other)
    assert events(other, ticket_for(job)).status == 401


def test_a_ticket_opens_no_other_route_of_its_job(job: Job) -> None:
    for path in ("", "/rejections", "/log", "/preview", "/files"):
        assert get(f"/v1/jobs/{job.ref.id}{path}", query={"ticket": ticket_for(job)}, token=None).status == 401
    assert post(f"/v1/jobs/{job.ref.id}/cancel", query={"ticket": ticket_for(job)}, token=None).status == 401


def test_a_ticket_authorizes_a_download(job: Job) -> None:
    """The response is 404, because there is no such file."""
    here = f"/v1/jobs/{job.ref.id}/files/none.txt"
    assert get(here, token=None).status == 401
    assert get(here, query={"ticket": ticket_for(job)}, token=None).status == 404


def test_a_ticket_that_has_opened_a_stream_downloads_nothing(job: Job) -> None:
    ticket = ticket_for(job)
    query = {"ticket": ticket, "last_event_id": last_id(events(job, ticket))}
    assert get(f"/v1/jobs/{job.ref.id}/files/errors.xlsx", query=query, token=None).status == 401


def test_a_ticket_is_not_stored_as_a_response(stack: Stack, job: Job) -> None:
    """This holds with an idempotency key as well, whose answers are stored for a day."""
    tickets = [
        post(f"/v1/jobs/{job.ref.id}/ticket", token=READER, headers={"Idempotency-Key": "one"}).body["ticket"]
        for _ in range(2)
    ]
    assert len(set(tickets)) == 2
    kept = str(client("dynamodb").scan(TableName="IdempotencyTable")["Items"])
    assert not any(ticket in kept for ticket in tickets)


def test_another_tenant_gets_no_ticket(job: Job) -> None:
    assert post(f"/v1/jobs/{job.ref.id}/ticket", token=issuer.token(tenant="other")).status == 404


def test_a_token_needs_no_ticket(job: Job) -> None:
    assert "event: progress" in get(f"/v1/jobs/{job.ref.id}/events", token=READER).text
