"""The history of a record, by the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from sluice.catalog.registry import importer_named
from sluice.schema.staging import Batch
from sluice.schema.validation import GoodRow
from tests.integration.api.calling import get
from tests.integration.stack import Stack


def load(stack: Stack, job: str, price: str, *, importer: str = "products", key: str = "a/b") -> None:
    """Load one record."""
    row = GoodRow(2, key, f"hash of {price}", b'{"price": "%s"}' % price.encode())
    stack.destination.apply(Batch("acme", importer_named(importer), job, 0, [row]))


def history(key: str, importer: str = "products") -> Any:
    answer = get(f"/v1/datasets/{importer}/history", query={"key": key})
    assert answer.status == 200, answer.text
    assert answer.body["next"] is None
    return answer.body["items"]


def test_versions_are_shown_newest_first_with_their_periods(stack: Stack) -> None:
    for job, price in (("01JOB", "1"), ("02JOB", "2"), ("03JOB", "3")):
        load(stack, job, price)
    newer, older = history("a/b")
    assert list(older) == ["key", "job", "values", "from", "until"]
    assert (older["key"], older["job"], older["values"]["price"]) == ("a/b", "01JOB", "1")
    assert (newer["job"], newer["from"]) == ("02JOB", older["until"])
    assert datetime.fromisoformat(older["from"]) < datetime.fromisoformat(older["until"])
    assert older["from"].endswith("Z")


@pytest.mark.parametrize(("importer", "key"), [("products", "none"), ("dealers", "a/b"), ("nothing", "a/b")])
def test_a_record_without_archived_versions_has_an_empty_history(stack: Stack, importer: str, key: str) -> None:
    for job, price in (("01JOB", "1"), ("02JOB", "2")):
        load(stack, job, price)
        load(stack, job, price, importer="dealers")
    assert history(key, importer) == []
