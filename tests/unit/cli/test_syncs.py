"""The commands about sources, against a fake API."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest

from sluice_cli import syncs
from sluice_cli.words import verdict
from tests.unit.cli.fake_api import connect_to, job, run

COUNTS = job("completed")["counts"]
LAST = {"finished_at": "2026-03-01T06:00:00Z", "minutes_ago": 130, "result": COUNTS}
SCHEDULE = {"every_minutes": 360, "starting_at": "2026-03-01T06:00:00Z", "next_at": "2026-03-01T12:00:00Z"}
PULL = {
    "stage": "reading",
    "offset": 100,
    "current_total": 100,
    "expected_total": 1000,
    "deleted_upstream": 0,
    "reads": 1,
}


def pull(status: str, *, version: int = 1, **sync: Any) -> dict[str, Any]:
    """Return the job of a sync, as the API shows it."""
    made = job(status, version=version, kind="sync", file=None, sync=PULL | sync)
    counts = made["counts"] | {"absent": sync.get("deleted_upstream", 0)}
    return made | {"id": "01SYNC", "importer": "pangkat", "counts": counts}


def source(name: str, **more: Any) -> dict[str, Any]:
    """Return a source, as the API shows it."""
    known = {"dataset": name, "page_size": 100, "has_total": True, "job": None, "last_sync": None, "schedule": None}
    return {"name": name, "title": f"Title of {name}", **known, **more}


@dataclass
class FakeSources:
    """An API of sources. `states` are those of the one job, one per GET; the last one stays."""

    sources: list[dict[str, Any]] = field(default_factory=lambda: [source("pangkat")])
    states: list[dict[str, Any]] = field(default_factory=lambda: [pull("completed")])
    last: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    requests: list[tuple[str, str, Any]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/prod/v1")
        body = request.read()
        query = f"?{request.url.query.decode()}" if request.url.query else ""
        self.requests.append((request.method, path + query, json.loads(body) if body else None))
        if self.problem is not None:
            return httpx.Response(404, json=self.problem)
        match request.method, path:
            case "GET", "/sources":
                return httpx.Response(200, json={"items": self.sources, "next": None})
            case "POST", _:
                started = {"job": self.states[0], "forced": False, "last_sync": self.last}
                return httpx.Response(202, json=started)
            case "PUT", _:
                return httpx.Response(200, json=SCHEDULE)
            case "DELETE", _:
                return httpx.Response(204)
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return httpx.Response(200, json=state, headers={"ETag": f'"{state["version"]}"', "Retry-After": "0"})


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeSources:
    """A fake API that the command line calls."""
    fake = FakeSources()
    connect_to(httpx.MockTransport(fake), monkeypatch)
    return fake


def test_sources_shows_the_last_sync_and_the_schedule_of_each(
    api: FakeSources, capsys: pytest.CaptureFixture[str]
) -> None:
    running = pull("loading", version=2) | {"progress": {"current": 4, "total": 10, "percent": 40, "message": ""}}
    api.sources = [
        source("pangkat", job=pull("completed"), last_sync=LAST, schedule=SCHEDULE),
        source("skk", job=running),
        source("pensiun", job=pull("failed"), last_sync=LAST | {"minutes_ago": 3}),
        source("pg_profesi"),
    ]
    assert run("sources") == 0
    _, *lines = capsys.readouterr().out.splitlines()
    for line, parts in zip(
        lines,
        [
            ("pangkat", "Title of pangkat", "Loaded, 1 rejected, 2h ago", "every 6h", "2026-03-01 19:00:00+07:00"),
            ("skk", "Title of skk", "Loading, 40 %", "off"),
            ("pensiun", "Title of pensiun", "Failed, 3m ago", "off"),
            ("pg_profesi", "Title of pg_profesi", "never", "off"),
        ],
        strict=True,
    ):
        assert [part in line for part in parts] == [True] * len(parts), line


def test_sources_with_json_prints_the_json_of_the_api(api: FakeSources, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sources", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"items": api.sources, "next": None}


def test_sync_starts_a_job_and_prints_only_its_id(api: FakeSources, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sync", "pangkat") == 0
    assert capsys.readouterr() == ("01SYNC\n", "")
    assert api.requests == [("POST", "/syncs/pangkat?force=false", {})]


def test_sync_sends_force(api: FakeSources) -> None:
    assert run("sync", "pangkat", "--force") == 0
    assert api.requests[0][1] == "/syncs/pangkat?force=true"


@pytest.mark.parametrize(("limit", "sent"), [("3000", 3000), ("20%", 0.2)])
def test_sync_sends_what_may_be_deleted(api: FakeSources, limit: str, sent: float) -> None:
    assert run("sync", "pangkat", "--force", "--max-deleted", limit) == 0
    assert api.requests == [("POST", "/syncs/pangkat?force=true", {"guards": {"max_deleted": sent}})]


def test_a_sync_that_a_guard_stopped_says_what_lets_it_through(
    api: FakeSources, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = {"type": "/problems/guard", "title": "T", "detail": "D.", "guard": "max_deleted", "found": 3000}
    api.states = [pull("failed") | {"problem": problem}]
    assert run("sync", "pangkat", "--wait") == 1
    assert "sluice sync pangkat --force --max-deleted 3000" in "".join(capsys.readouterr())


def test_sync_of_a_source_with_a_completed_job_says_how_to_pull_it_again(
    api: FakeSources, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard error has the advice; standard output has only the id."""
    api.last = LAST
    assert run("sync", "pangkat") == 0
    printed = capsys.readouterr()
    assert printed.out == "01SYNC\n"
    assert "Loaded, 1 rejected, 2h ago" in printed.err
    assert "--force" in printed.err


@pytest.mark.parametrize(("end", "code"), [("completed", 0), ("failed", 1), ("cancelled", 1)])
def test_sync_with_wait_stays_to_the_end_and_exits_with_1_unless_completed(
    api: FakeSources, capsys: pytest.CaptureFixture[str], end: str, code: int
) -> None:
    reading = pull("parsing", version=2) | {"phase": "parse"}
    api.states = [pull("queued"), reading, pull("loading", version=3), pull(end, version=4, deleted_upstream=7)]
    assert run("sync", "pangkat", "--wait") == code
    printed = capsys.readouterr()
    assert printed.out.startswith("Job 01SYNC\npangkat · ")
    assert verdict(api.states[0]) in printed.out
    assert any(line.split() == ["Deleted", "upstream", "7"] for line in printed.out.splitlines())
    assert "Reading" in printed.err
    assert "Checking" not in printed.err


def test_sync_with_json_prints_the_start_or_with_wait_the_job(
    api: FakeSources, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("sync", "pangkat", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"job": pull("completed"), "forced": False, "last_sync": None}
    assert run("sync", "pangkat", "--json", "--wait") == 0
    assert json.loads(capsys.readouterr().out) == pull("completed")


@pytest.mark.parametrize(("period", "minutes"), [("30m", 30), ("6h", 360), ("1d", 1440)])
def test_schedule_takes_minutes_hours_or_days(
    api: FakeSources, capsys: pytest.CaptureFixture[str], period: str, minutes: int
) -> None:
    assert run("schedule", "pangkat", "--every", period) == 0
    assert api.requests == [("PUT", "/syncs/pangkat/schedule", {"every_minutes": minutes, "starting_at": None})]
    assert (
        capsys.readouterr().out == "pangkat: every 6h, next 2026-03-01 19:00:00+07:00\n"
    )  # the schedule that the API returns


@pytest.mark.parametrize("time", ["2026-03-01T06:00+07:00", "2026-02-28T23:00Z", "2026-03-01T06:00"])
def test_schedule_sends_the_first_run_with_a_time_zone(api: FakeSources, time: str) -> None:
    """A time without a zone is in the zone of this machine."""
    assert run("schedule", "pangkat", "--every", "1d", "--from", time) == 0
    sent = api.requests[0][2]["starting_at"]
    assert datetime.fromisoformat(sent) == datetime.fromisoformat(time).astimezone()
    assert sent[-6] in "+-"


def test_schedule_with_off_deletes_the_schedule(api: FakeSources, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schedule", "pangkat", "--off") == 0
    assert api.requests == [("DELETE", "/syncs/pangkat/schedule", None)]
    assert "no schedule" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--off", "--every", "6h"],
        ["--off", "--from", "2026-03-01T06:00Z"],
        ["--from", "2026-03-01T06:00Z"],
        ["--every", "6"],
        ["--every", "h"],
        ["--every", "-6h"],
        ["--every", "6 weeks"],
        ["--every", "1d", "--from", "tomorrow"],
    ],
    ids=str,
)
def test_wrong_usage_of_schedule_says_what_is_right(
    api: FakeSources, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run("schedule", "pangkat", *arguments) == 2
    assert api.requests == []
    printed = capsys.readouterr().err
    assert "such as" in printed or "--every PERIOD" in printed


@pytest.mark.parametrize("command", [["sync", "nothing"], ["schedule", "nothing", "--off"]], ids=str)
def test_a_problem_is_printed_and_exits_with_1(
    api: FakeSources, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    api.problem = {"type": "/problems/not-found", "title": "Not found", "detail": "There is no source 'nothing'."}
    assert run(*command) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "There is no source 'nothing'." in printed.err


@pytest.mark.parametrize("command", ["sources", "sync", "schedule"])
def test_help_of_each_command_begins_with_its_docstring(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run(command, "--help") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Usage" in printed
    assert str(getattr(syncs, command).__doc__).split(",", maxsplit=1)[0] in printed


def test_sync_with_wait_exits_with_4_for_rejected_rows_where_the_caller_says_so(api: FakeSources) -> None:
    assert run("sync", "pangkat", "--wait", "--fail-on-rejected=10%") == 4
    assert run("sync", "pangkat", "--wait", "--fail-on-rejected=50%") == 0
    assert run("sync", "pangkat", "--fail-on-rejected") == 2
