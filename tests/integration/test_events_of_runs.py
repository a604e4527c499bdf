"""The functions of the state machine across runs of a job, with the recorded events of its tasks."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.auto_resume import app as auto_resume
from functions.dispatch import app as dispatch
from functions.finish import app as finish
from functions.make_file import app as make_file
from functions.plan import app as plan
from functions.sweeper import app as sweeper
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import UpstreamDown
from sluice.model.status import Status
from sluice.usecases.artifacts import result_key
from tests.integration.api.running import run, upload
from tests.integration.stack import KEEP_DAYS, Stack, client, event
from tests.support.factories import make_job
from tests.support.lambda_context import FakeContext
from tests.support.machine import MemoryMachine

REF = JobRef("acme", event("plan")["job_id"])
TOKEN = event("dispatch")["token"]
CONTEXT: LambdaContext = FakeContext()

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


@pytest.mark.parametrize(("way", "end"), [(Status.PAUSING, "paused"), (Status.CANCELLING, "cancelled")])
def test_a_stopping_job_passes_its_tasks_to_the_end(
    stack: Stack, machine: MemoryMachine, way: Status, end: str
) -> None:
    """Each task sees that the job is stopping, and none fails."""
    stack.jobs.add(replace(make_job(status=way), ref=REF))
    assert plan.handler(event("plan"), CONTEXT) == {"outcome": "over"}
    dispatch.handler(event("dispatch"), CONTEXT)
    assert machine.answers == {TOKEN: {"outcome": "stopped"}}
    assert finish.handler(event("finish"), CONTEXT) == {"status": end, "suspended": False, "resume_after": 30}


def test_the_tasks_of_an_earlier_run_change_nothing(stack: Stack, machine: MemoryMachine) -> None:
    """The events belong to the first run, and the job is in its second."""
    job = replace(make_job(status=Status.PARSING), ref=REF, run=2)
    stack.jobs.add(job)
    assert plan.handler(event("plan"), CONTEXT) == {"outcome": "over"}
    dispatch.handler(event("dispatch"), CONTEXT)
    assert machine.answers == {TOKEN: {"outcome": "over"}}
    for name in ("finish", "finish_with_error"):
        assert finish.handler(event(name), CONTEXT) == {"status": "parsing", "suspended": False, "resume_after": 60}
    assert stack.jobs.get(REF) == job


def test_a_suspended_job_is_resumed_automatically(stack: Stack) -> None:
    """Before, the job is suspended; in its new run it is not."""
    stack.jobs.add(replace(make_job(importer="voters", status=Status.LOADING), ref=REF))
    stack.jobs.enter_phase(REF, PhaseName.LOAD)
    stack.jobs.transition(REF, Status.PAUSING, suspended=UpstreamDown("The upstream").problem)
    assert finish.handler(event("finish"), CONTEXT) == {"status": "paused", "suspended": True, "resume_after": 30}
    for _ in range(2):
        assert auto_resume.handler(event("auto_resume"), CONTEXT) == {"status": "loading"}
    job = stack.jobs.get(REF)
    assert (job.run, job.suspended) == (2, None)
    assert stack.executions() == [f"{REF.id}-2"]


@pytest.mark.parametrize("then", [Status.PAUSED, Status.CANCELLED])
def test_a_job_that_a_caller_stopped_is_not_resumed_automatically(stack: Stack, then: Status) -> None:
    """A job that a caller paused is resumed by a caller only."""
    stack.jobs.add(replace(make_job(importer="voters", status=Status.LOADING), ref=REF))
    stack.jobs.transition(REF, Status.PAUSING)
    assert finish.handler(event("finish"), CONTEXT) == {"status": "paused", "suspended": False, "resume_after": 30}
    if then is Status.CANCELLED:
        stack.jobs.transition(REF, then)
    assert auto_resume.handler(event("auto_resume"), CONTEXT) == {"status": then}
    assert stack.executions() == []


def test_a_file_is_made_in_the_folder_of_its_run(stack: Stack) -> None:
    job_id = upload()
    run(stack, job_id)
    asked = event("make_file") | {"job_id": job_id, "file": "errors.csv"}
    assert make_file.handler(asked, CONTEXT) == {"rows": 1}
    body = stack.files.read(result_key(JobRef("acme", job_id), 1, "errors.csv"))
    assert [line[:3] for line in csv.reader(io.StringIO(body.decode("utf-8-sig")))][1] == ["4", f"'{job_id}", "P-3"]


def test_a_file_of_a_missing_job_is_an_error(stack: Stack) -> None:
    """The execution fails, so no caller waits for the file."""
    with pytest.raises(Exception, match="The function's log says more"):
        make_file.handler(event("make_file"), CONTEXT)


def test_the_sweeper_starts_a_job_whose_event_was_lost(stack: Stack) -> None:
    """The file is in the bucket, and the job starts as after the event."""
    made = replace(make_job(), created_at=datetime.now(UTC) - timedelta(minutes=20))
    stack.jobs.add(made)
    stack.files.write(made.file.key, b"Part Number,Description,Price\n")
    sweeper.handler(event("schedule_sweeper"), CONTEXT)
    job = stack.jobs.get(made.ref)
    assert (job.status, job.file.bytes) == (Status.QUEUED, 30)
    assert job.file.etag == client("s3").head_object(Bucket="files", Key=made.file.key)["ETag"].strip('"')
    assert stack.executions() == [made.ref.id]


def test_what_a_job_has_left_is_removed_when_its_time_is_over(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects and items of every kind; the records that it has loaded stay."""
    ref = JobRef("acme", upload())
    run(stack, ref.id)
    stack.files.write("incoming/acme/products/lost.csv", b"x")
    assert sweeper.handler({"task": "expire"}, CONTEXT) == {"expired": 1}
    assert [key.rpartition("/")[2] for key in stack.files.names(f"jobs/acme/{ref.id}/slices/")] == ["layout.json"]
    records = client("dynamodb").scan(TableName="RecordsTable")["Count"]
    monkeypatch.setattr(sweeper, "datetime", Later)
    assert sweeper.handler({"task": "expire"}, CONTEXT) == {"expired": 2}
    assert stack.files.names("") == []
    left = {item["pk"]["S"] + "/" + item["sk"]["S"] for item in client("dynamodb").scan(TableName="JobsTable")["Items"]}
    assert not any(ref.id in key or "#jobs/" in key or "#files/" in key for key in left)
    assert {key for key in left if "#under-way/" in key} <= {"acme#under-way/#"}
    assert client("dynamodb").scan(TableName="RecordsTable")["Count"] == records > 0


class Later(datetime):
    """The time when the retention of what ends today is over."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp((datetime.now(UTC) + timedelta(days=KEEP_DAYS + 4)).timestamp(), tz)
