"""The contract of the `Machine` port; `test_job_machine` tests what executions do."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Protocol

import boto3
import pytest
from mypy_boto3_stepfunctions.client import SFNClient

from sluice.aws.step_functions import StepFunctionsMachine
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.ports import Machine
from tests.integration.conftest import REGION
from tests.support.factories import make_job
from tests.support.machine import MemoryMachine


class World(Protocol):
    """A machine, the executions that it started, and a way to end them."""

    @property
    def machine(self) -> Machine: ...

    def executions(self) -> list[str]:
        """Names of executions that run or have run, in any order."""

    def end(self, job: Job, file: str = "") -> None:
        """End the execution of the job's run, or fail the one that makes a file."""


def name_of(job: Job, file: str = "") -> str:
    """Return the name that an execution must have."""
    run = job.ref.id if job.run == 1 else f"{job.ref.id}-{job.run}"
    return f"{run}-{file}" if file else run


@dataclass
class Memory:
    """The fake."""

    machine: MemoryMachine

    def executions(self) -> list[str]:
        runs = [name_of(replace(make_job(), ref=ref, run=run)) for ref, run in self.machine.started]
        return runs + [name_of(replace(make_job(), ref=ref, run=run), file) for ref, run, file in self.machine.files]

    def end(self, job: Job, file: str = "") -> None:
        if file:
            self.machine.failed.add((job.ref, job.run, file))
        else:
            self.machine.over.add((job.ref, job.run))


@dataclass
class Moto:
    """Step Functions on moto: an execution runs until it is stopped."""

    machine: StepFunctionsMachine
    client: SFNClient
    arn: str

    def executions(self) -> list[str]:
        return [found["name"] for found in self.client.list_executions(stateMachineArn=self.arn)["executions"]]

    def end(self, job: Job, file: str = "") -> None:
        arn = self.arn.replace(":stateMachine:", ":execution:")
        self.client.stop_execution(executionArn=f"{arn}:{name_of(job, file)}")


@pytest.fixture(params=["memory", "step functions"])
def world(request: pytest.FixtureRequest) -> World:
    """Return the fake and the real machine in turn."""
    if request.param == "memory":
        return Memory(MemoryMachine())
    request.getfixturevalue("aws")
    client = boto3.client("stepfunctions", region_name=REGION)
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/machine"
    arn = client.create_state_machine(name="job", definition=definition, roleArn=role)["stateMachineArn"]
    return Moto(StepFunctionsMachine(client, arn), client, arn)


@pytest.fixture
def job() -> Job:
    """Return a queued job."""
    return make_job(status=Status.QUEUED)


def second_run(job: Job) -> Job:
    """Return the job after a pause and a resume."""
    return replace(job, run=2, status=Status.LOADING)


def test_a_run_is_started_once_under_a_name_of_its_own(world: World, job: Job) -> None:
    """Further starts of the same run have no effect."""
    for _ in range(2):
        world.machine.start(job)
        world.machine.start(second_run(job))
    assert sorted(world.executions()) == [job.ref.id, f"{job.ref.id}-2"]


def test_an_ended_run_is_not_started_again(world: World, job: Job) -> None:
    world.machine.start(job)
    world.end(job)
    world.machine.start(job)
    assert world.executions() == [job.ref.id]
    assert world.machine.is_over(job)


def test_a_run_is_over_when_its_execution_has_ended(world: World, job: Job) -> None:
    """A run that never started is not over, and the end of another run does not end it."""
    assert not world.machine.is_over(job)
    world.machine.start(job)
    assert not world.machine.is_over(job)
    world.end(job)
    assert world.machine.is_over(job)
    assert not world.machine.is_over(second_run(job))
    world.machine.start(second_run(job))
    assert not world.machine.is_over(second_run(job))


def test_a_file_is_made_once_for_each_run(world: World, job: Job) -> None:
    """Another run may reject other rows."""
    for _ in range(2):
        assert world.machine.make_file(job, "errors.xlsx")
        assert world.machine.make_file(job, "loaded.csv")
        assert world.machine.make_file(second_run(job), "errors.xlsx")
    assert sorted(world.executions()) == sorted(
        [f"{job.ref.id}-errors.xlsx", f"{job.ref.id}-loaded.csv", f"{job.ref.id}-2-errors.xlsx"]
    )


def test_a_file_that_could_not_be_made_is_not_tried_forever(world: World, job: Job) -> None:
    """The next run of the job tries again."""
    for attempt in ("", "-2", "-3", "-4", "-5"):
        assert world.machine.make_file(job, "errors.xlsx"), "a later attempt may succeed"
        world.end(job, f"errors.xlsx{attempt}")
    assert not world.machine.make_file(job, "errors.xlsx")
    assert world.machine.make_file(job, "errors.csv")
    assert world.machine.make_file(second_run(job), "errors.xlsx")
    assert not world.machine.is_over(job), "the execution of the job itself goes on"


@pytest.mark.parametrize(
    ("status", "entry"),
    [
        (Status.QUEUED, "plan"),
        (Status.PARSING, "plan"),
        (Status.PAUSING, "plan"),
        (Status.LOADING, "load"),
        (Status.ROLLING_BACK, "undo"),
    ],
)
def test_a_run_begins_at_the_status_of_the_job(aws: None, status: Status, entry: str) -> None:
    """The input of the execution names the state."""
    client = boto3.client("stepfunctions", region_name=REGION)
    role = "arn:aws:iam::123456789012:role/machine"
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    arn = client.create_state_machine(name="job", definition=definition, roleArn=role)["stateMachineArn"]
    machine, job = StepFunctionsMachine(client, arn), replace(make_job(status=status), run=3)
    machine.start(job)
    machine.make_file(job, "errors.csv")
    executions = client.list_executions(stateMachineArn=arn)["executions"]
    inputs = [json.loads(client.describe_execution(executionArn=each["executionArn"])["input"]) for each in executions]
    named = {"tenant": "acme", "job_id": job.ref.id, "run": 3}
    assert sorted(inputs, key=lambda each: each["from"] == "file") == [
        named | {"from": entry},
        named | {"from": "file", "file": "errors.csv"},
    ]
