"""Starting an import: announcing a file, or uploading it in the body."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import httpx
import pytest

from sluice.model.chunk import JobRef
from sluice.model.status import Status
from tests.integration.api.calling import Answer, call, get
from tests.integration.stack import BUCKET, Stack, client

CSV = b"Part Number,Description,Price\nP-1,Filter,9.50\n"
LIMIT = 4 * 1024**2
HOSTILE = [
    "../../x",
    "..",
    ".",
    "/",
    "/etc/passwd",
    "a\\b",
    "..\\..\\windows\\system.ini",
    "C:\\Users\\ann\\prices.xlsx",
    "uploads/other/01JOB/x.csv",
    "x" * 300 + ".xlsx",
    "цены.xlsx",
    "価格表.csv",
    "prices\u202excod.exe",
    "a\x00b.csv",
    "a\r\nb\tc.csv",
    "%2e%2e%2fx.csv",
    "${filename}",
    "a b+c&d=e?f#g.csv",
    "\U0001f4c8.xlsx",
    "..." * 10,
]


def announce(**changed: Any) -> Answer:
    """Announce a file."""
    asked = {"importer": "products", "filename": "prices.xlsx", "bytes": 1000} | changed
    return call("POST", "/v1/imports", json_body=asked)


def upload(body: bytes = CSV, *, headers: dict[str, str] | None = None, **query: str) -> Answer:
    """Upload a file in the body."""
    asked = {"importer": "products", "filename": "prices.csv"} | query
    return call(
        "POST", "/v1/imports/upload", body=body, query=asked, headers={"Content-Type": "text/csv"} | (headers or {})
    )


def policy_of(form: dict[str, Any]) -> list[Any]:
    """Return the conditions that S3 checks an upload against."""
    conditions: list[Any] = json.loads(base64.b64decode(form["fields"]["policy"]))["conditions"]
    return conditions


def objects() -> dict[str, bytes]:
    """Return the keys of the bucket's objects."""
    s3 = client("s3")
    found = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in found}


def test_an_announced_file_gets_a_job_and_a_form(stack: Stack) -> None:
    """The job waits for its file; the form leads to the bucket itself."""
    answer = announce(priority="urgent", recipe={"columns": {"Harga": "price"}})
    assert answer.status == 201
    job, form = answer.body["job"], answer.body["upload"]
    assert (job["status"], job["importer"], job["requested_by"]) == ("waiting_for_file", "products", "ann")
    assert job["file"]["name"] == "prices.xlsx"
    assert (form["method"], form["expires_in"]) == ("POST", 3600)
    kept = stack.jobs.get(JobRef("acme", job["id"]))
    assert (kept.status, kept.urgent, kept.recipe.columns) == (Status.WAITING_FOR_FILE, True, {"Harga": "price"})


@pytest.mark.parametrize("importer", ["products", "dealers"])
def test_the_form_is_for_exactly_one_key_and_the_announced_size(stack: Stack, importer: str) -> None:
    """S3 rejects any other key or size, whatever a caller does with the form."""
    answer = announce(importer=importer).body
    key = f"uploads/acme/{answer['job']['id']}/prices.xlsx"
    conditions = policy_of(answer["upload"])
    assert answer["upload"]["fields"]["key"] == key
    assert {"key": key} in conditions
    assert {"bucket": BUCKET} in conditions
    assert ["content-length-range", 1000, 1000] in conditions
    assert "x-amz-signature" in answer["upload"]["fields"]


@pytest.mark.parametrize("filename", HOSTILE)
def test_a_hostile_file_name_stays_in_its_jobs_folder(stack: Stack, filename: str) -> None:
    """The key is one level below the job and has plain characters, for both ways to send a file."""
    announced, sent = announce(filename=filename), upload(filename=filename)
    assert (announced.status, sent.status) == (201, 202)
    for job in (announced.body["job"], sent.body):
        kept = stack.jobs.get(JobRef("acme", job["id"]))
        folder, _, name = kept.file.key.rpartition("/")
        assert folder == f"uploads/acme/{job['id']}"
        assert name.strip(".")
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert len(name) <= 200
    (stored,) = objects()
    assert stored.startswith(f"uploads/acme/{sent.body['id']}/")


def test_a_long_file_name_keeps_its_ending(stack: Stack) -> None:
    """The ending shows the type of the file."""
    assert announce(filename="x" * 300 + ".xlsx").body["job"]["file"]["name"].endswith("x.xlsx")


def test_a_file_over_the_importers_limit_is_rejected_before_the_upload(stack: Stack) -> None:
    """The problem has the limit, and no job is created."""
    answer = announce(importer="dealers", bytes=20 * 1024**2 + 1)
    assert answer.status == 422
    assert answer.body["type"] == "/problems/too-large"
    assert answer.body["limit"] == 20 * 1024**2
    assert get("/v1/jobs").body["items"] == []


def test_a_file_in_the_body_is_stored_and_the_response_is_its_job(stack: Stack) -> None:
    """The bucket's event starts the job, as it does with every other file."""
    answer = upload()
    assert answer.status == 202
    assert answer.headers["location"] == answer.body["links"]["self"]
    assert answer.headers["location"].endswith(f"/live/v1/jobs/{answer.body['id']}")
    assert int(answer.headers["retry-after"]) > 0
    assert objects() == {f"uploads/acme/{answer.body['id']}/prices.csv": CSV}


@pytest.mark.parametrize("content_type", ["text/csv", "application/octet-stream", "application/json", "", "nonsense"])
def test_a_file_is_stored_unchanged_whatever_its_content_type(stack: Stack, content_type: str) -> None:
    """The stored bytes are equal; the API does not parse them as text or JSON."""
    body = bytes(range(256)) * 2
    answer = upload(body, headers={"Content-Type": content_type})
    assert answer.status == 202, answer.text
    assert list(objects().values()) == [body]


def test_an_empty_body_is_a_file_too(stack: Stack) -> None:
    """Its job then fails because the file is empty."""
    assert upload(b"").status == 202
    assert list(objects().values()) == [b""]


def test_a_file_of_four_megabytes_fits_into_the_body(stack: Stack) -> None:
    """In base64 it is 5.6 MB; the limit of Lambda is 6 MB."""
    assert upload(b"x" * LIMIT).status == 202


def test_a_larger_file_is_rejected_with_a_hint_to_announce_it(stack: Stack) -> None:
    """Nothing is stored."""
    answer = upload(b"x" * (LIMIT + 1))
    assert answer.status == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["type"] == "/problems/too-large-for-this-call"
    assert answer.body["limit"] == LIMIT
    assert "POST /v1/imports" in answer.body["detail"]
    assert objects() == {}
    assert get("/v1/jobs").body["items"] == []


@pytest.fixture
def sleeps(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the list of the API's sleeps; during the third one a worker completes the job."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            (job,) = stack.jobs.page("acme", status=None, importer=None, limit=1, cursor=None).items
            for status in (Status.QUEUED, Status.PARSING, Status.LOADING, Status.COMPLETED):
                stack.jobs.transition(job.ref, status)

    monkeypatch.setattr(time, "sleep", sleep)
    return slept


def test_a_synchronous_importer_responds_with_its_results(sleeps: list[float]) -> None:
    """Files of dealers are small, so the caller waits for the end."""
    answer = upload(importer="dealers")
    assert (answer.status, answer.body["status"]) == (200, "completed")
    assert "retry-after" not in answer.headers
    assert len(sleeps) == 3


@pytest.mark.parametrize("prefer", ["wait=20", "respond-async, wait=10", "wait=999999"])
def test_a_caller_that_prefers_to_wait_gets_the_results_of_any_importer(sleeps: list[float], prefer: str) -> None:
    """RFC 7240; the wait never exceeds the timeout of the gateway."""
    assert upload(headers={"Prefer": prefer}).body["status"] == "completed"


@pytest.mark.parametrize("prefer", ["wait=0", "wait=x", "return=minimal"])
def test_a_caller_that_does_not_wait_gets_the_job_at_once(sleeps: list[float], prefer: str) -> None:
    """An invalid preference is ignored (RFC 7240)."""
    answer = upload(headers={"Prefer": prefer})
    assert (answer.status, answer.body["status"]) == (202, "waiting_for_file")
    assert sleeps == []


def send_form(fields: dict[str, str], query: dict[str, str] | None = None) -> Answer:
    """Upload a file as a form, as httpx writes it."""
    sent = httpx.Request("POST", "https://x", files={"file": ("from form.csv", CSV)}, data=fields)
    headers = {"Content-Type": sent.headers["content-type"]}
    return call("POST", "/v1/imports/upload", body=sent.read(), query=query, headers=headers)


@pytest.mark.usefixtures("stack")
def test_a_form_starts_a_job_with_the_content_and_the_name_of_its_file() -> None:
    """The fields beside the file are the parameters of the call."""
    answer = send_form({"importer": "products", "priority": "urgent", "review": "true"})
    assert answer.status == 202
    job = answer.body
    assert (job["importer"], job["priority"], job["review"]) == ("products", "urgent", True)
    assert (job["file"]["name"], job["file"]["bytes"]) == ("from form.csv", len(CSV))
    stored = client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [client("s3").get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in stored] == [CSV]


@pytest.mark.usefixtures("stack")
def test_parameters_may_be_in_the_query_of_a_form() -> None:
    """Each in one of the two places."""
    assert send_form({}, {"importer": "products", "filename": "b.csv"}).body["file"]["name"] == "b.csv"
    twice = send_form({"importer": "products"}, {"importer": "products"})
    assert (twice.status, twice.body["errors"]) == (422, [{"at": "body.importer", "reason": "Also in the query"}])


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({}, "query.importer"),
        ({"importer": "products", "priority": "now"}, "body.priority"),
        ({"importer": "products", "surprise": "1"}, "body.surprise"),
        ({"importer": "products", "recipe": "{"}, "body.recipe"),
    ],
)
def test_wrong_fields_of_a_form_are_rejected_with_their_place(fields: dict[str, str], at: str) -> None:
    """As parameters of the query are."""
    answer = send_form(fields)
    assert (answer.status, answer.body["type"]) == (422, "/problems/invalid-request")
    assert [error["at"] for error in answer.body["errors"]] == [at]
    assert get("/v1/jobs").body["items"] == []


def test_an_importer_offers_every_option(stack: Stack) -> None:
    choices = get("/v1/importers/products").body["choices"]
    assert set(choices["mode"]) == {"upsert", "insert", "update", "mirror", "delete"}
    assert set(choices["on_rejections"]) == {"continue", "stop"}
    assert set(choices["guards"]) == {"max_rejected", "max_deleted", "max_change"}
