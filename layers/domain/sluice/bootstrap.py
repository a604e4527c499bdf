"""The real things behind the use cases' Protocols, made once for each process."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from sluice.destinations.dynamodb import DynamoDestination
from sluice.destinations.records import DynamoRecords
from sluice.stores.chunks import DynamoChunks
from sluice.stores.connections import DynamoConnections, GatewaySockets
from sluice.stores.files import S3Files
from sluice.stores.jobs import DynamoJobs
from sluice.stores.machine import StepFunctionsMachine
from sluice.stores.queue import SqsQueue

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
    from mypy_boto3_dynamodb.service_resource import Table

# "standard" tries throttled calls and broken connections again, with jitter (boto3 guide, "Retries"). A worker has up
# to eight requests to DynamoDB under way at once.
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=16, connect_timeout=5)


@cache
def _table(name: str) -> Table:
    return boto3.resource("dynamodb", config=_CONFIG).Table(name)


@cache
def jobs(table: str, keep_days: int) -> DynamoJobs:
    """Jobs in DynamoDB."""
    return DynamoJobs(_table(table), keep_days)


@cache
def chunks(table: str, keep_days: int) -> DynamoChunks:
    """Phases and chunks in DynamoDB."""
    return DynamoChunks(_table(table), keep_days)


@cache
def files(bucket: str) -> S3Files:
    """Objects in S3."""
    # presigned forms must name the bucket's own region: the global host redirects, and browsers do not follow that
    regional = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return S3Files(boto3.client("s3", config=_CONFIG.merge(regional)), bucket)


@cache
def queue(**urls: str) -> SqsQueue:
    """Queues by name: ``urgent``, ``standard``, ``dead``."""
    return SqsQueue(boto3.client("sqs", config=_CONFIG), urls)


@cache
def machine(arn: str = "") -> StepFunctionsMachine:
    """The state machine; to answer tokens its name is not needed."""
    return StepFunctionsMachine(boto3.client("stepfunctions", config=_CONFIG), arn)


@cache
def destination(table: str, bucket: str) -> DynamoDestination:
    """The records table, with its journals in the bucket."""
    # what goes out is built in one place and has one shape; checking it again would cost a quarter of a load's time
    unchecked = _CONFIG.merge(Config(parameter_validation=False))
    return DynamoDestination(boto3.client("dynamodb", config=unchecked), table, files(bucket))


@cache
def records(table: str) -> DynamoRecords:
    """Looking at the records table."""
    return DynamoRecords(boto3.client("dynamodb", config=_CONFIG), table)


@cache
def answers(table: str) -> DynamoDBPersistenceLayer:
    """Answers of the API by their idempotency keys, in a table of their own."""
    from aws_lambda_powertools.utilities.idempotency import (  # noqa: PLC0415 - 50 ms that only the API has use for
        DynamoDBPersistenceLayer,
    )

    return DynamoDBPersistenceLayer(table, boto3_client=boto3.client("dynamodb", config=_CONFIG))


@cache
def connections(table: str) -> DynamoConnections:
    """WebSocket connections, in the jobs table."""
    return DynamoConnections(_table(table))


@cache
def sockets(endpoint: str) -> GatewaySockets:
    """The other end of the connections."""
    return GatewaySockets(boto3.client("apigatewaymanagementapi", endpoint_url=endpoint, config=_CONFIG))
