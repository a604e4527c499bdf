"""The contract of `Destination.apply` and `compare`, on every destination."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.model.options import Guards, LoadOptions, Mode
from sluice.schema.staging import EXAMPLES, Applied, Change, Compared, Excess
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import batch


def test_new_rows_are_inserted(target: Target) -> None:
    rows = {f"P-{number}": number for number in range(130)}
    assert target.destination.apply(batch(rows)) == Applied(130, 0, 0)
    assert target.amounts() == rows


def test_changed_rows_are_updated_and_the_same_rows_left_alone(target: Target) -> None:
    target.destination.apply(batch({"A": 1, "B": 2, "C": 3}))
    assert target.destination.apply(batch({"A": 1, "B": 5, "D": 4}, job="02JOB")) == Applied(1, 1, 1)
    assert target.amounts() == {"A": 1, "B": 5, "C": 3, "D": 4}
    assert {key: record["job"] for key, record in target.all().items()} == {
        "A": "01JOB",
        "B": "02JOB",
        "C": "01JOB",
        "D": "02JOB",
    }


def test_the_same_chunk_again_changes_nothing_and_gives_the_same_answer(target: Target) -> None:
    target.destination.apply(batch({"A": 1, "B": 2}))
    second = batch({"A": 9, "B": 2, "C": 3}, job="02JOB")
    first_answer = target.destination.apply(second)
    before = target.all()
    history = target.records.history("acme", "things", "A")
    assert target.destination.apply(second) == first_answer == Applied(1, 1, 1)
    assert target.all() == before
    assert target.records.history("acme", "things", "A") == history


def test_chunks_of_one_job_are_independent(target: Target) -> None:
    assert target.destination.apply(batch({"A": 1}, index=0)) == Applied(1, 0, 0)
    assert target.destination.apply(batch({"B": 1}, index=1)) == Applied(1, 0, 0)
    assert target.amounts() == {"A": 1, "B": 1}


def test_tenants_have_datasets_of_their_own(target: Target) -> None:
    """Equal keys, job ids and chunks of two tenants are independent."""
    target.destination.apply(batch({"A": 1}))
    assert target.destination.apply(batch({"A": 2}, tenant="other")) == Applied(1, 0, 0)
    assert target.destination.apply(batch({"A": 3}, tenant="other", job="02JOB")) == Applied(0, 1, 0)
    assert target.destination.compare(batch({"A": 1}, tenant="third")) == Compared(1, 0, 0)
    assert target.amounts() == {"A": 1}
    assert target.amounts("other") == {"A": 3}
    assert target.all("third") == {}
    assert target.records.history("acme", "things", "A") == []
    target.destination.undo(batch({"A": 3}, tenant="other", job="02JOB"))
    target.destination.undo(batch({"A": 2}, tenant="other"))
    assert (target.amounts(), target.amounts("other")) == ({"A": 1}, {})


def test_an_empty_chunk_does_nothing(target: Target) -> None:
    assert target.destination.apply(batch({})) == Applied(0, 0, 0)
    assert target.destination.compare(batch({})) == Compared(0, 0, 0)
    assert target.destination.undo(batch({})).reversed == 0


@pytest.mark.parametrize(
    "key", ["ä/ö#1", "a b", "x" * 1000, "0001", "a@archive", r"\N", r"\.", "'; DROP TABLE things; --", "%s", "a\tb\nc"]
)
def test_any_text_is_a_key(target: Target, key: str) -> None:
    target.destination.apply(batch({key: 1}))
    assert target.destination.apply(batch({key: 2}, job="02JOB")) == Applied(0, 1, 0)
    assert target.destination.compare(batch({key: 2}, job="03JOB")) == Compared(0, 0, 1)
    assert target.amounts() == {key: 2}
    assert target.records.get("acme", "things", key)["values"]["amount"] == 2
    assert [version["values"]["amount"] for version in target.records.history("acme", "things", key)] == [1]
    assert target.destination.undo(batch({key: 2}, job="02JOB")).reversed == 1
    assert target.amounts() == {key: 1}


def test_comparing_gives_the_result_of_applying_and_writes_nothing(target: Target) -> None:
    rows = batch({"A": 1, "B": 5, "D": 4}, job="02JOB")
    assert target.destination.compare(rows) == Compared(3, 0, 0)
    target.destination.apply(batch({"A": 1, "B": 2, "C": 3}))
    before = target.all()
    found = Compared(1, 1, 1, changed={"amount": 1}, changes=[Change(3, "B", {"amount": 2}, {"amount": 5})])
    assert target.destination.compare(rows) == found
    assert target.all() == before
    assert target.destination.apply(rows) == Applied(1, 1, 1)


def test_comparing_finds_every_number_that_changes_by_more_than_its_limit(target: Target) -> None:
    """Also beyond the first hundred rows that change; new and removed records change by no share."""
    there = {f"P-{number:03d}": {"amount": 100, "price": "10.00"} for number in range(200)}
    target.destination.apply(batch(there))
    far = {f"P-{number:03d}": {"amount": 100, "price": "1000" if number >= 150 else "10.50"} for number in range(199)}
    new = {"X-1": {"amount": 1, "price": "1000"}, "P-199": {"amount": 50, "price": None}}
    options = LoadOptions(guards=Guards(max_change={"price": 0.5, "amount": 0.5}))
    compared = target.destination.compare(replace(batch(far | new, job="02JOB"), options=options))
    assert (compared.updated, compared.inserted, len(compared.changes)) == (200, 1, 100)
    assert compared.excess.rows == 50
    assert len(compared.excess.examples) == EXAMPLES
    first = compared.excess.examples[0]
    assert (first.row, first.key, set(first.before)) == (152, "P-150", {"price"})
    assert [float(values["price"]) for values in (first.before, first.after)] == [10, 1000]


@pytest.mark.parametrize("mode", ["delete", "insert"])
def test_a_mode_that_updates_nothing_changes_no_number(target: Target, mode: Mode) -> None:
    target.destination.apply(batch({"A": 1, "B": 2}))
    options = LoadOptions(mode=mode, guards=Guards(max_change={"amount": 0.5}))
    assert target.destination.compare(replace(batch({"A": 9}, job="02JOB"), options=options)).excess == Excess()
