"""Tickets: whose requests they authorize, and how often."""

from __future__ import annotations

import pytest

from sluice.model.errors import NotFound, Unauthorized
from sluice.model.event import Ticket
from sluice.usecases.watchers import issue_ticket, redeem_ticket
from tests.support.factories import make_job
from tests.support.tables import MemoryJobs
from tests.support.tickets import MemoryTickets

NOW = 1000
LATER = NOW + 3600


@pytest.fixture
def tickets() -> MemoryTickets:
    """Return an empty store of tickets."""
    return MemoryTickets()


def issued(tickets: MemoryTickets, *, until: int = LATER) -> str:
    return issue_ticket(Ticket("acme", "ann", None, until), now=NOW, jobs=MemoryJobs(), tickets=tickets)


def test_a_ticket_authorizes_its_caller(tickets: MemoryTickets) -> None:
    used = redeem_ticket(issued(tickets), now=NOW + 59, tickets=tickets)
    assert (used.tenant, used.subject, used.job_id, used.until) == ("acme", "ann", None, LATER)


def test_an_address_with_a_ticket_cannot_be_used_twice(tickets: MemoryTickets) -> None:
    text = issued(tickets)
    redeem_ticket(text, now=NOW, tickets=tickets)
    for stream in (None, "", "guessed", "é"):
        with pytest.raises(Unauthorized):
            redeem_ticket(text, stream=stream, now=NOW, tickets=tickets)


def test_a_stream_continues_under_its_name_until_the_token_expires(tickets: MemoryTickets) -> None:
    text = issued(tickets)
    stream = redeem_ticket(text, now=NOW, tickets=tickets).stream
    for now in (NOW + 1, NOW + 600, LATER - 1):
        assert redeem_ticket(text, stream=stream, now=now, tickets=tickets).stream == stream
    with pytest.raises(Unauthorized):
        redeem_ticket(text, stream=stream, now=LATER, tickets=tickets)


def test_a_new_ticket_is_accepted_with_the_name_of_an_interrupted_stream(tickets: MemoryTickets) -> None:
    before = redeem_ticket(issued(tickets), now=NOW, tickets=tickets).stream
    assert redeem_ticket(issued(tickets), stream=before, now=NOW, tickets=tickets).stream != before


def test_a_ticket_expires_after_a_minute_and_never_after_its_token(tickets: MemoryTickets) -> None:
    for text, when in ((issued(tickets), NOW + 60), (issued(tickets, until=NOW + 5), NOW + 5)):
        with pytest.raises(Unauthorized):
            redeem_ticket(text, now=when, tickets=tickets)


@pytest.mark.parametrize("text", ["", ".", "acme", "acme.", ".secret", "a#b.secret", f"acme.{'x' * 201}", "acme.none"])
def test_an_invalid_ticket_authorizes_no_request(tickets: MemoryTickets, text: str) -> None:
    issued(tickets)
    with pytest.raises(Unauthorized):
        redeem_ticket(text, now=NOW, tickets=tickets)


def test_there_is_no_ticket_for_a_job_of_another_tenant(tickets: MemoryTickets) -> None:
    jobs, job = MemoryJobs(), make_job("acme")
    jobs.add(job)
    with pytest.raises(NotFound):
        issue_ticket(Ticket("other", "bob", job.ref.id, LATER), now=NOW, jobs=jobs, tickets=tickets)
    assert tickets.items == {}
