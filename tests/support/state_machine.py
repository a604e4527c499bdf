"""A state machine whose tasks fail as a test says, in simulated time.

Interprets what the definitions here use of the Amazon States Language (https://states-language.net/spec.html): Task,
Choice, Wait, Succeed and Fail, with Retry and Catch. A retrier counts its own attempts, waits
``IntervalSeconds * BackoffRate ** n`` seconds, ``MaxDelaySeconds`` at most, and with full jitter any time up to that.
The first retrier that names the error decides; ``States.ALL`` names each. Tasks are functions of Lambda: one that is
throttled fails with ``Lambda.TooManyRequestsException``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFINITION = Path(__file__).parents[2] / "statemachines" / "job.asl.json"
STATES: dict[str, dict[str, Any]] = json.loads(DEFINITION.read_text())["States"]
# What the language sets for a retrier that leaves it out.
_INTERVAL, _RATE, _ATTEMPTS = 1, 2.0, 3


class TaskFailed(Exception):
    """A call of a function failed; ``name`` is the error as Step Functions names it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass
class Execution:
    """One execution, as it went.

    Parameters
    ----------
    task
        Called with a task's name and the time in seconds; returns its result, or raises `TaskFailed`.
    jitter
        Returns a number from 0 to 1: the part of a wait that full jitter leaves.

    Attributes
    ----------
    now
        Seconds since it began.
    calls
        Task and time of each call.
    status
        ``SUCCEEDED`` or ``FAILED``.
    """

    task: Callable[[str, float], dict[str, Any]]
    jitter: Callable[[], float] = lambda: 1.0
    now: float = 0.0
    calls: list[tuple[str, float]] = field(default_factory=list)
    status: str = "RUNNING"

    def run(self, given: dict[str, Any], definition: str | None = None) -> Execution:
        """Run to the end; returns itself."""
        machine = json.loads(definition or DEFINITION.read_text())
        name, data = machine["StartAt"], dict(given)
        while self.status == "RUNNING":
            state = machine["States"][name]
            match state["Type"]:
                case "Task":
                    name = self._task(name, state, data)
                case "Choice":
                    name = _chosen(state, data)
                case "Wait":
                    self.now += float(_at(state["SecondsPath"], data))
                    name = state["Next"]
                case "Succeed":
                    self.status = "SUCCEEDED"
                case "Fail":
                    self.status = "FAILED"
        return self

    def _task(self, name: str, state: dict[str, Any], data: dict[str, Any]) -> str:
        used: dict[int, int] = {}
        while True:
            try:
                result = self._call(name, state)
            except TaskFailed as failed:
                if not self._retried(state.get("Retry", []), failed.name, used):
                    return self._caught(state, failed, data)
            else:
                if path := state.get("ResultPath"):
                    data[path.removeprefix("$.")] = result
                return str(state["Next"])

    def _call(self, name: str, state: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((name, self.now))
        began = self.now
        result = self.task(name, began)
        if result.get("seconds", 0) >= state["TimeoutSeconds"]:
            self.now += state["TimeoutSeconds"]
            raise TaskFailed("States.Timeout")
        self.now += result.get("seconds", 0)
        return result

    def _retried(self, retriers: list[dict[str, Any]], error: str, used: dict[int, int]) -> bool:
        """Wait for the next attempt; return whether there is one."""
        for place, retrier in enumerate(retriers):
            if not {error, "States.ALL"} & set(retrier["ErrorEquals"]):
                continue
            count = used.setdefault(place, 0)
            if count >= retrier.get("MaxAttempts", _ATTEMPTS):
                return False
            wait = retrier.get("IntervalSeconds", _INTERVAL) * retrier.get("BackoffRate", _RATE) ** count
            wait = min(wait, retrier.get("MaxDelaySeconds", wait))
            self.now += wait * (self.jitter() if retrier.get("JitterStrategy") == "FULL" else 1)
            used[place] += 1
            return True
        return False

    def _caught(self, state: dict[str, Any], failed: TaskFailed, data: dict[str, Any]) -> str:
        for catcher in state.get("Catch", []):
            if {failed.name, "States.ALL"} & set(catcher["ErrorEquals"]):
                data[catcher["ResultPath"].removeprefix("$.")] = {"Error": failed.name}
                return str(catcher["Next"])
        self.status = "FAILED"
        return ""


def step_after(step: str, outcome: str) -> str:
    """Return the step of a job that follows one with this outcome, both in lower case."""
    name: str = STATES[step.title()]["Next"]
    while STATES[name]["Type"] == "Choice":
        name = _chosen(STATES[name], {step: {"outcome": outcome}})
    return name.lower()


def _chosen(state: dict[str, Any], data: dict[str, Any]) -> str:
    return next((str(each["Next"]) for each in state["Choices"] if _holds(each, data)), str(state["Default"]))


def _holds(choice: dict[str, Any], data: dict[str, Any]) -> bool:
    expected = choice.get("StringEquals", choice.get("BooleanEquals"))
    try:
        return bool(_at(choice["Variable"], data) == expected)
    except KeyError:
        return False


def _at(path: str, data: dict[str, Any]) -> Any:
    found: Any = data
    for part in path.removeprefix("$.").split("."):
        found = found[part]
    return found
