"""Files in, rows out, through the deployed stack."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.workbook import write_products
from tests.support.factories import csv_file, products
from tests.support.factories_files import written_by_openpyxl, written_by_xlsxwriter, written_by_xlwt
from tests.support.people import Person, counted, eventually

TITLES = ("Part Number", "Description", "Price", "Stock")


def test_a_workbook_goes_through_with_exact_counts_and_row_numbers(ann: Person, tmp_path: Path) -> None:
    """The file has 25,000 rows in three chunks; a rejection has the row number that a person sees."""
    wrong = {13: "Price", 9_999: "Stock", 10_002: "Updated", 25_001: "Part Number"}
    path = tmp_path / "products.xlsx"
    write_products(path, 25_000, wrong=wrong)
    job = ann.imported(path.read_bytes(), filename="products.xlsx")
    assert job["status"] == "completed", job
    assert counted(job) == {
        "total": 25_000,
        "inserted": 24_996,
        "rejected": 4,
    }
    assert {rejection["row"]: rejection["column"] for rejection in ann.rejections(job["id"], limit=3)} == wrong
    assert job["progress"]["percent"] == 100
    assert len(job["file"]["sha256"]) == 64


def test_a_second_import_reports_what_changed(ann: Person) -> None:
    ann.imported(csv_file(products(1_000)), filename="a.csv")
    rows = [*products(900), *products(100, first=901, price="1.25"), *products(5, first=1_001)]
    counts = ann.imported(csv_file(rows), filename="b.csv")["counts"]
    assert (counts["unchanged"], counts["updated"], counts["inserted"]) == (900, 100, 5)
    records = ann.records("products")
    assert (len(records), records["P-000901"]["price"]) == (1_005, "1.25")


FORMATS = {
    "a.xlsx": written_by_openpyxl([TITLES, *products(30)]),
    "b.xlsx": written_by_xlsxwriter([TITLES, *products(30)]),
    "h.xls": written_by_xlwt([TITLES, *products(30)]),
    "c.csv": csv_file(products(30)),
    "d.csv.gz": gzip.compress(csv_file(products(30))),
    "e.tsv": csv_file(products(30)).replace(b",", b"\t"),
    "f.csv": csv_file(products(30)).decode().replace(",", ";").encode("utf-16"),
    "g with space + plus & ümläut.csv": csv_file(products(30)).replace(b"Part 7", "Größe 7".encode("cp1252")),
}


def test_every_format_gives_the_same_rows(ann: Person, person: Callable[..., Person]) -> None:
    """Each file is imported by a tenant of its own."""
    records: dict[str, Any] = {}
    for at, (name, body) in enumerate(FORMATS.items()):
        who = person(f"{ann.tenant[:50]}-{at}")
        job = who.imported(body, filename=name)
        assert (job["status"], job["counts"]["inserted"], job["file"]["name"]) == ("completed", 30, name), job
        records = who.records("products")
        assert (len(records), records["P-000007"]["stock"]) == (30, 7)
    assert records["P-000007"]["description"] == "Größe 7"


def test_a_small_file_can_be_sent_with_the_call(ann: Person) -> None:
    answer = ann.call("POST", "/imports/upload?importer=products&filename=a.csv", content=csv_file(products(3)))
    assert answer.status_code == 202
    assert answer.headers["Location"].endswith(f"/v1/jobs/{answer.json()['id']}")
    assert answer.headers["Retry-After"] == "1"
    assert ann.http.get(answer.headers["Location"]).json()["id"] == answer.json()["id"]
    assert ann.end_of(answer.json()["id"])["counts"]["inserted"] == 3


def test_a_caller_who_prefers_to_wait_gets_the_results(ann: Person) -> None:
    answer = ann.call(
        "POST",
        "/imports/upload?importer=products&filename=a.csv",
        content=csv_file(products(3)),
        headers={"Prefer": "wait=20"},
    )
    assert (answer.status_code, answer.json()["counts"]["inserted"]) == (200, 3)


def test_an_upload_of_dealers_responds_with_its_results(ann: Person) -> None:
    rows = [(f"D-{number}", f"Dealer {number}", "gold") for number in range(200)]
    rows[5] = ("D-5", "Dealer 5", "platinum")
    body = csv_file(rows, titles=("Dealer Code", "Name", "Tier"))
    answer = ann.call("POST", "/imports/upload?importer=dealers&filename=dealers.csv", content=body)
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert (answer.json()["counts"]["inserted"], answer.json()["counts"]["rejected"]) == (199, 1)
    assert ann.rejections(answer.json()["id"])[0]["row"] == 7


def test_a_file_in_the_drop_folder_is_imported(ann: Person) -> None:
    bucket, key = ann.stack.files_bucket, f"incoming/{ann.tenant}/products/new prices + stock.csv"
    ann.stack.client("s3").put_object(Bucket=bucket, Key=key, Body=csv_file(products(12)))
    listed = eventually(lambda: ann.call("GET", "/jobs").json()["items"], "a job of the dropped file")
    job = ann.end_of(listed[0]["id"])
    assert (job["file"]["name"], job["counts"]["inserted"]) == ("new prices + stock.csv", 12)


def test_a_mapping_names_columns_with_unknown_headers(ann: Person) -> None:
    body = csv_file(products(3), titles=("Quux", "Corge", "Grault", "Garply"))
    mapping = {"Quux": "Part Number", "Corge": "Description", "Grault": "Price", "Garply": "Stock"}
    assert ann.imported(body, filename="a.csv", recipe={"columns": mapping})["counts"]["inserted"] == 3


def test_a_job_is_not_sent_again_until_its_version_changes(ann: Person) -> None:
    job = ann.imported(csv_file(products(3)), filename="a.csv")
    first = ann.call("GET", f"/jobs/{job['id']}")
    again = ann.call("GET", f"/jobs/{job['id']}", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_tenants_see_nothing_of_each_other(ann: Person, person: Callable[..., Person]) -> None:
    job = ann.imported(csv_file(products(3)), filename="a.csv")
    other = person(f"{ann.tenant[:50]}-other")
    assert other.call("GET", f"/jobs/{job['id']}").status_code == 404
    assert other.call("GET", f"/jobs/{job['id']}/rejections").status_code == 404
    assert other.call("GET", "/jobs").json()["items"] == []
    assert other.records("products") == {}
    assert other.client.get("/datasets/products/records", key="P-000001").body["items"] == []


def test_each_key_names_its_own_record(ann: Person) -> None:
    """Gateways decode a path differently, and a query alike."""
    keys = ["AB/12", "AB%2F12", "50%", "50%25", "a b", "a+b", "x?y", "#1", "..", "a&b=c", "K\\1", 'q"x', "é😀"]
    job = ann.imported(csv_file([(key, f"Part {key}", 1, 1) for key in keys]), filename="keys.csv")
    assert job["counts"]["inserted"] == len(keys)
    for key in keys:
        found = ann.client.get("/datasets/products/records", key=key).body["items"]
        assert [(each["key"], each["values"]["description"]) for each in found] == [(key, f"Part {key}")]
    assert ann.client.get("/datasets/products/records", key="50%2525").body["items"] == []


def test_an_upload_form_accepts_only_its_own_file(ann: Person) -> None:
    announced = ann.call("POST", "/imports", json={"importer": "dealers", "filename": "a.csv", "bytes": 5}).json()
    form = announced["upload"]
    stolen = {**form["fields"], "key": "uploads/other-tenant/01JOB/a.csv"}
    assert ann.http.post(form["url"], data=stolen, files={"file": b"x"}, headers={"Authorization": ""}).is_error


def test_the_queues_are_empty_after_all_jobs(ann: Person) -> None:
    ann.imported(csv_file(products(3)), filename="a.csv")
    depths = ann.call("GET", "/queues").json()
    assert set(depths) == {"urgent", "standard", "lookup", "dead"}


def test_urgent_jobs_have_a_queue_of_their_own(ann: Person) -> None:
    job = ann.imported(csv_file(products(3)), filename="a.csv", priority="urgent")
    assert job["counts"]["inserted"] == 3


def test_the_api_describes_itself(ann: Person) -> None:
    described = ann.call("GET", "/openapi.json").json()
    assert "/v1/jobs/{job_id}" in described["paths"]
    assert "swagger" in ann.call("GET", "/docs").text.lower()
    assert ann.call("GET", "/health").json() == {"status": "ok"}
