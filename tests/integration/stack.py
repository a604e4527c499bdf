"""Sluice's resources on moto, made from the template, and functions that find them by their environment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from sluice import bootstrap, config, identity
from sluice.destinations.dynamodb import DynamoDestination
from sluice.model.chunk import ChunkRef
from sluice.stores.chunks import DynamoChunks
from sluice.stores.files import S3Files
from sluice.stores.jobs import DynamoJobs
from sluice.stores.queue import SqsQueue
from tests.fakes.issuer import AUDIENCE, ISSUER
from tests.integration.template import create_table

EVENTS = Path(__file__).parents[2] / "events"
BUCKET = "files"
KEEP_DAYS = 90
QUEUES = {"urgent": "UrgentQueue", "standard": "StandardQueue", "dead": "DeadLetterQueue"}


def event(name: str) -> Any:
    """A recorded sample event; each call gives a new one, free to be changed."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def clear_caches() -> None:
    """Forget what a process keeps: settings, clients, the issuer's keys."""
    config.settings.cache_clear()
    identity._keys.cache_clear()
    for made in vars(bootstrap).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()


@dataclass(frozen=True)
class Stack:
    """What is deployed, as the functions see it."""

    machine_arn: str
    queue_urls: dict[str, str]

    @property
    def jobs(self) -> DynamoJobs:
        return bootstrap.jobs("JobsTable", KEEP_DAYS)

    @property
    def chunks(self) -> DynamoChunks:
        return bootstrap.chunks("JobsTable", KEEP_DAYS)

    @property
    def files(self) -> S3Files:
        return bootstrap.files(BUCKET)

    @property
    def queue(self) -> SqsQueue:
        return bootstrap.queue(**self.queue_urls)

    @property
    def destination(self) -> DynamoDestination:
        return bootstrap.destination("RecordsTable", BUCKET)

    def executions(self) -> list[str]:
        """Names of the executions that were started: job ids."""
        found = boto3.client("stepfunctions").list_executions(stateMachineArn=self.machine_arn)
        return [execution["name"] for execution in found["executions"]]

    def received(self, name: str = "standard", count: int = 10) -> list[dict[str, Any]]:
        """Receive messages as Lambda does, as the records of its event."""
        source = event("sqs_work")["Records"][0]
        answer = boto3.client("sqs").receive_message(
            QueueUrl=self.queue_urls[name], MaxNumberOfMessages=count, MessageSystemAttributeNames=["All"]
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
        """Send messages to the standard queue."""
        self.queue.send(refs, urgent=False)


def deploy(monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Make everything, and tell the functions of it."""
    sqs = boto3.client("sqs")
    urls = {name: sqs.create_queue(QueueName=resource)["QueueUrl"] for name, resource in QUEUES.items()}
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    machine = boto3.client("stepfunctions").create_state_machine(
        name="sluice-import",
        definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    environment = {
        "JOBS_TABLE": create_table("JobsTable"),
        "RECORDS_TABLE": create_table("RecordsTable"),
        "KEEP_DAYS": str(KEEP_DAYS),
        "FILES_BUCKET": BUCKET,
        "URGENT_QUEUE_URL": urls["urgent"],
        "STANDARD_QUEUE_URL": urls["standard"],
        "DEAD_LETTER_QUEUE_URL": urls["dead"],
        "MACHINE_ARN": machine["stateMachineArn"],
        "LEASE_SECONDS": "70",
        "STUCK_MINUTES": "15",
        "ISSUER": ISSUER,
        "JWKS_URL": f"{ISSUER}/keys",
        "AUDIENCE": AUDIENCE,
        "TENANT_CLAIM": "tenant",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Stack(machine["stateMachineArn"], urls)
