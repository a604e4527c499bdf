"""Rolling a job back after later jobs have changed rows, on both destinations."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.support.factories import csv_file, products
from tests.support.people import Person


def test_rows_that_another_job_has_changed_since_are_kept_and_name_it(bob: Person) -> None:
    first = bob.imported(csv_file(products(30)), filename="first.csv")
    second = bob.imported(csv_file([*products(10, price="2"), *products(5, first=31)]), filename="second.csv")
    after_both = bob.records("products")

    bob.move(first["id"], "rollback")
    undone = bob.end_of(first["id"])
    assert (undone["status"], undone["rollback"]) == ("rolled_back", {"reversed": 20, "conflicts": 10, "failed": 0})
    kept = bob.everything(f"/jobs/{first['id']}/kept", 4)
    assert sorted(row["key"] for row in kept) == [f"P-{number:06d}" for number in range(1, 11)]
    assert {(row["outcome"], row["job"]) for row in kept} == {("conflict", second["id"])}
    assert bob.records("products") == {
        key: values for key, values in after_both.items() if key <= "P-000010" or key >= "P-000031"
    }

    bob.move(second["id"], "rollback")
    assert bob.end_of(second["id"])["rollback"] == {"reversed": 15, "conflicts": 0, "failed": 0}
    records = bob.everything("/datasets/products/records", 100)
    assert {record["job"] for record in records} == {first["id"]}, "the records are again those of the first job"
    assert len(records) == 10


def test_rolling_back_twice_changes_nothing(bob: Person) -> None:
    bob.imported(csv_file(products(5)), filename="before.csv")
    job = bob.imported(csv_file(products(8, price="3")), filename="a.csv")
    bob.move(job["id"], "rollback")
    undone, records = bob.end_of(job["id"]), bob.listing("products")
    assert undone["rollback"] == {"reversed": 8, "conflicts": 0, "failed": 0}
    assert bob.move(job["id"], "rollback") == undone
    assert (bob.end_of(job["id"]), bob.listing("products")) == (undone, records)


def test_a_job_under_way_is_not_rolled_back(bob: Person) -> None:
    job_id = bob.start(csv_file(products(30_000)), filename="large.csv")
    rejected = bob.call("POST", f"/jobs/{job_id}/rollback")
    assert (rejected.status_code, rejected.json()["type"]) == (409, "/problems/illegal-transition")
    assert bob.end_of(job_id)["status"] == "completed"


def test_superseded_versions_are_archived_with_their_periods(bob: Person) -> None:
    """Products are archived; dealers are not."""
    for price in ("1.5", "2.5", "3.5"):
        assert bob.imported(csv_file(products(3, price=price)), filename=f"{price}.csv")["status"] == "completed"
    history = bob.client.get("/datasets/products/history", key="P-000002").body["items"]
    assert [version["values"]["price"] for version in history] == ["2.5", "1.5"]
    assert history[0]["from"] == history[1]["until"] < history[0]["until"]


def test_the_rows_that_were_loaded_can_be_downloaded(bob: Person, tmp_path: Path) -> None:
    rows = [list(row) for row in products(40)]
    rows[6][2] = "dear"
    job = bob.imported(csv_file([*rows, *products(1)]), filename="a.csv")
    names = [offer["name"] for offer in bob.client.get(f"/jobs/{job['id']}/files").body["items"]]
    assert names == ["errors.xlsx", "errors.csv", "loaded.csv"]
    with bob.saved(job["id"], "loaded.csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        loaded = list(csv.DictReader(file))
    assert [row["Part Number"] for row in loaded] == [f"P-{number:06d}" for number in range(1, 41) if number != 7]
    with bob.saved(job["id"], "errors.csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        rejected = list(csv.DictReader(file))
    assert [(row["Original row"], row["Part Number"]) for row in rejected] == [("8", "P-000007"), ("42", "P-000001")]
    assert rejected[1]["What is wrong"] == "Part Number: repeats the Part Number of row 2"
