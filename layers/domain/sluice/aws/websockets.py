"""Watchers: their tickets and WebSocket connections in the jobs table; API Gateway, which writes to a connection.

A ticket is the item ``pk = {tenant}#tickets``, ``sk`` = digest of the ticket; its text is not stored. A connection has
two items: ``pk = {tenant}#connections, sk = {id}`` to list those of a tenant, and
``pk = connection#{id}, sk = tenant`` to find the tenant when API Gateway reports that a connection has ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from sluice.aws.dynamodb import query_items
from sluice.model.event import Connection, Ticket

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi.client import ApiGatewayManagementApiClient
    from mypy_boto3_dynamodb.service_resource import Table

# API Gateway ends every connection after two hours (API Gateway quotas, "WebSocket API"); TTL may be late.
_LIFETIME = 3 * 3600


class DynamoTickets:
    """The `Tickets` port on the jobs table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._condition_failed = table.meta.client.exceptions.ConditionalCheckFailedException

    def add(self, secret: str, ticket: Ticket, *, good_until: int) -> None:
        """Store a ticket; it can be used until ``good_until``, in epoch seconds."""
        item: dict[str, Any] = {"subject": ticket.subject, "until": ticket.until, "good_until": good_until}
        if ticket.job_id is not None:
            item["job_id"] = ticket.job_id
        # The item must outlive the stream that it opens. TTL may be late, so `use` compares the times itself.
        self._table.put_item(Item={**_ticket_key(ticket.tenant, secret), **item, "expires_at": ticket.until})

    def use(self, tenant: str, secret: str, *, stream: str, now: int) -> Ticket | None:
        """Use a ticket for a stream; ``None`` if it is unknown, has expired, or was used before."""
        try:
            answer = self._table.update_item(
                Key=_ticket_key(tenant, secret),
                UpdateExpression="SET #stream = :stream",
                ConditionExpression=Attr("good_until").gt(now) & Attr("stream").not_exists(),
                ExpressionAttributeNames={"#stream": "stream"},
                ExpressionAttributeValues={":stream": stream},
                ReturnValues="ALL_NEW",
            )
        except self._condition_failed:
            return None
        return _ticket(tenant, answer["Attributes"])

    def get(self, tenant: str, secret: str) -> Ticket | None:
        """Return a ticket, used or not."""
        found = self._table.get_item(Key=_ticket_key(tenant, secret), ConsistentRead=True).get("Item")
        return None if found is None else _ticket(tenant, found)


class DynamoConnections:
    """The `Connections` port on the jobs table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, connection: Connection, *, now: int) -> None:
        """Store a connection; it expires after the longest lifetime of a connection."""
        with self._table.batch_writer() as batch:
            for item in (_by_tenant(connection), _by_id(connection)):
                batch.put_item(Item=item | {"expires_at": now + _LIFETIME})

    def remove(self, connection_id: str) -> None:
        """Remove a connection, if it is known."""
        named = {"pk": f"connection#{connection_id}", "sk": "tenant"}
        removed = self._table.delete_item(Key=named, ReturnValues="ALL_OLD").get("Attributes")
        if removed:
            self._table.delete_item(Key={"pk": _connections_of(str(removed["tenant"])), "sk": connection_id})

    def of_tenant(self, tenant: str) -> list[Connection]:
        """List the connections of a tenant."""
        condition = Key("pk").eq(_connections_of(tenant))
        items = query_items(self._table.query, KeyConditionExpression=condition, ConsistentRead=True)
        return [_connection(tenant, item) for item in items]


class GatewaySockets:
    """The `Sockets` port on API Gateway."""

    def __init__(self, client: ApiGatewayManagementApiClient) -> None:
        self._client = client

    def post(self, connection_id: str, message: bytes) -> bool:
        """Send a message; ``False`` if the connection is closed."""
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=message)
        except self._client.exceptions.GoneException:
            return False
        return True

    def close(self, connection_id: str) -> None:
        """Close a connection; do nothing if it is closed."""
        with suppress(self._client.exceptions.GoneException):
            self._client.delete_connection(ConnectionId=connection_id)


def _connections_of(tenant: str) -> str:
    return f"{tenant}#connections"


def _connection(tenant: str, item: Mapping[str, Any]) -> Connection:
    until = int(item["until"]) if "until" in item else None
    return Connection(item["sk"], tenant, item.get("job_id"), int(item.get("since", 0)), until)


def _by_tenant(connection: Connection) -> dict[str, Any]:
    optional = {"job_id": connection.job_id, "until": connection.until}
    item = {"pk": _connections_of(connection.tenant), "sk": connection.id, "since": connection.since, **optional}
    return {name: value for name, value in item.items() if value is not None}


def _by_id(connection: Connection) -> dict[str, Any]:
    return {"pk": f"connection#{connection.id}", "sk": "tenant", "tenant": connection.tenant}


def _ticket_key(tenant: str, secret: str) -> dict[str, str]:
    return {"pk": f"{tenant}#tickets", "sk": hashlib.sha256(secret.encode()).hexdigest()}


def _ticket(tenant: str, item: dict[str, Any]) -> Ticket:
    return Ticket(tenant, item["subject"], item.get("job_id"), int(item["until"]), item.get("stream", ""))
