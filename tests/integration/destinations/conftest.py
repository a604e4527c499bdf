"""Provides every destination: the fake, the records table on moto, tables of a real PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest

from local import postgres
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.destinations.postgres import Database, PostgresDestination, PostgresRecords
from sluice.usecases.ports import Destination, Records
from tests.integration.conftest import REGION
from tests.integration.destinations.sample import OFFERS, RULED, THINGS
from tests.integration.template import create_table
from tests.support.destination import MemoryDestination, MemoryRecords
from tests.support.files import MemoryFiles

_numbers = itertools.count()


@dataclass
class Target:
    """A destination, and ways to read its datasets."""

    destination: Destination
    records: Records

    def all(self, tenant: str = "acme", dataset: str = "things", limit: int = 7) -> dict[str, Any]:
        """Return the records of a dataset by key, listed page by page; a duplicate key is an error."""
        found: dict[str, Any] = {}
        cursor = None
        while True:
            page = self.records.page(tenant, dataset, limit=limit, cursor=cursor)
            assert len(page.items) <= limit
            for record in page.items:
                assert record["key"] not in found
                found[record["key"]] = record
            if (cursor := page.next) is None:
                return found

    def amounts(self, tenant: str = "acme", dataset: str = "things") -> dict[str, int]:
        """Return the amount of each thing by its code."""
        return {key: record["values"]["amount"] for key, record in self.all(tenant, dataset).items()}


@pytest.fixture
def client(aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a client of moto's DynamoDB, with the records table."""
    # moto executes a transaction on a copy of the table, and loses concurrent writes
    monkeypatch.setattr("sluice.destinations.dynamodb.table._REQUESTS", 1)
    create_table("RecordsTable")
    return boto3.client("dynamodb", region_name=REGION)


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Postgres]:
    """Start a PostgreSQL of this test run."""
    folder = Path(
        tempfile.mkdtemp(prefix="sluice-postgres-")
    )  # not pytest's folder, because the server may run as another user
    try:
        yield postgres.start(folder)
    finally:
        postgres.stop(folder)
        shutil.rmtree(folder)


@pytest.fixture
def secret(server: postgres.Postgres) -> dict[str, Any]:
    """Return the secret of a role that owns an empty schema and has no other rights."""
    name = f"test_{next(_numbers)}"
    with server.connect("sluice", "postgres") as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'correct horse'; CREATE SCHEMA AUTHORIZATION {name}")
    return server.secret() | {"username": name, "password": "correct horse"}


@pytest.fixture
def open_database(secret: dict[str, Any]) -> Iterator[Callable[[], Database]]:
    """Return a function that opens the database as another process would."""
    opened: list[Database] = []

    def another() -> Database:
        opened.append(Database(lambda _: secret, statement_seconds=30))
        return opened[-1]

    yield another
    for database in opened:
        database.close()


@pytest.fixture
def database(open_database: Callable[[], Database]) -> Database:
    """Open the database as one process."""
    return open_database()


@pytest.fixture
def sql(secret: dict[str, Any]) -> Iterator[psycopg.Connection[Any]]:
    """Connect as a program other than Sluice."""
    with psycopg.connect(
        host=secret["host"],
        port=secret["port"],
        user=secret["username"],
        password=secret["password"],
        dbname=secret["dbname"],
        autocommit=True,
    ) as connection:
        yield connection


@pytest.fixture(params=["memory", "dynamodb", "postgres"])
def target(request: pytest.FixtureRequest) -> Target:
    """Return each destination in turn."""
    match request.param:
        case "memory":
            fake = MemoryDestination(MemoryFiles())
            return Target(fake, MemoryRecords(fake))
        case "dynamodb":
            client = request.getfixturevalue("client")
            destination = DynamoDestination(client, "RecordsTable", MemoryFiles(), 90)
            return Target(destination, DynamoRecords(client, "RecordsTable"))
        case _:
            database = request.getfixturevalue("database")
            return Target(PostgresDestination(database), PostgresRecords(database, [THINGS, OFFERS, RULED]))


@pytest.fixture
def tables(database: Database) -> Target:
    """Return the destination in PostgreSQL."""
    return Target(PostgresDestination(database), PostgresRecords(database, [THINGS, OFFERS, RULED]))
