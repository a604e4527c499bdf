"""The logic of the import's state machine, with queues standing in for its functions.

Each task's call of a function becomes a message to a queue of that name, and the test answers the message's token as
the function would. What is tested is the machine's own: the order of its states, its choice, its catches.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

DEFINITION = Path(__file__).parents[2] / "statemachines" / "import.asl.json"
FUNCTIONS = ("PlanFunction", "DispatchFunction", "FinishFunction")
PATIENCE = 60.0


class Machine:
    """A running execution, and the functions it waits for."""

    def __init__(self) -> None:
        self.states = boto3.client("stepfunctions")
        self.sqs = boto3.client("sqs")
        self.queues = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in FUNCTIONS}
        role = "arn:aws:iam::123456789012:role/machine"
        arn = self.states.create_state_machine(name="import", definition=json.dumps(self._definition()), roleArn=role)[
            "stateMachineArn"
        ]
        course = json.dumps({"tenant": "acme", "job_id": "01JOB"})
        self.execution = self.states.start_execution(stateMachineArn=arn, name="01JOB", input=course)["executionArn"]

    def _definition(self) -> dict[str, Any]:
        machine: dict[str, Any] = json.loads(DEFINITION.read_text())
        for state in machine["States"].values():
            if state["Type"] == "Task":
                name = state["Parameters"]["FunctionName"].strip("${}")
                body = {**state["Parameters"]["Payload"], "token.$": "$$.Task.Token"}
                state["Resource"] = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
                state["Parameters"] = {"QueueUrl": self.queues[name], "MessageBody": body}
                state.pop("Retry", None)
                if "ResultSelector" in state:
                    state["ResultSelector"] = {"outcome.$": "$.outcome"}
        return machine

    def called(self, name: str) -> dict[str, Any]:
        """The payload of the next call of a function."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.sqs.receive_message(QueueUrl=self.queues[name], WaitTimeSeconds=1).get("Messages", [])
            if found:
                self.sqs.delete_message(QueueUrl=self.queues[name], ReceiptHandle=found[0]["ReceiptHandle"])
                payload: dict[str, Any] = json.loads(found[0]["Body"])
                return payload
        raise AssertionError(f"{name} was not called")

    def answer(self, call: dict[str, Any], output: dict[str, Any]) -> None:
        self.states.send_task_success(taskToken=call["token"], output=json.dumps(output))

    def break_down(self, call: dict[str, Any]) -> None:
        self.states.send_task_failure(taskToken=call["token"], error="Boom", cause="a pipe burst")

    def ended(self) -> str:
        """How the execution ended."""
        deadline = time.monotonic() + PATIENCE
        between = threading.Event()
        while time.monotonic() < deadline:
            status = self.states.describe_execution(executionArn=self.execution)["status"]
            if status != "RUNNING":
                return str(status)
            between.wait(0.1)  # the machine runs in this very process and needs its turn
        raise AssertionError("the execution did not end")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """An execution that has just begun."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield Machine()


def test_a_job_is_planned_parsed_loaded_and_finished(machine: Machine) -> None:
    plan = machine.called("PlanFunction")
    assert (plan["tenant"], plan["job_id"]) == ("acme", "01JOB")
    machine.answer(plan, {"outcome": "planned"})
    for phase in ("parse", "load"):
        call = machine.called("DispatchFunction")
        assert (call["tenant"], call["job_id"], call["phase"]) == ("acme", "01JOB", phase)
        machine.answer(call, {"outcome": "done", "chunks": 1, "failed": 0})
    finish = machine.called("FinishFunction")
    assert "error" not in finish
    machine.answer(finish, {})
    assert machine.ended() == "SUCCEEDED"


def test_a_refused_file_ends_well_without_another_call(machine: Machine) -> None:
    machine.answer(machine.called("PlanFunction"), {"outcome": "over"})
    assert machine.ended() == "SUCCEEDED"


@pytest.mark.parametrize("broken", ["plan", "parse", "load"])
def test_whatever_breaks_ends_the_job_with_the_reason(machine: Machine, broken: str) -> None:
    call = machine.called("PlanFunction")
    for phase in ("parse", "load"):
        if broken == "plan" or (broken == "parse" and phase == "load"):
            break
        machine.answer(call, {"outcome": "planned"})
        call = machine.called("DispatchFunction")
    machine.break_down(call)
    finish = machine.called("FinishFunction")
    assert finish["error"]["Error"] == "Boom"
    machine.answer(finish, {})
    assert machine.ended() == "FAILED"
