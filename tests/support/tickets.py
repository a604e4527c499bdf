"""Tickets in memory."""

from __future__ import annotations

from dataclasses import replace

from sluice.model.event import Ticket


class MemoryTickets:
    """The `Tickets` port."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], tuple[Ticket, int]] = {}

    def add(self, secret: str, ticket: Ticket, *, good_until: int) -> None:
        self.items[ticket.tenant, secret] = ticket, good_until

    def use(self, tenant: str, secret: str, *, stream: str, now: int) -> Ticket | None:
        ticket, good_until = self.items.get((tenant, secret), (None, 0))
        if ticket is None or now >= good_until or ticket.stream:
            return None
        used = replace(ticket, stream=stream)
        self.items[tenant, secret] = used, good_until
        return used

    def get(self, tenant: str, secret: str) -> Ticket | None:
        return self.items.get((tenant, secret), (None, 0))[0]
