"""Executions of jobs on one Step Functions state machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sluice.model.job import Job

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

# Limits of ListExecutions and SendTaskFailure (AWS Step Functions API Reference).
_PAGE = 1000
_ERROR_LENGTH = 256
# The message of an error may quote any value of a file, and the history of an execution shows the cause.
_CAUSE = "The function's log says more."
# Executions that make a file in one run of a job: one for each request that finds the last one failed. Each has retries
# of its own.
_FILE_ATTEMPTS = 5
_FAILED = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})


class StepFunctionsMachine:
    """The `Machine` port on one state machine."""

    def __init__(self, client: SFNClient, arn: str) -> None:
        self._client = client
        self._arn = arn
        # the task timed out, was answered before, or belongs to an execution that has ended
        self._ended = (
            client.exceptions.TaskDoesNotExist,
            client.exceptions.TaskTimedOut,
            client.exceptions.InvalidToken,
        )

    def start(self, job: Job) -> None:
        """Start the execution of the job's run; a second call does nothing, because its name follows from the run."""
        self._start(_name_of(job), {"from": job.entry}, job)

    def is_over(self, job: Job) -> bool:
        """Return whether the execution of the job's run has ended in any way; ``False`` if it never began."""
        return self._status(_name_of(job)) not in {None, "RUNNING"}

    def running(self) -> frozenset[tuple[str, int]]:
        """Return id and run of every job whose execution runs; a thousand with each request, eventually consistent."""
        pages = self._client.get_paginator("list_executions").paginate(
            stateMachineArn=self._arn, statusFilter="RUNNING", PaginationConfig={"PageSize": _PAGE}
        )
        names = (execution["name"].split("-") for page in pages for execution in page["executions"])
        return frozenset((job, int(run[0]) if run else 1) for job, *run in names if len(run) < 2)  # others make files

    def make_file(self, job: Job, name: str) -> bool:
        """Start an execution that makes a download of the job, unless one is running.

        A failed execution keeps its name, so the next attempt uses another name.

        Returns
        -------
        bool
            ``False`` if every attempt of this run has failed.
        """
        for attempt in range(_FILE_ATTEMPTS):
            execution = f"{_name_of(job)}-{name}" + (f"-{attempt + 1}" if attempt else "")
            self._start(execution, {"from": "file", "file": name}, job)
            if self._status(execution) not in _FAILED:
                return True
        return False

    def _start(self, execution: str, entry: dict[str, Any], job: Job) -> None:
        given = {"tenant": job.ref.tenant, "job_id": job.ref.id, "run": job.run, **entry}
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=execution, input=json.dumps(given))
        except self._client.exceptions.ExecutionAlreadyExists:
            return

    def _status(self, execution: str) -> str | None:
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{execution}"
        try:
            return self._client.describe_execution(executionArn=arn)["status"]
        except self._client.exceptions.ExecutionDoesNotExist:
            return None

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        """Report the success of a task by its token; nothing happens if the task has ended."""
        try:
            self._client.send_task_success(taskToken=token, output=json.dumps(output))
        except self._ended:
            return

    def fail(self, token: str, error: str) -> None:
        """Report the failure of a task by its token; nothing happens if the task has ended."""
        try:
            self._client.send_task_failure(taskToken=token, error=error[:_ERROR_LENGTH], cause=_CAUSE)
        except self._ended:
            return


def _name_of(job: Job) -> str:
    return job.ref.id if job.run == 1 else f"{job.ref.id}-{job.run}"
