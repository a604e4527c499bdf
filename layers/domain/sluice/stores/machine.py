"""The state machine on Step Functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sluice.model.chunk import JobRef

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

# What SendTaskFailure takes at most (AWS Step Functions API Reference).
_ERROR_LENGTH = 256
_CAUSE_LENGTH = 32768


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

    def start(self, ref: JobRef) -> None:
        """Start the job's execution; its name is the job's id, so a second start starts nothing."""
        course = json.dumps({"tenant": ref.tenant, "job_id": ref.id})
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=ref.id, input=course)
        except self._client.exceptions.ExecutionAlreadyExists:
            return

    def is_over(self, ref: JobRef) -> bool:
        """Whether the job's execution has ended, however it ended; one that never began is not over."""
        execution = f"{self._arn.replace(':stateMachine:', ':execution:')}:{ref.id}"
        try:
            return self._client.describe_execution(executionArn=execution)["status"] != "RUNNING"
        except self._client.exceptions.ExecutionDoesNotExist:
            return False

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
