"""Reading jobs, rejections, importers, records and queues."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from sluice.aws import stored
from sluice.catalog.registry import importer_named
from sluice.model.chunk import PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import UpstreamDown
from sluice.model.job import Job
from sluice.model.recipe import Decision, Recipe
from sluice.model.rejection import Rejection
from sluice.model.status import Status
from sluice.schema.staging import Batch
from sluice.schema.validation import GoodRow
from sluice.usecases.artifacts import JobFiles
from tests.integration.api.calling import every, get, pages
from tests.integration.stack import Stack
from tests.support.factories import make_chunk, make_job


@pytest.fixture
def job(stack: Stack) -> Job:
    """Add a running job."""
    made = replace(make_job(status=Status.LOADING), counts=Counts(total=100, checked=100, inserted=40, rejected=10))
    stack.jobs.add(made)
    return made


def test_a_wait_for_a_worker_is_shown_under_a_tag_of_its_own(stack: Stack) -> None:
    """A caller that polls by the tag sees it begin and end, though the job's version stays."""
    quiet = datetime.now(UTC) - timedelta(seconds=40)
    made = replace(make_job(status=Status.LOADING), phase=PhaseName.LOAD, updated_at=quiet, started_at=quiet)
    stack.jobs.add(made)
    table = boto3.resource("dynamodb").Table("JobsTable")
    table.update_item(  # no call of the port begins a phase in the past
        Key=stored.job_key(made.ref),
        UpdateExpression="SET phase = :phase, updated_at = :at",
        ExpressionAttributeValues={":phase": "load", ":at": quiet.isoformat()},
    )
    here = f"/v1/jobs/{made.ref.id}"
    before = get(here)
    assert (before.headers["etag"], before.body["progress"]["waits_since"]) == ('"1"', None)
    chunk = make_chunk(made.ref, phase=PhaseName.LOAD)
    stack.chunks.add([chunk])
    stack.chunks.open_barrier(made.ref, PhaseName.LOAD, run=1, token="t")
    assert get(here, headers={"If-None-Match": '"1"'}).status == 304, "it was added a moment ago"
    table.update_item(
        Key=stored.chunk_key(chunk.ref),
        UpdateExpression="SET due_at = :at",
        ExpressionAttributeValues={":at": int(quiet.timestamp())},
    )
    waits = get(here, headers={"If-None-Match": '"1"'})
    assert (waits.status, waits.headers["retry-after"]) == (200, "5")
    progress = waits.body["progress"]
    assert progress["code"] == "waiting-for-worker"
    assert progress["message"].startswith(f"Waiting for a worker since {quiet:%H:%M:%S} UTC")
    assert datetime.fromisoformat(progress["waits_since"]) == quiet.replace(microsecond=0)
    assert get(here, headers={"If-None-Match": waits.headers["etag"]}).status == 304
    now = int(datetime.now(UTC).timestamp())
    stack.chunks.lease(chunk.ref, now=now, until=now + 70)
    again = get(here, headers={"If-None-Match": waits.headers["etag"]})
    assert (again.status, again.body["progress"]["waits_since"]) == (200, None)


def test_a_job_is_shown_with_every_field_of_the_description(job: Job) -> None:
    """Every field is there, and every link works."""
    answer = get(f"/v1/jobs/{job.ref.id}")
    here = f"https://abcde12345.execute-api.us-east-1.amazonaws.com/live/v1/jobs/{job.ref.id}"
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    created = answer.body.pop("created_at")
    assert datetime.fromisoformat(created) == job.created_at
    assert datetime.fromisoformat(created).utcoffset() == timedelta(0)
    shown = answer.body
    del shown["created_at"]
    options: dict[str, Any] = {
        "mode": "upsert",
        "blanks": "keep",
        "deletes": None,
        "on_rejections": "continue",
        "guards": {"max_rejected": None, "max_deleted": None, "max_change": {}},
    }
    assert shown == {
        "id": job.ref.id,
        "kind": "import",
        "importer": "products",
        "status": "loading",
        "phase": None,
        "progress": {"current": 50, "total": 100, "percent": 50, "message": "Loaded 40 of 100 rows", "code": "loading"}
        | {"waits_since": None},
        "counts": {"total": 100, "inserted": 40, "rejected": 10, "unprocessed": 50}
        | dict.fromkeys(("updated", "unchanged", "deleted", "skipped", "kept_blank", "absent", "absent_left"), 0),
        "options": options,
        "recipe": {"name": None, "version": 1}
        | dict.fromkeys(
            ("sheets", "hidden", "header", "encoding", "delimiter", "quoting", "null_markers", "clear_markers")
        )
        | {name: {} for name in ("columns", "constants", "decimal", "date_order", "decisions")}
        | options,
        "questions": [],
        "waiting_for": None,
        "asks": "ask",
        "remembered": None,
        "waits_for": None,
        "rollback": None,
        "problem": None,
        "file": {"name": "a.csv", "bytes": 10, "sha256": None, "encoding": None, "delimiter": None}
        | {"sheets": [], "not_read": [], "notes": []},
        "sync": None,
        "lookup": None,
        "suspended": None,
        "deleted": False,
        "batch_id": job.batch_id,
        "priority": "standard",
        "review": False,
        "corrects": None,
        "requested_by": "ann",
        "started_at": None,
        "finished_at": None,
        "updated_at": "2026-01-01T12:00:00Z",
        "version": 1,
        "links": {"self": here} | {name: f"{here}/{name}" for name in ("log", "cancel", "pause", "rejections")},
    }


def test_a_job_of_a_lookup_shows_its_constants_and_why_it_is_suspended(stack: Stack) -> None:
    """It has no options, and the reason why it is suspended."""
    recipe = Recipe(decisions={"constants.ward": Decision("79800001", "declared")})
    made = replace(make_job(importer="voters", status=Status.LOADING), recipe=recipe, lookup="commission")
    stack.jobs.add(made)
    stack.jobs.enter_phase(made.ref, PhaseName.LOOKUP)
    stack.jobs.transition(made.ref, Status.PAUSING, suspended=UpstreamDown("It").problem)
    away = "It does not answer. The job resumes automatically when it does."
    shown = get(f"/v1/jobs/{made.ref.id}").body
    assert (shown["phase"], shown["lookup"]) == ("lookup", "commission")
    assert (shown["recipe"]["constants"], shown["recipe"]["mode"]) == ({"ward": "79800001"}, None)
    assert (shown["suspended"], shown["progress"]["message"]) == (away, away)
    assert shown["deleted"] is False
    assert "rollback" not in shown["links"]


def test_a_job_with_the_known_etag_is_not_sent_again(stack: Stack, job: Job) -> None:
    """This lasts until the job changes."""
    path = f"/v1/jobs/{job.ref.id}"
    etag = get(path).headers["etag"]
    known = get(path, headers={"If-None-Match": etag})
    assert (known.status, known.text, known.headers["etag"]) == (304, "", etag)
    assert int(known.headers["retry-after"]) > 0
    stack.jobs.transition(job.ref, Status.COMPLETED)
    changed = get(path, headers={"If-None-Match": etag})
    assert (changed.status, changed.body["status"]) == (200, "completed")
    assert changed.headers["etag"] != etag


@pytest.mark.parametrize("known", ['W/"1"', '"0", "1"', "*"])
def test_the_forms_of_if_none_match_are_understood(job: Job, known: str) -> None:
    """RFC 9110, section 13.1.2: weak tags, several tags, any tag."""
    assert get(f"/v1/jobs/{job.ref.id}", headers={"If-None-Match": known}).status == 304


@pytest.mark.parametrize("other", ['"2"', "1", '"11"', ""])
def test_a_job_with_another_etag_is_sent(job: Job, other: str) -> None:
    """A tag without quotation marks is invalid."""
    assert get(f"/v1/jobs/{job.ref.id}", headers={"If-None-Match": other}).status == 200


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        (Status.PARSING, "1"),
        (Status.IN_REVIEW, "5"),
        (Status.PAUSED, "5"),
        (Status.WAITING_FOR_FILE, "1"),
        (Status.COMPLETED, None),
        (Status.FAILED, None),
    ],
)
def test_a_job_has_a_retry_after_by_its_status(stack: Stack, status: Status, seconds: str | None) -> None:
    """``Retry-After`` is short while the job runs, long while it waits for a person, and missing at the end."""
    made = make_job(status=status)
    stack.jobs.add(made)
    answer = get(f"/v1/jobs/{made.ref.id}")
    assert answer.headers.get("retry-after") == seconds
    assert "location" not in answer.headers


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_paging_through_jobs_gives_each_once_newest_first(stack: Stack, limit: int) -> None:
    """This holds for every page size."""
    ids = []
    for number in range(7):
        made = make_job(number=number)
        stack.jobs.add(made)
        ids.append(made.ref.id)
    found = list(pages("/v1/jobs", limit=str(limit)))
    assert [shown["id"] for page in found for shown in page] == ids[::-1]
    assert all(0 < len(page) <= limit for page in found)


def test_jobs_are_filtered_by_state_and_importer(stack: Stack) -> None:
    """Each page is full, however many other jobs lie between the matches."""
    for number in range(12):
        importer = "products" if number % 3 else "dealers"
        status = Status.COMPLETED if number % 2 else Status.FAILED
        stack.jobs.add(make_job(number=number, importer=importer, status=status))
    found = list(pages("/v1/jobs", status="completed", importer="products", limit="2"))
    assert [len(page) for page in found] == [2, 2]
    assert {(shown["status"], shown["importer"]) for page in found for shown in page} == {("completed", "products")}


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 100])
def test_paging_through_rejections_gives_each_once_in_the_order_of_the_file(stack: Stack, job: Job, limit: int) -> None:
    """Rejections come chunk by chunk, those of parsing before those of loading; a chunk may have none."""
    rows: list[int] = []
    for index, phase, count in (
        (0, PhaseName.PARSE, 2),
        (0, PhaseName.LOAD, 1),
        (2, PhaseName.PARSE, 3),
    ):
        found = [Rejection("S", len(rows) + place, "Price", "x\u2028y", "not-a-number") for place in range(count)]
        JobFiles(job, stack.files).write_rejections(make_chunk(job.ref, index, phase), found, [])
        rows += [rejection.row for rejection in found]
    shown = list(pages(f"/v1/jobs/{job.ref.id}/rejections", limit=str(limit)))
    assert [rejection["row"] for page in shown for rejection in page] == rows
    assert all(0 < len(page) <= limit for page in shown)
    assert shown[0][0] == {
        "sheet": "S",
        "row": 0,
        "column": "Price",
        "value": "x\u2028y",
        "reason": "is not a number",
        "code": "not-a-number",
        "params": {},
    }


def test_a_job_without_rejections_has_an_empty_list(job: Job) -> None:
    """The list exists, and has no items."""
    assert get(f"/v1/jobs/{job.ref.id}/rejections").body == {"items": [], "next": None}


def load(stack: Stack, *keys: str, tenant: str = "acme", filler: str = "") -> None:
    """Load records into the dataset of products."""
    values = json.dumps({"description": filler}).encode()
    rows = [GoodRow(number, key, f"{number:032x}", values) for number, key in enumerate(keys, start=2)]
    stack.destination.apply(Batch(tenant, importer_named("products"), "01JOB", 0, rows))


@pytest.mark.parametrize("limit", [1, 2, 9, 10, 11, 1000])
def test_paging_through_records_gives_each_once(stack: Stack, limit: int) -> None:
    """This covers all partitions of a dataset."""
    keys = [f"P-{number}" for number in range(10)]
    load(stack, *keys)
    load(stack, "theirs", tenant="other")
    found = list(pages("/v1/datasets/products/records", limit=str(limit)))
    assert sorted(record["key"] for page in found for record in page) == sorted(keys)
    assert all(0 < len(page) <= limit for page in found)


def test_large_records_are_paged_without_a_loss(stack: Stack) -> None:
    """DynamoDB returns at most a megabyte per page, whatever the limit."""
    keys = [f"P-{number}" for number in range(80)]
    load(stack, *keys, filler="x" * 300_000)
    assert len(every("/v1/datasets/products/records", limit="1000")) == len(keys)


@pytest.mark.parametrize(
    "key",
    ["P-1", "a b", "50%", "50%25", "ключ", "a/b", "AB%2F12", "x?y", "#1", "..", "a+b", "a&b=c", "K\\1", 'q"x', "é😀"],
)
def test_a_record_is_found_by_its_key(stack: Stack, key: str) -> None:
    """Any character of a key works; the gateway decodes a query once."""
    load(stack, key, "other")
    (record,) = get("/v1/datasets/products/records", query={"key": key}).body["items"]
    assert (record["key"], record["job"], record["deleted_at"]) == (key, "01JOB", None)
    assert record["values"]["description"] == ""


def test_a_missing_record_is_in_no_list(stack: Stack) -> None:
    """A record of another tenant is missing too."""
    load(stack, "P-1", "none", tenant="other")
    for name, key in (("products", "none"), ("nothing", "P-1")):
        assert get(f"/v1/datasets/{name}/records", query={"key": key}).body == {"items": [], "next": None}


@pytest.mark.parametrize(
    "path",
    ["/v1/jobs/{job}/rejections", "/v1/datasets/products/records"],
)
@pytest.mark.parametrize("cursor", ["x", "1:2:3", "99:0", "-1:0", "0:-1", "W10=", "eyJhIjogMX0=", "é", "WzE2MCwgMV0"])
def test_an_invalid_cursor_is_rejected(stack: Stack, job: Job, path: str, cursor: str) -> None:
    """A cursor is opaque, so a caller cannot make one up."""
    load(stack, "P-1")
    JobFiles(job, stack.files).write_rejections(make_chunk(job.ref), [Rejection("S", 2, None, None, "required")], [])
    answer = get(path.format(job=job.ref.id), query={"cursor": cursor})
    assert answer.status == 400, answer.text
    assert answer.body["type"] == "/problems/invalid-cursor"


def test_importers_are_listed_with_their_columns(stack: Stack) -> None:
    """The list has the columns and their aliases, as a form or a program needs them."""
    shown = {importer["name"]: importer for importer in every("/v1/importers")}
    assert set(shown) >= {"products", "dealers"}
    assert get("/v1/importers/products").body == shown["products"]
    assert shown["products"]["columns"][0] == {
        "field": "part_number",
        "title": "Part Number",
        "aliases": ["Part No", "SKU"],
        "required": True,
        "key": True,
        "decimals": None,
    }
    assert shown["products"]["row_schema"]["properties"]["price"]["title"] == "Price"
    assert (shown["products"]["parameters"], shown["products"]["file_types"]) == ([], [])


def test_an_importer_shows_its_parameters(stack: Stack) -> None:
    """A form can request it, and find it in the file's name as the API does."""
    shown = get("/v1/importers/voters").body
    (ward,) = shown["parameters"]
    assert (ward["name"], ward["title"], ward["example"]) == ("ward", "Ward", "79800001")
    assert re.fullmatch(ward["pattern"], ward["example"])
    match = re.search(ward["from_name"], f"Ward {ward['example']}.xlsx")
    assert match
    assert match[1] == ward["example"]
    assert shown["file_types"] == [".xlsx", ".xls"]


def test_the_depths_of_the_queues_are_shown(stack: Stack) -> None:
    """This covers all four queues, including that of dead letters."""
    chunk = make_chunk(make_job().ref)
    stack.send(chunk.ref, chunk.ref)
    stack.received(count=1)
    assert get("/v1/queues").body == {
        "urgent": {"waiting": 0, "active": 0, "delayed": 0},
        "standard": {"waiting": 1, "active": 1, "delayed": 0},
        "lookup": {"waiting": 0, "active": 0, "delayed": 0},
        "dead": {"waiting": 0, "active": 0, "delayed": 0},
    }


def test_times_are_in_utc(stack: Stack) -> None:
    """Times follow RFC 3339, with the offset."""
    made = replace(make_job(status=Status.QUEUED), started_at=datetime(2026, 1, 1, tzinfo=UTC))
    stack.jobs.add(made)
    assert get(f"/v1/jobs/{made.ref.id}").body["started_at"] in {"2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00"}
