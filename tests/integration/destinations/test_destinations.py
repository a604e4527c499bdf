"""The contract of the `Destination` port, on the fake and on the records table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sluice.destinations.dynamodb import DynamoDestination
from sluice.destinations.records import DynamoRecords
from sluice.model.errors import NotFound, RequestRefused
from sluice.rows.check import GoodRow
from sluice.rows.staged import Applied, Batch
from sluice.usecases.ports import Destination
from tests.fakes.destination import MemoryDestination
from tests.fakes.stores import MemoryFiles
from tests.integration.template import create_table


@dataclass
class Target:
    """A destination, and a way to look at a dataset of it."""

    destination: Destination
    values: Callable[[str, str], dict[str, Any]]
    files: MemoryFiles


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """DynamoDB in this process."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        create_table("RecordsTable")
        yield boto3.client("dynamodb", region_name="us-east-1")


@pytest.fixture(params=["memory", "dynamodb"])
def target(request: pytest.FixtureRequest) -> Target:
    """Each destination in turn."""
    files = MemoryFiles()
    if request.param == "memory":
        fake = MemoryDestination(files)
        return Target(fake, fake.values, files)
    client = request.getfixturevalue("client")
    return Target(DynamoDestination(client, "RecordsTable", files), lambda *of: all_records(client, *of), files)


def all_records(client: Any, tenant: str, dataset: str, limit: int = 7) -> dict[str, Any]:
    """A dataset, listed page by page; a record that comes twice is an error."""
    records = DynamoRecords(client, "RecordsTable")
    found: dict[str, Any] = {}
    cursor = None
    while True:
        page = records.page(tenant, dataset, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        for record in page.items:
            assert record["key"] not in found
            found[record["key"]] = record["values"]
        if (cursor := page.next) is None:
            return found


def batch(rows: dict[str, int], *, job: str = "01JOB", index: int = 0, tenant: str = "acme") -> Batch:
    """A batch of rows ``{key: value}``."""
    good = [
        GoodRow(number, key, f"hash-{value}", json.dumps({"key": key, "value": value}).encode())
        for number, (key, value) in enumerate(rows.items(), start=2)
    ]
    return Batch(tenant, "products", job, index, good)


def test_new_rows_are_inserted(target: Target) -> None:
    rows = {f"P-{number}": number for number in range(130)}
    assert target.destination.apply(batch(rows)) == Applied(130, 0, 0)
    found = target.values("acme", "products")
    assert {key: values["value"] for key, values in found.items()} == rows


def test_changed_rows_are_updated_and_the_same_rows_left_alone(target: Target) -> None:
    target.destination.apply(batch({"A": 1, "B": 2, "C": 3}))
    assert target.destination.apply(batch({"A": 1, "B": 5, "D": 4}, job="02JOB")) == Applied(1, 1, 1)
    found = {key: values["value"] for key, values in target.values("acme", "products").items()}
    assert found == {"A": 1, "B": 5, "C": 3, "D": 4}


def test_the_same_chunk_again_changes_nothing_and_gives_the_same_answer(target: Target) -> None:
    target.destination.apply(batch({"A": 1, "B": 2}))
    second = batch({"A": 9, "B": 2, "C": 3}, job="02JOB")
    first_answer = target.destination.apply(second)
    before = target.values("acme", "products")
    assert target.destination.apply(second) == first_answer == Applied(1, 1, 1)
    assert target.values("acme", "products") == before


def test_the_journal_holds_what_was_there_before_the_first_attempt(target: Target) -> None:
    target.destination.apply(batch({"A": 1}))
    second = batch({"A": 9, "B": 2}, job="02JOB")
    target.destination.apply(second)
    target.destination.apply(second)
    head, *lines = target.files.read("jobs/acme/02JOB/journal/000000.jsonl").split(b"\n")
    images = dict(json.loads(line) for line in lines)
    assert json.loads(head) == {"unchanged": 0}
    assert images["B"] is None
    assert (images["A"]["job"], json.loads(images["A"]["data"])["value"]) == ("01JOB", 1)


def test_tenants_have_datasets_of_their_own(target: Target) -> None:
    target.destination.apply(batch({"A": 1}))
    assert target.destination.apply(batch({"A": 1}, tenant="other")) == Applied(1, 0, 0)
    assert set(target.values("acme", "products")) == {"A"}
    assert target.values("third", "products") == {}


def test_an_empty_chunk_does_nothing(target: Target) -> None:
    assert target.destination.apply(batch({})) == Applied(0, 0, 0)


@pytest.mark.parametrize("key", ["ä/ö#1", "a b", "x" * 1000, "0001"])
def test_any_text_is_a_key(target: Target, key: str) -> None:
    target.destination.apply(batch({key: 1}))
    assert list(target.values("acme", "products")) == [key]


@pytest.mark.parametrize("limit", [1, 3, 100, 1000])
def test_listing_gives_each_record_once_whatever_the_page(client: Any, limit: int) -> None:
    rows = {f"P-{number}": number for number in range(50)}
    DynamoDestination(client, "RecordsTable", MemoryFiles()).apply(batch(rows))
    assert set(all_records(client, "acme", "products", limit)) == set(rows)


def test_one_record_is_found_by_its_key_and_tenant(client: Any) -> None:
    DynamoDestination(client, "RecordsTable", MemoryFiles()).apply(batch({"A": 1}))
    records = DynamoRecords(client, "RecordsTable")
    assert records.get("acme", "products", "A") == {"key": "A", "job": "01JOB", "values": {"key": "A", "value": 1}}
    for tenant, key in (("other", "A"), ("acme", "x" * 2000), ("acme", "")):
        with pytest.raises(NotFound):
            records.get(tenant, "products", key)


@pytest.mark.parametrize("cursor", ["", "???", "bm9wZQ==", "WzEsMl0x", "WzEsMl0=", "WzEsIiJd", "W0luZmluaXR5LCJhIl0="])
def test_a_cursor_that_was_made_up_is_refused(client: Any, cursor: str) -> None:
    records = DynamoRecords(client, "RecordsTable")
    with pytest.raises(RequestRefused):
        records.page("acme", "products", limit=5, cursor=cursor)


@pytest.mark.parametrize("key", ["ö" * 513, "x" * 1025])
def test_a_row_that_no_record_can_hold_is_refused_alone(client: Any, key: str) -> None:
    destination = DynamoDestination(client, "RecordsTable", MemoryFiles())
    applied = destination.apply(batch({"A": 1, key: 2}))
    assert (applied.inserted, [refusal.row for refusal in applied.refusals]) == (1, [3])
    assert destination.apply(batch({"A": 1, key: 2})) == applied
    huge = GoodRow(9, "B", "hash", json.dumps({"text": "x" * 420_000}).encode())
    applied = destination.apply(Batch("acme", "products", "02JOB", 0, [huge]))
    assert (applied.inserted, [refusal.row for refusal in applied.refusals]) == (0, [9])
