"""Duplicate keys: of rows whose keys are other texts and the same key of the dataset, the first one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import pytest

from local.fake_upstreams.voters import id_numbers, truth
from sluice.catalog import registry
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.status import Status
from sluice.schema.cell_types import Date
from sluice.schema.importer import Importer, Row, column
from sluice.upstream.lookup import LookupResult
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.staged_rows import read_ahead
from tests.support.destination import MemoryDestination
from tests.support.factories import csv_file, products
from tests.support.files import MemoryFiles
from tests.support.harness import Harness, small_chunks
from tests.unit.usecases.test_corrections_again import errors_of, file_of
from tests.unit.usecases.test_lookup import book, upload


class Day(Row):
    """A row whose key is a date."""

    day: Date = column("Day", key=True)
    note: str = column("Note")


DAYS = Importer("days", row=Day, dataset="days", title="Days")


class CaselessDestination(MemoryDestination):
    """A dataset in which the case of a key does not matter; ``looks`` counts how often keys were looked at."""

    def __init__(self, files: MemoryFiles) -> None:
        super().__init__(files)
        self.looks = 0

    def equal_keys(self, importer: Importer, candidates: Callable[[], Iterable[str]]) -> dict[str, str]:
        self.looks += 1
        one: dict[str, str] = {}
        return {key: first for key in candidates() if (first := one.setdefault(key.casefold(), key)) != key}


@pytest.fixture
def caseless(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> Harness:
    harness.destination = CaselessDestination(harness.files)
    small_chunks(monkeypatch, 2)
    return harness


def keyed(*keys: str) -> bytes:
    return csv_file([(key, "Part", number, 1) for number, key in enumerate(keys, start=2)])


def duplicates(harness: Harness, ref: JobRef) -> dict[int, int]:
    """Return the first row of each duplicate row."""
    found = JobFiles(harness.jobs.get(ref), harness.files).rejections_page(limit=50, cursor=None).items
    return {each.row: each.params["first"] for each in found if each.code == "duplicate-key"}


def test_the_first_of_several_texts_of_a_key_wins_in_any_chunk(caseless: Harness) -> None:
    ref = caseless.upload(keyed("b", "A", "a", "c", "B", "A", "d"))
    job = caseless.run(ref)
    assert (job.status, job.counts.inserted, job.counts.rejected) == (Status.COMPLETED, 4, 3)
    assert duplicates(caseless, ref) == {4: 3, 6: 2, 7: 3}
    assert caseless.destination.values("acme", "products").keys() == {"b", "A", "c", "d"}


def test_a_second_dispatch_finds_the_same(caseless: Harness) -> None:
    ref = caseless.upload(keyed("b", "A", "a", "c", "B", "A"))
    caseless.plan(ref)
    caseless.phase(ref, PhaseName.PARSE)
    caseless.dispatch(ref, PhaseName.LOAD)
    caseless.phase(ref, PhaseName.LOAD)
    assert caseless.finish(ref).counts.inserted == 3
    assert duplicates(caseless, ref) == {4: 3, 6: 2, 7: 3}


def test_chunks_that_were_sent_out_keep_their_rows(caseless: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier version, or a column of another type, took the two rows for two keys; they may be loaded."""
    ref = caseless.upload(keyed("A", "b", "a", "c"))
    caseless.plan(ref)
    caseless.phase(ref, PhaseName.PARSE)
    with monkeypatch.context() as earlier:
        earlier.setattr(CaselessDestination, "equal_keys", MemoryDestination.equal_keys)
        caseless.dispatch(ref, PhaseName.LOAD)
    caseless.phase(ref, PhaseName.LOAD)
    assert caseless.finish(ref).counts.inserted == 4
    assert duplicates(caseless, ref) == {}


def test_a_correction_that_spells_a_duplicate_in_another_way_does_not_replace_the_first_row(caseless: Harness) -> None:
    """A program that saves the errors file may write 1.0 as 1."""
    first = caseless.run(caseless.upload(keyed("A", "b", "a", "B")))
    errors = errors_of(caseless, first.ref)
    assert [row["Part Number"] for row in errors] == ["a", "B"]
    errors[0]["Part Number"], errors[1]["Part Number"] = "A", "c"
    second = caseless.run(caseless.upload(file_of(errors), corrects=first.ref.id))
    assert (second.counts.inserted, second.counts.updated, second.counts.rejected) == (1, 0, 1)
    values = caseless.destination.values("acme", "products")
    assert {key: each["price"] for key, each in values.items()} == {"A": "2", "b": "3", "c": "5"}


def test_a_lookup_asks_no_dataset(harness: Harness) -> None:
    """Its importer has none."""
    harness.destination = dataset = CaselessDestination(harness.files)
    harness.upstreams.found = {key: LookupResult(truth(key).status, truth(key).ward) for key in id_numbers(100)}
    job = harness.run(upload(harness, book(10)))
    assert (job.status, job.counts.loaded) == (Status.COMPLETED, 10)
    assert dataset.looks == 0


@pytest.mark.parametrize("rows_of_chunk", [2, 100])
def test_keys_are_the_dates_that_the_answer_makes_of_them(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, rows_of_chunk: int
) -> None:
    """Day first, rows 2 and 3 have one key; month first, rows 2 and 4."""
    monkeypatch.setitem(registry._IMPORTERS, "days", DAYS)
    small_chunks(monkeypatch, rows_of_chunk)
    rows = [("03/04/2025", "a"), ("2025-04-03", "b"), ("2025-03-04", "c"), ("2025-05-06", "d")]
    ref = harness.upload(csv_file(rows, ("Day", "Note")), importer="days")
    assert harness.run(ref).counts.to_reject == 1
    harness.answer(ref, {"date_order.day": "mdy"})
    job = harness.run(ref)
    assert (job.status, job.counts.inserted, job.counts.rejected) == (Status.COMPLETED, 3, 1)
    assert duplicates(harness, ref) == {4: 2}
    values = harness.destination.values("acme", "days")
    assert {key: each["note"] for key, each in values.items()} == {
        "2025-03-04": "a",
        "2025-04-03": "b",
        "2025-05-06": "d",
    }


def test_the_keys_of_many_chunks_are_read_at_the_same_time(monkeypatch: pytest.MonkeyPatch, harness: Harness) -> None:
    """Each object takes S3 some 40 ms, and the time of `dispatch` is 300 s: one by one, 10,000 would take longer."""
    small_chunks(monkeypatch, 1)
    ref = harness.upload(csv_file(products(24)))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    together, read = threading.Barrier(8), JobFiles.keys

    def slow(stored: JobFiles, index: int, *kind: str) -> bytes:
        together.wait(timeout=20)  # broken, which is an error, if fewer read at the same time
        return read(stored, index, *kind)

    monkeypatch.setattr(JobFiles, "keys", slow)
    harness.dispatch(ref, PhaseName.LOAD)
    assert len(harness.queue.messages) == 24


def test_no_more_objects_are_read_ahead_than_are_kept() -> None:
    """Those of a file of 10 million rows would be 200 MB."""
    begun: list[int] = []

    def read(number: int) -> int:
        begun.append(number)
        return number

    for number in read_ahead(read, range(1000)):
        assert len(begun) <= number + 9
