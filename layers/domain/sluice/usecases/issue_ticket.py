"""Give a ticket to somebody who has shown a token."""

from __future__ import annotations

import secrets

from sluice.model.chunk import JobRef
from sluice.model.ticket import TICKET_SECONDS, Ticket
from sluice.usecases.ports import Jobs
from sluice.usecases.watchers import Tickets


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
