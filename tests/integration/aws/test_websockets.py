"""The contract of the `Connections` port."""

from __future__ import annotations

import boto3
import pytest

from sluice.aws.websockets import DynamoConnections
from sluice.model.event import Connection
from sluice.usecases.watchers import Connections
from tests.integration.template import create_table
from tests.support.sockets import MemoryConnections


@pytest.fixture(params=["memory", "dynamodb"])
def connections(request: pytest.FixtureRequest) -> Connections:
    """Return each store in turn."""
    if request.param == "memory":
        return MemoryConnections()
    request.getfixturevalue("aws")
    return DynamoConnections(boto3.resource("dynamodb", region_name="us-east-1").Table(create_table("JobsTable")))


def test_a_tenant_finds_its_own_connections(connections: Connections) -> None:
    mine = [Connection("a", "acme"), Connection("b", "acme", "01JOB", since=7, until=1000)]
    for connection in [*mine, Connection("c", "other")]:
        connections.add(connection, now=0)
    assert connections.of_tenant("acme") == mine
    assert connections.of_tenant("third") == []


def test_a_connection_is_removed_by_its_id_alone(connections: Connections) -> None:
    connections.add(Connection("a", "acme"), now=0)
    connections.remove("a")
    connections.remove("a")
    connections.remove("never seen")
    assert connections.of_tenant("acme") == []
