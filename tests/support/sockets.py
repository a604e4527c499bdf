"""WebSocket connections in memory."""

from __future__ import annotations

from sluice.model.event import Connection


class MemoryConnections:
    """The `Connections` port."""

    def __init__(self) -> None:
        self.items: dict[str, Connection] = {}

    def add(self, connection: Connection, *, now: int) -> None:
        self.items[connection.id] = connection

    def remove(self, connection_id: str) -> None:
        self.items.pop(connection_id, None)

    def of_tenant(self, tenant: str) -> list[Connection]:
        return sorted((each for each in self.items.values() if each.tenant == tenant), key=lambda each: each.id)


class MemorySockets:
    """The `Sockets` port: keeps what was sent; some connections are closed."""

    def __init__(self, closed: frozenset[str] = frozenset()) -> None:
        self.sent: dict[str, list[bytes]] = {}
        self.closed = closed

    def post(self, connection_id: str, message: bytes) -> bool:
        if connection_id in self.closed:
            return False
        self.sent.setdefault(connection_id, []).append(message)
        return True

    def close(self, connection_id: str) -> None:
        self.closed |= {connection_id}
