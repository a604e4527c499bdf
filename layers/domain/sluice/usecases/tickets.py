"""Tickets: a caller with a token gets one, and a browser redeems it where it cannot send a token."""

from __future__ import annotations

import secrets

from sluice.model.chunk import JobRef
from sluice.model.errors import Unauthorized
from sluice.model.event import TICKET_SECONDS, Ticket
from sluice.model.job import TENANT
from sluice.usecases.ports import Jobs, Tickets

_LONGEST = 200


def issue_ticket(ticket: Ticket, *, now: int, jobs: Jobs, tickets: Tickets) -> str:
    """Store a ticket and return its text, ``{tenant}.{secret}``, which expires after a minute.

    Parameters
    ----------
    now
        Epoch seconds.

    Raises
    ------
    NotFound
        If the ticket names a job that its tenant does not have.
    """
    if ticket.job_id is not None:
        jobs.get(JobRef(ticket.tenant, ticket.job_id))
    secret = secrets.token_urlsafe(32)
    tickets.add(secret, ticket, good_until=min(now + TICKET_SECONDS, ticket.until))
    return f"{ticket.tenant}.{secret}"


def redeem_ticket(text: str, *, stream: str | None = None, now: int, tickets: Tickets) -> Ticket:
    """Redeem a ticket, or continue the stream that it has opened.

    A browser's ``EventSource`` requests the same address again each time its stream ends, so a ticket must work more
    than once. The name of the stream identifies the browser: it is new with each ticket, is sent only inside the
    stream, and comes back in ``Last-Event-ID``. The address alone, from a history or a log, cannot be used twice.

    Parameters
    ----------
    stream
        Name of the stream to continue; ``None`` or empty to redeem the ticket.
    now
        Epoch seconds.

    Raises
    ------
    Unauthorized
        If the ticket is unknown, was used before, or has expired, or the token that it was obtained with has expired.
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
