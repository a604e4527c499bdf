"""The command line as a whole: lists, problems, wrong usage, further commands."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sluice.api.importers import importer_response
from sluice.catalog.registry import IMPORTERS
from tests.unit.cli.fake_api import PAGE, FakeApi, connect_to, run


@pytest.mark.parametrize(
    "command",
    [["importers"], ["records", "products"], ["rejections", "01JOB"], ["log", "01JOB"], ["files", "01JOB"]],
    ids=lambda command: str(command[0]),
)
def test_a_list_is_a_table_or_the_page_as_received(
    api: FakeApi, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """--json keeps the API's spelling; the table comes with a hint at the next page."""
    assert run(*command, "--json") == 0
    assert capsys.readouterr().out == PAGE + "\n"
    assert run(*command) == 0
    assert "c2" in capsys.readouterr().err


def test_importers_shows_parameters_and_file_types(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """Parameters as constants of a recipe."""
    shown = [importer_response(each).model_dump() for each in IMPORTERS]
    api.page = json.dumps({"items": shown, "next": None})
    assert run("importers") == 0
    lines = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert lines["voters"][-3:] == [".xlsx", ".xls", "ward=79800001"]
    assert lines["products"][-1] == "any"
    assert "mode upsert, blanks keep" in " ".join(lines["products"])
    assert "mode" not in lines["voters"]


def test_template_saves_the_workbook_of_an_importer(
    api: FakeApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("template", "products", "--to", tmp_path / "empty.xlsx") == 0
    assert list(api.called()) == ["GET /prod/v1/importers/products/template.xlsx"]
    assert (tmp_path / "empty.xlsx").read_text() == PAGE
    assert f"{len(PAGE)} bytes" in capsys.readouterr().err


def test_a_problem_goes_to_standard_error(api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Title, detail and what to do next; no type, no traceback, and nothing on standard output."""
    api.problem = {
        "type": "/problems/same-file",
        "title": "This file was imported before",
        "detail": "Job 01OLD [products] has loaded it.",
    }
    assert run("import", workbook, "--importer", "products", "--json") == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    for part in ("imported before: Job 01OLD [products]", "Import it again with: --force"):
        assert part in printed.err
    assert "/problems" not in printed.err
    assert "Traceback" not in printed.err


def test_an_error_of_a_gateway_is_shown_with_its_status(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """A gateway in front of the API sends no problem document."""
    api.problem, api.problem_status = {"message": "Forbidden"}, 403
    assert run("job", "01JOB") == 1
    assert "403 Forbidden: Forbidden" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("api_url", "advice"), [("http://127.0.0.1:4566/v1", "make up"), ("https://api.example.com/v1", "your network")]
)
def test_an_api_that_does_not_respond_is_an_error_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], api_url: str, advice: str
) -> None:
    """The state file of a local stack outlives a restart of the laptop."""

    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("All connection attempts failed", request=request)

    connect_to(httpx.MockTransport(unreachable), monkeypatch, api_url)
    assert run("jobs") == 1
    assert advice in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["import"],
        ["import", "no-such-file.xlsx", "--importer", "products"],
        ["import", "-", "--importer", "products"],
        ["import", __file__, "--importer", "products", "--recipe", "Price"],
        ["import", __file__, "--importer", "products", "--recipe", "Price=A"],
        ["import", __file__, "--importer", "products", "--recipe", "decimal.price="],
        ["import", __file__, "--importer", "products", "--recipe", "columns.=price"],
        ["import", __file__, "--importer", "products", "--recipe", "null_markers=NULL"],
        ["import", __file__, "--importer", "products", "--recipe", "header=3", "--recipe", '{"header": 4}'],
        ["import", __file__, "--importer", "products", "--recipe", "columns.Price=a", "--recipe", "columns.Price=b"],
        ["import", __file__, "--importer", "products", "--recipe", "columns.Price=a", "--recipe", "columns=b"],
        ["import", __file__, "--importer", "products", "--fail-on-rejected"],
        ["import", __file__, "--importer", "products", "--wait", "--fail-on-rejected=1"],
        ["import", __file__, "--importer", "products", "--wait", "--fail-on-rejected=5 rows"],
        ["jobs", "--watch", "--json"],
        ["import", __file__, "--importer", "products", "--recipe", "{"],
        ["import", __file__, "--importer", "products", "--recipe", __file__],
        ["import", __file__, "--importer", "products", "--recipe", "no-such-recipe.json"],
        ["import", __file__, "--importer", "products", "--questions", "maybe"],
        ["answer", "01JOB", "--wait"],
        ["answer", "01JOB", "decimal.price"],
        ["answer", "01JOB", "columns={"],
        ["answer", "01JOB", "header=three"],
        ["jobs", "--limit", "0"],
        ["jobs", "--status", "happy"],
        ["nonsense"],
    ],
    ids=str,
)
def test_wrong_usage_exits_with_2_and_sends_nothing(api: FakeApi, arguments: list[str]) -> None:
    assert run(*arguments) == 2
    assert api.requests == []


def test_the_local_stack_adds_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """The entry points of pyproject.toml name them."""
    assert run("--help") == 0
    printed = capsys.readouterr().out
    assert "Print a token of the local stack's issuer." in printed


def test_the_package_imports_neither_the_library_nor_the_development_stack() -> None:
    """The entry points are absent in a distribution of its own."""
    script = (
        "import importlib.metadata, sys; importlib.metadata.entry_points = lambda group: ()\n"
        "import sluice_cli.main\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'sluice', 'functions', 'local'}])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
