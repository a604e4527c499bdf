"""The command line against a fake API: exit codes, what goes to standard output, what errors say."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from local import cli
from sluice_cli.client import Client
from sluice.edge.importers import importer_answer
from sluice.importers.registry import IMPORTERS
from tests.unit.cli.fake_api import API, BUCKET, PAGE, FakeApi, job


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """A fake API that the command line takes for the real one."""
    fake = FakeApi(retry_after="0")
    monkeypatch.setattr(cli, "connect", lambda: Client(API, "t0ken", transport=fake.transport))
    return fake


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A file to import; what it holds does not matter to the client."""
    path = tmp_path / "Daftar harga.xlsx"
    path.write_bytes(b"PK-not-really")
    return path


def run(*arguments: str | Path) -> int:
    """Run the command line, return its exit code."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_import_uploads_the_file_and_prints_the_job_id(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --wait the id is all there is on standard output, so that a script can use it."""
    assert run("import", workbook, "--importer", "products") == 0
    assert capsys.readouterr().out == "01JOB\n"
    asked = json.loads(api.bodies[0])
    assert asked == {"importer": "products", "filename": "Daftar harga.xlsx", "bytes": 13}


def test_the_upload_is_a_form_with_the_file_last_and_no_token(api: FakeApi, workbook: Path) -> None:
    """S3 ignores fields after the file, and must never see the API's token."""
    run("import", workbook, "--importer", "products")
    upload, body = next((r, b) for r, b in zip(api.requests, api.bodies, strict=True) if str(r.url) == BUCKET)
    assert "authorization" not in upload.headers
    assert body.index(b'name="key"') < body.index(b'name="policy"') < body.index(b'name="file"')
    assert b"PK-not-really" in body


def test_the_mapping_reaches_the_api(api: FakeApi, workbook: Path) -> None:
    """Both are part of the request that announces the file."""
    mapping = '{"Price": "Harga"}'
    assert run("import", workbook, "--importer", "products", "--mapping", mapping) == 0
    asked = json.loads(api.bodies[0])
    assert asked["mapping"] == {"Price": "Harga"}


def test_parameters_reach_the_api(api: FakeApi, workbook: Path) -> None:
    """What an importer must know beside the file, by name; a value may hold what separates it from its name."""
    assert (
        run("import", workbook, "--importer", "voters", "--parameter", "ward=79800001", "--parameter", "note=a=b") == 0
    )
    assert json.loads(api.bodies[0])["parameters"] == {"ward": "79800001", "note": "a=b"}


def test_a_parked_job_is_waited_for_and_says_why(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It goes on by itself, unlike one that somebody paused; each reason is said once."""
    reason = "The commission gives no answers. The job goes on by itself when it does."
    looking: dict[str, Any] = {"phase": "lookup", "progress": {"current": 1, "total": 3}}
    api.states = [
        job("loading", **looking),
        job("pausing", version=2, parked=reason, **looking),
        job("paused", version=3, parked=reason, **looking),
        job("loading", version=4, parked=None, **looking),
        job("completed", version=5),
    ]
    assert run("import", workbook, "--importer", "voters", "--wait") == 0
    told = capsys.readouterr()
    assert told.err.count(reason) == 1
    assert "Looking up" in told.err
    assert "completed" in told.out


def test_a_job_shows_the_parameters_that_it_took(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.states = [job("completed", parameters={"ward": "79800001"})]
    assert run("job", "01JOB") == 0
    assert "products · completed · 01JOB · ward=79800001\n" in capsys.readouterr().out


def test_a_deleted_job_says_so(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.states = [job("completed", deleted=True)]
    assert run("job", "01JOB") == 0
    assert "Its files and rows were deleted." in capsys.readouterr().out


def test_importers_show_what_they_need_beside_the_file(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """As it is given with --parameter, and which files they take."""
    shown = [importer_answer(each).model_dump() for each in IMPORTERS]
    api.page = json.dumps({"items": shown, "next": None})
    assert run("importers") == 0
    lines = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert lines["voters"][-3:] == [".xlsx", ".xls", "ward=79800001"]
    assert lines["products"][-1] == "any"


def test_a_parked_job_shows_why(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.states = [job("paused", parked="The commission gives no answers. [It is away]")]
    assert run("job", "01JOB") == 0
    assert "The commission gives no answers. [It is away]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("last", "code"), [("completed", 0), ("in_review", 0), ("failed", 1), ("cancelled", 1), ("rolled_back", 0)]
)
def test_wait_ends_with_the_job_and_its_exit_code(api: FakeApi, workbook: Path, last: str, code: int) -> None:
    """0 when the job is where it should be, 1 when it failed."""
    progress = {"current": 1, "total": 3}
    running = [job("queued"), job("parsing", version=2, progress=progress), job("loading", version=3)]
    api.states = [*running, job(last, version=4)]
    assert run("import", workbook, "--importer", "products", "--wait") == code


def test_wait_shows_counts_and_the_problem_of_a_failed_job(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person sees why, in the problem's own words."""
    problem = {"type": "/problems/empty-file", "title": "The file is empty", "detail": "There is no row in it."}
    api.states = [job("failed", problem=problem)]
    assert run("import", workbook, "--importer", "products", "--wait") == 1
    shown = capsys.readouterr().out
    assert "The file is empty: There is no row in it." in shown
    assert "refused" in shown


def test_json_is_the_apis_json_and_nothing_else(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Progress goes to standard error; standard output parses."""
    assert run("import", workbook, "--importer", "products", "--wait", "--json") == 0
    assert capsys.readouterr().out == json.dumps(job("completed")) + "\n"


@pytest.mark.parametrize(
    "command",
    [["jobs"], ["importers"], ["records", "products"], ["refusals", "01JOB"]],
    ids=lambda command: str(command[0]),
)
def test_lists_print_a_table_or_the_page_as_it_came(
    api: FakeApi, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """--json keeps the API's very spelling; without it there is a table, and a hint at the next page."""
    assert run(*command, "--json") == 0
    assert capsys.readouterr().out == PAGE + "\n"
    assert run(*command) == 0
    assert "c2" in capsys.readouterr().err


def test_filters_that_are_not_given_are_not_sent(api: FakeApi) -> None:
    """The API would have to refuse an empty status."""
    run("jobs", "--importer", "dealers", "--limit", "5")
    assert dict(api.requests[0].url.params) == {"importer": "dealers", "limit": "5"}


def test_a_problem_is_told_on_standard_error(api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Title, detail and the type; no traceback, nothing on standard output."""
    api.refuse = {
        "type": "/problems/duplicate-file",
        "title": "This file was imported before",
        "detail": "Job 01OLD [products] has loaded it.",
    }
    assert run("import", workbook, "--importer", "products", "--json") == 1
    told = capsys.readouterr()
    assert told.out == ""
    for part in ("imported before: Job 01OLD [products]", "/problems/duplicate-file"):
        assert part in told.err
    assert "Traceback" not in told.err


def test_an_answer_that_is_no_problem_document_is_told_too(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """A gateway in front of the API answers in its own way."""
    api.refuse, api.refuse_status = {"message": "Forbidden"}, 403
    assert run("job", "01JOB") == 1
    assert "403 Forbidden: Forbidden" in capsys.readouterr().err


def test_a_refused_upload_is_told_in_s3s_words(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The form of a presigned POST runs out, and limits the size."""
    api.upload_status = 403
    assert run("import", workbook, "--importer", "products") == 1
    assert "Policy expired" in capsys.readouterr().err


def test_no_answer_says_how_to_start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A laptop that was restarted still has the description of its stack."""

    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    monkeypatch.setattr(cli, "connect", lambda: Client(API, "t", transport=httpx.MockTransport(refused)))
    assert run("jobs") == 1
    assert "make up" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["import"],
        ["import", "no-such-file.xlsx", "--importer", "products"],
        ["import", __file__],
        ["import", __file__, "--importer", "products", "--mapping", "{"],
        ["import", __file__, "--importer", "products", "--mapping", "[1]"],
        ["import", __file__, "--importer", "voters", "--parameter", "79800001"],
        ["import", __file__, "--importer", "voters", "--parameter", "ward="],
        ["jobs", "--limit", "0"],
        ["nonsense"],
    ],
    ids=str,
)
def test_wrong_usage_is_exit_code_2(api: FakeApi, arguments: list[str]) -> None:
    """And nothing is sent."""
    assert run(*arguments) == 2
    assert api.requests == []


def test_a_job_is_followed_to_its_end(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, a line for every change: for scripts that react to them."""
    api.states = [job("loading"), job("completed", version=2)]
    assert run("job", "01JOB", "--follow", "--json") == 0
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == ["loading", "completed"]
    api.states = [job("loading"), job("completed", version=2)]
    assert run("job", "01JOB", "--follow") == 0
    assert "completed" in capsys.readouterr().out
