"""What the use cases need to tell of jobs to those who watch them; as `ports`."""

from __future__ import annotations

from typing import Protocol

from sluice.model.event import Connection
from sluice.model.job import Job
from sluice.model.ticket import Ticket


class Tickets(Protocol):
    """Tickets of all tenants."""

    def add(self, secret: str, ticket: Ticket, *, good_until: int) -> None:
        """Keep a ticket that can be used until then."""

    def use(self, tenant: str, secret: str, *, stream: str, now: int) -> Ticket | None:
        """Use a ticket up; ``None`` when it is not there, is too old, or was used before."""

    def get(self, tenant: str, secret: str) -> Ticket | None:
        """A ticket, used or not."""


class Connections(Protocol):
    """WebSocket connections that are open."""

    def add(self, connection: Connection, *, now: int) -> None:
        """Keep a connection, for as long as one can live."""

    def remove(self, connection_id: str) -> None:
        """Forget a connection; one that is not known is left alone."""

    def of_tenant(self, tenant: str) -> list[Connection]:
        """The connections of a tenant."""


class Sockets(Protocol):
    """The other end of those connections."""

    def post(self, connection_id: str, message: bytes) -> bool:
        """Send a message; ``False`` when the connection is gone."""


class Show(Protocol):
    """Writes what a watcher is sent."""

    def __call__(self, event: str, job: Job) -> bytes:
        """The message of an event."""
