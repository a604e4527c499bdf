"""Tickets: issue one for a token, and redeem it where a browser cannot send a token."""

from __future__ import annotations

import secrets

from sluice.model.chunk import JobRef
from sluice.model.errors import Unauthorized
from sluice.model.event import TICKET_SECONDS, Ticket
from sluice.model.job import TENANT
from sluice.usecases.ports import Jobs, Tickets

_LONGEST = 200


def issue_ticket(ticket: Ticket, *, now: int, jobs: Jobs, tickets: Tickets) -> str:
    """Keep a ticket and answer its text, ``{tenant}.{secret}``, which is good for a minute.

    Raises
    ------
    NotFound
        If it is for a job that its tenant does not have.
    """
    if ticket.job_id is not None:
        jobs.get(JobRef(ticket.tenant, ticket.job_id))
    secret = secrets.token_urlsafe(32)
    tickets.add(secret, ticket, good_until=min(now + TICKET_SECONDS, ticket.until))
    return f"{ticket.tenant}.{secret}"


def redeem_ticket(text: str, *, stream: str | None = None, now: int, tickets: Tickets) -> Ticket:
    """Use a ticket up, or go on with the stream that it has opened.

    A browser's ``EventSource`` comes back to the same address each time its stream ends, so a ticket cannot simply be
    rejected the second time. The name of the stream tells: it is new with each ticket, was sent inside the stream alone
    and comes back in ``Last-Event-ID``. The address by itself, from a history or a log, opens nothing twice.

    Raises
    ------
    Unauthorized
        If there is no such ticket, or it is used up, too old, or its token has ended.
    """
    tenant, _, secret = text.partition(".")
    if TENANT.fullmatch(tenant) and 0 < len(secret) <= _LONGEST:
        there = tickets.get(tenant, secret) if stream else None
        if there is not None and stream and _is_of(there, stream):
            if now < there.until:
                return there
        elif used := tickets.use(tenant, secret, stream=secrets.token_urlsafe(12), now=now):
            return used
    raise Unauthorized("ticket-used")


def _is_of(ticket: Ticket, stream: str) -> bool:
    return bool(ticket.stream) and secrets.compare_digest(ticket.stream.encode(), stream.encode())
