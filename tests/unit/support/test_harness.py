"""The test harness follows the steps of the state machine, whose definition it reads."""

from __future__ import annotations

import pytest

from tests.support.state_machine import STATES

PHASES = ("Plan", "Parse", "Compare", "Load", "Absent", "Undo")


@pytest.mark.parametrize("state", PHASES)
def test_what_follows_a_step_depends_on_its_outcome_alone(state: str) -> None:
    """The harness knows no other result."""
    following = STATES[STATES[state]["Next"]]
    assert STATES[state]["ResultPath"] == f"$.{state.lower()}"
    assert {choice["Variable"] for choice in following.get("Choices", ())} <= {f"$.{state.lower()}.outcome"}


def test_the_harness_knows_every_task_of_the_state_machine() -> None:
    """A new task must be added to the harness."""
    tasks = {name for name, state in STATES.items() if state["Type"] == "Task"}
    assert tasks == {*PHASES, "Finish", "AutoResume", "Break", "MakeFile"}


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
