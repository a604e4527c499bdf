"""Results that a version without codes wrote into the ledger are read with their sentences."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from sluice.model.rejection import Rejection
from sluice.schema.staging import Applied, KeptRow, Undone
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import batch

Sql = psycopg.Connection[Any]


def stored(sql: Sql, phase: str, result: dict[str, Any]) -> None:
    """Replace the result in the ledger."""
    done = sql.execute("UPDATE sluice_ledger SET result = %s WHERE phase = %s", [Jsonb(result), phase])
    assert done.rowcount == 1


def test_the_load_of_a_chunk_that_an_older_version_did_is_read_and_undone(tables: Target, sql: Sql) -> None:
    """The rejections keep their sentences."""
    rows = batch({"A": 1, "B": 2})
    tables.destination.apply(rows)
    row = {"sheet": "", "row": 9, "column": "Amount", "value": "x", "reason": "is required by the database"}
    stored(sql, "load", {"inserted": 2, "updated": 0, "unchanged": 0, "refusals": [row]})
    known = Rejection("", 9, "Amount", "x", "stored-text", {"text": "is required by the database"})
    assert tables.destination.apply(rows) == Applied(2, 0, 0, [known])
    assert tables.destination.undo(rows) == Undone(2)


def test_the_rollback_of_a_chunk_that_an_older_version_did_is_read(tables: Target, sql: Sql) -> None:
    """The rows that it left keep their sentences."""
    rows = batch({"A": 1})
    tables.destination.apply(rows)
    tables.destination.undo(rows)
    left = {"key": "A", "job_id": "03JOB", "reason": "was changed since by another job"}
    stored(sql, "undo", {"reversed": 0, "kept": [left], "failed": []})
    known = KeptRow("A", "03JOB", "stored-text", {"text": "was changed since by another job"})
    assert tables.destination.undo(rows) == Undone(0, [known])
