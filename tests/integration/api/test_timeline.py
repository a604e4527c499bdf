"""The timeline of a job: what it took is the work that its log shows, and no wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Self

import pytest

from functions.api import jobs as routes
from sluice.aws import chunks as stored_chunks
from sluice.aws import jobs as stored_jobs
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import Problem
from sluice.model.status import Status
from sluice.usecases.control import suspend
from sluice.usecases.finish import finish
from tests.integration.api.calling import call, get
from tests.integration.api.running import post, run, upload
from tests.integration.stack import Stack
from tests.support.harness import NOW

#: Today, since a job of long ago could not be rolled back any more.
START = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
#: What a worker needs for each reading of the clock, in seconds.
TICK = 1.5
#: States of the log in which a job works, whatever follows.
WORK = {"parsing", "loading", "rolling_back"}


class Clock(datetime):
    """A clock that goes on by a tick whenever it is read, and by leaps in between."""

    _now = START

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        Clock._now += timedelta(seconds=TICK)
        return cls.fromtimestamp(Clock._now.timestamp(), tz)

    @staticmethod
    def leap(seconds: float) -> None:
        Clock._now += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    """Let jobs, chunks and the API read the fake clock."""
    Clock._now = START
    for module in (stored_jobs, stored_chunks, routes):
        monkeypatch.setattr(module, "datetime", Clock)
    return Clock


def timeline(job_id: str) -> Any:
    return get(f"/v1/jobs/{job_id}/timeline").body


def seconds(job_id: str) -> dict[str, float]:
    return {phase["phase"]: phase["seconds"] for phase in timeline(job_id)["phases"]}


def logged(job_id: str, *statuses: str) -> float:
    """Seconds between an entry of the log with one of these states and the entry after it."""
    entries = get(f"/v1/jobs/{job_id}/log").body["items"]
    times = [(entry["status"], datetime.fromisoformat(entry["at"])) for entry in entries]
    return sum((later - at).total_seconds() for (status, at), (_, later) in pairwise(times) if status in statuses)


def reviewed(stack: Stack, clock: type[Clock]) -> str:
    """Return the id of a job that waited two minutes in review, was loaded, and was rolled back an hour later."""
    job_id = upload(review="true")
    run(stack, job_id)
    clock.leap(120)
    post(job_id, "commit")
    run(stack, job_id)
    clock.leap(3_600)
    post(job_id, "rollback")
    run(stack, job_id)
    return job_id


def test_neither_review_nor_rest_is_time_of_a_phase(stack: Stack, clock: type[Clock]) -> None:
    """The rows of a phase and its seconds make the speed that people see."""
    job_id = reviewed(stack, clock)
    rows = {phase["phase"]: phase["rows"] for phase in timeline(job_id)["phases"]}
    assert rows == {"parse": 3, "compare": 2, "load": 2, "undo": 2}
    took = seconds(job_id)
    assert list(took) == ["parse", "compare", "load", "undo"]
    assert took["parse"] + took["compare"] == pytest.approx(logged(job_id, "parsing"))
    assert took["load"] == pytest.approx(logged(job_id, "loading"))
    assert took["undo"] == pytest.approx(logged(job_id, "rolling_back"))
    assert all(0 < each < 60 for each in took.values())
    assert logged(job_id, "in_review") > 120
    assert logged(job_id, "completed") > 3_600


def test_the_waits_of_a_job_are_spans_without_a_phase(stack: Stack, clock: type[Clock]) -> None:
    spans = timeline(reviewed(stack, clock))["spans"]
    assert [(span["status"], span["phase"]) for span in spans] == [
        ("waiting_for_file", None),
        ("queued", None),
        ("parsing", "parse"),
        ("parsing", "compare"),
        ("in_review", None),
        ("loading", "load"),
        ("completed", None),
        ("rolling_back", "undo"),
    ]
    assert all(one["until"] == other["from"] for one, other in pairwise(spans)), "without a gap"


def test_the_time_in_which_a_job_is_paused_is_no_work(stack: Stack, clock: type[Clock]) -> None:
    """While it is pausing, its workers finish their chunks: that is work."""
    job_id = upload()
    run(stack, job_id, upto=PhaseName.LOAD)
    post(job_id, "pause")
    stopped(stack, job_id)
    clock.leap(300)
    assert timeline(job_id)["spans"][-1]["until"] is None
    post(job_id, "resume")
    run(stack, job_id)
    assert seconds(job_id)["load"] == pytest.approx(logged(job_id, "loading", "pausing"))
    assert logged(job_id, "paused") > 300


def test_the_time_in_which_a_job_is_suspended_is_no_work(stack: Stack, clock: type[Clock]) -> None:
    job_id = upload()
    job = run(stack, job_id, upto=PhaseName.LOAD)
    suspend(job.ref, Problem("upstream-away"), stack.services)
    stopped(stack, job_id)
    clock.leap(600)
    post(job_id, "resume")
    run(stack, job_id)
    assert seconds(job_id)["load"] == pytest.approx(logged(job_id, "loading", "pausing"))
    assert logged(job_id, "paused") > 600


def test_the_time_between_a_failure_and_its_retry_is_no_work(stack: Stack, clock: type[Clock]) -> None:
    job_id = upload()
    job = run(stack, job_id, upto=PhaseName.LOAD)
    finish(job.ref, job.run, error="worker lost", now=NOW, services=stack.services)
    clock.leap(900)
    post(job_id, "retry")
    run(stack, job_id)
    took = seconds(job_id)
    assert took["load"] == pytest.approx(logged(job_id, "loading"))
    assert sum(took.values()) == pytest.approx(logged(job_id, *WORK))


def test_a_phase_under_way_has_taken_the_seconds_until_now(stack: Stack, clock: type[Clock]) -> None:
    job_id = upload(review="true")
    run(stack, job_id, upto=PhaseName.COMPARE)
    earlier = seconds(job_id)
    clock.leap(20)
    later = seconds(job_id)
    assert list(later) == ["parse", "compare"]
    assert later["parse"] == earlier["parse"]
    assert later["compare"] - earlier["compare"] == pytest.approx(20 + TICK)


@pytest.mark.usefixtures("stack")
def test_a_job_that_waits_for_its_file_has_taken_nothing() -> None:
    announced = {"importer": "products", "filename": "a.csv", "bytes": 10}
    shown = timeline(call("POST", "/v1/imports", json_body=announced).body["job"]["id"])
    assert (shown["items"], shown["phases"]) == ([], [])
    assert [(span["status"], span["until"]) for span in shown["spans"]] == [("waiting_for_file", None)]


def stopped(stack: Stack, job_id: str) -> None:
    """Let the execution of a stopping job end."""
    job = stack.jobs.get(JobRef("acme", job_id))
    assert finish(job.ref, job.run, error=None, now=NOW, services=stack.services).status is Status.PAUSED
