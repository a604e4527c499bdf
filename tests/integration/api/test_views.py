"""The preview, kept rows, log and files of a job, and the template of an importer."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from sluice.catalog.registry import IMPORTERS
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.status import Status
from sluice.usecases.artifacts import result_key
from sluice.usecases.downloads import make_file
from tests.integration.api.calling import SAMPLES, Answer, call, every, get, pages
from tests.integration.api.running import CSV, DOUBT, job_in, post, run, upload
from tests.integration.permissions import acting
from tests.integration.stack import Stack, client
from tests.support import issuer
from tests.support.factories import make_job

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
VIEWS = ["preview", "rejections", "kept", "log", "files", "files/errors.xlsx"]


def assert_problem(answer: Answer, status: int, type_: str) -> None:
    assert (answer.status, answer.body["type"]) == (status, f"/problems/{type_}"), answer.text


def made(stack: Stack, job_id: str, name: str) -> None:
    """Make a file, as the state machine does."""
    ref = JobRef("acme", job_id)
    run_ = stack.jobs.get(ref).run
    with acting("MakeFileFunction"):
        make_file(ref, run_, name, stack.services)


def test_a_preview_shows_what_a_commit_would_do(stack: Stack) -> None:
    """This covers every part of the preview."""
    run(stack, upload())
    job_id = upload(CSV.replace(b"3\n", b"4\n").replace(b"Price", b"Price,Colour") + b"P-9,New,1,red\n", review="true")
    run(stack, job_id)
    shown = get(f"/v1/jobs/{job_id}/preview").body
    assert shown.pop("job")["id"] == job_id
    columns = {column["field"]: column for column in shown.pop("columns")}
    assert columns["part_number"] == {
        "field": "part_number",
        "title": "Part Number",
        "required": True,
        "header": "Part Number",
        "place": 1,
        "likely": None,
        "default": None,
        "decimals": None,
    }
    assert (columns["brand"]["header"], columns["brand"]["place"]) == (None, None)
    assert (columns["currency"]["default"], columns["stock"]["default"], columns["active"]["default"]) == (
        "EUR",
        0,
        True,
    )
    assert (columns["price"]["decimals"], columns["stock"]["decimals"]) == (2, 0)
    rows = shown.pop("rows")
    assert [(row["row"], row["values"]["part_number"], row["values"]["price"]) for row in rows] == [
        (2, "P-1", "9.5"),
        (3, "P-2", "4"),
        (5, "P-9", "1"),
    ]
    compared, untouched = shown.pop("comparison"), shown.pop("untouched")
    (wrong,) = shown.pop("rejected_rows")
    assert (wrong["row"], wrong["values"]) == (4, {"part_number": "P-3", "description": "Pump", "price": "-1"})
    assert [(each["column"], each["reason"]) for each in wrong["rejections"]] == [("Price", "must be 0 or more")]
    assert shown == {
        "sheet": "",
        "header_row": 1,
        "encoding": "utf-8",
        "delimiter": ",",
        "unmatched_headers": ["Colour"],
        "counts": {
            "total": 4,
            "rejected": 1,
            "skipped": 0,
            "unchecked": 0,
            "to_reject": 0,
            "insert": 1,
            "update": 1,
            "unchanged": 1,
            "delete": 0,
            "in_scope": None,
            "kept_blank": 0,
            "ignored": 0,
        },
    }
    assert compared.keys() == {"columns", "changes", "deletions", "rejections"}
    assert {column["field"]: column["default"] for column in untouched}["currency"] == "EUR"
    assert "price" not in {column["field"] for column in untouched}
    assert len(get(f"/v1/jobs/{job_id}/preview", query={"limit": "1"}).body["rows"]) == 1


def test_a_preview_shows_what_is_open_as_it_was_read(stack: Stack) -> None:
    """The question is that of the job."""
    job_id = upload(DOUBT)
    run(stack, job_id)
    shown = get(f"/v1/jobs/{job_id}/preview").body
    assert [question["key"] for question in shown["job"]["questions"]] == ["date_order.updated"]
    assert shown["rows"][0]["values"]["updated"] == "2025-04-03"


@pytest.mark.parametrize("status", [Status.WAITING_FOR_FILE, Status.QUEUED, Status.PARSING, Status.FAILED])
def test_a_job_that_was_not_parsed_has_no_preview(stack: Stack, status: Status) -> None:
    job = job_in(stack, status)
    answer = get(f"/v1/jobs/{job.ref.id}/preview")
    assert_problem(answer, 409, "not-parsed")
    assert answer.body["status_now"] == status
    assert "preview" not in get(f"/v1/jobs/{job.ref.id}").body["links"]


@pytest.mark.parametrize("limit", ["0", "201", "x"])
def test_a_preview_shows_the_first_rows_only(stack: Stack, limit: str) -> None:
    job = job_in(stack, Status.IN_REVIEW)
    assert_problem(get(f"/v1/jobs/{job.ref.id}/preview", query={"limit": limit}), 422, "invalid-request")


@pytest.fixture
def taken_back(stack: Stack) -> tuple[str, str]:
    """Return a job that was rolled back except three rows, and the job that had changed those."""
    lines = [f"P-{number},Filter,1" for number in range(5)]
    head = "Part Number,Description,Price\n"
    job_id = upload((head + "\n".join(lines)).encode())
    run(stack, job_id)
    later = upload((head + "\n".join(lines[:3]).replace(",1", ",2")).encode())
    run(stack, later)
    post(job_id, "rollback")
    run(stack, job_id)
    return job_id, later


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_kept_rows_are_listed_page_by_page_with_who_changed_them(
    stack: Stack, taken_back: tuple[str, str], limit: int
) -> None:
    job_id, later = taken_back
    found = list(pages(f"/v1/jobs/{job_id}/kept", limit=str(limit)))
    rows = [row for page in found for row in page]
    assert {row["key"] for row in rows} == {"P-0", "P-1", "P-2"}
    assert len(rows) == 3
    assert all(0 < len(page) <= limit for page in found)
    assert {(row["outcome"], row["job"], row["reason"]) for row in rows} == {
        ("conflict", later, "was changed since by another job")
    }
    shown = get(f"/v1/jobs/{job_id}").body
    assert shown["rollback"] == {"reversed": 2, "conflicts": 3, "failed": 0}
    assert shown["links"]["kept"].endswith("/kept")


def test_a_job_without_kept_rows_has_an_empty_list(stack: Stack) -> None:
    job = job_in(stack, Status.COMPLETED, created_at=datetime.now(UTC))
    assert get(f"/v1/jobs/{job.ref.id}/kept").body == {"items": [], "next": None}
    assert_problem(get(f"/v1/jobs/{job.ref.id}/kept", query={"cursor": "x"}), 400, "invalid-cursor")


def test_the_log_of_a_job_is_shown(stack: Stack) -> None:
    """Entries come oldest first, with times of RFC 3339."""
    job_id = upload(review="true")
    run(stack, job_id)
    post(job_id, "cancel", token=issuer.token(sub="eve"))
    entries = every(f"/v1/jobs/{job_id}/log")
    assert [(entry["by"], entry["status"]) for entry in entries] == [
        ("ann", "waiting_for_file"),
        ("sluice", "queued"),
        ("sluice", "parsing"),
        ("sluice", "in_review"),
        ("eve", "cancelled"),
    ]
    assert all(datetime.fromisoformat(entry["at"]).utcoffset() is not None for entry in entries)
    assert set(entries[0]) == {"at", "by", "status", "note"}


def test_files_are_offered_with_their_links(stack: Stack) -> None:
    job_id = upload()
    run(stack, job_id)
    made(stack, job_id, "errors.csv")
    found = get(f"/v1/jobs/{job_id}/files").body
    assert found["next"] is None
    offers = {offer["name"]: offer for offer in found["items"]}
    assert set(offers) == {"errors.xlsx", "errors.csv", "loaded.csv"}
    assert (offers["errors.xlsx"]["bytes"], offers["errors.xlsx"]["rows"], offers["loaded.csv"]["rows"]) == (None, 1, 2)
    assert offers["errors.csv"]["bytes"] > 0
    assert all(offer["link"].endswith(f"/live/v1/jobs/{job_id}/files/{name}") for name, offer in offers.items())
    assert get(f"/v1/jobs/{job_id}").body["links"]["files"].endswith("/files")


def test_a_job_under_way_offers_no_files(stack: Stack) -> None:
    job_id = upload()
    run(stack, job_id, upto=PhaseName.LOAD)
    assert get(f"/v1/jobs/{job_id}/files").body["items"] == []
    assert "files" not in get(f"/v1/jobs/{job_id}").body["links"]
    early = get(f"/v1/jobs/{job_id}/files/errors.xlsx")  # a link from the review
    assert_problem(early, 503, "try-later")
    assert early.headers["retry-after"]
    assert_problem(get(f"/v1/jobs/{job_id}/files/errors.pdf"), 404, "not-found")


def test_a_download_redirects_to_a_file_that_exists(stack: Stack) -> None:
    """The address needs no token, and the response must not be cached."""
    job_id = upload()
    run(stack, job_id)
    made(stack, job_id, "errors.csv")
    answer = get(f"/v1/jobs/{job_id}/files/errors.csv")
    assert (answer.status, answer.text) == (302, "")
    where = answer.headers["location"]
    assert result_key(JobRef("acme", job_id), 1, "errors.csv") in where
    assert "X-Amz-Signature=" in where
    assert "prices-errors.csv" in where
    assert answer.headers["cache-control"] == "no-store"
    assert stack.executions() == []


def test_a_file_is_made_on_request(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller waits meanwhile; here the file is made during the third sleep."""
    job_id = upload()
    run(stack, job_id)
    sleeps: list[float] = []

    def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        if len(sleeps) == 3:
            made(stack, job_id, "loaded.csv")

    monkeypatch.setattr(time, "sleep", sleep)
    assert get(f"/v1/jobs/{job_id}/files/loaded.csv").status == 302
    assert stack.executions() == [f"{job_id}-loaded.csv"]


def test_a_file_that_takes_long_is_to_be_requested_again(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = upload()
    run(stack, job_id)
    clock = iter(range(0, 10_000, 15))
    monkeypatch.setattr("sluice.usecases.downloads.time.monotonic", lambda: float(next(clock)))
    monkeypatch.setattr("sluice.usecases.downloads.time.sleep", lambda _: None)
    answer = get(f"/v1/jobs/{job_id}/files/errors.xlsx")
    assert_problem(answer, 503, "try-later")
    assert answer.headers["retry-after"] == "5"
    assert stack.executions() == [f"{job_id}-errors.xlsx"]


def test_a_file_that_could_not_be_made_is_a_problem(stack: Stack) -> None:
    job_id = upload()
    run(stack, job_id)
    machine = client("stepfunctions")
    arn = machine.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    for attempt in ("", "-2", "-3", "-4", "-5"):
        name = f"{job_id}-errors.xlsx{attempt}"
        execution = machine.start_execution(stateMachineArn=arn, name=name, input="{}")["executionArn"]
        machine.stop_execution(executionArn=execution)
    assert_problem(get(f"/v1/jobs/{job_id}/files/errors.xlsx"), 409, "file-not-made")


@pytest.mark.parametrize("name", ["result.xlsx", "errors.pdf", "..", "%2e%2e%2flayout.json"])
def test_a_file_that_is_not_offered_is_not_found(stack: Stack, name: str) -> None:
    job_id = upload()
    run(stack, job_id)
    assert_problem(get(f"/v1/jobs/{job_id}/files/{name}"), 404, "not-found")
    assert stack.executions() == []


@pytest.mark.parametrize("view", VIEWS)
def test_views_of_another_tenants_job_are_not_found(stack: Stack, view: str) -> None:
    """The response is that of a job that never existed, apart from the id."""
    theirs = make_job("other", status=Status.COMPLETED)
    stack.jobs.add(theirs)
    found = get(f"/v1/jobs/{theirs.ref.id}/{view}")
    assert_problem(found, 404, "not-found")
    never = get(f"/v1/jobs/{SAMPLES['job_id']}/{view}")
    assert found.text == never.text.replace(SAMPLES["job_id"], theirs.ref.id)


@pytest.mark.parametrize("view", VIEWS)
def test_views_need_the_read_scope(stack: Stack, view: str) -> None:
    job = job_in(stack, Status.COMPLETED)
    answer = get(f"/v1/jobs/{job.ref.id}/{view}", token=issuer.token(scope="imports:write"))
    assert_problem(answer, 403, "forbidden")


@pytest.mark.usefixtures("function_settings", "no_aws")
@pytest.mark.parametrize("name", [importer.name for importer in IMPORTERS])
def test_the_template_of_an_importer_comes_as_a_workbook(name: str) -> None:
    """The bytes are equal after the gateway's base64."""
    answer = get(f"/v1/importers/{name}/template.xlsx")
    assert answer.status == 200
    assert answer.headers["content-type"] == XLSX
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}-template.xlsx"'
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    titles = {cell.value for row in sheet.iter_rows(max_row=5) for cell in row}
    (importer,) = [importer for importer in IMPORTERS if importer.name == name]
    assert {column.title for column in importer.columns} <= titles


@pytest.mark.usefixtures("function_settings", "no_aws")
def test_an_unknown_importer_has_no_template() -> None:
    assert_problem(get("/v1/importers/nothing/template.xlsx"), 404, "not-found")
    assert call("GET", "/v1/importers/products/template.xlsx", token=None).status == 401
