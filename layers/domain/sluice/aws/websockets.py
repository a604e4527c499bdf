"""WebSocket connections: kept in the jobs table, spoken to through API Gateway.

Two items each: ``pk = {tenant}#connections, sk = {id}`` to find a tenant's, and ``pk = connection#{id}, sk = tenant``
to find the tenant when API Gateway reports only that a connection has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

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
        """Keep a connection, for as long as one can live."""
        with self._table.batch_writer() as batch:
            for item in (_by_tenant(connection), _by_id(connection)):
                batch.put_item(Item=item | {"expires_at": now + _LIFETIME})

    def remove(self, connection_id: str) -> None:
        """Forget a connection; one that is not known is left alone."""
        named = {"pk": f"connection#{connection_id}", "sk": "tenant"}
        gone = self._table.delete_item(Key=named, ReturnValues="ALL_OLD").get("Attributes")
        if gone:
            self._table.delete_item(Key={"pk": _watchers(str(gone["tenant"])), "sk": connection_id})

    def of_tenant(self, tenant: str) -> list[Connection]:
        """The connections of a tenant."""
        query: dict[str, Any] = {"KeyConditionExpression": Key("pk").eq(_watchers(tenant)), "ConsistentRead": True}
        found: list[Connection] = []
        while True:
            answer = self._table.query(**query)
            found += [_connection(tenant, item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _watchers(tenant: str) -> str:
    return f"{tenant}#connections"


def _connection(tenant: str, item: Mapping[str, Any]) -> Connection:
    return Connection(item["sk"], tenant, item.get("job_id"), int(item.get("since", 0)))


def _by_tenant(connection: Connection) -> dict[str, Any]:
    item: dict[str, Any] = {"pk": _watchers(connection.tenant), "sk": connection.id, "since": connection.since}
    return item if connection.job_id is None else item | {"job_id": connection.job_id}


def _by_id(connection: Connection) -> dict[str, Any]:
    return {"pk": f"connection#{connection.id}", "sk": "tenant", "tenant": connection.tenant}


class GatewaySockets:
    """The `Sockets` port on API Gateway."""

    def __init__(self, client: ApiGatewayManagementApiClient) -> None:
        self._client = client

    def post(self, connection_id: str, message: bytes) -> bool:
        """Send a message; ``False`` when the connection is gone."""
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=message)
        except self._client.exceptions.GoneException:
            return False
        return True
