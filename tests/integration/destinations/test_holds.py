"""A worker dies while it applies a chunk, and the chunk is applied again: in the same hold of the lock, or a later one.

Chunks in PostgreSQL are done whole or not at all, see ``test_worker_deaths``.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.destinations.dynamodb.records import DynamoRecords
from sluice.destinations.dynamodb.stored import Image
from sluice.model.options import MODES, LoadOptions
from sluice.schema.importer import Importer
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import OFFERS, RULED
from tests.integration.destinations.side_by_side import Death, SideBySide
from tests.integration.destinations.test_modes import ALL, any_job
from tests.support.destination import MemoryDestination, MemoryRecords
from tests.support.files import MemoryFiles


class Dying:
    """A DynamoDB client that dies at the given write."""

    def __init__(self, client: Any, *, at: int) -> None:
        self._client = client
        self._left = at

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name != "batch_write_item":
            return real

        def call(**wanted: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise Death
            return real(**wanted)

        return call


class Forgetful(dict[str, Image]):
    """A dataset in memory whose writer dies at the given write."""

    left: float = float("inf")

    def __setitem__(self, key: str, image: Image) -> None:
        self.left -= 1
        if self.left < 0:
            raise Death
        super().__setitem__(key, image)


@pytest.fixture
def files() -> MemoryFiles:
    """Return the bucket of the journals."""
    return MemoryFiles()


@pytest.fixture
def table(client: Any, files: MemoryFiles, monkeypatch: pytest.MonkeyPatch) -> Target:
    """Return the records table, written a few records at a time."""
    monkeypatch.setattr("sluice.destinations.dynamodb.table._WRITE_BATCH", 4)
    destination = DynamoDestination(client, "RecordsTable", files, 90)
    return Target(destination, DynamoRecords(client, "RecordsTable"))


def _worker(client: Any, files: MemoryFiles, *, dies_at: int) -> DynamoDestination:
    return DynamoDestination(Dying(client, at=dies_at), "RecordsTable", files, 90)  # type: ignore[arg-type]


def _full(numbers: range) -> dict[str, dict[str, Any]]:
    return {f"K-{n:02}": {"low": str(n), "high": str(100 + n), "label": f"l{n}", "stock": n % 3} for n in numbers}


def _change(numbers: range) -> dict[str, dict[str, Any]]:
    return {f"K-{n:02}": {"low": f"{n}.5", "high": str(200 + n), "label": None} for n in numbers}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("importer", [OFFERS, RULED], ids=["archive", "plain"])
def test_a_worker_dies_and_the_next_one_goes_on(
    table: Target, client: Any, files: MemoryFiles, importer: Importer, mode: str
) -> None:
    """Killed between journal and write, after half of the writes, and between write and close."""
    for at in (0, 1, 2, 9):
        both = SideBySide(table, importer, tenant=f"t{at}")
        both.apply("01JOB", _full(range(8)), ALL)
        options = LoadOptions(mode, deletes="remove" if at else "mark")  # type: ignore[arg-type]
        batch = both.batch("02JOB", _change(range(2, 10)), ["low", "high", "label"], options)
        with suppress(Death):
            _worker(client, files, dies_at=at).apply(batch)
        both.expect(batch, table.destination.apply(batch))
        both.check()
        both.undo("02JOB")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("first", ["02JOB", "03JOB"])
def test_another_job_writes_before_the_chunk_is_applied_again(
    table: Target, client: Any, files: MemoryFiles, mode: str, first: str
) -> None:
    """Rows are looked at anew, what the others wrote is not lost, and each rollback gives it back."""
    for at in (0, 1, 9):
        both = SideBySide(table, RULED, tenant=f"t{at}")
        both.apply("01JOB", _full(range(8)), ALL)
        options = LoadOptions(mode, deletes="mark" if at else "remove")  # type: ignore[arg-type]
        batch = both.batch("02JOB", _change(range(2, 10)), ["low", "high", "label"], options)
        both.attempt(batch, _worker(client, files, dies_at=at))
        both.apply("03JOB", {f"K-{n:02}": {"stock": 70 + n} for n in range(0, 12, 2)}, ["stock"], mode="update")
        both.apply("04JOB", {f"K-{n:02}": {"low": "0.25"} for n in range(0, 12, 5)}, ["low"])
        batch = both.later(batch)
        both.expect(batch, table.destination.apply(batch))
        assert table.destination.apply(batch) == table.destination.apply(batch)
        both.check()
        for job in (first, "03JOB" if first == "02JOB" else "02JOB", "04JOB"):
            both.undo(job)


@pytest.mark.parametrize("mode", ["upsert", "insert"])
@pytest.mark.parametrize("written", [False, True], ids=["not-written", "written"])
def test_a_record_that_another_job_wrote_after_it_was_inserted_stays_and_is_named(
    table: Target, client: Any, files: MemoryFiles, mode: str, written: bool
) -> None:
    """Written: the other job changed a column of it. Else the worker died, and the other one inserted the same."""
    both = SideBySide(table, RULED)
    batch = both.batch("01JOB", {"K-01": {"low": "1", "stock": 7}}, ["low", "stock"], LoadOptions(mode))  # type: ignore[arg-type]
    both.attempt(batch, _worker(client, files, dies_at=int(written)))
    both.apply(
        "02JOB",
        {"K-01": {"low": "1", "label": "B"} if written else {"low": "1", "stock": 7}},
        ["low", "label" if written else "stock"],
    )
    there = both.values()
    later = both.later(batch)
    both.expect(later, table.destination.apply(later))
    undone = both.undo("01JOB")
    assert [(left.key, left.job_id) for left in undone.kept] == [("K-01", "02JOB")]
    assert both.values() == there


def test_what_was_decided_in_a_hold_is_not_decided_again(table: Target) -> None:
    """Rejections keep their code and parameters, although the rows would be rejected for another reason now."""
    both = SideBySide(table)
    both.apply("01JOB", _full(range(3)), ALL)
    batch = both.batch("02JOB", _full(range(4)), ALL, LoadOptions("insert"))
    first = table.destination.apply(batch)
    table.destination.apply(both.batch("03JOB", _full(range(3)), [], LoadOptions("delete")))
    assert table.destination.apply(batch) == first
    assert [(each.column, each.value, each.code) for each in first.rejections] == [
        ("Code", f"K-{number:02}", "key-exists") for number in range(3)
    ]


def test_a_worker_of_an_earlier_hold_writes_nothing(table: Target) -> None:
    both = SideBySide(table)
    both.apply("01JOB", _full(range(3)), ALL)
    batch = both.batch("02JOB", _change(range(3)), ["low"], LoadOptions())
    table.destination.apply(both.later(batch))
    before = both.values()
    with pytest.raises(RuntimeError, match="later hold"):
        table.destination.apply(batch)
    assert both.values() == before


def test_a_rollback_is_byte_for_byte(table: Target, client: Any) -> None:
    """Jobs, hashes and instants included, for every mode, after a retry in a later hold."""
    both = SideBySide(table)
    both.apply("01JOB", _full(range(8)), ALL)
    both.apply("02JOB", _full(range(4, 5)), [], mode="delete", deletes="mark")
    both.apply("03JOB", _full(range(5, 6)), [], mode="delete", deletes="remove")
    before = _items(client)
    change = _change(range(3, 10)) | {"K-03": {"low": "3.00", "high": "7"}}  # 3.00 is no other price than 3
    for number, mode in enumerate(MODES):
        options = LoadOptions(mode, deletes="mark")
        batch = both.batch(f"1{number}JOB", change, ["low", "high"], options)
        table.destination.apply(batch)
        later = both.later(batch)
        table.destination.apply(later)
        assert _items(client) != before
        assert table.destination.undo(later).kept == []
        assert _items(client) == before


def _items(client: Any) -> dict[str, Any]:
    items = client.scan(TableName="RecordsTable")["Items"]
    return {item["pk"]["S"] + item["sk"]["S"]: item for item in items}


@settings(max_examples=200, deadline=None)
@given(
    importer=st.sampled_from([OFFERS, RULED]),
    jobs=st.lists(any_job, min_size=3, max_size=3),
    deaths=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    order=st.permutations(range(4)),
)
def test_deaths_at_any_record_and_retries_in_any_order_are_like_the_model(
    importer: Importer, jobs: list[Any], deaths: tuple[int, int], order: list[int]
) -> None:
    """Two jobs die, are applied again after the others have written, and all are rolled back."""
    there = Forgetful()
    fake = MemoryDestination(MemoryFiles())
    fake.datasets["acme", importer.dataset] = there
    both = SideBySide(Target(fake, MemoryRecords(fake)), importer)
    both.apply("0JOB", {key: {"low": "1", "stock": 3} for key in "AB"}, ["low", "stock"])
    for number, (rows, columns, options) in enumerate(jobs, start=1):
        batch = both.batch(f"{number}JOB", rows, columns, LoadOptions(**options))
        there.left = deaths[number - 1] if number < 3 else float("inf")
        both.attempt(batch, fake)
        there.left = float("inf")
    for number in (1, 2):
        batch = both.later(both.batches[f"{number}JOB"])
        both.expect(batch, fake.apply(batch))
        both.check()
    for number in order:
        both.undo(f"{number}JOB")
