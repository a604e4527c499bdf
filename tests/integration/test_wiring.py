"""The template, the state machine and the recorded events agree with what the functions expect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sluice import config
from sluice.config import Settings
from tests.integration.stack import EVENTS, event
from tests.integration.template import template


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_event_names_no_real_account(path: Path) -> None:
    """The recorded events are published with the code."""
    text = path.read_text()
    assert json.loads(text)
    accounts = {part for part in text.replace('"', ":").split(":") if part.isdigit() and len(part) == 12}
    assert accounts <= {"123456789012"}


RECORDED = ("plan", "dispatch", "finish", "finish_with_error", "auto_resume", "make_file")
# Functions with the same environment share their settings.
SHARED = {"Start": ("OnUpload", "Scheduled", "Finish", "AutoResume")}


def payloads() -> dict[str, set[str]]:
    """Return the keys that each task passes to its function."""
    states = json.loads((EVENTS.parent / "statemachines" / "job.asl.json").read_text())["States"]
    found: dict[str, set[str]] = {}
    for name, state in states.items():
        if state["Type"] == "Task":
            found[name] = {key.removesuffix(".$") for key in state["Parameters"]["Payload"]}
    return found


def test_the_recorded_events_of_tasks_have_the_keys_that_the_state_machine_sends() -> None:
    """A key that is renamed on one side only fails this test."""
    recorded = {name: set(event(name)) for name in RECORDED}
    assert set(map(frozenset, payloads().values())) == set(map(frozenset, recorded.values()))


@pytest.mark.parametrize(
    ("function", "model"),
    [
        (function, model)
        for name, model in vars(config).items()
        if isinstance(model, type)
        and issubclass(model, Settings)
        and name not in {"Settings", "IssuerSettings", "SendingSettings"}  # parts of others
        for function in SHARED.get(name.removesuffix("Settings"), (name.removesuffix("Settings"),))
    ],
)
def test_the_template_sets_the_environment_that_each_function_requires(function: str, model: type[Settings]) -> None:
    """A missing setting would fail the function at its first call on AWS."""
    resources = template()["Resources"]
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = resources[f"{function}Function"]["Properties"].get("Environment", {}).get("Variables", {})
    asked = {name.upper() for name, info in model.model_fields.items() if info.is_required()}
    assert asked <= {*shared, *own}
    assert {*own} <= {name.upper() for name in model.model_fields}
