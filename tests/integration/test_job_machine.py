"""The logic of the job's state machine, with queues as stubs of its functions.

Each task's call of a function becomes a message to a queue of that name, and the test answers the message's token as
the function would. The tests cover the machine's own logic: its entry, the order of its states, its choices, its
catches. The pattern that all tasks share, retries and catch, is written here once, because JSON cannot share it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.integration.template import template
from tests.support.state_machine import DEFINITION, STATES

FUNCTIONS = ("PlanFunction", "DispatchFunction", "FinishFunction", "AutoResumeFunction", "MakeFileFunction")
PATIENCE = 60.0

# Lambda did not run the function: it is throttled, or has a fault of its own (Step Functions Developer Guide, "Handle
# transient Lambda service exceptions"); or PostgreSQL was away, or DynamoDB busy. The function is called
# again for some minutes, in an order that keeps those of many executions apart.
NOT_RUN: dict[str, Any] = {
    "ErrorEquals": [
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "DatabaseDown",
        "NotYet",
    ],
    "IntervalSeconds": 2,
    "BackoffRate": 2,
    "MaxDelaySeconds": 60,
    "MaxAttempts": 10,
    "JitterStrategy": "FULL",
}
# Another attempt would take as long.
TIMED_OUT: dict[str, Any] = {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 0}
# Of the functions whose time and memory depend on a file. Lambda has these names for a process that was killed or ended
# itself, `Lambda.Unknown` among them (Step Functions Developer Guide, "Handle transient Lambda service exceptions").
EXHAUSTED = TIMED_OUT | {
    "ErrorEquals": ["States.Timeout", "Sandbox.Timedout", "Runtime.OutOfMemory", "Runtime.ExitError", "Lambda.Unknown"]
}
HEAVY = {"Plan", "MakeFile"}
FAILED: dict[str, Any] = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 2,
    "BackoffRate": 2,
    "MaxAttempts": 3,
    "JitterStrategy": "FULL",
}
CAUGHT = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Break"}]
# Their errors fail the execution and not the job: a file is made at the next request, the sweeper does the rest.
UNCAUGHT = {"MakeFile", "AutoResume", "Break"}


def tasks() -> dict[str, dict[str, Any]]:
    """Return the states that call a function."""
    return {name: state for name, state in STATES.items() if state["Type"] == "Task"}


class Machine:
    """A running execution, and the functions that it waits for."""

    def __init__(self, *, retries: bool = False, **given: Any) -> None:
        self.states = boto3.client("stepfunctions")
        self.sqs = boto3.client("sqs")
        self.queues = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in FUNCTIONS}
        role = "arn:aws:iam::123456789012:role/machine"
        definition = json.dumps(self._definition(retries=retries))
        arn = self.states.create_state_machine(name="job", definition=definition, roleArn=role)["stateMachineArn"]
        text = json.dumps({"tenant": "acme", "job_id": "01JOB", "run": 2, **given})
        self.execution = self.states.start_execution(stateMachineArn=arn, name="01JOB-2", input=text)["executionArn"]

    def _definition(self, *, retries: bool) -> dict[str, Any]:
        """Return the definition without retries, or with retries a second apart."""
        machine: dict[str, Any] = json.loads(DEFINITION.read_text())
        for state in machine["States"].values():
            if state["Type"] == "Task":
                name = state["Parameters"]["FunctionName"].strip("${}")
                body = {**state["Parameters"]["Payload"], "token.$": "$$.Task.Token"}
                state["Resource"] = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
                state["Parameters"] = {"QueueUrl": self.queues[name], "MessageBody": body}
                soon = {"IntervalSeconds": 1, "BackoffRate": 1}
                state["Retry"] = [{**retrier, **soon} for retrier in state["Retry"] if retries]
                if "ResultSelector" in state:  # a function's response comes in an envelope
                    selected = state["ResultSelector"].items()
                    state["ResultSelector"] = {name: path.replace("$.Payload.", "$.") for name, path in selected}
        return machine

    def called(self, name: str) -> dict[str, Any]:
        """Return the payload of the next call of a function; every call names the job and its run."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.sqs.receive_message(QueueUrl=self.queues[name], WaitTimeSeconds=1).get("Messages", [])
            if found:
                self.sqs.delete_message(QueueUrl=self.queues[name], ReceiptHandle=found[0]["ReceiptHandle"])
                payload: dict[str, Any] = json.loads(found[0]["Body"])
                assert (payload["tenant"], payload["job_id"], payload["run"]) == ("acme", "01JOB", 2)
                return payload
        raise AssertionError(f"{name} was not called")

    def answer(self, call: dict[str, Any], outcome: str, *, suspended: bool = False) -> None:
        output = json.dumps({"outcome": outcome, "suspended": suspended, "resume_after": 0})
        self.states.send_task_success(taskToken=call["token"], output=output)

    def fail(self, call: dict[str, Any], error: str = "Boom") -> None:
        self.states.send_task_failure(taskToken=call["token"], error=error, cause="a pipe burst")

    def step(self, name: str) -> dict[str, Any]:
        """Return the next call, which must be of this step."""
        if name in {"plan", "finish", "auto_resume"}:
            return self.called(f"{name.title().replace('_', '')}Function")
        call = self.called("DispatchFunction")
        assert call["phase"] == name
        return call

    def ended(self) -> str:
        """Return the final status of the execution."""
        deadline = time.monotonic() + PATIENCE
        between = threading.Event()
        while time.monotonic() < deadline:
            status = self.states.describe_execution(executionArn=self.execution)["status"]
            if status != "RUNNING":
                return str(status)
            between.wait(0.05)  # the machine runs in this process and needs time to run
        raise AssertionError("the execution did not end")


@pytest.mark.parametrize("name", tasks())
def test_all_tasks_share_one_pattern_of_retries_and_one_catch(name: str) -> None:
    """A task that is added has it; a pattern that is changed is changed in all."""
    task = tasks()[name]
    assert task["Retry"] == [NOT_RUN, EXHAUSTED if name in HEAVY else TIMED_OUT, FAILED]
    assert task.get("Catch") == (None if name in UNCAUGHT else CAUGHT)


def test_retries_of_a_throttled_task_end_before_the_sweeper_takes_its_job_for_stuck() -> None:
    """Otherwise the sweeper would send the chunks of a job again that only waits for concurrency."""
    waits = [NOT_RUN["IntervalSeconds"] * NOT_RUN["BackoffRate"] ** retry for retry in range(NOT_RUN["MaxAttempts"])]
    longest = sum(min(wait, NOT_RUN["MaxDelaySeconds"]) for wait in waits)
    sweeper = template()["Resources"]["SweeperFunction"]["Properties"]["Environment"]["Variables"]
    assert longest < int(sweeper["STUCK_MINUTES"]) * 60 / 2


@pytest.fixture
def begin(no_account: None) -> Iterator[Callable[..., Machine]]:
    """Return a function that starts an execution with an input."""
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield Machine


@pytest.mark.parametrize(
    ("entry", "steps"),
    [
        pytest.param("plan", ["plan planned", "parse done", "load done"], id="an import"),
        pytest.param("plan", ["plan over"], id="a rejected file"),
        pytest.param(
            "plan", ["plan planned", "parse done", "load compare", "compare done", "load review"], id="a review"
        ),
        pytest.param("plan", ["plan planned", "parse stopped"], id="stopped while parsing"),
        pytest.param(
            "plan", ["plan planned", "parse done", "load compare", "compare done", "load done"], id="compared"
        ),
        pytest.param("plan", ["plan planned", "parse done", "load compare", "compare stopped"], id="stopped comparing"),
        pytest.param("plan", ["plan planned", "parse over"], id="a run that was left behind"),
        pytest.param("plan", ["plan planned", "parse done", "load queued"], id="its dataset is taken"),
        pytest.param("load", ["load done"], id="committed"),
        pytest.param("load", ["load absent", "absent done"], id="a mirror"),
        pytest.param("load", ["load absent", "absent stopped"], id="stopped while absent records are deleted"),
        pytest.param("load", ["load stopped"], id="stopped while loading"),
        pytest.param("load", ["load rejected", "undo done"], id="taken back"),
        pytest.param("undo", ["undo done"], id="a rollback"),
    ],
)
def test_a_run_takes_its_steps_and_is_finished(begin: Callable[..., Machine], entry: str, steps: list[str]) -> None:
    """This holds for every outcome; a business outcome is no failure of the machine."""
    machine = begin(**{"from": entry})
    for step in steps:
        name, outcome = step.split()
        machine.answer(machine.step(name), outcome)
    finish = machine.step("finish")
    assert "error" not in finish
    machine.answer(finish, "done")
    assert machine.ended() == "SUCCEEDED"


@pytest.mark.parametrize(
    ("entry", "steps", "broken"),
    [
        ("plan", [], "plan"),
        ("plan", ["plan planned"], "parse"),
        ("plan", ["plan planned", "parse done", "load compare"], "compare"),
        ("load", [], "load"),
        ("load", ["load absent"], "absent"),
        ("undo", [], "undo"),
        ("undo", ["undo done"], "finish"),
    ],
)
def test_an_error_in_any_task_fails_the_job_with_its_reason(
    begin: Callable[..., Machine], entry: str, steps: list[str], broken: str
) -> None:
    """The function `finish` ends the job, and gets the error that the machine caught."""
    machine = begin(**{"from": entry})
    for step in steps:
        name, outcome = step.split()
        machine.answer(machine.step(name), outcome)
    machine.fail(machine.step(broken))
    call = machine.step("finish")
    assert call["error"]["Error"] == "Boom"
    machine.answer(call, "done")
    assert machine.ended() == "FAILED"


@pytest.mark.parametrize("breaks", [False, True])
def test_a_suspended_job_is_resumed_by_its_execution(begin: Callable[..., Machine], breaks: bool) -> None:
    """The same execution calls `auto_resume` and ends; the job continues in another run."""
    machine = begin(**{"from": "load"})
    machine.answer(machine.step("load"), "stopped")
    machine.answer(machine.step("finish"), "done", suspended=True)
    resumption = machine.step("auto_resume")
    if breaks:
        machine.fail(resumption)
    else:
        machine.answer(resumption, "done")
    assert machine.ended() == ("FAILED" if breaks else "SUCCEEDED")


@pytest.mark.parametrize(("breaks", "end"), [(False, "SUCCEEDED"), (True, "FAILED")])
def test_making_a_file_does_not_change_the_job(begin: Callable[..., Machine], breaks: bool, end: str) -> None:
    """A file that cannot be made does not fail its job."""
    machine = begin(**{"from": "file", "file": "errors.xlsx"})
    call = machine.called("MakeFileFunction")
    assert call["file"] == "errors.xlsx"
    if breaks:
        machine.fail(call)
    else:
        machine.answer(call, "done")
    assert machine.ended() == end


@pytest.mark.parametrize("error", ["Lambda.TooManyRequestsException", "DatabaseDown"])
def test_a_throttled_task_is_called_more_often_than_a_failing_one(begin: Callable[..., Machine], error: str) -> None:
    """Nothing is wrong with a job whose function found no concurrency of Lambda, or a database that starts anew."""
    machine = begin(retries=True, **{"from": "load"})
    for _ in range(FAILED["MaxAttempts"] + 1):
        machine.fail(machine.step("load"), error)
    machine.answer(machine.step("load"), "done")
    machine.answer(machine.step("finish"), "done")
    assert machine.ended() == "SUCCEEDED"


@pytest.mark.parametrize("error", EXHAUSTED["ErrorEquals"][1:])
def test_a_plan_that_dies_is_not_called_again(begin: Callable[..., Machine], error: str) -> None:
    """The job gets its answer at once; an error of the service would be tried again."""
    machine = begin(retries=True, **{"from": "plan"})
    machine.fail(machine.step("plan"), error)
    assert machine.step("finish")["error"]["Error"] == error
