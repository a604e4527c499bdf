"""One wrong row in a file of a job that loads all rows or none: nothing of it is left on either destination.

In each load and each rollback a worker dies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from sluice.catalog.registry import importer_named
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.destinations.postgres import PostgresDestination, PostgresRecords
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.job import Job
from sluice.model.options import LoadOptions
from sluice.model.status import Status
from tests.integration.destinations.conftest import Target
from tests.support.deaths import deliver_with_deaths, killed_at
from tests.support.factories import csv_file, products
from tests.support.files import MemoryFiles
from tests.support.harness import Harness, small_chunks

# moto takes a second for a thousand records
ROWS = {"dynamodb": 200, "postgres": 20_000}
Shop = tuple[Harness, Target, int]


@pytest.fixture(params=["dynamodb", "postgres"])
def shop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Return a harness with a destination that has ten products, and the rows of a large file for it."""
    rows = ROWS[request.param]
    small_chunks(monkeypatch, rows // 5)
    if request.param == "dynamodb":
        client = request.getfixturevalue("client")
        there = Target(
            DynamoDestination(client, "RecordsTable", MemoryFiles(), 90), DynamoRecords(client, "RecordsTable")
        )
    else:
        database = request.getfixturevalue("database")
        there = Target(PostgresDestination(database), PostgresRecords(database, [importer_named("products")]))
    harness = Harness()
    harness.destination = there.destination  # type: ignore[assignment]  # it is declared as the fake
    harness.run(harness.upload(csv_file(products(10))))
    return harness, there, rows


def run(harness: Harness, ref: JobRef, *, after_compare: Callable[[], None] = lambda: None) -> Job:
    """Run a job; call a function between its comparison and its load."""
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    assert harness.phase(ref, PhaseName.LOAD) == "compare"
    harness.phase(ref, PhaseName.COMPARE)
    after_compare()
    if dying_phase(harness, ref, PhaseName.LOAD) == "rejected":
        assert dying_phase(harness, ref, PhaseName.UNDO) == "done"
    return harness.finish(ref)


def dying_phase(harness: Harness, ref: JobRef, phase: PhaseName) -> str:
    """Run a phase in which a worker dies with its chunk written and not yet closed; return its outcome."""
    with pytest.MonkeyPatch.context() as dying:
        killed_at(dying, harness.chunks, "close", after=False)
        token = harness.dispatch(ref, phase)
        deliver_with_deaths(harness)
    return str(harness.machine.answers[token]["outcome"])


def records(there: Target) -> dict[str, Any]:
    return there.all("acme", "products", limit=200)


def test_a_row_that_parsing_rejects_loads_nothing(shop: Shop) -> None:
    harness, there, rows = shop
    before = records(there)
    file = csv_file([*products(rows - 1), ("X-1", "Part", "free", 1)])
    job = run(harness, harness.upload(file, options=LoadOptions(on_rejections="stop")))
    assert job.problem is not None
    assert (job.status, job.problem.code) == (Status.FAILED, "rejections/checked")
    assert (job.counts.rejected, job.counts.unprocessed) == (1, rows - 1)
    assert records(there) == before


def test_a_key_that_another_job_inserts_in_between_takes_back_what_was_loaded(shop: Shop) -> None:
    """The comparison has found no record of that key; the row is in the last chunk, so all others are loaded."""
    harness, there, rows = shop
    options = LoadOptions(mode="insert", on_rejections="stop")
    ref = harness.upload(csv_file(products(rows, first=100)), options=options)
    other = harness.upload(csv_file(products(1, first=rows + 99)))
    seen = {}

    def meanwhile() -> None:
        harness.run(other)
        seen.update(records(there))

    job = run(harness, ref, after_compare=meanwhile)
    assert job.problem is not None
    assert (job.status, job.problem.code) == (Status.FAILED, "rejections/undone")
    assert (job.counts.inserted, job.counts.reversed, job.counts.conflicts) == (rows - 1, rows - 1, 0)
    assert [each["reason"]["code"] for each in job.problem.params["examples"]] == ["key-exists"]
    assert records(there) == seen


@pytest.mark.parametrize("shop", ["postgres"], indirect=True)
def test_a_row_that_a_constraint_of_the_table_rejects_takes_back_what_was_loaded(
    shop: Shop, sql: psycopg.Connection[Any]
) -> None:
    """No comparison sees constraints; plain SQL changes a loaded row before it is restored, and that row is named."""
    harness, there, rows = shop
    sql.execute("ALTER TABLE products ADD CONSTRAINT price_is_fair CHECK (price < 1000)")
    before = records(there)
    file = [*products(rows - 1, price="7"), ("X-1", "Part", "5000", 1)]
    ref = harness.upload(csv_file(file), options=LoadOptions(on_rejections="stop"))
    harness.plan(ref)
    for phase in (PhaseName.PARSE, PhaseName.COMPARE, PhaseName.LOAD):
        harness.phase(ref, phase)
    sql.execute("UPDATE products SET price = 8 WHERE part_number = 'P-000003'")
    harness.phase(ref, PhaseName.UNDO)
    job = harness.finish(ref)
    assert job.problem is not None
    assert (job.status, job.problem.code) == (Status.FAILED, "rejections/undone")
    assert (job.problem.params["kept"], job.counts.conflicts) == (1, 1)
    assert [each["reason"]["code"] for each in job.problem.params["examples"]] == ["database-check"]
    after = records(there)
    assert after.pop("P-000003")["values"]["price"] == "8"
    before.pop("P-000003")
    assert after == before
