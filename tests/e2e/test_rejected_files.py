"""Files that cannot be imported: each job ends with its own problem, and the next job runs."""

from __future__ import annotations

import gzip
import io
import zipfile

import httpx

from tests.support.factories import csv_file, products
from tests.support.factories_files import written_by_openpyxl
from tests.support.people import Person, eventually

TITLES = ("Part Number", "Description", "Price", "Stock")
WORKBOOK = written_by_openpyxl([TITLES, *products(2_000)])


def bomb() -> bytes:
    """Return a workbook of a few kilobytes whose sheet is 200 MB of blanks."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as real, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as fake:
        for name in real.namelist():
            fake.writestr(name, b" " * 200_000_000 if "sheet1" in name else real.read(name))
    return packed.getvalue()


def encrypted() -> bytes:
    """Return the head of an OLE container with an encrypted package, as Excel writes it."""
    stream = "EncryptedPackage".encode("utf-16-le")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream + bytes(2048)


REJECTED = {
    "not-a-spreadsheet": ("photo.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20),
    "empty-file": ("empty.csv", b""),
    "no-header": ("letter.csv", b"Dear Sir,\nplease find,\nattached,\n"),
    "missing-header": ("a.csv", csv_file([("P-1", "1.5", 3)], titles=("Part Number", "Price", "Stock"))),
    "duplicate-header": ("a.csv", csv_file(products(3), titles=("Part Number", "Description", "Price", "price"))),
    "encrypted-workbook": ("secret.xlsx", encrypted()),
    "zip-bomb": ("bomb.xlsx", bomb()),
    "damaged-file": ("cut.csv.gz", gzip.compress(csv_file(products(5_000)))[:-200]),
}


def test_each_file_that_cannot_be_imported_ends_its_job_with_its_own_problem(ann: Person) -> None:
    """The next job completes."""
    ended = {name: ann.imported(body, filename=filename) for name, (filename, body) in REJECTED.items()}
    assert {job["status"] for job in ended.values()} == {"failed"}
    assert {name: job["problem"]["type"] for name, job in ended.items()} == {
        name: f"/problems/{name}" for name in REJECTED
    }
    assert all(len(job["problem"]["detail"]) > 20 for job in ended.values()), "it says what to do"
    assert "'Description'" in ended["missing-header"]["problem"]["detail"]
    assert ann.imported(csv_file(products(3)), filename="next.csv")["status"] == "completed"


def test_too_many_rows_are_rejected(ann: Person) -> None:
    body = csv_file([(f"D-{number}", "Name") for number in range(10_001)], titles=("Dealer Code", "Name"))
    job = ann.imported(body, filename="dealers.csv", importer="dealers")
    assert job["problem"]["type"] == "/problems/too-many-rows"
    assert "10,000" in job["problem"]["detail"]


def test_a_file_that_is_too_large_is_rejected_when_it_is_announced(ann: Person) -> None:
    body = {"importer": "dealers", "filename": "a.csv", "bytes": 50_000_000}
    answer = ann.call("POST", "/imports", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/too-large")


def test_a_file_of_another_size_than_announced_is_rejected_by_the_bucket(ann: Person) -> None:
    """The form of a small file is no way to send a large one; the right one still arrives."""
    announced = ann.call("POST", "/imports", json={"importer": "dealers", "filename": "a.csv", "bytes": 5}).json()
    form = announced["upload"]

    def send(content: bytes) -> httpx.Response:
        return ann.http.post(form["url"], data=form["fields"], files={"file": content}, headers={"Authorization": ""})

    assert [send(b"a,b\n12").is_error, send(b"a,b\n").is_error] == [True, True]
    assert send(b"a,b\n1").is_success
    assert ann.end_of(announced["job"]["id"])["status"] == "failed"


def test_a_dropped_file_that_is_too_large_ends_its_job(ann: Person) -> None:
    body = csv_file([("D-1", "x" * 100)] * 200_000, titles=("Dealer Code", "Name"))
    key = f"incoming/{ann.tenant}/dealers/large.csv"
    ann.stack.client("s3").put_object(Bucket=ann.stack.files_bucket, Key=key, Body=body)
    listed = eventually(lambda: ann.call("GET", "/jobs").json()["items"], "a job of the dropped file")
    assert ann.end_of(listed[0]["id"])["problem"]["type"] == "/problems/too-large"
