"""The function that schedules call, with the recorded event of a scheduled run."""

from __future__ import annotations

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.scheduled import app as scheduled
from sluice.model.chunk import JobRef
from sluice.model.status import Status
from tests.integration.api.calling import routes
from tests.integration.stack import Stack, event
from tests.integration.template import template
from tests.support.lambda_context import FakeContext

CONTEXT: LambdaContext = FakeContext()


def test_a_scheduled_run_starts_a_job_unless_one_is_active(stack: Stack) -> None:
    begun = scheduled.handler(event("schedule_sync"), CONTEXT)["job_id"]
    assert begun
    ref = JobRef("acme", begun)
    job = stack.jobs.get(ref)
    assert (job.status, job.importer, job.requested_by) == (Status.QUEUED, "pangkat", "schedule")
    assert stack.executions() == [begun]
    assert scheduled.handler(event("schedule_sync"), CONTEXT) == {"job_id": None}

    stack.jobs.transition(ref, Status.FAILED)
    again = scheduled.handler(event("schedule_sync"), CONTEXT)["job_id"]
    assert again not in {None, begun}
    assert sorted(stack.executions()) == sorted([begun, again])


def test_the_role_of_schedules_allows_one_function_and_the_api_may_pass_only_that_role() -> None:
    resources = template()["Resources"]
    role = resources["SchedulerRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "AWS::AccountId"}}
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["lambda:InvokeFunction"], "ScheduledFunction.Arn")

    statements = resources["ApiFunction"]["Properties"]["Policies"][0]["Statement"]
    (passing,) = [each for each in statements if "iam:PassRole" in str(each)]
    assert passing["Resource"] == "SchedulerRole.Arn"
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}


def test_every_method_of_the_api_reaches_its_function() -> None:
    """The gateway passes only the methods that the template names."""
    named = {
        each["Properties"]["Method"] for each in template()["Resources"]["ApiFunction"]["Properties"]["Events"].values()
    }
    assert named == {method.lower() for method, _ in routes()} | {"options"}
