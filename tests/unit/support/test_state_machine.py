"""The interpreter of state machines retries, catches and chooses as the Amazon States Language says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.state_machine import Execution, TaskFailed

RETRIES = [
    {"ErrorEquals": ["Rare"], "IntervalSeconds": 10, "BackoffRate": 2, "MaxDelaySeconds": 25, "MaxAttempts": 4},
    {"ErrorEquals": ["Never"], "MaxAttempts": 0},
    {"ErrorEquals": ["States.ALL"]},
]


def machine(**task: Any) -> str:
    """Return a machine of one task, which goes on to its end, or to ``Lost`` after an error that is caught."""
    state = {"Type": "Task", "TimeoutSeconds": 60, "Next": "End", "ResultPath": "$.done", "Retry": RETRIES, **task}
    return json.dumps({"StartAt": "Do", "States": {"Do": state, "End": {"Type": "Succeed"}, "Lost": {"Type": "Fail"}}})


def failing(*errors: str) -> Any:
    """Return a task that fails with these errors, one after the other, and then is done."""
    left = list(errors)

    def task(_: str, __: float) -> dict[str, Any]:
        if left:
            raise TaskFailed(left.pop(0))
        return {}

    return task


@pytest.mark.parametrize(
    ("errors", "times", "status"),
    [
        pytest.param([], [0], "SUCCEEDED", id="none"),
        pytest.param(["Rare"] * 4, [0, 10, 30, 55, 80], "SUCCEEDED", id="waits double up to the longest"),
        pytest.param(["Rare"] * 5, [0, 10, 30, 55, 80], "FAILED", id="as many attempts as the retrier has"),
        pytest.param(["Never"], [0], "FAILED", id="the first retrier that names it decides"),
        pytest.param(["Other"] * 4, [0, 1, 3, 7], "FAILED", id="a second, doubled, three times, by default"),
        pytest.param(["Rare", "Other", "Rare"], [0, 10, 11, 31], "SUCCEEDED", id="each retrier counts its own"),
    ],
)
def test_retriers(errors: list[str], times: list[float], status: str) -> None:
    """The times are those at which the function is called."""
    execution = Execution(failing(*errors)).run({}, machine())
    assert ([at for _, at in execution.calls], execution.status) == (times, status)


def test_full_jitter_shortens_a_wait() -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 8, "JitterStrategy": "FULL"}]
    execution = Execution(failing("Any"), jitter=lambda: 0.25).run({}, machine(Retry=retry))
    assert execution.calls[-1] == ("Do", 2.0)


def test_an_error_that_is_caught_goes_another_way() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Lost"}]
    execution = Execution(failing("Never")).run({}, machine(Catch=catch))
    assert execution.status == "FAILED"


def test_a_task_beyond_its_time_fails_with_a_timeout() -> None:
    execution = Execution(lambda *_: {"seconds": 1000}).run({}, machine(Retry=[]))
    assert (execution.now, execution.status) == (60, "FAILED")


def test_a_choice_compares_what_a_task_has_returned_and_a_wait_lasts_as_long_as_it_says() -> None:
    states = {
        "Do": {"Type": "Task", "TimeoutSeconds": 60, "Next": "Which", "ResultPath": "$.done"},
        "Which": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.done.outcome", "StringEquals": "later", "Next": "Wait"}],
            "Default": "Lost",
        },
        "Wait": {"Type": "Wait", "SecondsPath": "$.done.after", "Next": "End"},
        "End": {"Type": "Succeed"},
        "Lost": {"Type": "Fail"},
    }
    definition = json.dumps({"StartAt": "Do", "States": states})
    waited = Execution(lambda *_: {"outcome": "later", "after": 30}).run({}, definition)
    assert (waited.now, waited.status) == (30, "SUCCEEDED")
    assert Execution(lambda *_: {"outcome": "never"}).run({}, definition).status == "FAILED"
