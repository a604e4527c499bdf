"""The state machine on Step Functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sluice.model.job import Job

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

# What SendTaskFailure takes at most (AWS Step Functions API Reference).
_ERROR_LENGTH = 256
_CAUSE_LENGTH = 32768


# How often a file is tried to be made for one run of a job, each time somebody asks for it; each try has its retries.
_FILE_TRIES = 5
_FAILED = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})


class StepFunctionsMachine:
    """The `Machine` port on one state machine."""

    def __init__(self, client: SFNClient, arn: str) -> None:
        self._client = client
        self._arn = arn
        # The task timed out, was answered before, or belongs to an execution that is over: nobody waits any more.
        self._over = (
            client.exceptions.TaskDoesNotExist,
            client.exceptions.TaskTimedOut,
            client.exceptions.InvalidToken,
        )

    def start(self, job: Job) -> None:
        """Start the course of the job's run; its name follows from the two, so a second start starts nothing."""
        self._start(_name_of(job), {"from": job.entry}, job)

    def is_over(self, job: Job) -> bool:
        """Whether the course of the job's run has ended, however it ended; one that never began is not over."""
        return self._status(_name_of(job)) not in {None, "RUNNING"}

    def make_file(self, job: Job, name: str) -> bool:
        """See to it that a file of the job is made; ``False`` when that was tried often for this run and always failed.

        An execution that has failed keeps its name, so another try gets another.
        """
        for attempt in range(_FILE_TRIES):
            execution = f"{_name_of(job)}-{name}" + (f"-{attempt + 1}" if attempt else "")
            self._start(execution, {"from": "file", "file": name}, job)
            if self._status(execution) not in _FAILED:
                return True
        return False

    def _start(self, execution: str, course: dict[str, Any], job: Job) -> None:
        course = {"tenant": job.ref.tenant, "job_id": job.ref.id, "run": job.run, **course}
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=execution, input=json.dumps(course))
        except self._client.exceptions.ExecutionAlreadyExists:
            return

    def _status(self, execution: str) -> str | None:
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{execution}"
        try:
            return self._client.describe_execution(executionArn=arn)["status"]
        except self._client.exceptions.ExecutionDoesNotExist:
            return None

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        """Answer a task's token; one whose task is over already is left alone."""
        try:
            self._client.send_task_success(taskToken=token, output=json.dumps(output))
        except self._over:
            return

    def fail(self, token: str, error: str, cause: str) -> None:
        """Answer a task's token with a failure."""
        try:
            self._client.send_task_failure(taskToken=token, error=error[:_ERROR_LENGTH], cause=cause[:_CAUSE_LENGTH])
        except self._over:
            return


def _name_of(job: Job) -> str:
    return job.ref.id if job.run == 1 else f"{job.ref.id}-{job.run}"
