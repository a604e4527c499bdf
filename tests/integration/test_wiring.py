"""The template, the state machine and the recorded events agree with what the functions expect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sluice import config
from sluice.config import Settings
from tests.integration.stack import EVENTS, event
from tests.integration.template import template
from tests.support.state_machine import STATES


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_event_names_no_real_account(path: Path) -> None:
    """The recorded events are published with the code."""
    text = path.read_text()
    assert json.loads(text)
    accounts = {part for part in text.replace('"', ":").split(":") if part.isdigit() and len(part) == 12}
    assert accounts <= {"123456789012"}


RECORDED = ("plan", "dispatch", "finish", "finish_with_error", "auto_resume", "make_file")
# Functions with the same environment share their settings.
SHARED = {"Start": ("Scheduled", "AutoResume"), "Finish": ("Finish", "OnUpload"), "Work": ("Work", "Lookup")}


def payloads() -> dict[str, set[str]]:
    """Return the keys that each task passes to its function."""
    found: dict[str, set[str]] = {}
    for name, state in STATES.items():
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
        and name not in {"Settings", "IssuerSettings", "SendingSettings", "WaitSettings"}  # parts of others
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


def test_the_environment_of_all_functions_is_set_once_and_holds_no_secret() -> None:
    """A function gets the ARN of a secret only where its policy lets it read the secret."""
    shared = set(template()["Globals"]["Function"]["Environment"]["Variables"])
    resources = template()["Resources"].values()
    functions = [each["Properties"] for each in resources if each["Type"] == "AWS::Serverless::Function"]
    own = [set(each.get("Environment", {}).get("Variables", {})) for each in functions]
    assert not shared & set().union(*own)
    assert not [name for name in shared if "SECRET" in name or "ROLE" in name]


def test_the_bucket_is_named_only_where_it_cannot_be_referred_to() -> None:
    """The function that it invokes has its name; with another one it would be denied each file."""
    resources = template()["Resources"]
    name = resources["FilesBucket"]["Properties"]["BucketName"]
    assert (EVENTS.parent / "template.yaml").read_text().count(name) == 4
    assert str(resources["OnUploadFunction"]["Properties"]).count(name) == 3
    assert "-files-" not in (EVENTS.parent / "console.yaml").read_text()


@pytest.mark.parametrize("resource", ["FilesBucket", "JobsTable", "RecordsTable"])
def test_a_resource_with_data_outlives_its_stack(resource: str) -> None:
    """It keeps its logical id too: under another, an update would make an empty one.

    That of a first deployment that fails does not stay, or the next one would find its name taken.
    """
    declared = template()["Resources"][resource]
    assert (declared["DeletionPolicy"], declared["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_a_function_that_may_start_an_execution_knows_of_which_machine() -> None:
    """One that lacks the setting fails at the first round, or at the first job in line that it starts."""
    settings = {
        f"{function}Function": model
        for name, model in vars(config).items()
        if isinstance(model, type) and issubclass(model, Settings)
        for function in SHARED.get(name.removesuffix("Settings"), (name.removesuffix("Settings"),))
    }
    starting = {
        name
        for name, resource in template()["Resources"].items()
        if name in settings and '"states:StartExecution"' in json.dumps(resource, default=str)
    }
    assert {"DispatchFunction", "FinishFunction", "SweeperFunction", "ApiFunction"} <= starting
    assert {name for name in starting if "machine_arn" not in settings[name].model_fields} == set()
