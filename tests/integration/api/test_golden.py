"""Responses of the API equal the recorded ones: ``tests/golden/answers.json`` and ``tests/golden/openapi.json``.

Record an intended change with ``SLUICE_UPDATE_GOLDEN=1 pytest tests/integration/api/test_golden.py``; the
differences of the two files are then part of the change. Ids, times, signatures, versions and cursors are placeholders;
see `golden_answers`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast

import pytest
from moto import mock_aws

from tests.integration.api import golden_actions, golden_script
from tests.integration.api.calling import get
from tests.integration.api.golden import World
from tests.integration.api.golden_answers import Answers
from tests.integration.stack import deploy, forget_clients
from tests.integration.template import template
from tests.support.described import operation_of

GOLDEN = Path(__file__).parents[2] / "golden"
UPDATE = os.environ.get("SLUICE_UPDATE_GOLDEN") == "1"

pytestmark = [
    pytest.mark.timeout(300),  # moto copies whole tables, which takes a minute, and more beside other tests
    pytest.mark.filterwarnings("ignore:No application metrics to publish"),
    # Powertools reads the files of the docs page without closing them.
    pytest.mark.filterwarnings("ignore:unclosed file .*swagger_ui:ResourceWarning"),
]


@pytest.fixture
def answers(function_settings: None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the responses of two scripts, each on an empty stack, since moto copies whole tables per transaction."""
    found = Answers()
    # moto also copies the whole content of a stream, so there is none
    monkeypatch.delitem(template()["Resources"]["JobsTable"]["Properties"], "StreamSpecification")
    for script in (golden_script.script, golden_actions.script):
        forget_clients()  # file addresses are signed with these credentials
        with mock_aws(), monkeypatch.context() as own:
            script(World(deploy(), own, found))
    return cast(list[dict[str, Any]], json.loads(json.dumps(found.items)))


def recorded(name: str, found: Any, *, sort: bool) -> Any:
    """Return the recording under a name; write it first if ``SLUICE_UPDATE_GOLDEN`` is set."""
    path = GOLDEN / name
    if UPDATE:
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=sort) + "\n")
    return json.loads(path.read_text())


def missing(document: Any, answers: list[dict[str, Any]]) -> set[str]:
    """Return the operations without a recorded response."""
    found = {
        operation["operationId"]
        for answer in answers
        if (operation := operation_of(document, answer["method"], answer["path"].split("?")[0]))
    }
    return {operation["operationId"] for item in document["paths"].values() for operation in item.values()} - found


def test_every_response_equals_the_recorded_one(answers: list[dict[str, Any]]) -> None:
    """Every operation of the description has at least one recorded response."""
    expected = recorded("answers.json", answers, sort=False)
    assert [answer["name"] for answer in answers] == [answer["name"] for answer in expected]
    differing = {answer["name"]: (was, answer) for answer, was in zip(answers, expected, strict=True) if answer != was}
    assert not differing, (
        f"{len(differing)} answers differ: {list(differing)}; the first: {next(iter(differing.items()))}"
    )
    assert not missing(get("/v1/openapi.json", token=None).body, answers)


@pytest.mark.usefixtures("function_settings", "no_aws")
def test_the_description_equals_the_recorded_one() -> None:
    """This covers every path and every model."""
    document = get("/v1/openapi.json", token=None).body
    assert document == recorded("openapi.json", document, sort=True)
