"""Commands about jobs against a fake API: requests, exit codes, output."""

import json
from pathlib import Path
from typing import Any

import pytest

from sluice_cli.client import Client
from tests.unit.cli.fake_api import BUCKET, FakeApi, job, run

MARK: dict[str, Any] = {
    "key": "decimal.price",
    "text": "Which decimal mark does the column 'Price' use?",
    "choices": [{"value": ",", "effect": "row 5: 1.250 is 1250"}],
    "evidence": {"counts": {"either": 1}, "rows": [{"row": 5, "cell": "1.250", "shows": "either"}]},
    "params": {"column": "Price"},
}


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
    api.states = [job("completed", recipe={"version": 1, "constants": {"ward": "79800001"}})]
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


def test_answer_sends_what_was_decided_with_the_version_of_the_recipe(api: FakeApi) -> None:
    api.states = [job("in_review", recipe={"version": 3})]
    given = ["decimal.price=,", "decimal.Net price=.", "guard.max_deleted=exceed", "columns.Preis=price"]
    assert run("answer", "01JOB", *given) == 0
    assert list(api.called()) == ["GET /prod/v1/jobs/01JOB", "POST /prod/v1/jobs/01JOB/answers"]
    assert json.loads(api.bodies[-1]) == {
        "version": 3,
        "answers": {
            "decimal": {"price": ",", "Net price": "."},
            "guard": {"max_deleted": "exceed"},
            "columns": {"Preis": "price"},
        },
    }
    assert run("answer", "01JOB", "decimal.price=,", "--version", "2") == 0
    assert json.loads(api.bodies[-1])["version"] == 2


def test_answer_without_answers_shows_the_questions_and_sends_nothing(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.states = [job("in_review", questions=[MARK])]
    assert run("answer", "01JOB") == 0
    printed = capsys.readouterr().out
    assert MARK["text"] in printed
    assert "sluice answer 01JOB decimal.price=," in printed
    assert list(api.called()) == ["GET /prod/v1/jobs/01JOB"]
    api.states = [job("completed", questions=[])]
    assert run("answer", "01JOB") == 0
    assert "Job 01JOB asks nothing." in capsys.readouterr().out


@pytest.mark.parametrize("command", [["answer", "01JOB", "decimal.price=,"], ["commit", "01JOB"]])
def test_a_command_that_waits_ends_with_3_and_the_command_to_answer_if_the_job_asks(
    api: FakeApi, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    api.states = [job("in_review", recipe={"version": 1}, questions=[MARK])]
    assert run(*command, "--wait") == 3
    assert "Answer it: sluice answer 01JOB decimal.price=VALUE\n" in capsys.readouterr().out
    assert run(*command, "--wait", "--json") == 3
    printed = capsys.readouterr()
    assert "Answer it: sluice answer 01JOB decimal.price=VALUE\n" in printed.err
    assert json.loads(printed.out)["questions"] == [MARK]


def test_recipe_prints_what_another_import_takes(
    api: FakeApi, workbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """How decisions were made is not printed, because changing it would change nothing."""
    made = {"decimal.price": {"value": ",", "how": "proven", "evidence": {"counts": {}, "rows": []}}}
    guards: dict[str, Any] = {"max_rejected": None, "max_deleted": 0.0, "max_change": {}}
    shown = {
        "version": 4,
        "decisions": made,
        "header": 3,
        "columns": {"Größe": "size"},
        "constants": {},
        "guards": guards,
    }
    api.states = [job("completed", recipe={**shown, "decimal": {"price": ","}, "deletes": None})]
    assert run("recipe", "01JOB") == 0
    printed = capsys.readouterr().out
    given = {"header": 3, "columns": {"Größe": "size"}, "guards": {"max_deleted": 0.0}, "decimal": {"price": ","}}
    assert json.loads(printed) == given
    assert "Größe" in printed
    (tmp_path / "recipe.json").write_text(printed, "utf-8")
    assert run("import", workbook, "--importer", "products", "--recipe", tmp_path / "recipe.json") == 0
    assert next(json.loads(body)["recipe"] for body in api.bodies if b"recipe" in body) == given


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
