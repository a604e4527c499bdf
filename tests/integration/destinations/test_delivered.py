"""What a destination holds of a chunk whose worker has died: exact, whatever it had come to write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.table import RecordTable
from sluice.destinations.postgres import Database, PostgresDestination
from sluice.model.errors import ImagesGone
from sluice.model.options import LoadOptions
from sluice.schema.staging import Applied, Delivered
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import batch
from tests.integration.destinations.test_worker_deaths import Death, Dying
from tests.support.files import MemoryFiles

BEFORE = batch({f"A{number}": 1 for number in range(4)}, hold=1)
#: Two rows as they are, two with another amount, and three new ones: numbers 2 to 8.
CHANGE = batch({"A0": 1, "A1": 1, "A2": 5, "A3": 5, "N1": 1, "N2": 1, "N3": 1}, job="02JOB", hold=2)


def test_a_chunk_that_was_applied_is_delivered_as_it_was_counted(target: Target) -> None:
    assert target.destination.delivered(CHANGE) is None
    target.destination.apply(BEFORE)
    assert target.destination.delivered(CHANGE) is None
    applied = target.destination.apply(CHANGE)
    assert target.destination.delivered(CHANGE) == Delivered(applied) == Delivered(Applied(3, 2, 2))


def test_what_is_delivered_is_looked_up_and_not_done(target: Target) -> None:
    target.destination.apply(BEFORE)
    before = target.all()
    assert target.destination.delivered(CHANGE) is None
    assert target.all() == before
    assert target.destination.apply(CHANGE) == Applied(3, 2, 2)


@pytest.mark.parametrize("written", range(6))
def test_dynamodb_counts_the_records_that_were_written(
    client: Any, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """A worker dies after each of the five records in turn: none, one, …, all of them."""
    destination = DynamoDestination(client, "RecordsTable", MemoryFiles(), 90)
    target = Target(destination, None)  # type: ignore[arg-type]  # nothing is listed
    target.destination.apply(BEFORE)
    put = RecordTable.put

    def some(table: RecordTable, items: Any) -> None:
        found = list(items)
        if "@archive" in found[0]["pk"]["S"]:
            return put(table, found)
        put(table, found[:written])
        raise Death

    with monkeypatch.context() as patched:
        patched.setattr(RecordTable, "put", some)
        with pytest.raises(Death):
            destination.apply(CHANGE)
    found = destination.delivered(CHANGE)
    assert found is not None
    updated, inserted = min(written, 2), max(0, written - 2)
    assert (found.applied.inserted, found.applied.updated, found.applied.unchanged) == (inserted, updated, 2)
    assert found.left == frozenset(range(4 + written, 9))
    assert destination.delivered(replace(CHANGE, hold=3)) is None, "others may have written since"
    undone = destination.undo(replace(CHANGE, unwritten=frozenset(["A2", "A3", "N1", "N2", "N3"][written:])))
    assert (undone.reversed, undone.kept) == (written, [])


@pytest.mark.parametrize("how", ["mark", "remove"])
def test_dynamodb_counts_the_records_that_were_deleted(client: Any, monkeypatch: pytest.MonkeyPatch, how: Any) -> None:
    destination = DynamoDestination(client, "RecordsTable", MemoryFiles(), 90)
    destination.apply(BEFORE)
    deletion = replace(batch({"A0": 1, "A1": 1}, job="02JOB", hold=2), options=LoadOptions("delete", deletes=how))
    put = RecordTable.put
    with monkeypatch.context() as patched:
        patched.setattr(RecordTable, "put", lambda table, items: put(table, list(items)[:1]))
        destination.apply(deletion)
    found = destination.delivered(deletion)
    assert found is not None
    assert (found.applied.deleted, found.left) == (1, frozenset({3}))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_postgres_counts_all_rows_of_a_chunk_or_none(open_database: Callable[[], Database], after: bool) -> None:
    """At whatever statement its worker dies: the count is right either way."""
    there = PostgresDestination(open_database())
    there.apply(BEFORE)
    for at in range(30):
        change = replace(CHANGE, job_id=f"1{at:02}JOB", rows=CHANGE.rows if at % 2 else BEFORE.rows)
        worker = PostgresDestination(Dying(open_database(), at=at, after=after))
        try:
            worker.apply(change)
        except Death:
            assert there.delivered(change) is None
        else:
            found = there.delivered(change)
            assert found is not None
            assert found == Delivered(there.apply(change))
            return
    raise AssertionError("every worker died")


def test_a_rollback_needs_what_the_load_has_noted(target: Target) -> None:
    """Where it has expired, nothing is called rolled back."""
    with pytest.raises(ImagesGone):
        target.destination.undo(replace(CHANGE, was_applied=True))
    assert target.destination.undo(CHANGE).reversed == 0
