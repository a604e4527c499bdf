"""Corrections that are imported unchanged, or are rejected again."""

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
    """Return the rows of errors.csv."""
    body = harness.make_file(ref, ERRORS_CSV)
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def file_of(rows: list[dict[str, str]]) -> bytes:
    """Return a file of the same rows, saved again."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("corrected", [False, True])
def test_a_duplicate_key_that_is_not_corrected_does_not_replace_the_loaded_row(
    harness: Harness, corrected: bool
) -> None:
    """The row was rejected because of its key, and is rejected again when it is unchanged."""
    rows = [*products(12), ("P-000001", "Another", "99", 1)]
    first = harness.run(harness.upload(csv_file(rows)))
    errors = errors_of(harness, first.ref)
    assert [row["Part Number"] for row in errors] == ["P-000001"]
    if corrected:
        errors[0]["Part Number"] = "P-999999"
    second = harness.run(harness.upload(file_of(errors), corrects=first.ref.id))
    assert (second.counts.inserted, second.counts.updated, second.counts.rejected) == (corrected, 0, not corrected)
    values = harness.destination.values("acme", "products")
    assert values["P-000001"]["price"] == "9.5"
    if not corrected:
        assert "repeats the Part Number" in errors_of(harness, second.ref)[0]["What is wrong"]


def test_text_that_is_escaped_in_several_rounds_is_imported_unchanged(harness: Harness) -> None:
    rows = [list(row) for row in products(3)]
    rows[1][1], rows[1][2] = "-10% discount", "dear"
    job = harness.run(harness.upload(csv_file(rows)))
    for _ in range(3):
        errors = errors_of(harness, job.ref)
        assert errors[0]["Description"] == "'-10% discount", "one apostrophe after every round"
        errors[0]["Stock"] += "0"  # another file
        job = harness.run(harness.upload(file_of(errors), corrects=job.ref.id))
    errors = errors_of(harness, job.ref)
    errors[0]["Price"] = "2"
    job = harness.run(harness.upload(file_of(errors), corrects=job.ref.id))
    assert job.counts.inserted == 1
    assert harness.destination.values("acme", "products")["P-000002"]["description"] == "-10% discount"
