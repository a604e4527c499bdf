"""Runs the API, the other functions and the state machine between them, and records what the API answers.

Everything here works on the outside of the library: HTTP requests, the events of the functions, calls of AWS. The few
names of the library that it needs are in the first lines, so that a renaming changes only those.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, quote_plus, unquote, urlsplit

import pytest
from botocore.client import BaseClient

from functions.dispatch import app as dispatch
from functions.finish import app as finish
from functions.give_up import app as give_up
from functions.make_file import app as make_file
from functions.on_upload import app as on_upload
from functions.plan import app as plan
from functions.work import app as work
from sluice import bootstrap
from sluice.model.chunk import from_message
from sluice.model.errors import UpstreamRejected
from sluice.upstream.lookup import LookupResult
from tests.integration.api.calling import Answer, call
from tests.integration.api.golden_answers import Answers, Content
from tests.integration.stack import BUCKET, URLS, Stack, client, event
from tests.support.lambda_context import FakeContext
from tests.support.state_machine import step_after
from tests.support.upstreams import MemoryUpstreams

#: The pause of a download that waits for its file, and what opens the upstreams and the queues; replaced here.
LONGEST_WAIT = "functions.api.files._LONGEST_WAIT"
UPSTREAMS = "upstreams"
QUEUE = "queue"
#: The attribute of a job's item with the time of its last change.
CHANGED_AT = "updated_at"
#: The views of a job whose names may change.
REJECTIONS = "rejections"
CONFLICTS = "kept"

CONTEXT = FakeContext()


def lookup_result(status: str, value: str | None = None) -> LookupResult:
    """Return an upstream's result of a key."""
    return LookupResult(status, value)


class Run:
    """One execution of the state machine: its step, and the token that it waits with."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = {name: given[name] for name in ("tenant", "job_id", "run")}
        self.step: str = given["from"]
        self.token: str | None = None


class Machine:
    """Stub of Step Functions: records started runs and answered tokens, and makes files at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs: dict[str, Run] = {}
        self.answers: dict[str, Any] = {}
        self.makes_files = True
        real: Callable[..., Any] = vars(BaseClient)["_make_api_call"]

        def watched(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
            if operation == "SendTaskSuccess":
                self.answers.setdefault(given["taskToken"], json.loads(given["output"]))
                return {}
            answer = real(client, operation, given)
            if operation == "StartExecution":
                self._started(json.loads(given["input"]))
            return answer

        monkeypatch.setattr(BaseClient, "_make_api_call", watched)

    def _started(self, given: dict[str, Any]) -> None:
        if given.get("from") == "file":
            if self.makes_files:
                make_file.handler(given, CONTEXT)
        elif "job_id" in given:
            self.runs[given["job_id"]] = Run(given)


class World:
    """A deployed stack whose answers are recorded."""

    def __init__(self, stack: Stack, monkeypatch: pytest.MonkeyPatch, answers: Answers) -> None:
        self.monkeypatch = monkeypatch
        self.machine = Machine(monkeypatch)
        self.upstreams = MemoryUpstreams()
        self.answers = answers
        self.stack = stack
        monkeypatch.setattr(bootstrap.AwsServices, UPSTREAMS, self.upstreams)

    def call(self, name: str, method: str, path: str, **more: Any) -> Answer:
        """Send a request and record its answer under a unique name, with the file that it redirects to."""
        answer = call(method, path, **more)
        where = answer.headers.get("location", "") if answer.status == 302 else ""
        self.answers.add(name, method, path, more.get("query"), self._content(answer), self._file(where))
        return answer

    def get(self, name: str, path: str, **more: Any) -> Answer:
        """Record the answer of a GET."""
        return self.call(name, "GET", path, **more)

    def post(self, name: str, path: str, **more: Any) -> Answer:
        """Record the answer of a POST."""
        return self.call(name, "POST", path, **more)

    def upload(
        self, name: str, body: bytes, importer: str = "products", filename: str = "prices.csv", **query: str
    ) -> str:
        """Record the answer of an upload; return the id of its job."""
        asked = {"importer": importer, "filename": filename} | query
        headers = {"Content-Type": "application/octet-stream", "Prefer": "wait=0"}
        answer = self.post(name, "/v1/imports/upload", body=body, query=asked, headers=headers)
        assert answer.status == 202, answer.text
        _pass_millisecond()
        return str(answer.body["id"])

    def done(self, name: str, body: bytes, *more: str, **query: str) -> str:
        """Upload a file, run its job until it stops, and record the job."""
        job_id = self.upload(f"{name}: upload", body, *more, **query)
        self.run(job_id)
        self.get(name, f"/v1/jobs/{job_id}")
        return job_id

    def arrive(self, job_id: str) -> None:
        """Deliver the bucket's event of a job's file."""
        for found in client("s3").list_objects_v2(Bucket=BUCKET, Prefix="uploads/").get("Contents", []):
            if job_id in found["Key"]:
                made = event("s3_upload")
                made["Records"][0]["s3"]["object"] |= {
                    "key": quote_plus(found["Key"]),
                    "size": found["Size"],
                    "eTag": found["ETag"].strip('"'),
                }
                on_upload.handler(made, CONTEXT)

    def run(self, job_id: str, *, upto: str | None = None, fail: str | None = None) -> None:
        """Continue a job until its run ends, or until a phase has its messages and no worker has received them.

        Parameters
        ----------
        upto
            The phase to stop at.
        fail
            A phase whose messages go to the dead-letter queue.
        """
        if job_id not in self.machine.runs:
            self.arrive(job_id)
        run = self.machine.runs[job_id]
        while run.step != "finish":
            if run.step == "plan":
                outcome = plan.handler(run.given, CONTEXT)["outcome"]
            else:
                if run.token is None:
                    run.token = f"{job_id}-{run.given['run']}-{run.step}"
                    dispatch.handler(run.given | {"phase": run.step, "token": run.token}, CONTEXT)
                if run.step == upto:
                    return
                self.deliver(give_up.handler if run.step == fail else work.handler)
                outcome = self.machine.answers.pop(run.token)["outcome"]
            run.step, run.token = step_after(run.step, outcome), None
        finish.handler(run.given, CONTEXT)
        if self.machine.runs[job_id] is not run:  # what cells prove has begun another run
            self.run(job_id, upto=upto, fail=fail)

    def abort(self, job_id: str) -> None:
        """Fail a run with an error of the state machine."""
        run = self.machine.runs[job_id]
        finish.handler(run.given | {"error": {"Error": "States.Timeout", "Cause": ""}}, CONTEXT)

    def deliver(self, handler: Callable[[Any, Any], Any] = work.handler) -> None:
        """Deliver all messages of chunks to a handler."""
        for name in ("urgent", "standard", "lookup"):
            while records := self.stack.received(name):
                given_up = handler is give_up.handler and self.let_die(records)
                (handler if given_up else work.handler)({"Records": records}, CONTEXT)
                for record in records:
                    client("sqs").delete_message(QueueUrl=URLS[name], ReceiptHandle=record["receiptHandle"])

    def let_die(self, records: list[Any]) -> bool:
        """Let the workers of all attempts die; return whether any was left. If not, a worker counts what they did."""
        left = False
        for ref in (from_message(record["body"]) for record in records):
            while (chunk := self.stack.chunks.get(ref)) and chunk.attempts < 3:
                left = self.stack.chunks.lease(ref, now=1, until=1) is not None
        return left

    def meanwhile(self, act: Callable[[], None]) -> None:
        """Call a function during the next wait of the API."""
        left = [act]

        def sleep(_: float) -> None:
            if left:
                left.pop()()

        self.monkeypatch.setattr(time, "sleep", sleep)

    def age(self, job_id: str) -> None:
        """Backdate the last change of a job."""
        client("dynamodb").update_item(
            TableName="JobsTable",
            Key={"pk": {"S": "acme#jobs"}, "sk": {"S": job_id}},
            UpdateExpression="SET #at = :at",
            ExpressionAttributeNames={"#at": CHANGED_AT},
            ExpressionAttributeValues={":at": {"S": "2026-01-01T00:00:00+00:00"}},
        )

    def break_queues(self) -> AbstractContextManager[Any]:
        """Make reading the queues fail within the block."""

        def fail(_: bootstrap.AwsServices) -> None:
            raise RuntimeError("secret")

        return patch.object(bootstrap.AwsServices, QUEUE, property(fail))

    def reject_pages(self) -> None:
        """Make the upstream of sources reject every request."""

        def read(*_: object, **__: object) -> None:
            raise UpstreamRejected("bad-answer", upstream="siasn", what="pangkat from row 1 on", got="status 403")

        self.monkeypatch.setattr(self.upstreams, "read", read)

    @staticmethod
    def send_part(url: str, body: bytes) -> None:
        """Upload a part of a file to its address."""
        address = urlsplit(url)
        query = parse_qs(address.query)
        client("s3").upload_part(
            Bucket=BUCKET,
            Key=unquote(address.path).lstrip("/"),
            UploadId=query["uploadId"][0],
            PartNumber=int(query["partNumber"][0]),
            Body=body,
        )

    @staticmethod
    def _content(answer: Answer) -> Content:
        return Content(answer.status, answer.headers, answer.content)

    @staticmethod
    def _file(where: str) -> bytes | None:
        if not where:
            return None
        key = unquote(urlsplit(where).path).lstrip("/")
        body: bytes = client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body


def _pass_millisecond() -> None:
    """Wait until the clock shows another millisecond, since ids of the same one have no order."""
    began = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == began:
        pass
