"""What if Lambda throttles the tasks of an execution, or a task runs out of time or memory?"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.support.state_machine import Execution, TaskFailed

THROTTLED = "Lambda.TooManyRequestsException"
OUTCOMES: dict[str, dict[str, Any]] = {
    "Plan": {"outcome": "planned"},
    "Finish": {"suspended": False, "resume_after": 0},
}


def tasks(until: float, error: str = THROTTLED, only: str | None = None) -> Any:
    """Return tasks that fail until a time, all or only one of them, and then are done."""

    def task(name: str, now: float) -> dict[str, Any]:
        if now < until and only in {None, name}:
            raise TaskFailed(error)
        return OUTCOMES.get(name, {"outcome": "done"})

    return task


def test_an_import_succeeds_although_each_task_was_throttled_for_five_minutes() -> None:
    """Other functions have used up the account's concurrency; nothing is wrong with the job."""
    starts: dict[str, float] = {}

    def task(name: str, now: float) -> dict[str, Any]:
        if now < starts.setdefault(name, now) + 300:
            raise TaskFailed(THROTTLED)
        return OUTCOMES.get(name, {"outcome": "done"})

    execution = Execution(task).run({"from": "plan"})
    assert execution.status == "SUCCEEDED"
    assert list(dict.fromkeys(name for name, _ in execution.calls)) == ["Plan", "Parse", "Load", "Finish"]


def test_of_many_executions_that_are_throttled_for_a_minute_none_fails() -> None:
    """Jitter shortens their waits, each differently, so that they do not come back together."""
    chance = random.Random(0)
    ended = [Execution(tasks(60), jitter=chance.random).run({"from": "load"}) for _ in range(500)]
    assert {execution.status for execution in ended} == {"SUCCEEDED"}
    assert len({round(execution.now, 1) for execution in ended}) > 100


@pytest.mark.parametrize("name", ["Plan", "Load", "Finish"])
def test_an_error_of_the_code_is_tried_four_times_within_a_quarter_of_a_minute(name: str) -> None:
    """Waiting does not mend it, and a person waits for the answer."""
    execution = Execution(tasks(1e9, "KeyError", only=name)).run({"from": "plan"})
    calls = [at for called, at in execution.calls if called == name]
    assert (execution.status, len(calls), calls[-1] - calls[0]) == ("FAILED", 4, 14)
    assert execution.calls[-1][0] == "Break"


@pytest.mark.parametrize(
    "error", ["States.Timeout", "Sandbox.Timedout", "Runtime.OutOfMemory", "Runtime.ExitError", "Lambda.Unknown"]
)
@pytest.mark.parametrize(("entry", "name"), [("plan", "Plan"), ("file", "MakeFile")])
def test_a_file_for_which_a_function_is_too_small_is_tried_once(entry: str, name: str, error: str) -> None:
    """Four attempts would be an hour until the job says so, and be paid for."""
    execution = Execution(tasks(1e9, error, only=name)).run({"from": entry})
    assert [called for called, _ in execution.calls].count(name) == 1
    assert execution.status == "FAILED"


def test_a_function_that_is_slow_once_is_called_again() -> None:
    """Work of a second that took thirty is no property of the job."""
    execution = Execution(tasks(1, "Sandbox.Timedout", only="Finish")).run({"from": "file"})
    assert execution.status == "SUCCEEDED"
    execution = Execution(tasks(1, "Sandbox.Timedout", only="Load")).run({"from": "load"})
    assert execution.status == "SUCCEEDED"
