"""WebSocket connections: listed in the jobs table, written to through API Gateway.

A connection has two items: ``pk = {tenant}#connections, sk = {id}`` to list those of a tenant, and
``pk = connection#{id}, sk = tenant`` to find the tenant when API Gateway reports that a connection has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from sluice.aws.dynamodb import query_items
from sluice.model.event import Connection

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi.client import ApiGatewayManagementApiClient
    from mypy_boto3_dynamodb.service_resource import Table

# API Gateway ends every connection after two hours (API Gateway quotas, "WebSocket API"); TTL may be late.
_LIFETIME = 3 * 3600


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


def _connections_of(tenant: str) -> str:
    return f"{tenant}#connections"


def _connection(tenant: str, item: Mapping[str, Any]) -> Connection:
    return Connection(item["sk"], tenant, item.get("job_id"), int(item.get("since", 0)))


def _by_tenant(connection: Connection) -> dict[str, Any]:
    item: dict[str, Any] = {"pk": _connections_of(connection.tenant), "sk": connection.id, "since": connection.since}
    return item if connection.job_id is None else item | {"job_id": connection.job_id}


def _by_id(connection: Connection) -> dict[str, Any]:
    return {"pk": f"connection#{connection.id}", "sk": "tenant", "tenant": connection.tenant}
