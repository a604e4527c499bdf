"""A chunk whose rows were staged anew between two attempts, as by a deployment that changed how they are normalised."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.schema.staging import Undone
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import batch
from tests.support.files import MemoryFiles


@pytest.fixture
def tables(client: Any) -> Target:
    """The records table; PostgreSQL applies a chunk once, whatever its rows are."""
    return Target(DynamoDestination(client, "RecordsTable", MemoryFiles(), 90), DynamoRecords(client, "RecordsTable"))


def test_a_rollback_never_puts_back_what_the_job_itself_wrote(tables: Target) -> None:
    """The second attempt sees rows of the first one: they are no image of what was there before the job."""
    tables.destination.apply(batch({"A": 1}))
    before = tables.all()
    tables.destination.apply(batch({"A": 2, "B": 2}, job="02JOB"))
    tables.destination.apply(batch({"A": 3, "B": 3}, job="02JOB"))
    assert tables.destination.undo(batch({"A": 3, "B": 3}, job="02JOB")) == Undone(2)
    assert tables.all() == before
