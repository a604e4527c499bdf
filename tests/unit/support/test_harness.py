"""The test harness follows the same steps as the state machine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.paths import ROOT
from tests.support.harness import Harness

STATES: dict[str, dict[str, Any]] = json.loads((ROOT / "statemachines" / "job.asl.json").read_text())["States"]


def follower(state: str, outcome: str) -> str:
    """Return the task that follows a task with this outcome in the machine's definition."""
    name: str = STATES[state]["Next"]
    while STATES[name]["Type"] == "Choice":
        choices = STATES[name]["Choices"]
        assert {choice["Variable"] for choice in choices} == {f"$.{state.lower()}.outcome"}
        assert STATES[state]["ResultPath"] == f"$.{state.lower()}", "the choice compares this task's result"
        taken = [choice["Next"] for choice in choices if choice["StringEquals"] == outcome]
        name = (taken or [STATES[name]["Default"]])[0]
    return name


@pytest.mark.parametrize(
    "outcome", ["planned", "done", "compare", "absent", "review", "uncompared", "rejected", "stopped", "over"]
)
@pytest.mark.parametrize("state", ["Plan", "Parse", "Compare", "Load", "Absent", "Undo"])
def test_a_step_is_followed_by_the_same_step(state: str, outcome: str) -> None:
    """Every outcome is tried, even one that the task never has."""
    assert Harness._after(state.lower(), outcome) == follower(state, outcome).lower()


def test_the_harness_knows_every_task_of_the_state_machine() -> None:
    """A new task must be added to the harness."""
    tasks = {name for name, state in STATES.items() if state["Type"] == "Task"}
    phases = {"Plan", "Parse", "Compare", "Load", "Absent", "Undo"}
    assert tasks == phases | {"Finish", "AutoResume", "Break", "MakeFile"}


def test_a_run_begins_with_the_step_that_its_job_names() -> None:
    """The first choice of the state machine compares `Job.entry`."""
    entries = {choice["StringEquals"]: choice["Next"] for choice in STATES["From"]["Choices"]}
    assert entries.pop("file") == "MakeFile"
    assert entries == {name: name.title() for name in ("plan", "load", "undo")}


def test_a_suspended_job_is_resumed_after_a_delay_and_any_other_ends() -> None:
    """The state machine reads the result of `finish`; the automatic resume begins another run."""
    assert STATES["Finish"]["Next"] == "IsItSuspended"
    (suspended,) = STATES["IsItSuspended"]["Choices"]
    assert (suspended["Variable"], suspended["BooleanEquals"]) == ("$.finish.suspended", True)
    selected = {"suspended.$": "$.Payload.suspended", "resume_after.$": "$.Payload.resume_after"}
    assert STATES["Finish"]["ResultSelector"] == selected, "`finish` returns it"
    assert STATES["Finish"]["ResultPath"] == "$.finish"
    waiting = STATES[suspended["Next"]]
    assert (waiting["Type"], waiting["SecondsPath"], waiting["Next"]) == ("Wait", "$.finish.resume_after", "AutoResume")
    assert STATES["AutoResume"]["Next"] == STATES["IsItSuspended"]["Default"] == "Over"
