"""Every function with the recorded event of its trigger: its effects and its response."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.stub import Stubber

from functions.api import app as api
from functions.dispatch import app as dispatch
from functions.finish import app as finish
from functions.give_up import app as give_up
from functions.on_upload import app as on_upload
from functions.plan import app as plan
from functions.sweeper import app as sweeper
from functions.work import app as work
from sluice import bootstrap
from sluice.aws.step_functions import StepFunctionsMachine
from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName, from_message, to_message
from sluice.model.counts import Counts
from sluice.model.job import SYNC, Job, JobFile
from sluice.model.status import Status
from sluice.usecases.artifacts import JobFiles
from sluice.wording import word_detail
from tests.integration.stack import MACHINE, Stack, event
from tests.support import issuer
from tests.support.factories import csv_file, make_chunk, make_job, products
from tests.support.lambda_context import FakeContext
from tests.support.machine import MemoryMachine
from tests.support.metrics import counted

REF = JobRef("acme", event("plan")["job_id"])
KEY = f"uploads/acme/{REF.id}/prices.csv"
CSV = csv_file([*products(3), ("P-9", "Wrong", "-1", 1)])
TOKEN = event("dispatch")["token"]
CONTEXT: LambdaContext = FakeContext()

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


def announced(stack: Stack, status: Status = Status.WAITING_FOR_FILE, **more: Any) -> Job:
    """Add the job of the recorded events, and its file to the bucket."""
    stack.files.write(KEY, CSV)
    job = replace(make_job(status=status), ref=REF, file=JobFile("prices.csv", KEY, len(CSV)), **more)
    stack.jobs.add(job)
    return job


def planned(stack: Stack, chunks: int = 1, **more: Any) -> list[ChunkRef]:
    """Add the job with open chunks to parse."""
    announced(stack, Status.PARSING, **more)
    made = [make_chunk(REF, index) for index in range(chunks)]
    stack.chunks.add(made)
    stack.chunks.open_barrier(REF, PhaseName.PARSE, run=1, token=TOKEN)
    return [chunk.ref for chunk in made]


def arrival(name: str) -> dict[str, Any]:
    """Return the event of a file that has arrived, with its tag and size in the bucket."""
    made: dict[str, Any] = event(name)
    made["Records"][0]["s3"]["object"] |= {"eTag": hashlib.md5(CSV).hexdigest(), "size": len(CSV)}
    return made


def failures(answer: Any) -> list[str]:
    """Return the messages that a batch reports as failed."""
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_an_upload_starts_its_job(stack: Stack) -> None:
    """Its execution is named by the job's id."""
    announced(stack)
    on_upload.handler(arrival("s3_upload"), CONTEXT)
    assert stack.jobs.get(REF).status is Status.QUEUED
    assert stack.executions() == [REF.id]


@pytest.mark.parametrize("name", ["s3_upload", "s3_drop_folder"])
def test_an_event_that_comes_twice_starts_once(stack: Stack, name: str) -> None:
    """S3 delivers events at least once."""
    announced(stack)
    for _ in range(3):
        on_upload.handler(arrival(name), CONTEXT)
    assert len(stack.executions()) == 1
    jobs = stack.jobs.page("acme", status="queued", importer=None, limit=10, cursor=None).items
    assert [job.version for job in jobs] == [2 if name == "s3_upload" else 1]


def test_a_file_in_the_drop_folder_makes_its_job(stack: Stack) -> None:
    """Keys encode spaces as `+` or `%20`; both are decoded."""
    on_upload.handler(event("s3_drop_folder"), CONTEXT)
    (job,) = stack.jobs.page("acme", status=None, importer=None, limit=10, cursor=None).items
    assert (job.status, job.importer, job.requested_by) == (Status.QUEUED, "products", "drop folder")
    assert job.file.name == "Harga suku cadang (Jan).csv"
    assert job.file.key == "incoming/acme/products/Harga suku cadang (Jan).csv"
    assert stack.executions() == [job.ref.id]


@pytest.mark.parametrize(
    "key",
    [
        "uploads/acme/01NOBODYS/prices.csv",
        "uploads/other/{job}/prices.csv",
        "incoming/acme/products/",
        "incoming/prices.csv",
        "incoming/acme/products/deeper/prices.csv",
        "elsewhere/acme/products/prices.csv",
    ],
)
def test_a_file_that_belongs_to_no_job_is_left_alone(stack: Stack, key: str) -> None:
    """This includes the marker of a folder."""
    announced(stack)
    made = arrival("s3_upload")
    made["Records"][0]["s3"]["object"]["key"] = key.format(job=REF.id)
    on_upload.handler(made, CONTEXT)
    assert stack.executions() == []
    assert stack.jobs.get(REF).status is Status.WAITING_FOR_FILE


def test_a_dropped_file_of_an_unknown_importer_makes_a_failed_job(stack: Stack) -> None:
    """The drop folder has no response, so the failed job carries the problem."""
    made = arrival("s3_drop_folder")
    made["Records"][0]["s3"]["object"]["key"] = "incoming/acme/produce/prices.csv"
    on_upload.handler(made, CONTEXT)
    (job,) = stack.jobs.page("acme", status="failed", importer=None, limit=10, cursor=None).items
    assert job.problem
    assert "'produce'" in word_detail(job.problem)
    assert stack.executions() == []


def test_a_plan_splits_the_file_into_chunks(stack: Stack) -> None:
    """The outcome tells the state machine to continue."""
    announced(stack, Status.QUEUED)
    assert plan.handler(event("plan"), CONTEXT) == {"outcome": "planned"}
    job = stack.jobs.get(REF)
    assert (job.status, job.counts.total) == (Status.PARSING, 4)
    assert job.file.sha256 == hashlib.sha256(CSV).hexdigest()
    assert len(list(stack.chunks.of_phase(REF, PhaseName.PARSE))) == 1


def test_a_file_that_is_rejected_is_an_outcome_of_its_plan(stack: Stack) -> None:
    """It is not an error, because the state machine must not retry it."""
    announced(stack, Status.QUEUED)
    stack.files.write(KEY, b"%PDF-1.7 not a spreadsheet")
    assert plan.handler(event("plan"), CONTEXT) == {"outcome": "over"}
    job = stack.jobs.get(REF)
    assert job.status is Status.FAILED
    assert job.problem


def test_a_dispatch_sends_a_message_for_each_chunk(stack: Stack, machine: MemoryMachine) -> None:
    """More than one batch is sent, each message once; the token stays for the last worker."""
    refs = planned(stack, 23)
    dispatch.handler(event("dispatch"), CONTEXT)
    received = [record for _ in range(4) for record in stack.received()]
    assert sorted(from_message(record["body"]).index for record in received) == [ref.index for ref in refs]
    assert {record["attributes"]["MessageGroupId"] for record in received} == {"acme"}
    assert machine.answers == {}


def test_a_failed_dispatch_fails_the_task_of_the_machine(stack: Stack, machine: MemoryMachine) -> None:
    """The error is raised as well."""
    with pytest.raises(Exception, match="The function's log says more"):
        dispatch.handler(event("dispatch"), CONTEXT)
    assert machine.failures == {TOKEN: "NotFound"}


def test_the_history_of_an_execution_quotes_no_value(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database names the key of a row in its errors, and all who may see executions see their history."""
    states = boto3.client("stepfunctions", region_name="us-east-1")
    monkeypatch.setattr(bootstrap.AwsServices, "machine", StepFunctionsMachine(states, MACHINE))

    def fail(*_: object, **__: object) -> None:
        raise ValueError("Key (id)=(8001015009087) already exists.")

    monkeypatch.setattr(dispatch, "dispatch", fail)
    cause = "The function's log says more."
    answers = Stubber(states)
    answers.add_response("send_task_failure", {}, {"taskToken": TOKEN, "error": "ValueError", "cause": cause})
    with answers, pytest.raises(Exception, match=cause):
        dispatch.handler(event("dispatch"), CONTEXT)
    answers.assert_no_pending_responses()


def test_a_worker_processes_its_chunk_and_reports_no_failure(stack: Stack, machine: MemoryMachine) -> None:
    """The last worker of a phase sends the task's outcome to the state machine."""
    announced(stack, Status.QUEUED)
    plan.handler(event("plan"), CONTEXT)
    dispatch.handler(event("dispatch"), CONTEXT)
    (record,) = stack.received()
    assert failures(work.handler({"Records": [record]}, CONTEXT)) == []
    assert stack.jobs.get(REF).counts == Counts(total=4, checked=4, rejected=1)
    assert machine.answers == {TOKEN: {"outcome": "done"}}


def test_the_recorded_message_is_processed_like_a_received_one(stack: Stack, machine: MemoryMachine) -> None:
    """Only the receipt differs, because the queue creates it."""
    announced(stack, Status.QUEUED)
    plan.handler(event("plan"), CONTEXT)
    dispatch.handler(event("dispatch"), CONTEXT)
    (received,) = stack.received()
    recorded = event("sqs_work")
    recorded["Records"][0]["receiptHandle"] = received["receiptHandle"]
    assert from_message(recorded["Records"][0]["body"]) == from_message(received["body"])
    assert set(recorded["Records"][0]["attributes"]) >= {"ApproximateReceiveCount", "MessageGroupId"}
    assert failures(work.handler(recorded, CONTEXT)) == []
    assert TOKEN in machine.answers


def test_a_worker_reports_exactly_the_messages_that_failed(stack: Stack, machine: MemoryMachine) -> None:
    """A wrong id would make SQS deliver the whole batch again, including done chunks."""
    refs = planned(stack, 5)
    for index in (0, 2, 4):  # these are done; 1 and 3 have no slice
        stack.chunks.close(refs[index], ChunkState.DONE, Counts())
    stack.send(*refs)
    records = stack.received()
    bad = {record["messageId"] for record in records if from_message(record["body"]).index in {1, 3}}
    answer = work.handler({"Records": records}, CONTEXT)
    assert len(bad) == 2
    assert sorted(failures(answer)) == sorted(bad)
    again = work.handler({"Records": [record for record in records if record["messageId"] not in bad]}, CONTEXT)
    assert failures(again) == []


def test_a_batch_that_fails_entirely_is_reported_message_by_message(stack: Stack, machine: MemoryMachine) -> None:
    """An exception would give all messages the same visibility timeout."""
    stack.send(*planned(stack, 3))
    records = stack.received()
    assert sorted(failures(work.handler({"Records": records}, CONTEXT))) == sorted(r["messageId"] for r in records)


def test_a_worker_ends_a_sync_that_takes_too_long(stack: Stack, machine: MemoryMachine) -> None:
    stack.send(*planned(stack, importer="skk", kind=SYNC))
    assert failures(work.handler({"Records": stack.received()}, CONTEXT)) == []
    problem = stack.jobs.get(REF).problem
    assert problem is not None
    assert problem.type == "sync-overdue"


def use_up_attempts(stack: Stack, ref: ChunkRef) -> None:
    """Let the workers of three attempts die."""
    for _ in range(3):
        assert stack.chunks.lease(ref, now=1, until=1)


def test_a_dead_letter_closes_its_chunk_as_failed(stack: Stack, machine: MemoryMachine) -> None:
    """The phase can end, and the rows of the chunk stay unprocessed."""
    (ref,) = planned(stack)
    use_up_attempts(stack, ref)
    assert failures(give_up.handler(event("sqs_dead_letter"), CONTEXT)) == []
    chunk = stack.chunks.get(ref)
    assert chunk
    assert chunk.state is ChunkState.FAILED
    assert machine.answers == {TOKEN: {"outcome": "done"}}


def test_dead_letters_are_reported_one_by_one(stack: Stack, machine: MemoryMachine) -> None:
    """A message whose chunk a worker has leased is delivered again; the chunks of the others are closed."""
    refs = planned(stack, 3)
    now = int(datetime.now(UTC).timestamp())
    for ref in (refs[0], refs[2]):
        use_up_attempts(stack, ref)
    stack.chunks.lease(refs[1], now=now, until=now + 60)
    stack.queue._client.send_message_batch(
        QueueUrl=stack.queue._urls["dead"],
        Entries=[{"Id": str(ref.index), "MessageBody": to_message(ref)} for ref in refs],
    )
    records = stack.received("dead")
    held = [record["messageId"] for record in records if from_message(record["body"]) == refs[1]]
    assert failures(give_up.handler({"Records": records}, CONTEXT)) == held
    assert [chunk.state for chunk in stack.chunks.of_phase(REF, PhaseName.PARSE)] == ["failed", "running", "failed"]


def test_a_job_is_finished(stack: Stack) -> None:
    """A job is completed if every row is loaded or rejected."""
    announced(stack)
    for status in (Status.QUEUED, Status.PARSING, Status.LOADING):
        stack.jobs.transition(REF, status)
    assert finish.handler(event("finish"), CONTEXT) == {"status": "completed", "suspended": False, "resume_after": 30}
    assert stack.jobs.get(REF).finished_at


def test_a_job_whose_execution_failed_gets_the_error_as_its_problem(stack: Stack) -> None:
    """The problem of the job describes the error."""
    announced(stack, Status.PARSING)
    assert finish.handler(event("finish_with_error"), CONTEXT)["status"] == "failed"
    problem = stack.jobs.get(REF).problem
    assert problem
    assert problem.type == "system-error"
    assert "(States.Timeout)." in word_detail(
        problem
    )  # nothing else, because the error of AWS may contain a stack trace


def test_the_sweeper_rescues_stuck_jobs_and_ends_expired_ones(stack: Stack) -> None:
    """A job that changed a minute ago is left alone."""
    now = datetime.now(UTC)
    expired = replace(make_job(number=1), created_at=now - timedelta(hours=25))
    stuck = replace(make_job(number=2, status=Status.QUEUED), created_at=now - timedelta(minutes=20))
    fresh = replace(make_job(number=3, status=Status.QUEUED), created_at=now - timedelta(minutes=1))
    for job in (expired, stuck, fresh):
        stack.jobs.add(job)
    assert sweeper.handler(event("schedule_sweeper"), CONTEXT) == {"stuck": 1}
    assert stack.jobs.get(expired.ref).status is Status.FAILED
    assert stack.executions() == [stuck.ref.id]
    assert stack.jobs.get(fresh.ref).status is Status.QUEUED


def test_jobs_that_cannot_be_rescued_are_counted(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sweeper goes on with the next one and raises nothing."""

    def deny(*_: object) -> None:
        raise RuntimeError("AccessDeniedException")

    for number in (1, 2):
        created = datetime.now(UTC) - timedelta(minutes=20)
        stack.jobs.add(replace(make_job(number=number, status=Status.QUEUED), created_at=created))
    monkeypatch.setattr(bootstrap.AwsServices, "machine", SimpleNamespace(is_over=deny))
    assert sweeper.handler(event("schedule_sweeper"), CONTEXT) == {"stuck": 2}
    assert counted(capsys.readouterr().out) == {"CaughtErrors": 2, "StuckJobs": 2}


def test_what_cannot_be_removed_is_counted(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise a missing permission would keep every expired object, and only the log would say so."""

    def deny(*_: object) -> None:
        raise RuntimeError("AccessDeniedException")

    for number in (1, 2):
        job = make_job(number=number, status=Status.LOADING)
        stack.jobs.add(job)
        stack.jobs.transition(job.ref, Status.COMPLETED)
    with monkeypatch.context() as denied:
        denied.setattr(JobFiles, "remove_slices", deny)
        assert sweeper.handler({"task": "expire"}, CONTEXT) == {"expired": 2}
    assert counted(capsys.readouterr().out) == {"CaughtErrors": 2}
    sweeper.handler({"task": "expire"}, CONTEXT)
    assert not counted(capsys.readouterr().out), "the next look has done what was left"


def test_a_request_for_a_job_is_answered(stack: Stack) -> None:
    """The recorded event is unchanged except that its token is valid."""
    announced(stack)
    made = event("api_get_job")
    assert api.handler(made, CONTEXT)["statusCode"] == 401
    made["headers"]["Authorization"] = f"Bearer {issuer.token()}"
    answer = api.handler(made, CONTEXT)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["id"] == REF.id


def test_a_request_to_import_is_answered(stack: Stack) -> None:
    """The JSON is in base64, as every body of an API that takes files."""
    made = event("api_post_imports")
    made["headers"]["Authorization"] = f"Bearer {issuer.token()}"
    answer = api.handler(made, CONTEXT)
    assert answer["statusCode"] == 201, answer["body"]
    assert json.loads(answer["body"])["upload"]["fields"]["key"].endswith("/prices.xlsx")
