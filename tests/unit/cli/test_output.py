"""Tables for people: what they show of the API's JSON."""

import io
import json
from typing import Any

import httpx
import pytest
from rich.console import Console

from sluice_cli import commands, output
from tests.unit.cli.fake_api import FakeApi, connect_to, job, run


def preview(**more: Any) -> dict[str, Any]:
    """Return a preview as the API shows it."""
    counts = {"total": 3, "unchecked": 0, "rejected": 1, "to_reject": 1, "insert": 1, "update": 0}
    column = {"field": "updated", "title": "Updated", "header": "Date [of change]", "place": "C", "date_order": None}
    return {
        "job": job("in_review"),
        "columns": [column],
        "unmatched_headers": ["Colour"],
        "counts": counts | {"unchanged": None, "delete": 0, "kept_blank": 0, "ignored": 2},
        "comparison": None,
        "untouched": [],
        "rows": [{"row": 2, "values": {"part_number": "A1"}}],
        **more,
    }


def shown(api: FakeApi, body: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str:
    """Return what ``sluice preview`` prints of a body."""
    api.page = json.dumps(body)
    assert run("preview", "01JOB") == 0
    return capsys.readouterr().out


def test_preview_shows_counts_columns_and_rows(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """A count that is not known yet is not shown."""
    printed = shown(api, preview(), capsys)
    assert "total 3, unchecked 0, rejected 1, to reject 1, insert 1, update 0, delete 0, ignored 2\n" in printed
    assert "Date [of change]" in printed
    assert "Header in the file" in printed
    assert "Not imported: Colour" in printed
    assert "A1" in printed


def test_a_job_shows_its_questions_with_what_the_file_shows_and_the_command_of_each_answer(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = {
        "counts": {"either": 1_200, ",": 1, ".": 0},
        "rows": [{"row": 1_005, "cell": "1.250", "shows": "either"}],
    }
    mark = {
        "key": "decimal.unit price",
        "text": "Which decimal mark does the column 'Price' use?",
        "choices": [{"value": ",", "effect": "row 1,005: 1.250 is 1250"}],
        "evidence": evidence,
        "params": {"remembered": ","},
    }
    header = {
        "key": "columns",
        "text": "Which header stands for 'Price'?",
        "choices": [
            {"value": {"Preis": "price"}, "effect": "'Preis' is read as 'Price'"},
            {"value": {"mode": "update"}, "effect": "records are updated"},
            {"value": {"a": "x", "b": "y"}, "effect": "both"},
        ],
        "evidence": {"counts": {}, "rows": []},
        "params": {},
    }
    printed = shown(api, preview(job=job("in_review", questions=[mark, header])), capsys)
    assert (
        "use? [decimal.unit price]\n"
        "  Cells: 1,200 can be read in two ways, 1 with ,\n"
        "  Row 1,005: 1.250 (can be read in two ways)\n"
        "  sluice answer 01JOB 'decimal.unit price=,'\n"
        "    row 1,005: 1.250 is 1250 (as before)\n"
    ) in printed
    assert [line.strip() for line in printed.splitlines() if "answer 01JOB" in line][1:] == [
        "sluice answer 01JOB columns.Preis=price",
        "sluice answer 01JOB columns.mode=update",
        """sluice answer 01JOB 'columns={"a": "x", "b": "y"}'""",
        "Answer it: sluice answer 01JOB 'decimal.unit price=VALUE' columns=VALUE",
    ]


def test_preview_shows_values_before_and_after_and_what_will_be_deleted_or_rejected(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twenty rows of each kind, with how many there are in all."""
    columns = [{"field": "price", "title": "Price", "header": "Price", "place": 2, "date_order": None}]
    change = {
        "row": 2,
        "key": "A1",
        "before": {"price": "3.30", "active": None},
        "after": {"price": "4", "active": True},
    }
    comparison = {
        "columns": [{"field": "price", "title": "Price", "records": 1_200}],
        "changes": [change] * 30,
        "deletions": [{"row": None, "key": "B2", "values": {}}],
        "rejections": [{"sheet": "", "row": 7, "column": "Key", "value": "C3", "reason": "exists already"}],
    }
    counts = {"insert": 0, "update": 1_200, "delete": 1, "to_reject": 1, "kept_blank": 1_500}
    untouched = [{"field": "brand", "title": "Brand", "default": None}]
    body = preview(columns=columns, comparison=comparison, counts=counts, untouched=untouched)
    printed = shown(api, body, capsys)
    assert "Records that change, by column: Price 1,200\n" in printed
    assert "Records that change, the first 20 of 1,200:\n" in printed
    assert printed.count("Price: 3.30 → 4; active: (empty) → yes") == 20
    assert "Records that will be deleted:\n" in printed
    assert ["B2"] in [line.split() for line in printed.splitlines()]
    assert "Rows that will be rejected:\n" in printed
    assert ["7", "Key", "C3", "exists", "already"] in [line.split() for line in printed.splitlines()]
    assert "Not in the file, so existing records keep their values: Brand\n" in printed
    assert "1,500 blank cells keep the value that the record has\n" in printed
    assert "In new records" not in printed, "there are none"
    loaded = shown(api, body | {"counts": counts | {"to_reject": None, "insert": 3}}, capsys)
    assert "Rows that will be rejected" not in loaded
    assert "In new records: Brand (empty)\n" in loaded


def test_preview_says_if_no_record_would_change(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    nothing: dict[str, Any] = {"columns": [], "changes": [], "deletions": [], "rejections": []}
    assert "No existing record would change.\n" in shown(api, preview(comparison=nothing), capsys)


def test_a_job_of_a_sync_shows_how_many_rows_were_deleted_upstream(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    done = job("completed", sync={"deleted_upstream": 7})
    api.states = [done | {"counts": done["counts"] | {"absent": 7}}]
    assert run("job", "01JOB") == 0
    assert ["Deleted", "upstream", "7"] in [line.split() for line in capsys.readouterr().out.splitlines()]


def test_a_job_without_deleted_rows_shows_no_such_line(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.states = [job("completed", sync={"deleted_upstream": 0})]
    assert run("job", "01JOB") == 0
    assert "deleted" not in capsys.readouterr().out


def test_a_job_shows_its_file_its_times_and_the_job_that_it_corrects(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    times: dict[str, Any] = {"created_at": "2026-11-28T01:57:55.123456Z", "finished_at": "2026-11-28T01:58:01Z"}
    file = {"name": "errors.xlsx", "bytes": 9}
    options = {"mode": "update", "blanks": "keep"}
    api.states = [job("completed", corrects="01OLD", requested_by="ann", file=file, options=options, **times)]
    assert run("job", "01JOB") == 0
    printed = capsys.readouterr().out
    assert "Corrects job 01OLD\nFile: errors.xlsx\nOptions: mode update, blanks keep\n" in printed
    assert "Created: 2026-11-28 08:57:55+07:00 by ann\n" in printed
    assert "Ended: 2026-11-28 08:58:01+07:00\n" in printed


def test_a_rollback_shows_what_it_reversed_and_kept(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.states = [job("rolled_back", rollback={"reversed": 10, "conflicts": 2, "failed": 0})]
    assert run("rollback", "01JOB", "--wait") == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert {"Rolled back 10", "Kept 2", "Not rolled back 0"} <= set(lines)


@pytest.mark.parametrize(("action", "end", "code"), [("rollback", "failed", 1), ("cancel", "cancelled", 0)])
def test_an_action_with_wait_exits_with_1_unless_it_was_done(api: FakeApi, action: str, end: str, code: int) -> None:
    api.states = [job(end)]
    assert run(action, "01JOB", "--wait") == code


def test_the_log_shows_local_times_and_how_long_each_state_lasted(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [
        {"at": "2026-11-28T01:57:55.100000Z", "by": "ann", "status": "queued", "note": "The file has arrived."},
        {"at": "2026-11-28T01:57:56.500000Z", "by": "plan", "status": "in_review", "note": ""},
        {"at": "2026-11-28T01:59:21.500000Z", "by": "ann", "status": "loading", "note": ""},
    ]
    api.page = json.dumps({"items": entries, "next": None})
    assert run("log", "01JOB") == 0
    title, *lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert title == "Time Lasted By Status Note"
    assert lines == [
        "2026-11-28 08:57:55+07:00 1.4 s ann Queued The file has arrived.",
        "2026-11-28 08:57:56+07:00 1 min 25 s plan In review",
        "2026-11-28 08:59:21+07:00 ann Loading",
    ]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["rejections", "01JOB"], "Job 01JOB has no rejected rows."),
        (["jobs"], "No jobs."),
        (["files", "01JOB"], "Job 01JOB has no files now."),
        (["records", "products"], "The dataset products has no records."),
        (["log", "01JOB"], "This job has no log."),
    ],
    ids=lambda value: str(value[0]),
)
def test_an_empty_list_is_a_sentence(
    api: FakeApi, capsys: pytest.CaptureFixture[str], command: list[str], sentence: str
) -> None:
    api.page = json.dumps({"items": [], "next": None})
    assert run(*command) == 0
    assert capsys.readouterr().out == f"{sentence}\n"


def test_records_have_headings_for_people_and_values_as_they_are(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    """A year is no amount."""
    record = {"key": "A-1", "job": "01JOB", "values": {"part_number": "A-1", "price": "2.00", "year": 2026}}
    api.page = json.dumps({"items": [record], "next": None})
    assert run("records", "products") == 0
    title, line = capsys.readouterr().out.splitlines()
    assert title.split() == ["Key", "Job", "Part", "number", "Price", "Year"]
    assert line.split() == ["A-1", "01JOB", "A-1", "2.00", "2026"]


def test_control_characters_of_a_cell_do_not_reach_the_terminal(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file could otherwise clear the screen, or write to the clipboard."""
    row = {"sheet": "[bold]S", "row": 1, "column": "Price", "value": "\x1b[2J\x9b1m9", "reason": "is not a number"}
    api.page = json.dumps({"items": [row], "next": None})
    assert run("rejections", "01JOB") == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\x9b" not in printed
    assert "\N{REPLACEMENT CHARACTER}[2J" in printed
    assert "[bold]S" in printed


def test_jobs_with_watch_shows_changes_until_ctrl_c_and_waits_out_a_broken_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(output, "out", Console(file=screen, force_terminal=True, width=120))
    replies = [[job("queued")], httpx.ConnectError("reset"), [job("completed")], KeyboardInterrupt()]

    def respond(request: httpx.Request) -> httpx.Response:
        reply = replies.pop(0)
        if isinstance(reply, BaseException):
            raise reply
        return httpx.Response(200, json={"items": reply, "next": None})

    connect_to(httpx.MockTransport(respond), monkeypatch)
    monkeypatch.setattr(commands, "_WATCH_SECONDS", 0)
    assert run("jobs", "--watch") == 0
    assert "Queued" in screen.getvalue()
    assert "Loaded, 1 rejected" in screen.getvalue()
    assert "reset" in screen.getvalue()


def test_following_continues_by_polling_when_a_suspension_has_ended_the_stream(
    api: FakeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.states = [job("paused", suspended="The upstream is down."), job("completed", version=2)]
    api.stream_ends_after = 1
    assert run("job", "01JOB", "--follow", "--json") == 0
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == ["paused", "completed"]


def test_a_job_that_waits_for_another_one_says_so(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """Following it, the sentence is shown once, and a bar only when its rows move."""
    progress = {"current": 0, "total": 9, "percent": 0, "code": "waiting-for-dataset"}
    progress["message"] = "Waits for job 01A, which loads into the same dataset"
    waiting: dict[str, Any] = {"waits_for": {"lock": "dataset", "job": "01A"}, "phase": "load", "progress": progress}
    api.states = [job("queued", **waiting)]
    assert run("job", "01JOB") == 0
    assert "Waits for job 01A, which loads into the same dataset." in capsys.readouterr().out
    api.states = [job("queued", **waiting), job("queued", version=2, **waiting), job("completed", version=3)]
    assert run("job", "01JOB", "--follow") == 0
    shown = capsys.readouterr().err
    assert shown.count("Waits for job 01A") == 1


def test_a_job_that_waits_for_a_worker_says_so(api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
    """Once for each wait, while its bar stays."""
    progress = {"current": 4, "total": 9, "percent": 44, "code": "waiting-for-worker"}
    progress |= {"message": "Waiting for a worker since 02:09:40 UTC", "waits_since": "2026-01-01T02:09:40Z"}
    waiting = job("loading", phase="load", progress=progress)
    api.states = [waiting]
    assert run("job", "01JOB") == 0
    assert "Waiting for a worker since 02:09:40 UTC." in capsys.readouterr().out
    api.states = [job("loading", phase="load"), {**waiting, "version": 2}, {**waiting, "version": 3}]
    api.states += [job("completed", version=4)]
    assert run("job", "01JOB", "--follow") == 0
    shown = capsys.readouterr().err
    assert shown.count("Waiting for a worker since 02:09:40 UTC.") == 1
    assert "Loading" in shown


@pytest.mark.parametrize(("end", "code"), [("completed", 0), ("rolled_back", 0), ("in_review", 3), ("failed", 1)])
@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
def test_following_exits_with_the_code_of_the_end(api: FakeApi, end: str, code: int, as_json: list[str]) -> None:
    api.states = [job(end)]
    assert run("job", "01JOB", "--follow", *as_json) == code
