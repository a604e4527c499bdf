"""Commands about jobs against a fake API: requests, exit codes, output."""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice_cli.client import Client
from tests.unit.cli.fake_api import BUCKET, FakeApi, job, run


def test_import_uploads_the_file_and_prints_only_the_job_id(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script reads the id from standard output."""
    assert run("import", workbook, "--importer", "products") == 0
    assert capsys.readouterr().out == "01JOB\n"
    assert json.loads(api.bodies[0]) == {"importer": "products", "filename": "Daftar harga.xlsx", "bytes": 13}


def test_the_upload_is_a_form_with_the_file_last_and_without_the_token(api: FakeApi, workbook: Path) -> None:
    """S3 ignores fields after the file, and must never see the API's token."""
    run("import", workbook, "--importer", "products")
    upload, body = next((r, b) for r, b in zip(api.requests, api.bodies, strict=True) if str(r.url) == BUCKET)
    assert "authorization" not in upload.headers
    assert body.index(b'name="key"') < body.index(b'name="policy"') < body.index(b'name="file"')
    assert b"PK-not-really" in body


def test_import_sends_the_mapping(api: FakeApi, workbook: Path) -> None:
    assert run("import", workbook, "--importer", "products", "--mapping", '{"Price": "Harga"}') == 0
    assert json.loads(api.bodies[0])["mapping"] == {"Price": "Harga"}


def test_import_sends_parameters_whose_values_may_hold_an_equals_sign(api: FakeApi, workbook: Path) -> None:
    parameters = ["--parameter", "ward=79800001", "--parameter", "note=a=b"]
    assert run("import", workbook, "--importer", "voters", *parameters) == 0
    assert json.loads(api.bodies[0])["parameters"] == {"ward": "79800001", "note": "a=b"}


def test_wait_goes_on_while_a_job_is_suspended_and_prints_the_reason_once(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A suspended job resumes by itself, unlike one that a caller has paused."""
    reason = "The commission does not respond. The job resumes by itself when it does."
    lookup: dict[str, Any] = {"phase": "lookup", "progress": {"current": 1, "total": 3}}
    api.states = [
        job("loading", **lookup),
        job("pausing", version=2, suspended=reason, **lookup),
        job("paused", version=3, suspended=reason, **lookup),
        job("loading", version=4, suspended=None, **lookup),
        job("completed", version=5),
    ]
    assert run("import", workbook, "--importer", "voters", "--wait") == 0
    printed = capsys.readouterr()
    assert printed.err.count(reason) == 1
    assert "Looking up" in printed.err
    assert "products · Loaded, 1 rejected · 01JOB" in printed.out


@pytest.mark.parametrize(
    ("last", "code"),
    [("completed", 0), ("failed", 1), ("cancelled", 1), ("rolled_back", 1), ("in_review", 3), ("paused", 3)],
)
def test_wait_exits_with_0_only_when_the_rows_are_loaded_and_with_3_when_the_job_waits_for_a_person(
    api: FakeApi, workbook: Path, last: str, code: int
) -> None:
    progress = {"current": 1, "total": 3}
    running = [job("queued"), job("parsing", version=2, progress=progress), job("loading", version=3)]
    api.states = [*running, job(last, version=4)]
    assert run("import", workbook, "--importer", "products", "--wait") == code


def test_wait_prints_counts_and_the_problem_of_a_failed_job(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = {"type": "/problems/empty-file", "title": "The file is empty", "detail": "There is no row in it."}
    api.states = [job("failed", problem=problem)]
    assert run("import", workbook, "--importer", "products", "--wait") == 1
    printed = capsys.readouterr().out
    assert "The file is empty: There is no row in it." in printed
    assert ["Rejected", "1"] in [line.split() for line in printed.splitlines()]


def test_json_prints_the_apis_json_and_nothing_else(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Progress goes to standard error."""
    assert run("import", workbook, "--importer", "products", "--wait", "--json") == 0
    assert capsys.readouterr().out == json.dumps(job("completed")) + "\n"


def test_an_upload_that_s3_rejects_prints_the_message_of_s3(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The form of a presigned POST expires, and limits the size."""
    api.upload_status = 403
    assert run("import", workbook, "--importer", "products") == 1
    assert "Policy expired" in capsys.readouterr().err


def test_jobs_sends_only_the_filters_that_are_given(api: FakeApi) -> None:
    """The API rejects an empty status."""
    api.page = json.dumps({"items": [], "next": None})
    assert run("jobs", "--importer", "dealers", "--limit", "5") == 0
    assert dict(api.requests[0].url.params) == {"importer": "dealers", "limit": "5"}


def test_jobs_shows_how_many_rows_were_rejected(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    shown = job("completed") | {"created_at": "2026-03-01T06:00:00Z", "file": {"name": "a.csv"}}
    api.page = json.dumps({"items": [shown], "next": None})
    assert run("jobs") == 0
    title, line = capsys.readouterr().out.splitlines()
    assert title.split() == ["Job", "Importer", "File", "Status", "Rows", "Created"]
    assert " ".join(line.split()) == "01JOB products a.csv Loaded, 1 rejected 3 2026-03-01 13:00+07:00"


def test_job_shows_its_parameters(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.states = [job("completed", parameters={"ward": "79800001"})]
    assert run("job", "01JOB") == 0
    assert "products · Loaded, 1 rejected · 01JOB · ward=79800001\n" in capsys.readouterr().out


def test_job_shows_that_it_was_deleted(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.states = [job("completed", deleted=True)]
    assert run("job", "01JOB") == 0
    assert "Its files and rows were deleted." in capsys.readouterr().out


def test_job_shows_why_it_is_suspended(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets are text, not markup."""
    api.states = [job("paused", suspended="The commission does not respond. [It is down]")]
    assert run("job", "01JOB") == 0
    assert "The commission does not respond. [It is down]" in capsys.readouterr().out


def test_job_follow_stays_until_the_job_has_ended(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.states = [job("loading"), job("completed", version=2)]
    assert run("job", "01JOB", "--follow") == 0
    assert "Loaded, 1 rejected" in capsys.readouterr().out


def test_job_follow_with_json_prints_a_line_for_each_change(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.states = [job("loading"), job("completed", version=2)]
    assert run("job", "01JOB", "--follow", "--json") == 0
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == ["loading", "completed"]


def test_rejections_calls_the_list_of_rejected_rows(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rejections", "01JOB") == 0
    assert list(api.called()) == ["GET /prod/v1/jobs/01JOB/rejections"]
    assert "must be 0 or more" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["cancel", "pause", "resume", "retry", "rollback"])
def test_an_action_is_sent_and_the_job_shown(api: FakeApi, capsys: pytest.CaptureFixture[str], action: str) -> None:
    assert run(action, "01JOB") == 0
    assert list(api.called()) == [f"POST /prod/v1/jobs/01JOB/{action}"]
    assert "products · Loaded, 1 rejected · 01JOB" in capsys.readouterr().out


def test_commit_sends_the_date_order_of_each_column(api: FakeApi) -> None:
    assert run("commit", "01JOB", "--date", "Updated=dmy", "--date", "Sold=mdy") == 0
    assert json.loads(api.bodies[0]) == {"dates": {"Updated": "dmy", "Sold": "mdy"}}


def test_files_saves_under_the_files_own_name_or_the_one_given(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.page = "x"
    monkeypatch.chdir(tmp_path)
    assert run("files", "01JOB", "--save", "errors.xlsx") == 0
    assert run("files", "01JOB", "--save", "errors.xlsx", "--to", tmp_path / "mine.xlsx") == 0
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["errors.xlsx", "mine.xlsx"]


def test_commit_with_wait_exits_with_4_for_rejected_rows_where_the_caller_says_so(api: FakeApi) -> None:
    assert run("commit", "01JOB", "--wait", "--fail-on-rejected") == 4
    assert run("commit", "01JOB", "--wait") == 0
    assert run("commit", "01JOB", "--fail-on-rejected") == 2


def test_ctrl_c_while_an_action_is_waited_for_says_that_the_job_goes_on(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "follow", interrupted)
    monkeypatch.setattr(Client, "events", interrupted)
    for command in (["rollback", "01JOB", "--wait"], ["job", "01JOB", "--follow"]):
        assert run(*command) == 130
        assert "sluice job 01JOB --follow" in capsys.readouterr().err
