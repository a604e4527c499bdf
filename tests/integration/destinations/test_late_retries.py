"""A chunk is applied again long after an incomplete attempt, when other jobs have written since."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.schema.staging import Applied, Undone
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import batch
from tests.support.files import MemoryFiles

BEFORE = {"A": 1, "B": 1, "C": 1}
CHANGE = {"A": 2, "B": 2, "C": 1, "D": 2}
SINCE = {"A": 3, "B": 1, "C": 3}


@pytest.fixture
def tables(client: Any) -> Target:
    """Return the records table; chunks in PostgreSQL are never incomplete."""
    return Target(DynamoDestination(client, "RecordsTable", MemoryFiles(), 90), DynamoRecords(client, "RecordsTable"))


def test_a_rollback_restores_what_other_jobs_wrote_in_between(tables: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempt wrote its journal and no row; A and C have another job's values before the second one."""
    tables.destination.apply(batch(BEFORE))
    with monkeypatch.context() as dying:
        dying.setattr(
            "sluice.destinations.dynamodb.table.RecordTable.put",
            lambda *_: (_ for _ in ()).throw(OSError("connection lost")),
        )
        with pytest.raises(OSError, match="connection lost"):
            tables.destination.apply(batch(CHANGE, job="02JOB"))
    tables.destination.apply(batch(SINCE, job="03JOB"))
    before = tables.all()
    for _ in range(2):
        assert tables.destination.apply(batch(CHANGE, job="02JOB")) == Applied(1, 3, 0)
        assert tables.amounts() == CHANGE
    assert tables.destination.undo(batch(CHANGE, job="02JOB")) == Undone(4)
    assert tables.all() == before
