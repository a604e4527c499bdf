"""``sluice import``: the file, its importer and its mapping; what is printed when, and how it ends."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sluice.api.importers import importer_response
from sluice.catalog.registry import IMPORTERS
from sluice_cli.client import Client
from tests.support.factories_files import written_by_openpyxl
from tests.unit.cli.fake_api import FakeApi, job, run

DEALERS = b"Dealer Code,Name,Level,Active\nD-1001,Autohaus Nord,gold,yes\n"


@pytest.fixture
def importers(api: FakeApi) -> None:
    """Let the API list its importers."""
    api.page = json.dumps({"items": [importer_response(each).model_dump() for each in IMPORTERS], "next": None})


@pytest.fixture
def announced(api: FakeApi) -> Callable[[], dict[str, Any]]:
    """Return what was announced."""

    def find() -> dict[str, Any]:
        posts = [
            body
            for request, body in zip(api.requests, api.bodies, strict=True)
            if request.url.path.endswith("/imports")
        ]
        sent: dict[str, Any] = json.loads(posts[0])
        return sent

    return find


def test_a_recipe_is_a_file_json_single_decisions_or_all_of_them(
    api: FakeApi, workbook: Path, tmp_path: Path, announced: Callable[[], dict[str, Any]]
) -> None:
    """The last equals sign parts a header from its column, the first one a constant from its value."""
    file = tmp_path / "recipe=of last week.json"
    file.write_text('{"header": 3, "columns": {"Harga": "Price"}}')
    single = [
        "columns.Net = gross=Price net",
        "constants.note=a=b",
        "decimal.price=,",
        "header=3",
        'null_markers=["-"]',
        'clear_markers=["[clear]"]',
    ]
    given: list[str | Path] = [file, '{"columns": {"Kode": "Part Number"}, "mode": "update"}', *single]
    recipes: list[str | Path] = [part for each in given for part in ("--recipe", each)]
    assert run("import", workbook, "--importer", "products", *recipes) == 0
    assert announced()["recipe"] == {
        "header": 3,
        "columns": {"Harga": "Price", "Net = gross": "Price net", "Kode": "Part Number"},
        "constants": {"note": "a=b"},
        "decimal": {"price": ","},
        "null_markers": ["-"],
        "clear_markers": ["[clear]"],
        "mode": "update",
    }


@pytest.mark.parametrize("questions", ["ask", "fail"])
def test_what_a_job_does_with_questions_is_sent(
    api: FakeApi, workbook: Path, announced: Callable[[], dict[str, Any]], questions: str
) -> None:
    assert run("import", workbook, "--importer", "products", "--questions", questions) == 0
    assert announced()["questions"] == questions


@pytest.mark.parametrize(
    ("given", "now"),
    [
        ("import FILE --mapping Preis=Price", "--recipe columns.HEADER=COLUMN"),
        ("import FILE --parameter=ward=79800001", "--recipe constants.NAME=VALUE"),
        ("commit 01JOB --date updated=dmy", "sluice answer ID date_order.COLUMN=dmy"),
    ],
)
def test_an_option_that_there_was_is_wrong_usage_and_says_what_is_written_now(
    api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str], given: str, now: str
) -> None:
    assert run(*given.replace("FILE", str(workbook.name)).split()) == 2
    assert now in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert list(api.called()) == []


def test_a_file_from_a_pipe_gets_the_name_that_is_given(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch, announced: Callable[[], dict[str, Any]]
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(DEALERS)))
    assert run("import", "-", "--name", "dealers.csv", "--importer", "dealers") == 0
    assert announced() == {"importer": "dealers", "filename": "dealers.csv", "bytes": len(DEALERS)}
    assert any(DEALERS in body and b'filename="dealers.csv"' in body for body in api.bodies)


def test_the_id_is_printed_before_the_upload(
    api: FakeApi, workbook: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever happens later, a person can find the job."""

    def fail(*_: object) -> None:
        raise OSError("The disk is gone")

    monkeypatch.setattr(Client, "upload", fail)
    for options, out, err in [([], "01JOB\n", ""), (["--wait"], "Job 01JOB\n", ""), (["--json"], "", "Job 01JOB\n")]:
        assert run("import", workbook, "--importer", "products", *options) == 1
        printed = capsys.readouterr()
        assert printed.out == out
        assert printed.err.startswith(err)
        assert "The disk is gone" in printed.err


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
def test_ctrl_c_while_waiting_says_that_the_job_goes_on(
    api: FakeApi,
    workbook: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    as_json: list[str],
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "follow", interrupted)
    assert run("import", workbook, "--importer", "products", "--wait", *as_json) == 130
    printed = capsys.readouterr().err
    assert "Job 01JOB goes on." in printed
    assert "sluice job 01JOB --follow" in printed
    assert "sluice cancel 01JOB" in printed


def test_ctrl_c_during_the_upload_says_that_the_job_has_no_file(
    api: FakeApi, workbook: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "upload", interrupted)
    assert run("--profile", "prod", "import", workbook, "--importer", "products") == 130
    printed = capsys.readouterr().err
    assert "goes on" not in printed
    assert "sluice --profile prod cancel 01JOB" in printed, "of the same deployment"


@pytest.mark.parametrize(
    ("option", "rejected", "code"),
    [
        ("--fail-on-rejected", 0, 0),
        ("--fail-on-rejected", 1, 4),
        ("--fail-on-rejected=0.05", 5, 0),
        ("--fail-on-rejected=5%", 5, 0),
        ("--fail-on-rejected=5%", 6, 4),
        ("--fail-on-rejected=0.05", 6, 4),
        ("--fail-on-rejected=0", 1, 4),
        ("--wait", 100, 0),
    ],
)
def test_rejected_rows_end_in_4_where_the_caller_says_so(
    api: FakeApi, workbook: Path, option: str, rejected: int, code: int
) -> None:
    counts = {"total": 100, "inserted": 100 - rejected, "updated": 0, "unchanged": 0, "rejected": rejected}
    api.states = [job("completed", counts=counts)]
    assert run("import", workbook, "--importer", "products", "--wait", option) == code


@pytest.mark.parametrize(("status", "code"), [("failed", 1), ("in_review", 3)])
def test_a_job_that_has_not_completed_keeps_its_own_exit_code(
    api: FakeApi, workbook: Path, status: str, code: int
) -> None:
    api.states = [job(status)]
    assert run("import", workbook, "--importer", "products", "--wait", "--fail-on-rejected") == code


def test_the_option_takes_no_file_for_its_share(api: FakeApi, workbook: Path) -> None:
    assert run("import", "--wait", "--importer", "products", "--fail-on-rejected", workbook) == 4


def test_the_end_says_what_became_of_the_rows(api: FakeApi, workbook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = {"total": 412, "inserted": 0, "updated": 0, "unchanged": 0, "rejected": 412, "unprocessed": 0}
    api.states = [job("completed", counts=counts)]
    assert run("import", workbook, "--importer", "products", "--wait") == 0
    assert "Nothing loaded, 412 rejected" in capsys.readouterr().out


@pytest.mark.usefixtures("importers")
def test_the_only_importer_that_the_headers_fit_fully_is_used_and_named(
    tmp_path: Path, announced: Callable[[], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(DEALERS)
    assert run("import", file) == 0
    assert announced()["importer"] == "dealers"
    assert "Importer: dealers" in capsys.readouterr().err


@pytest.mark.usefixtures("importers")
@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"Dealer Code,Name,Level,Colour\n", ["--importer dealers  (3 matching columns; not imported: Colour)"]),
        (b"Name,Level\n", ["--importer dealers  (2 matching columns; missing: Dealer Code)"]),
        (b"Colour,Weight\n", ["sluice importers"]),
    ],
)
def test_otherwise_the_nearest_are_suggested_and_nothing_is_sent(
    api: FakeApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], head: bytes, said: list[str]
) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(head)
    assert run("import", file) == 2
    assert list(api.called()) == ["GET /prod/v1/importers"]
    printed = " ".join(capsys.readouterr().err.replace("│", " ").split())
    for part in said:
        assert " ".join(part.split()) in printed


@pytest.mark.usefixtures("importers")
def test_a_workbook_is_recognised_by_its_header_too(tmp_path: Path, announced: Callable[[], dict[str, Any]]) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(written_by_openpyxl([("Dealers of 2026",), ("Dealer Code", "Name"), ("D-1001", "Nord")]))
    assert run("import", file) == 0
    assert announced()["importer"] == "dealers"


def test_a_correction_goes_to_the_importer_of_the_job_that_it_corrects(
    workbook: Path, announced: Callable[[], dict[str, Any]], api: FakeApi
) -> None:
    api.states = [job("completed", importer="dealers")]
    assert run("import", workbook, "--corrects", "01OLD") == 0
    assert (announced()["importer"], announced()["corrects"]) == ("dealers", "01OLD")


@pytest.mark.parametrize("name", ["errors.csv", "errors.xlsx"])
def test_an_errors_file_goes_to_the_importer_of_the_job_that_it_names(
    tmp_path: Path, announced: Callable[[], dict[str, Any]], api: FakeApi, name: str
) -> None:
    """The server recognises the correction by itself."""
    mark = "01M804BT7XG4DMECX7GXVETYTJ"
    rows = [("Original row", "Original job", "Part", "What is wrong"), ("2", f"'{mark}", "A-1", "Part: is odd")]
    file = tmp_path / name
    file.write_bytes(written_by_openpyxl(rows) if name.endswith("x") else "\n".join(map(",".join, rows)).encode())
    api.states = [job("completed", importer="dealers")]
    assert run("import", file) == 0
    assert (announced()["importer"], "corrects" in announced()) == ("dealers", False)
    assert any(request.url.path.endswith(f"/jobs/{mark}") for request in api.requests)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("--mode update --blanks clear", {"mode": "update", "blanks": "clear"}),
        ("--mode delete --deletes mark", {"mode": "delete", "deletes": "mark"}),
        ("--on-rejections stop", {"on_rejections": "stop"}),
        ("--max-rejected 5% --max-deleted 0.2", {"guards": {"max_rejected": 0.05, "max_deleted": 0.2}}),
        ("--max-change price=0.5 --max-change a=b=50%", {"guards": {"max_change": {"price": 0.5, "a=b": 0.5}}}),
        ("--max-deleted 0", {"guards": {"max_deleted": 0}}),
        ("--max-change stock=200%", {"guards": {"max_change": {"stock": 2.0}}}),
    ],
)
def test_options_of_the_load_are_sent_as_they_are_given(
    api: FakeApi, workbook: Path, announced: Callable[[], dict[str, Any]], given: str, sent: dict[str, Any]
) -> None:
    """Nothing is sent of what is not given, so that the importer decides."""
    assert run("import", workbook, "--importer", "products", *given.split()) == 0
    assert {name: value for name, value in announced().items() if name not in {"importer", "filename", "bytes"}} == sent


@pytest.mark.parametrize(("given", "sent"), [("1", "1"), ("500", "500"), ("100%", "1.0"), ("1.0", "1.0")])
def test_a_whole_number_of_records_is_no_share_of_them(api: FakeApi, workbook: Path, given: str, sent: str) -> None:
    """1 is one record and 100% all of them; the API tells them apart by the form of the number."""
    assert run("import", workbook, "--importer", "products", "--mode", "mirror", "--max-deleted", given) == 0
    assert any(f'"max_deleted":{sent}}}'.encode() in body for body in api.bodies)


@pytest.mark.parametrize(
    "given",
    [
        "--mode replace",
        "--blanks drop",
        "--max-rejected 2",
        "--max-rejected -0.1",
        "--max-rejected nan",
        "--max-deleted 1.5",
        "--max-deleted 120%",
        "--max-change 0.5",
        "--max-change price=x",
        "--max-change price=inf",
        "--max-change price=-0.1",
        "--max-change price=0.5 --max-change price=0.1",
    ],
)
def test_an_option_of_another_form_is_wrong_usage(api: FakeApi, workbook: Path, given: str) -> None:
    assert run("import", workbook, "--importer", "products", *given.split()) == 2
    assert list(api.called()) == []
