"""A decimal mark that the last chunk of a file decides: no value is wrong, and no good row is rejected."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sluice.catalog.registry import importer_named
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.destinations.postgres import PostgresDestination, PostgresRecords
from sluice.model.chunk import ChunkRef, PhaseName
from sluice.model.job import Job
from sluice.model.status import Status
from tests.integration.destinations.conftest import Target
from tests.support.factories import csv_file
from tests.support.files import MemoryFiles
from tests.support.harness import Harness, small_chunks

CHUNKS, ROWS = 30, 4
#: Chunks with a cell that may be a thousand or a fraction, one with a wrong cell, one with a point, one with a comma.
AMBIGUOUS, WRONG, POINT, COMMA = (3, 17, 28), 11, 22, 29
Shop = tuple[Harness, Target]


@pytest.fixture(params=["dynamodb", "postgres"])
def shop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Return a harness that loads into a real destination, and that destination."""
    small_chunks(monkeypatch, ROWS)
    if request.param == "dynamodb":
        client = request.getfixturevalue("client")
        destination: Any = DynamoDestination(client, "RecordsTable", MemoryFiles(), 90)
        there = Target(destination, DynamoRecords(client, "RecordsTable"))
    else:
        database = request.getfixturevalue("database")
        there = Target(PostgresDestination(database), PostgresRecords(database, [importer_named("products")]))
    harness = Harness()
    harness.destination = there.destination  # type: ignore[assignment]  # it is declared as the fake
    return harness, there


def parses(harness: Harness) -> Counter[int]:
    """Count from now on how often each chunk is parsed."""
    counted, close = Counter[int](), harness.chunks.close

    def counting(ref: ChunkRef, *args: Any, **more: Any) -> bool:
        closed = close(ref, *args, **more)
        counted[ref.index] += closed and ref.phase is PhaseName.PARSE
        return closed

    harness.chunks.close = counting  # type: ignore[method-assign]  # counts what it passes on
    return counted


def prices(**special: str) -> dict[str, str]:
    """Return the price of each part: ambiguous ones, a wrong one, the comma, and others that are given."""
    found = {f"P-{row:03d}": "7" for row in range(CHUNKS * ROWS)}
    found |= {f"P-{chunk * ROWS + 1:03d}": "1.250" for chunk in AMBIGUOUS}
    return found | {f"P-{WRONG * ROWS + 2:03d}": "free", f"P-{COMMA * ROWS:03d}": "2,5"} | special


def assert_exact(job: Job, there: Target, file: dict[str, str], rejected: set[str]) -> None:
    """Expect every good row with the value that a careful person reads with a decimal comma."""
    right = {"7": "7", "1.250": "1250", "2,5": "2.5"}
    expected = {key: right[price] for key, price in file.items() if key not in rejected}
    records = there.all(dataset="products", limit=1_000)
    assert {key: record["values"]["price"] for key, record in records.items()} == expected
    assert job.status is Status.COMPLETED
    assert (job.counts.total, job.counts.inserted, job.counts.rejected) == (len(file), len(expected), len(rejected))


def body(file: dict[str, str]) -> bytes:
    return csv_file([(key, "Part", price, 1) for key, price in file.items()])


def test_a_comma_that_one_cell_of_the_last_chunk_proves_is_read_in_all_chunks(shop: Shop) -> None:
    (harness, there), file = shop, prices()
    counted = parses(harness)
    job = harness.run(harness.upload(body(file)))
    assert_exact(job, there, file, {f"P-{WRONG * ROWS + 2:03d}"})
    print("chunks by how often they were parsed:", sorted(counted.items()))
    assert counted == {index: 1 + (index in {*AMBIGUOUS, WRONG}) for index in range(CHUNKS)}


def test_a_comma_that_is_answered_is_read_in_all_chunks_and_a_point_is_rejected(shop: Shop) -> None:
    harness, there = shop
    point = f"P-{POINT * ROWS:03d}"
    file = prices(**{point: "3.75"})
    counted = parses(harness)
    ref = harness.upload(body(file))
    (question,) = harness.run(ref).questions
    assert {row.shows: row.cell for row in question.evidence.rows} == {"either": "1.250", ",": "2,5", ".": "3.75"}
    harness.answer(ref, {"decimal.price": ","})
    job = harness.run(ref)
    assert_exact(job, there, file, {f"P-{WRONG * ROWS + 2:03d}", point})
    print("chunks by how often they were parsed:", sorted(counted.items()))
    assert counted == {index: 1 + (index in {*AMBIGUOUS, WRONG, POINT}) for index in range(CHUNKS)}
