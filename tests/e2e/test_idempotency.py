"""A call that is sent again, through the deployed stack."""

from __future__ import annotations

from tests.support.factories import csv_file, products
from tests.support.people import Person

UPLOAD = "/imports/upload?importer=products&filename=a.csv"


def test_a_file_that_is_sent_again_with_its_key_is_imported_once(ann: Person) -> None:
    """This includes a job that has ended by then; table and policy are those of the template."""
    key = {"Idempotency-Key": "a file"}
    first = ann.call("POST", UPLOAD, content=csv_file(products(3)), headers=key)
    assert first.status_code == 202, first.text
    ann.end_of(first.json()["id"])
    again = ann.call("POST", UPLOAD, content=csv_file(products(3)), headers=key)
    assert (again.status_code, again.text) == (202, first.text)
    assert again.headers["Location"] == first.headers["Location"]
    assert len(ann.everything("/jobs", limit=10)) == 1
    other = ann.call("POST", UPLOAD, content=csv_file(products(4)), headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


def test_a_call_that_was_rejected_leaves_its_key_free(ann: Person) -> None:
    """The rejection is that of an unknown importer."""
    key = {"Idempotency-Key": "a try"}
    wrong = ann.call("POST", "/imports/upload?importer=nothing", content=b"x", headers=key)
    assert wrong.status_code == 404, wrong.text
    assert ann.call("POST", UPLOAD, content=csv_file(products(3)), headers=key).status_code == 202
