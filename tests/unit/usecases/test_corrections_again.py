"""Corrections that come back as they were, or come back wrong once more."""

from __future__ import annotations

import csv
import io

import pytest

from sluice.model.chunk import JobRef
from sluice.usecases.downloads import ERRORS_CSV
from tests.support.factories import csv_file, products
from tests.support.harness import Harness

TITLES = ("Part Number", "Description", "Price", "Stock")


def errors_of(harness: Harness, ref: JobRef) -> list[dict[str, str]]:
    """The rows of errors.csv."""
    body = harness.make_file(ref, ERRORS_CSV)
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def file_of(rows: list[dict[str, str]]) -> bytes:
    """The same rows, saved again."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("mended", [False, True])
def test_a_row_whose_key_is_still_that_of_another_does_not_take_its_place(harness: Harness, mended: bool) -> None:
    """It was rejected for its key alone; left as it was, it is rejected again."""
    rows = [*products(12), ("P-000001", "Another", "99", 1)]
    first = harness.run(harness.upload(csv_file(rows)))
    errors = errors_of(harness, first.ref)
    assert [row["Part Number"] for row in errors] == ["P-000001"]
    if mended:
        errors[0]["Part Number"] = "P-999999"
    second = harness.run(harness.upload(file_of(errors), corrects=first.ref.id))
    assert (second.counts.inserted, second.counts.updated, second.counts.rejected) == (mended, 0, not mended)
    values = harness.destination.values("acme", "products")
    assert values["P-000001"]["price"] == "9.5"
    if not mended:
        assert "repeats the Part Number" in errors_of(harness, second.ref)[0]["What is wrong"]


def test_text_that_is_made_harmless_round_after_round_comes_back_as_it_was(harness: Harness) -> None:
    rows = [list(row) for row in products(3)]
    rows[1][1], rows[1][2] = "-10% discount", "dear"
    job = harness.run(harness.upload(csv_file(rows)))
    for _ in range(3):
        errors = errors_of(harness, job.ref)
        assert errors[0]["Description"] == "'-10% discount", "one apostrophe, however often it goes round"
        errors[0]["Stock"] += "0"  # another file
        job = harness.run(harness.upload(file_of(errors), corrects=job.ref.id))
    errors = errors_of(harness, job.ref)
    errors[0]["Price"] = "2"
    job = harness.run(harness.upload(file_of(errors), corrects=job.ref.id))
    assert job.counts.inserted == 1
    assert harness.destination.values("acme", "products")["P-000002"]["description"] == "-10% discount"
