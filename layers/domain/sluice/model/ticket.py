"""Tickets let a browser in where it cannot send its token: into streams, sockets and downloads."""

from __future__ import annotations

from dataclasses import dataclass

#: A ticket is worth nothing so many seconds after its issue, if it was not used by then.
TICKET_SECONDS = 60


@dataclass(frozen=True)
class Ticket:
    """Stands for a token with the scope ``imports:read``, once.

    Parameters
    ----------
    tenant, subject
        Who got it.
    job_id
        The one job that it is for; ``None``: all jobs of the tenant, over a socket.
    until
        Epoch seconds at which the token ends that it was got with; an event stream ends then, too. A socket goes on, as
        one that was opened with the token does: for two hours at most (API Gateway quotas).
    stream
        Names what it opened: only who has heard of it from us can go on with it. Empty until the ticket is used.
    """

    tenant: str
    subject: str
    job_id: str | None
    until: int
    stream: str = ""
