"""Data that earlier versions stored is read and undone as those versions would; data of newer ones is an error.

``tests/golden/stored/README.md`` describes the files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from sluice.catalog.registry import importer_named
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.destinations.postgres import Database, PostgresDestination, PostgresRecords
from sluice.model.chunk import JobRef
from sluice.model.errors import NewerFormat
from sluice.model.options import LoadOptions
from sluice.model.rejection import Rejection
from sluice.schema.staging import Applied, Batch, KeptRow, Undone
from sluice.usecases.ports import Destination, Records
from sluice.usecases.staged_rows import staged_rows
from sluice.wording import word_reason
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import PLAIN, batch
from tests.support.factories import make_job
from tests.support.files import MemoryFiles

Sql = psycopg.Connection[Any]

STORED = Path(__file__).parents[2] / "golden" / "stored"


@dataclass
class Restored:
    """A destination as an earlier version left it, and the expected results."""

    destination: Destination
    records: Records
    files: MemoryFiles
    expected: dict[str, Any]

    def look(self) -> dict[str, Any]:
        """Return records by key, and their earlier versions."""
        found = self.records.page("acme", "products", limit=100, cursor=None).items
        history = {key: self.records.history("acme", "products", key) for key in self.expected["before"]["history"]}
        return {"records": {record["key"]: record for record in found}, "history": history}

    def batch(self, job: str) -> Batch:
        """Return the chunk of a job, by the job's letter."""
        job_id = self.expected["jobs"][job]
        rows = staged_rows(replace(make_job(), ref=JobRef("acme", job_id)), 0, self.files).rows
        return Batch("acme", importer_named("products"), job_id, 0, rows)

    def undo(self, job: str) -> dict[str, Any]:
        """Undo the chunk of a job; return the result in the names of the golden files."""
        undone = self.destination.undo(self.batch(job))
        return {
            "reversed": undone.reversed,
            "kept": [_kept_row(row) for row in undone.kept],
            "failed": [_kept_row(row) for row in undone.failed],
        }


def _kept_row(row: KeptRow) -> dict[str, Any]:
    return {"key": row.key, "job_id": row.job_id, "reason": word_reason(row.code, row.params)}


def content(name: str) -> dict[str, Any]:
    """Return the content of a golden file."""
    found: dict[str, Any] = json.loads((STORED / name).read_text())
    return found


def files(stored: dict[str, Any]) -> MemoryFiles:
    """Return the bucket with the stored objects."""
    found = MemoryFiles()
    for key, body in stored["objects"].items():
        found.write(key, body.encode())
    return found


@pytest.fixture
def in_dynamodb(client: Any) -> Restored:
    """Restore the records table and its journals."""
    stored = content("dynamodb.json")
    bucket = files(stored)
    for item in stored["items"]:
        client.put_item(TableName="RecordsTable", Item=item)
    destination = DynamoDestination(client, "RecordsTable", bucket, 90)
    return Restored(destination, DynamoRecords(client, "RecordsTable"), bucket, stored["expected"])


@pytest.fixture
def in_postgres(sql: Sql, database: Database) -> Restored:
    """Restore the tables of PostgreSQL."""
    sql.execute((STORED / "postgres.sql").read_text().encode())
    stored = content("postgres.json")
    records = PostgresRecords(database, [importer_named("products")])
    return Restored(PostgresDestination(database), records, files(stored), stored["expected"])


@pytest.fixture(params=["in_dynamodb", "in_postgres"])
def restored(request: pytest.FixtureRequest) -> Restored:
    """Return each restored destination in turn."""
    found: Restored = request.getfixturevalue(request.param)
    return found


def test_datasets_of_an_earlier_version_are_read_and_rolled_back(restored: Restored) -> None:
    """A rollback that the earlier version recorded has the same result again, and changes nothing."""
    assert restored.look() == restored.expected["before"]
    for job, expected in restored.expected["undone"].items():
        assert restored.undo(job) == expected, job
    assert restored.look() == restored.expected["after"]


def test_a_load_that_an_earlier_version_recorded_is_not_repeated(restored: Restored) -> None:
    """Its counts and rejections come from the ledger in PostgreSQL, and from the journal of the records table."""
    applied = restored.destination.apply(restored.batch("D"))
    in_ledger = isinstance(restored.destination, PostgresDestination)
    assert (applied.inserted, applied.updated, len(applied.rejections)) == ((1, 1, 1) if in_ledger else (2, 1, 0))
    assert [(rejection.row, rejection.column, rejection.value) for rejection in applied.rejections] == (
        [(4, "Price", "5000")] if in_ledger else []
    )
    assert restored.look() == restored.expected["before"]


def test_tables_of_an_earlier_version_get_columns_that_may_be_null_and_no_others(
    in_postgres: Restored, sql: Sql
) -> None:
    """An earlier version goes on to write such tables; any other difference would be a migration."""
    query = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
        " WHERE table_schema = %s"
    )
    before = set(sql.execute(query, [sql.info.user]).fetchall())
    in_postgres.destination.apply(in_postgres.batch("D"))
    assert set(sql.execute(query, [sql.info.user]).fetchall()) == before | {
        ("products", "gone_since", "date", "YES", None),
        ("products_archive", "gone_since", "date", "YES", None),
        ("products_archive", "other_columns", "jsonb", "YES", None),
        ("sluice_ledger", "wrote", "jsonb", "YES", None),
    }


@pytest.mark.parametrize("number", [3, -1, "1", None, True])
def test_a_journal_of_an_unknown_format_is_an_error_and_changes_nothing(client: Any, number: object) -> None:
    bucket = MemoryFiles()
    target = Target(DynamoDestination(client, "RecordsTable", bucket, 90), DynamoRecords(client, "RecordsTable"))
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
    destination = DynamoDestination(client, "RecordsTable", bucket, 90)
    destination.apply(batch({"A": 1}))
    destination.undo(batch({"A": 1}))
    key = "jobs/acme/01JOB/journal/000000.undone.json"
    bucket.write(key, json.dumps(json.loads(bucket.read(key)) | {"format": 3}).encode())
    with pytest.raises(NewerFormat):
        destination.undo(batch({"A": 1}))


def test_a_ledger_of_an_unknown_format_is_an_error_and_changes_nothing(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch({"A": 1}))
    sql.execute("""UPDATE sluice_ledger SET result = result || '{"format": 3}'""")
    for use in (tables.destination.apply, tables.destination.undo):
        with pytest.raises(NewerFormat):
            use(batch({"A": 1}))
    assert tables.amounts() == {"A": 1}


def test_the_stored_names_are_fixed(client: Any, tables: Target, sql: Sql) -> None:
    """A change of names is a new format, and later versions must still read this one."""
    bucket = MemoryFiles()
    records_table = DynamoDestination(client, "RecordsTable", bucket, 90)
    nul = {"name": "a\0b"}
    for destination in (tables.destination, records_table):
        destination.apply(batch({"A": 1}))
        destination.apply(batch({"A": 2, "B": 2, "C": nul}, job="02JOB"))
        destination.apply(batch({"A": 3}, job="03JOB"))
        destination.undo(batch({"A": 2, "B": 2, "C": nul}, job="02JOB"))
    results = dict(sql.execute("SELECT phase, result FROM sluice_ledger WHERE job = '02JOB'").fetchall())
    counts = {"inserted", "updated", "unchanged", "deleted", "kept_blank"}
    assert results["load"].keys() == {"format", "rejections", *counts}
    assert [each.keys() for each in results["load"]["rejections"]] == [
        {"sheet", "row", "column", "value", "code", "params"}
    ]
    written = {key.rsplit("/", 1)[1]: body.decode() for key, body in bucket.objects.items() if "02JOB" in key}
    assert written.keys() == {"000000.jsonl", "000000.undone.json"}
    for undone in (results["undo"], json.loads(written["000000.undone.json"])):
        assert undone.keys() == {"format", "reversed", "conflicts", "failed"}
        assert [each.keys() for each in undone["conflicts"]] == [{"key", "job", "code", "params", "columns"}]
    head, *lines = [json.loads(line) for line in written["000000.jsonl"].split("\n")]
    assert head.keys() == {"format", "hold", "at", "unchanged", "kept_blank", "closed"}
    assert {key: line["before"] and line["before"].keys() for key, line in lines} == {
        "A": {"job", "hash", "data", "at"},
        "B": None,
        "C": None,
    }
    assert all(line.keys() == {"before", "wrote"} and line["wrote"]["code"] == key for key, line in lines)
    assert [results["load"]["format"], results["undo"]["format"], head["format"]] == [2, 2, 2]
    items = {frozenset(item) for item in client.scan(TableName="RecordsTable")["Items"]}
    assert items == {
        frozenset({"pk", "sk", "job", "hash", "data", "at"}),
        frozenset({"pk", "sk", "job", "data", "since", "until"}),
    }


def test_the_stored_names_of_deleted_records_and_rejections_are_fixed(client: Any) -> None:
    """As above; a tombstone has the one attribute by which DynamoDB removes it."""
    bucket = MemoryFiles()
    destination = DynamoDestination(client, "RecordsTable", bucket, 90)
    destination.apply(batch({"A": 1, "B": 1}, importer=PLAIN))
    for job, key, deletes in (("02JOB", "A", "mark"), ("03JOB", "B", "remove")):
        rows = batch({key: 1, "N": 1}, job=job, importer=PLAIN)
        destination.apply(replace(rows, options=LoadOptions("delete", deletes=deletes)))  # type: ignore[arg-type]
    items = {item["sk"]["S"]: item for item in client.scan(TableName="RecordsTable")["Items"]}
    assert items["A"].keys() == {"pk", "sk", "job", "hash", "data", "at", "deleted_at", "deleted_by"}
    assert items["B"].keys() == {"pk", "sk", "job", "deleted_at", "expires_at"}
    assert items["A"]["deleted_by"] == items["A"]["job"] == {"S": "02JOB"}
    expires = int(items["B"]["expires_at"]["N"]) - datetime.fromisoformat(items["B"]["deleted_at"]["S"]).timestamp()
    assert expires == pytest.approx(90 * 24 * 3600, abs=1)
    _, deleted, rejected = bucket.read("jobs/acme/03JOB/journal/000000.jsonl").split(b"\n")
    key, line = json.loads(deleted)
    assert (key, line["before"].keys(), line["wrote"]) == ("B", {"job", "hash", "data", "at"}, None)
    key, line = json.loads(rejected)
    [rejection] = line["rejections"]
    assert rejection == {
        "sheet": "",
        "row": 3,
        "column": "Code",
        "value": "N",
        "code": "key-unknown",
        "params": {"mode": "delete"},
    }
    destination.apply(replace(batch({"B": 2}, job="04JOB", importer=PLAIN)))
    [_, revived] = bucket.read("jobs/acme/04JOB/journal/000000.jsonl").split(b"\n")
    assert json.loads(revived)[1]["before"].keys() == {"job", "deleted_at", "expires_at"}
    destination.undo(batch({"B": 2}, job="04JOB", importer=PLAIN))
    after = {item["sk"]["S"]: item for item in client.scan(TableName="RecordsTable")["Items"]}
    assert after == items


def replace_result(sql: Sql, phase: str, result: dict[str, Any]) -> None:
    """Replace the result in the ledger."""
    done = sql.execute("UPDATE sluice_ledger SET result = %s WHERE phase = %s", [Jsonb(result), phase])
    assert done.rowcount == 1


def test_a_load_that_an_older_version_recorded_is_read_and_undone(tables: Target, sql: Sql) -> None:
    """The rejections keep their sentences."""
    rows = batch({"A": 1, "B": 2})
    tables.destination.apply(rows)
    row = {"sheet": "", "row": 9, "column": "Amount", "value": "x", "reason": "is required by the database"}
    replace_result(sql, "load", {"inserted": 2, "updated": 0, "unchanged": 0, "refusals": [row]})
    known = Rejection("", 9, "Amount", "x", "stored-text", {"text": "is required by the database"})
    assert tables.destination.apply(rows) == Applied(2, 0, 0, [known])
    assert tables.destination.undo(rows) == Undone(2)


def test_a_rollback_that_an_older_version_recorded_is_read(tables: Target, sql: Sql) -> None:
    """The rows that it left keep their sentences."""
    rows = batch({"A": 1})
    tables.destination.apply(rows)
    tables.destination.undo(rows)
    left = {"key": "A", "job_id": "03JOB", "reason": "was changed since by another job"}
    replace_result(sql, "undo", {"reversed": 0, "kept": [left], "failed": []})
    known = KeptRow("A", "03JOB", "stored-text", {"text": "was changed since by another job"})
    assert tables.destination.undo(rows) == Undone(0, [known])
