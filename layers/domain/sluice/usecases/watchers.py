"""Watchers: their tickets and WebSocket connections, and the messages that are posted to them when a job changes.

A caller with a token gets a ticket, and a browser redeems it where it cannot send a token.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from sluice.model.chunk import JobRef
from sluice.model.errors import Unauthorized
from sluice.model.event import PROGRESS, TICKET_SECONDS, Connection, Ticket, event_name
from sluice.model.job import TENANT, Job
from sluice.usecases.ports import Jobs

Change = tuple[Job | None, Job]
"""A job on both sides of a change; before it there may have been none."""

# Concurrent posts; each takes some 10 ms, nearly all of it waiting.
_AT_ONCE = 16
# While $connect is under way, the connection is already stored but does not accept messages yet.
_CONNECTING_SECONDS = 10
# `issue_ticket` makes 43 characters of these.
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,200}")


class Tickets(Protocol):
    """The store of tickets."""

    def add(self, secret: str, ticket: Ticket, *, good_until: int) -> None:
        """Store a ticket that can be used until ``good_until``, in epoch seconds."""

    def use(self, tenant: str, secret: str, *, stream: str, now: int) -> Ticket | None:
        """Use a ticket for a stream; ``None`` if it is unknown, has expired, or was used before."""

    def get(self, tenant: str, secret: str) -> Ticket | None:
        """Read a ticket, used or not; ``None`` if it is unknown."""


class Connections(Protocol):
    """The store of open WebSocket connections."""

    def add(self, connection: Connection, *, now: int) -> None:
        """Store a connection; it expires after the longest lifetime of a connection."""

    def remove(self, connection_id: str) -> None:
        """Remove a connection; do nothing if it is unknown."""

    def of_tenant(self, tenant: str) -> list[Connection]:
        """List the connections of a tenant."""


class Sockets(Protocol):
    """The sender of messages to WebSocket connections."""

    def post(self, connection_id: str, message: bytes) -> bool:
        """Send a message; ``False`` if the connection is closed."""

    def close(self, connection_id: str) -> None:
        """Close a connection; do nothing if it is closed."""


class Show(Protocol):
    """Writes the messages that watchers receive."""

    def __call__(self, event: str, job: Job) -> bytes:
        """Write the message of an event."""


def worth_telling(changes: Sequence[Change]) -> list[Change]:
    """Drop progress that a later change of the same job supersedes, and changes that callers do not see.

    A job that gives a lock back after its end keeps its version.
    """
    changes = [(before, after) for before, after in changes if before is None or before.version != after.version]
    last = {after.ref: place for place, (_, after) in enumerate(changes)}
    return [change for place, change in enumerate(changes) if place == last[change[1].ref] or is_new_state(*change)]


def is_new_state(before: Job | None, after: Job) -> bool:
    """Return whether a change is more than progress."""
    return _name(before, after) != PROGRESS


def announce(
    before: Job | None,
    after: Job,
    *,
    show: Show,
    now: int,
    connections: Connections,
    sockets: Sockets,
) -> int:
    """Post the job to every connection that watches it; remove connections that are closed, or whose token has expired.

    Parameters
    ----------
    before, after
        The job before and after the change; ``before`` is ``None`` for a new job.
    show
        Writes the message from the event's name and the job.
    now
        Epoch seconds.

    Returns
    -------
    int
        Number of connections that received the message.

    Raises
    ------
    ExceptionGroup
        If some posts failed; all others were made.
    """
    watching = [connection for connection in connections.of_tenant(after.ref.tenant) if connection.hears_of(after)]
    if not watching:
        return 0
    return _post(watching, show(_name(before, after), after), now, connections, sockets)


def announce_queues(
    tenant: str, *, show: Callable[[], bytes], now: int, connections: Connections, sockets: Sockets
) -> int:
    """Post the state of the queues to the connections that watch all jobs of a tenant; return their number."""
    watching = [connection for connection in connections.of_tenant(tenant) if connection.job_id is None]
    return _post(watching, show(), now, connections, sockets) if watching else 0


def connect(connection: Connection, *, now: int, jobs: Jobs, connections: Connections) -> None:
    """Store a connection, so that `announce` finds it.

    Raises
    ------
    NotFound
        If the connection names a job that its tenant does not have.
    """
    if connection.job_id is not None:
        jobs.get(JobRef(connection.tenant, connection.job_id))
    connections.add(connection, now=now)


def _name(before: Job | None, after: Job) -> str:
    return event_name(before.status if before else None, after)


def _post(watching: Sequence[Connection], message: bytes, now: int, connections: Connections, sockets: Sockets) -> int:
    """Post a message to all connections and wait for all posts, so that each receives messages in order."""

    def post(connection: Connection) -> bool | Exception:
        try:
            if connection.has_expired(now):  # its client connects again with a valid token
                sockets.close(connection.id)
                connections.remove(connection.id)
                return False
            arrived = sockets.post(connection.id, message)
            if not arrived and now - connection.since > _CONNECTING_SECONDS:
                connections.remove(connection.id)
        except Exception as error:  # noqa: BLE001 - an error of one post must not keep the message from the others
            return error
        return arrived

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(post, watching))
    if failures := [answer for answer in answers if isinstance(answer, Exception)]:
        raise ExceptionGroup("some watchers were not notified", failures)
    return answers.count(True)


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
    if TENANT.fullmatch(tenant) and _SECRET.fullmatch(secret):
        there = tickets.get(tenant, secret) if stream else None
        if there is not None and stream and _is_of(there, stream):
            if now < there.until:
                return there
        elif used := tickets.use(tenant, secret, stream=secrets.token_urlsafe(12), now=now):
            return used
    raise Unauthorized("ticket-used")


def _is_of(ticket: Ticket, stream: str) -> bool:
    return bool(ticket.stream) and secrets.compare_digest(ticket.stream.encode(), stream.encode())
