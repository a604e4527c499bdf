"""What earlier versions stored is read, and undone, as those versions would; what newer ones stored is rejected.

``tests/golden/stored/README.md`` describes the files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sluice.catalog.registry import importer_named
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.destinations.postgres import Database, PostgresDestination, PostgresRecords
from sluice.model.errors import NewerFormat
from sluice.schema.staging import Batch, KeptRow, load_staged
from sluice.usecases.ports import Destination, Records
from sluice.wording import word_reason
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import batch
from tests.support.files import MemoryFiles

Sql = psycopg.Connection[Any]

STORED = Path(__file__).parents[2] / "golden" / "stored"


@dataclass
class Restored:
    """A destination as an earlier version left it, and what is expected of it."""

    destination: Destination
    records: Records
    files: MemoryFiles
    expected: dict[str, Any]

    def look(self) -> dict[str, Any]:
        """Records by key, and their earlier versions."""
        found = self.records.page("acme", "products", limit=100, cursor=None).items
        history = {key: self.records.history("acme", "products", key) for key in self.expected["before"]["history"]}
        return {"records": {record["key"]: record for record in found}, "history": history}

    def batch(self, job: str) -> Batch:
        """The chunk of a job, by its letter."""
        job_id = self.expected["jobs"][job]
        rows = load_staged(self.files.read(f"jobs/acme/{job_id}/staged/000000.rows"))
        return Batch("acme", importer_named("products"), job_id, 0, rows)

    def undo(self, job: str) -> dict[str, Any]:
        """Undo the chunk of a job; returns the result in the names of the golden files."""
        undone = self.destination.undo(self.batch(job))
        return {
            "reversed": undone.reversed,
            "kept": [_kept_row(row) for row in undone.kept],
            "failed": [_kept_row(row) for row in undone.failed],
        }


def _kept_row(row: KeptRow) -> dict[str, Any]:
    return {"key": row.key, "job_id": row.job_id, "reason": word_reason(row.code, row.params)}


def content(name: str) -> dict[str, Any]:
    """A file of what is stored."""
    found: dict[str, Any] = json.loads((STORED / name).read_text())
    return found


def files(stored: dict[str, Any]) -> MemoryFiles:
    """The bucket."""
    found = MemoryFiles()
    for key, body in stored["objects"].items():
        found.write(key, body.encode())
    return found


@pytest.fixture
def in_dynamodb(client: Any) -> Restored:
    """The records table, and its journals."""
    stored = content("dynamodb.json")
    bucket = files(stored)
    for item in stored["items"]:
        client.put_item(TableName="RecordsTable", Item=item)
    destination = DynamoDestination(client, "RecordsTable", bucket)
    return Restored(destination, DynamoRecords(client, "RecordsTable"), bucket, stored["expected"])


@pytest.fixture
def in_postgres(sql: Sql, database: Database) -> Restored:
    """The tables of PostgreSQL."""
    sql.execute((STORED / "postgres.sql").read_text().encode())
    stored = content("postgres.json")
    records = PostgresRecords(database, [importer_named("products")])
    return Restored(PostgresDestination(database), records, files(stored), stored["expected"])


@pytest.fixture(params=["in_dynamodb", "in_postgres"])
def restored(request: pytest.FixtureRequest) -> Restored:
    """Each destination, one after the other."""
    found: Restored = request.getfixturevalue(request.param)
    return found


def test_datasets_of_an_earlier_version_are_read_and_rolled_back(restored: Restored) -> None:
    """A rollback that was recorded then gives the same result again, and changes nothing."""
    assert restored.look() == restored.expected["before"]
    for job, expected in restored.expected["undone"].items():
        assert restored.undo(job) == expected, job
    assert restored.look() == restored.expected["after"]


def test_a_load_that_an_earlier_version_recorded_is_not_repeated(restored: Restored) -> None:
    """It gives the same counts and rejections, in PostgreSQL from the ledger, in the records table from the journal."""
    applied = restored.destination.apply(restored.batch("D"))
    in_ledger = isinstance(restored.destination, PostgresDestination)
    assert (applied.inserted, applied.updated, len(applied.rejections)) == ((1, 1, 1) if in_ledger else (2, 1, 0))
    assert [(rejection.row, rejection.column, rejection.value) for rejection in applied.rejections] == (
        [(4, "Price", "5000")] if in_ledger else []
    )
    assert restored.look() == restored.expected["before"]


def test_tables_of_an_earlier_version_have_the_columns_of_this_one(in_postgres: Restored, sql: Sql) -> None:
    """A load adds none: a difference would be a migration."""
    query = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = %s"
    before = sql.execute(query, [sql.info.user]).fetchall()
    in_postgres.destination.apply(in_postgres.batch("D"))
    assert sql.execute(query, [sql.info.user]).fetchall() == before


@pytest.mark.parametrize("number", [2, -1, "1", None, True])
def test_a_journal_of_an_unknown_format_is_an_error_and_changes_nothing(client: Any, number: object) -> None:
    bucket = MemoryFiles()
    target = Target(DynamoDestination(client, "RecordsTable", bucket), DynamoRecords(client, "RecordsTable"))
    target.destination.apply(batch({"A": 1}))
    key = "jobs/acme/01JOB/journal/000000.jsonl"
    head, *lines = bucket.read(key).decode().split("\n")
    bucket.write(key, "\n".join([json.dumps(json.loads(head) | {"format": number}), *lines]).encode())
    for use in (target.destination.apply, target.destination.undo):
        with pytest.raises(NewerFormat):
            use(batch({"A": 1}))
    assert target.amounts() == {"A": 1}


def test_the_result_of_a_rollback_in_an_unknown_format_is_an_error(client: Any) -> None:
    bucket = MemoryFiles()
    destination = DynamoDestination(client, "RecordsTable", bucket)
    destination.apply(batch({"A": 1}))
    destination.undo(batch({"A": 1}))
    key = "jobs/acme/01JOB/journal/000000.undone.json"
    bucket.write(key, json.dumps(json.loads(bucket.read(key)) | {"format": 2}).encode())
    with pytest.raises(NewerFormat):
        destination.undo(batch({"A": 1}))


def test_a_ledger_of_an_unknown_format_is_an_error_and_changes_nothing(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch({"A": 1}))
    sql.execute("""UPDATE sluice_ledger SET result = result || '{"format": 2}'""")
    for use in (tables.destination.apply, tables.destination.undo):
        with pytest.raises(NewerFormat):
            use(batch({"A": 1}))
    assert tables.amounts() == {"A": 1}


def test_what_is_stored_now_has_these_names(client: Any, tables: Target, sql: Sql) -> None:
    """The contract with later versions: a change of names is a new format, and the reader keeps the old one."""
    bucket = MemoryFiles()
    records_table = DynamoDestination(client, "RecordsTable", bucket)
    nul = {"name": "a\0b"}
    for destination in (tables.destination, records_table):
        destination.apply(batch({"A": 1}))
        destination.apply(batch({"A": 2, "B": 2, "C": nul}, job="02JOB"))
        destination.apply(batch({"A": 3}, job="03JOB"))
        destination.undo(batch({"A": 2, "B": 2, "C": nul}, job="02JOB"))
    results = dict(sql.execute("SELECT phase, result FROM sluice_ledger WHERE job = '02JOB'").fetchall())
    assert results["load"].keys() == {"format", "inserted", "updated", "unchanged", "rejections"}
    assert [each.keys() for each in results["load"]["rejections"]] == [
        {"sheet", "row", "column", "value", "code", "params"}
    ]
    written = {key.rsplit("/", 1)[1]: body.decode() for key, body in bucket.objects.items() if "02JOB" in key}
    assert written.keys() == {"000000.jsonl", "000000.undone.json"}
    for undone in (results["undo"], json.loads(written["000000.undone.json"])):
        assert undone.keys() == {"format", "reversed", "conflicts", "failed"}
        assert [each.keys() for each in undone["conflicts"]] == [{"key", "job", "code", "params"}]
    head, *lines = [json.loads(line) for line in written["000000.jsonl"].split("\n")]
    assert head.keys() == {"format", "unchanged", "at", "closed"}
    assert [(key, image and image.keys()) for key, image in lines] == [
        ("A", {"job", "hash", "data", "at"}),
        ("B", None),
        ("C", None),
    ]
    assert [results["load"]["format"], results["undo"]["format"], head["format"]] == [1, 1, 1]
    items = {frozenset(item) for item in client.scan(TableName="RecordsTable")["Items"]}
    assert items == {
        frozenset({"pk", "sk", "job", "hash", "data", "at"}),
        frozenset({"pk", "sk", "job", "data", "since", "until"}),
    }
