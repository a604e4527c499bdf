"""Creates Sluice's resources on moto from the template, and the environment that leads functions to them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest

from sluice import auth as identity
from sluice import bootstrap, config
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.aws.s3 import S3Files
from sluice.aws.sqs import SqsQueue
from sluice.model.chunk import ChunkRef
from sluice.usecases.ports import Destination
from tests.integration.template import create_table
from tests.support.issuer import AUDIENCE, ISSUER

EVENTS = Path(__file__).parents[2] / "events"
BUCKET = "files"
KEEP_DAYS = 90
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:sluice-job"
GROUP = "sluice-syncs"
SCHEDULED = "arn:aws:lambda:us-east-1:123456789012:function:sluice-ScheduledFunction"
QUEUES = {
    "urgent": "UrgentQueue",
    "standard": "StandardQueue",
    "lookup": "LookupQueue",
    "dead": "DeadLetterQueue",
}
URLS = {name: f"https://sqs.us-east-1.amazonaws.com/123456789012/{resource}" for name, resource in QUEUES.items()}

cached_services = bootstrap.services  # a test may have patched the module's name


def event(name: str) -> Any:
    """Return a recorded sample event; each call returns a new copy."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def forget_settings() -> None:
    """Clear the cached settings and the issuer's cached keys."""
    config.load_settings.cache_clear()
    identity._keys.cache_clear()
    cached_services.cache_clear()


def forget_clients() -> None:
    """Clear the cached clients of `bootstrap`."""
    for made in vars(bootstrap).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()


@cache
def client(service: str) -> Any:
    """Return a client of the tests' own; cached, because creating one takes longer than most tests."""
    return boto3.client(service)  # type: ignore[call-overload]  # the stubs know literal names only


class StackSettings(config.Settings):
    """The settings of every port that tests read."""

    jobs_table: str = "JobsTable"
    keep_days: int = KEEP_DAYS
    files_bucket: str = BUCKET
    urgent_queue_url: str = URLS["urgent"]
    standard_queue_url: str = URLS["standard"]
    lookup_queue_url: str = URLS["lookup"]
    dead_letter_queue_url: str = URLS["dead"]
    records_table: str = "RecordsTable"
    database_secret_arn: str = ""


class Stack:
    """The deployed resources, as the functions see them."""

    @property
    def services(self) -> bootstrap.AwsServices:
        return bootstrap.services(StackSettings())

    @property
    def jobs(self) -> DynamoJobs:
        return self.services.jobs

    @property
    def chunks(self) -> DynamoChunks:
        return self.services.chunks

    @property
    def files(self) -> S3Files:
        return self.services.files

    @property
    def queue(self) -> SqsQueue:
        return self.services.queue

    @property
    def destination(self) -> Destination:
        return self.services.destination

    def executions(self) -> list[str]:
        """Return the names of started executions, which are those of runs: `{job}`, `{job}-2` …"""
        found = client("stepfunctions").list_executions(stateMachineArn=MACHINE)
        return [execution["name"] for execution in found["executions"]]

    def received(self, name: str = "standard", count: int = 10) -> list[dict[str, Any]]:
        """Receive messages as Lambda does, as the records of its event."""
        source = event("sqs_work")["Records"][0]
        answer = client("sqs").receive_message(
            QueueUrl=URLS[name], MaxNumberOfMessages=count, MessageSystemAttributeNames=["All"]
        )
        return [
            source
            | {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{QUEUES[name]}",
            }
            for message in answer.get("Messages", [])
        ]

    def send(self, *refs: ChunkRef) -> None:
        """Send messages to the queue of their phase."""
        self.queue.send(refs, urgent=False)


def set_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment of all functions; moto creates resources with exactly these addresses."""
    environment = {
        "JOBS_TABLE": "JobsTable",
        "RECORDS_TABLE": "RecordsTable",
        "DATABASE_SECRET_ARN": "",
        "UPSTREAMS_SECRET_ARN": "",
        "IDEMPOTENCY_TABLE": "IdempotencyTable",
        "EVENTS_WAIT_SECONDS": "0.1",
        "KEEP_DAYS": str(KEEP_DAYS),
        "TENANT_JOBS": "500",
        "TENANT_GIGABYTES": "50",
        "TENANT_SYNCS": "20",
        "TENANT_WAITS": "100",
        "FILES_BUCKET": BUCKET,
        "URGENT_QUEUE_URL": URLS["urgent"],
        "STANDARD_QUEUE_URL": URLS["standard"],
        "LOOKUP_QUEUE_URL": URLS["lookup"],
        "DEAD_LETTER_QUEUE_URL": URLS["dead"],
        "MACHINE_ARN": MACHINE,
        "SCHEDULE_GROUP": GROUP,
        "SCHEDULED_FUNCTION_ARN": SCHEDULED,
        "SCHEDULER_ROLE_ARN": "arn:aws:iam::123456789012:role/scheduler",
        "LEASE_SECONDS": "70",
        "STUCK_MINUTES": "15",
        "ISSUER": ISSUER,
        "JWKS_URL": f"{ISSUER}/keys",
        "BASE_URL": "https://api.example/live",
        "SOCKET_ENDPOINT": "https://socket.example/live",
        "AUDIENCE": AUDIENCE,
        "TENANT_CLAIM": "tenant",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def deploy() -> Stack:
    """Create every resource that the environment names."""
    sqs, states = client("sqs"), client("stepfunctions")
    for name, resource in QUEUES.items():
        assert sqs.create_queue(QueueName=resource)["QueueUrl"] == URLS[name]
    client("s3").create_bucket(Bucket=BUCKET)
    client("scheduler").create_schedule_group(Name=GROUP)
    create_table("JobsTable")
    create_table("RecordsTable")
    create_table("IdempotencyTable")
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    role = "arn:aws:iam::123456789012:role/machine"
    made = states.create_state_machine(name="sluice-job", definition=definition, roleArn=role)
    assert made["stateMachineArn"] == MACHINE
    return Stack()
