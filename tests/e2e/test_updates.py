"""Files that say something of some columns, on both destinations: what they change, and what they never touch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from sluice.model.chunk import JobRef, PhaseName
from tests.conftest import stores_of
from tests.e2e.processes import frozen_when, kill_workers_in
from tests.support.factories import DEALER_TITLES, DEALERS_IN_A_CHUNK, csv_file, dealers
from tests.support.people import Person
from tests.support.sizes import SOAK

FULL = ("Part Number", "Description", "Brand", "Category", "Price", "Stock")
KEYS = [f"P-{number:06d}" for number in range(1, 41)]


@dataclass(frozen=True)
class TwoColumns:
    """Keys of several chunks, and two columns that two jobs change at the same time."""

    importer: str
    keys: list[str]
    titles: tuple[str, str, str]
    fields: tuple[str, str]
    before: tuple[Any, Any]
    after: tuple[Any, Any]
    others: dict[str, Any]

    def file(self, column: int | None = None) -> bytes:
        """Return the file of both columns as they are before, or of one as it is to be."""
        if column is not None:
            titles = (self.titles[0], self.titles[1 + column])
            return csv_file([(key, self.after[column]) for key in self.keys], titles)
        rows = [(key, *self.before, *self.others.values()) for key in self.keys]
        return csv_file(rows, (*self.titles, *self.others))

    def values(self, person: Person) -> set[tuple[Any, ...]]:
        """Return the different pairs of values of all records."""
        records = person.records(self.importer).values()
        return {tuple(record[name] for name in self.fields) for record in records}


def two_columns() -> TwoColumns:
    """Return prices and stock of products, whose chunks are large, under ``make soak``; else two columns of dealers."""
    if SOAK:
        keys = [f"P-{number:06d}" for number in range(1, 25_001)]  # two chunks, and one that starts after a first ends
        titles, fields = ("Part Number", "Price", "Stock"), ("price", "stock")
        return TwoColumns("products", keys, titles, fields, ("10.5", 55), ("20", 7), {"Description": "Oil filter"})
    keys = [key for key, *_ in dealers(3 * DEALERS_IN_A_CHUNK)]
    return TwoColumns("dealers", keys, DEALER_TITLES, ("name", "tier"), ("Before", "gold"), ("After", "silver"), {})


TWO_COLUMNS = two_columns()


def full_file(keys: list[str] = KEYS) -> bytes:
    return csv_file([(key, "Oil filter", "Bosch", "Filters", "10.50", 55) for key in keys], FULL)


def values(person: Person, *names: str) -> set[tuple[Any, ...]]:
    """Return the different values of some fields in all records."""
    return {tuple(record[name] for name in names) for record in person.records("products").values()}


def completed(person: Person, job_id: str) -> dict[str, Any]:
    job = person.end_of(job_id, patience=200)
    assert job["status"] == "completed", job
    return job


def test_a_price_list_leaves_what_it_does_not_mention_and_each_rollback_restores_every_byte(bob: Person) -> None:
    """A full file, then key, description and price, then blank cells, then the same blank cells with ``clear``."""
    prices = csv_file([(key, "Oil filter", "11.75") for key in KEYS], ("Part Number", "Description", "Price"))
    titles = ("Part Number", "Description", "Price", "Brand", "Stock")
    blanks = csv_file([(key, "Oil filter", "12", "", "") for key in KEYS], titles)
    steps: list[tuple[bytes, dict[str, str], tuple[Any, ...]]] = [
        (full_file(), {}, ("10.5", "Bosch", "Filters", 55)),
        (prices, {}, ("11.75", "Bosch", "Filters", 55)),
        (blanks, {}, ("12", "Bosch", "Filters", 55)),
        (blanks, {"blanks": "clear"}, ("12", None, "Filters", 0)),
    ]
    before, jobs = [bob.listing("products")], []
    for number, (body, options, expected) in enumerate(steps):
        job = completed(bob, bob.start(body, filename=f"{number}.csv", **options))
        effect = "inserted" if number == 0 else "updated"
        assert job["counts"][effect] == len(KEYS)
        assert values(bob, "price", "brand", "category", "stock") == {expected}
        jobs.append(job)
        before.append(bob.listing("products"))
    assert [job["counts"]["kept_blank"] for job in jobs] == [0, 0, 2 * len(KEYS), 0]
    for job in reversed(jobs):
        assert before.pop() == bob.listing("products")
        bob.move(job["id"], "rollback")
        assert bob.end_of(job["id"])["rollback"] == {"reversed": len(KEYS), "conflicts": 0, "failed": 0}
    assert bob.listing("products") == before.pop() == []


def test_key_and_price_alone_are_an_update_and_the_rejection_of_an_upsert_says_so(bob: Person) -> None:
    completed(bob, bob.start(full_file(), filename="full.csv"))
    body = csv_file([(key, "9.99") for key in [*KEYS[:30], "P-UNKNOWN"]], ("Part Number", "Price"))
    rejected = bob.imported(body, filename="prices.csv")
    assert (rejected["status"], rejected["problem"]["type"]) == ("failed", "/problems/missing-header")
    assert "mode 'update'" in rejected["problem"]["detail"]

    job = completed(bob, bob.start(body, filename="prices.csv", mode="update"))
    assert (job["counts"]["updated"], job["counts"]["rejected"]) == (30, 1)
    (unknown,) = bob.rejections(job["id"])
    assert (unknown["row"], unknown["column"]) == (32, "Part Number")
    assert values(bob, "price", "brand", "stock") == {("9.99", "Bosch", 55), ("10.5", "Bosch", 55)}
    assert len(bob.records("products")) == len(KEYS)


def test_an_insert_changes_no_record_and_a_deletion_names_its_keys(bob: Person) -> None:
    completed(bob, bob.start(full_file(), filename="full.csv"))
    before = bob.listing("products")
    more = csv_file([(key, "New", "1") for key in ("P-000001", "P-NEW")], ("Part Number", "Description", "Price"))
    job = completed(bob, bob.start(more, filename="more.csv", mode="insert"))
    assert (job["counts"]["inserted"], job["counts"]["rejected"]) == (1, 1)
    bob.move(job["id"], "rollback")
    assert bob.end_of(job["id"])["rollback"]["reversed"] == 1
    assert bob.listing("products") == before

    gone = csv_file([(key,) for key in [*KEYS[:10], "P-UNKNOWN"]], ("Part Number",))
    job = completed(bob, bob.start(gone, filename="gone.csv", mode="delete"))
    assert (job["counts"]["deleted"], job["counts"]["rejected"]) == (10, 1)
    assert sorted(bob.records("products")) == KEYS[10:]
    bob.move(job["id"], "rollback")
    assert bob.end_of(job["id"])["rollback"] == {"reversed": 10, "conflicts": 0, "failed": 0}
    assert bob.listing("products") == before


def test_a_mirror_deletes_what_its_file_lacks_and_half_a_file_deletes_nothing(bob: Person) -> None:
    """The deleted records are marked: lists hide them, and a rollback brings them back."""
    keys = [f"P-{number:06d}" for number in range(1, 2_001)]
    completed(bob, bob.start(full_file(keys), filename="full.csv"))
    before = bob.listing("products")
    half = bob.imported(full_file(keys[:1_000]), filename="half.csv", mode="mirror")
    assert (half["status"], half["waiting_for"]) == ("in_review", "answers")
    (guard,) = half["questions"]
    assert (guard["key"], guard["params"]["found"], guard["params"]["total"]) == ("guard.max_deleted", 1_000, 2_000)
    answer = {"version": half["recipe"]["version"], "answers": {guard["key"]: "cancel"}}
    assert bob.move(half["id"], "answers", answer)["status"] == "cancelled"
    assert bob.listing("products") == before

    job = completed(bob, bob.start(full_file(keys[50:]), filename="all.csv", mode="mirror"))
    assert (job["counts"]["unchanged"], job["counts"]["absent"], job["counts"]["absent_left"]) == (1_950, 50, 0)
    assert sorted(bob.records("products")) == keys[50:]
    (marked,) = bob.client.get("/datasets/products/records", key=keys[0]).body["items"]
    assert (marked["job"], bool(marked["deleted_at"])) == (job["id"], True)
    listed = bob.everything("/datasets/products/records", 1000, deleted="true")
    assert sorted(record["key"] for record in listed if record["deleted_at"]) == keys[:50]
    bob.move(job["id"], "rollback")
    assert bob.end_of(job["id"])["rollback"] == {"reversed": 50, "conflicts": 0, "failed": 0}
    assert bob.listing("products") == before


@pytest.mark.storm
def test_two_jobs_at_once_over_the_same_keys_both_have_their_way_although_workers_die_and_a_chunk_fails(
    bob: Person,
) -> None:
    """One changes one column, one another; the rollback of the first gives back what the second wrote.

    A chunk of the first fails for good, and is retried when the second has written.
    """
    both, stack = TWO_COLUMNS, bob.stack
    _, chunks = stores_of(stack)
    completed(bob, bob.start(both.file(), filename="full.csv", importer=both.importer))
    one, other = (partial(bob.start, both.file(n), filename=f"{n}.csv", importer=both.importer) for n in (0, 1))
    first = JobRef(bob.tenant, one(mode="update"))
    with frozen_when(stack, lambda: bool(chunks.of_phase(first, PhaseName.COMPARE)), "a comparison"):
        second = JobRef(bob.tenant, other(mode="update"))  # which cannot come first any more
    kill = partial(kill_workers_in, stack, chunks, phase=PhaseName.LOAD, after=PhaseName.COMPARE)
    kill(first, for_good=True, beside=second)
    kill(second, beside=first)
    failed, done = bob.end_of(first.id, patience=200), completed(bob, second.id)
    assert (failed["status"], done["counts"]["updated"]) == ("failed", len(both.keys))
    assert 0 < failed["counts"]["updated"] == len(both.keys) - failed["counts"]["unprocessed"] < len(both.keys)

    bob.move(first.id, "retry")
    assert completed(bob, first.id)["counts"]["updated"] == len(both.keys)
    assert both.values(bob) == {both.after}
    bob.move(first.id, "rollback")
    undone = bob.end_of(first.id, patience=200)["rollback"]
    assert undone == {"reversed": len(both.keys), "conflicts": 0, "failed": 0}
    assert both.values(bob) == {(both.before[0], both.after[1])}
