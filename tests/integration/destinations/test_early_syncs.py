"""Datasets of sources that early syncs wrote, which had the mark of deleted records among their values.

``tests/golden/stored/README.md`` describes the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sluice.catalog.registry import source_named
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.destinations.postgres import Database, PostgresDestination, PostgresRecords
from sluice.model.options import LoadOptions
from sluice.schema.staging import Applied, Batch, Undone
from sluice.schema.validation import GoodRow
from sluice.usecases.ports import Destination, Records
from tests.support.files import MemoryFiles

SKK = source_named("skk").rows
STORED: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "golden" / "stored" / "early-syncs.json").read_text(encoding="utf-8")
)
#: The record that an early sync has marked, and that came on no page since.
MARKED = f"{4:018d}"


@dataclass
class Early:
    """A destination as an early version left it, and what its own rollbacks gave."""

    destination: Destination
    records: Records
    expected: dict[str, Any]
    dump: Callable[[], Any]

    def listed(self, *, deleted: bool = False) -> list[str]:
        page = self.records.page("acme", "skk", limit=9, cursor=None, deleted=deleted)
        return sorted(record["key"] for record in page.items)

    def absent(self) -> list[str]:
        """List the keys that a mirror finds in the dataset."""
        ranges = self.destination.key_ranges("acme", SKK)
        return sorted(key for each in ranges for key, _ in self.destination.keys_in("acme", SKK, each))


@pytest.fixture
def in_dynamodb(client: Any) -> Early:
    """Restore the records table and its journals."""
    stored, bucket = STORED["dynamodb"], MemoryFiles()
    for key, body in stored["objects"].items():
        bucket.write(key, body.encode())
    for item in stored["items"]:
        client.put_item(TableName="RecordsTable", Item=item)

    def dump() -> Any:
        items = client.scan(TableName="RecordsTable")["Items"]
        return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    destination = DynamoDestination(client, "RecordsTable", bucket, 90)
    return Early(destination, DynamoRecords(client, "RecordsTable"), stored, dump)


@pytest.fixture
def in_postgres(sql: psycopg.Connection[Any], database: Database) -> Early:
    """Restore the tables of PostgreSQL."""
    stored = STORED["postgres"]
    for create in stored["create"]:
        sql.execute(create)
    for table, rows in stored["rows"].items():
        insert = f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, %s)"
        sql.execute(insert.encode(), [json.dumps(rows)])

    def dump() -> Any:
        query = "SELECT row_to_json(t) FROM {0} t ORDER BY row_to_json(t)::text"
        return {
            table: [row for (row,) in sql.execute(query.format(table).encode()).fetchall()] for table in stored["after"]
        }

    return Early(PostgresDestination(database), PostgresRecords(database, [SKK]), stored, dump)


@pytest.fixture(params=["in_dynamodb", "in_postgres"])
def early(request: pytest.FixtureRequest) -> Early:
    """Return each restored destination in turn."""
    found: Early = request.getfixturevalue(request.param)
    return found


def rows_of(job: str, index: int) -> list[GoodRow]:
    [rows] = [rows for each, at, rows in STORED["chunks"] if (each, at) == (job, index)]
    return [GoodRow(number, key, hash_, values.encode()) for number, key, hash_, values in rows]


def test_what_early_syncs_have_marked_is_rolled_back_as_they_did(early: Early) -> None:
    """A mark that a sync set, one that it removed because the row came back, and values: byte for byte."""
    options = LoadOptions(blanks="clear")
    for hold, (job, index, *expected) in enumerate(early.expected["undone"], start=9):
        chunk = Batch("acme", SKK, STORED["jobs"][job], index, rows_of(job, index), options, hold)
        undone = early.destination.undo(chunk)
        kept = [[row.key, row.job_id, list(row.columns)] for row in undone.kept]
        assert [undone.reversed, kept, len(undone.failed)] == expected, (job, index)
    assert early.dump() == early.expected["after"]


def test_a_rollback_removes_an_early_mark_of_a_row_that_was_written_since(
    in_postgres: Early, sql: psycopg.Connection[Any]
) -> None:
    """What the other job has written stays."""
    sql.execute("UPDATE skk SET nama = 'Another', job_id = '02NEW' WHERE nip = %s", [MARKED])
    chunk = Batch("acme", SKK, STORED["jobs"]["B"], 900_000, rows_of("B", 900_000), LoadOptions(blanks="clear"), 9)
    assert in_postgres.destination.undo(chunk) == Undone(2)
    assert in_postgres.records.get("acme", "skk", MARKED)["values"]["nama"] == "Another"
    assert MARKED in in_postgres.listed()


def test_a_record_that_an_early_sync_has_marked_is_deleted(early: Early) -> None:
    """A list hides it, and a mirror marks it no second time."""
    others = [f"{number:018d}" for number in (1, 2, 3)]
    assert early.listed() == others
    assert early.listed(deleted=True) == [*others, MARKED]
    assert early.records.get("acme", "skk", MARKED)["deleted_at"] == "2026-11-20T00:00:00.000000Z"
    assert early.absent() == others


def test_a_record_that_an_early_sync_has_marked_is_revived_and_marked_again_by_a_rollback(early: Early) -> None:
    values = json.loads(rows_of("B", 900_000)[1].values)
    del values["gone_since"]
    row = GoodRow(1, MARKED, "new", json.dumps(values).encode())
    chunk = Batch("acme", SKK, "02NEW", 0, [row], SKK.options, 20)
    assert early.destination.compare(chunk).inserted == 1
    for _ in range(2):  # a second attempt gives the same
        assert early.destination.apply(chunk) == Applied(1, 0, 0)
    assert early.records.get("acme", "skk", MARKED)["values"] == values
    assert MARKED in early.absent()
    assert early.destination.undo(replace(chunk, hold=21)) == Undone(1)
    assert (MARKED in early.listed(), MARKED in early.listed(deleted=True)) == (False, True)


def test_other_records_of_early_syncs_are_unchanged(early: Early) -> None:
    """They have a null where the mark was."""
    before = early.dump()
    rows = []
    for row in rows_of("C", 0):
        values = json.loads(row.values)
        del values["gone_since"]
        rows.append(row._replace(hash="new", values=json.dumps(values).encode()))
    chunk = Batch("acme", SKK, "02NEW", 0, rows, SKK.options, 20)
    assert early.destination.apply(chunk) == Applied(0, 0, 3)
    assert early.dump() == before
