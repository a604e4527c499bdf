"""The contract of the `Records` port, on every destination."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest

from sluice.model.errors import NotFound, RequestRejected
from sluice.model.options import LoadOptions
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import batch

HOSTILE = [
    "plain",
    "",
    'it\'s "quoted"',
    "tab\tand\nnewline\r\nand \\ backslash",
    r"\N",
    r"\.",
    r"\\N",
    "ünïcödé 漢字 🚚",
    "\u2028 and \x01 and \x7f",
    "null",
    "{}",
    "x" * 5000,
]

VALUES: list[tuple[str, Any, Any]] = [
    *(("name", text, text.strip()) for text in HOSTILE),
    ("name", None, None),
    ("price", "12.50", "12.5"),
    ("price", Decimal("12.50"), "12.50"),
    ("price", Decimal("-0.010"), "-0.010"),
    ("price", Decimal("1E-7"), "1E-7"),
    ("price", Decimal(0), "0"),
    ("price", Decimal("9" * 38), "9" * 38),
    ("price", Decimal("0." + "1" * 30), "0." + "1" * 30),
    ("price", None, None),
    ("amount", -(2**63), -(2**63)),
    ("amount", 2**63 - 1, 2**63 - 1),
    ("sold", date(2026, 1, 31), "2026-01-31"),
    ("sold", date(1900, 1, 1), "1900-01-01"),
    ("sold", date(2100, 12, 31), "2100-12-31"),
    ("sold", None, None),
    ("active", "no", False),
    ("active", True, True),
    ("size", "M", "M"),
    ("tags", ["a", 'b"c', "\\", "a\tb", "ü", "}"], ["a", 'b"c', "\\", "a\tb", "ü", "}"]),
    ("tags", [], []),
]


@pytest.mark.parametrize("limit", [1, 3, 100, 1000])
def test_listing_returns_each_record_once_for_every_page_size(target: Target, limit: int) -> None:
    rows = {f"P-{number}": number for number in range(50)}
    target.destination.apply(batch(rows))
    assert set(target.all(limit=limit)) == set(rows)


def test_one_record_is_found_by_its_key_and_tenant(target: Target) -> None:
    target.destination.apply(batch({"A": 1}))
    found = target.records.get("acme", "things", "A")
    assert (found["key"], found["job"], found["values"]["code"], found["values"]["amount"]) == ("A", "01JOB", "A", 1)
    assert target.all() == {"A": found}


@pytest.mark.parametrize(
    ("tenant", "dataset", "key"),
    [("other", "things", "A"), ("acme", "unknown", "A"), ("acme", "things", "a"), ("acme", "things", "x" * 2000)],
)
def test_a_record_of_another_key_tenant_or_dataset_is_not_found(
    target: Target, tenant: str, dataset: str, key: str
) -> None:
    target.destination.apply(batch({"A": 1}))
    with pytest.raises(NotFound):
        target.records.get(tenant, dataset, key)
    assert target.records.history(tenant, dataset, key) == []


@pytest.mark.parametrize("key", ["", "\0"])
def test_a_key_that_no_record_can_have_is_not_found(target: Target, key: str) -> None:
    target.destination.apply(batch({"A": 1}))
    with pytest.raises(NotFound):
        target.records.get("acme", "things", key)
    assert target.records.history("acme", "things", key) == []


def test_a_dataset_is_empty_before_its_first_import(target: Target) -> None:
    assert target.all() == {}
    assert target.all(dataset="unknown") == {}
    assert target.records.history("acme", "things", "A") == []
    with pytest.raises(NotFound):
        target.records.get("acme", "things", "A")


@pytest.mark.parametrize(
    "cursor",
    ["", "???", "ä", "bm9wZQ==", "WzEsMl0x", "WzEsMl0=", "WzEsIiJd", "W0luZmluaXR5LCJhIl0=", "WyIiXQ==", "bnVsbA=="],
)
def test_an_invalid_cursor_is_rejected(target: Target, cursor: str) -> None:
    target.destination.apply(batch({"A": 1}))
    with pytest.raises(RequestRejected) as rejected:
        target.records.page("acme", "things", limit=5, cursor=cursor)
    assert rejected.value.problem.type == "invalid-cursor"


def test_values_are_returned_as_the_row_model_writes_them(target: Target) -> None:
    """Digits, scale and every character of a text are equal on every destination."""
    rows: dict[str, Any] = {f"{place:03d}": {field: value} for place, (field, value, _) in enumerate(VALUES)}
    target.destination.apply(batch(rows))
    found = target.all(limit=1000)
    for place, (field, _, shown) in enumerate(VALUES):
        value = found[f"{place:03d}"]["values"][field]
        assert (value, type(value)) == (shown, type(shown))
    assert list(found["000"]["values"]) == ["code", "name", "price", "amount", "sold", "active", "size", "tags"]


def test_history_shows_each_version_with_its_period(target: Target) -> None:
    """Versions follow each other without a gap, the newest first; the current record is not among them."""
    began = datetime.now(UTC)
    for number in range(1, 4):
        target.destination.apply(batch({"A": number, "B": 7}, job=f"0{number}JOB"))
    newer, older = target.records.history("acme", "things", "A")
    assert (older["key"], older["job"], older["values"]["amount"]) == ("A", "01JOB", 1)
    assert (newer["key"], newer["job"], newer["values"]["amount"]) == ("A", "02JOB", 2)
    assert set(older) == {"key", "job", "values", "from", "until"}
    assert older["until"] == newer["from"]
    instants = [datetime.fromisoformat(at) for at in (older["from"], older["until"], newer["until"])]
    order = [began, *instants, datetime.now(UTC)]
    assert order == sorted(order)
    assert all(at.endswith("Z") for at in (older["from"], newer["until"]))
    assert target.records.history("acme", "things", "B") == []


def test_undoing_removes_a_version_from_the_history(target: Target) -> None:
    """The record is valid from the same instant as before, as the next version shows."""
    for number in range(1, 3):
        target.destination.apply(batch({"A": number}, job=f"0{number}JOB"))
    [first] = target.records.history("acme", "things", "A")
    target.destination.undo(batch({"A": 2}, job="02JOB"))
    assert target.records.history("acme", "things", "A") == []
    target.destination.apply(batch({"A": 3}, job="03JOB"))
    [again] = target.records.history("acme", "things", "A")
    assert (again["job"], again["values"], again["from"]) == (first["job"], first["values"], first["from"])


def test_keys_that_begin_alike_have_histories_of_their_own(target: Target) -> None:
    keys = ["A", "A#", "A#01JOB", "A@archive", "@archive#A"]
    for number in range(1, 3):
        target.destination.apply(batch(dict.fromkeys(keys, number), job=f"0{number}JOB"))
    for key in keys:
        assert [version["key"] for version in target.records.history("acme", "things", key)] == [key]


@pytest.mark.parametrize("deletes", ["mark", "remove"])
def test_deleted_records_are_not_listed(target: Target, deletes: Literal["mark", "remove"]) -> None:
    """Those that are marked are found by their key, and listed if they are asked for."""
    rows = {f"P-{number:02}": number for number in range(30)}
    target.destination.apply(batch(rows))
    gone = {key: number for key, number in rows.items() if number % 7}
    delete = replace(batch(gone, job="02JOB"), options=LoadOptions("delete", deletes=deletes))
    assert target.destination.apply(delete).deleted == len(gone)
    assert target.all(limit=2).keys() == rows.keys() - gone.keys()
    page = target.records.page("acme", "things", limit=100, cursor=None, deleted=True)
    marked = {record["key"] for record in page.items if "deleted_at" in record}
    assert marked == (gone.keys() if deletes == "mark" else set())
    assert len(page.items) == len(rows) - len(gone) + len(marked)
    if deletes == "mark":
        found = target.records.get("acme", "things", "P-01")
        assert (found["job"], found["values"]["amount"]) == ("02JOB", 1)
        assert datetime.fromisoformat(found["deleted_at"]) <= datetime.now(UTC)
    else:
        with pytest.raises(NotFound):
            target.records.get("acme", "things", "P-01")
    assert target.destination.undo(delete).reversed == len(gone)
    assert target.amounts() == rows
