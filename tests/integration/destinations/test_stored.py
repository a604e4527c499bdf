"""Datasets, journals and ledgers that an earlier version has stored are read, and taken back, as that version would.

How they came to be is told in ``tests/golden/stored/make.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sluice.catalog.registry import importer_named
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.destinations.postgres import Database, PostgresDestination, PostgresRecords
from sluice.schema.staging import Batch, load_staged
from sluice.usecases.ports import Destination, Records
from tests.fakes.files import MemoryFiles

STORED = Path(__file__).parents[2] / "golden" / "stored"


@dataclass
class Restored:
    """A destination as it was left, and what is expected of it."""

    destination: Destination
    records: Records
    objects: dict[str, str]
    expected: dict[str, Any]

    def look(self) -> dict[str, Any]:
        """Records by key, and what they were before."""
        found = self.records.page("acme", "products", limit=100, cursor=None).items
        history = {key: self.records.history("acme", "products", key) for key in self.expected["before"]["history"]}
        return {"records": {record["key"]: record for record in found}, "history": history}

    def undo(self, name: str) -> dict[str, Any]:
        """Take back the chunk of a job."""
        job = self.expected["jobs"][name]
        rows = load_staged(self.objects[f"jobs/acme/{job}/staged/000000.rows"].encode())
        return asdict(self.destination.undo(Batch("acme", importer_named("products"), job, 0, rows)))


def content(name: str) -> dict[str, Any]:
    """A file of what is stored."""
    found: dict[str, Any] = json.loads((STORED / name).read_text())
    return found


@pytest.fixture
def in_dynamodb(client: Any) -> Restored:
    """The records table and the objects of its journals."""
    stored, files = content("dynamodb.json"), MemoryFiles()
    for item in stored["items"]:
        client.put_item(TableName="RecordsTable", Item=item)
    for key, body in stored["objects"].items():
        files.write(key, body.encode())
    destination = DynamoDestination(client, "RecordsTable", files)
    return Restored(destination, DynamoRecords(client, "RecordsTable"), stored["objects"], stored["expected"])


@pytest.fixture
def in_postgres(sql: psycopg.Connection[Any], open_database: Callable[[], Database]) -> Restored:
    """The tables of PostgreSQL."""
    sql.execute((STORED / "postgres.sql").read_text().encode())
    stored, database = content("postgres.json"), open_database()
    records = PostgresRecords(database, [importer_named("products")])
    return Restored(PostgresDestination(database), records, stored["objects"], stored["expected"])


def as_shown(look: dict[str, Any]) -> dict[str, Any]:
    """What the API shows of records: a version of none has no beginning, and instants are text that ends in Z."""
    shown: dict[str, Any] = json.loads(json.dumps(look, default=str))
    return shown


@pytest.mark.parametrize("store", ["in_dynamodb", "in_postgres"])
def test_what_an_earlier_version_stored_is_read_and_taken_back(store: str, request: pytest.FixtureRequest) -> None:
    """Also by jobs whose rollback was recorded then: it answers the same, and changes nothing again."""
    restored: Restored = request.getfixturevalue(store)
    assert as_shown(restored.look()) == restored.expected["before"]
    for name, expected in restored.expected["undone"].items():
        assert restored.undo(name) == expected, name
    assert as_shown(restored.look()) == restored.expected["after"]
