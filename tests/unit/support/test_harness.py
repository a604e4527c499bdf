"""The harness that these tests take is the one of the state machine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.paths import ROOT
from tests.support.harness import Harness

STATES: dict[str, dict[str, Any]] = json.loads((ROOT / "statemachines" / "job.asl.json").read_text())["States"]


def follower(state: str, outcome: str) -> str:
    """The task that comes after a task with this outcome, by the machine's own definition."""
    name: str = STATES[state]["Next"]
    while STATES[name]["Type"] == "Choice":
        choices = STATES[name]["Choices"]
        assert {choice["Variable"] for choice in choices} == {f"$.{state.lower()}.outcome"}
        assert STATES[state]["ResultPath"] == f"$.{state.lower()}", "the choice looks at this task's answer"
        taken = [choice["Next"] for choice in choices if choice["StringEquals"] == outcome]
        name = (taken or [STATES[name]["Default"]])[0]
    return name


@pytest.mark.parametrize("outcome", ["planned", "done", "review", "stopped", "over"])
@pytest.mark.parametrize("state", ["Plan", "Parse", "Compare", "Load", "Undo"])
def test_a_step_is_followed_by_the_same_step(state: str, outcome: str) -> None:
    """For every outcome, those that cannot be as well."""
    assert Harness._after(state.lower(), outcome) == follower(state, outcome).lower()


def test_every_task_that_a_run_can_come_to_is_known_here() -> None:
    """A new one must be built into the fake."""
    tasks = {name for name, state in STATES.items() if state["Type"] == "Task"}
    assert tasks == {"Plan", "Parse", "Compare", "Load", "Undo", "Finish", "AutoResume", "Break", "MakeFile"}


def test_a_run_begins_with_the_step_of_its_name() -> None:
    """What `Job.entry` says is what the first choice takes."""
    entries = {choice["StringEquals"]: choice["Next"] for choice in STATES["From"]["Choices"]}
    assert entries.pop("file") == "MakeFile"
    assert entries == {name: name.title() for name in ("plan", "load", "undo")}


def test_a_job_that_is_parked_is_woken_after_a_while_and_any_other_is_left() -> None:
    """What `finish` answers of it is what the machine looks at; whoever wakes it begins another run."""
    assert STATES["Finish"]["Next"] == "IsItSuspended"
    (suspended,) = STATES["IsItSuspended"]["Choices"]
    assert (suspended["Variable"], suspended["BooleanEquals"]) == ("$.finish.suspended", True)
    answered = {"suspended.$": "$.Payload.suspended", "resume_after.$": "$.Payload.resume_after"}
    assert STATES["Finish"]["ResultSelector"] == answered, "`finish` answers it"
    assert STATES["Finish"]["ResultPath"] == "$.finish"
    waiting = STATES[suspended["Next"]]
    assert (waiting["Type"], waiting["SecondsPath"], waiting["Next"]) == ("Wait", "$.finish.resume_after", "AutoResume")
    assert STATES["AutoResume"]["Next"] == STATES["IsItSuspended"]["Default"] == "Over"
