"""Provides access to the stores of a deployed stack."""

from __future__ import annotations

import boto3
import pytest

from local.stack import Stack
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs


@pytest.fixture
def stores(stack: Stack) -> tuple[DynamoJobs, DynamoChunks]:
    """Return the deployed stores of jobs, without the API."""
    table = boto3.resource(
        "dynamodb",
        endpoint_url=stack.endpoint,
        region_name=stack.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    ).Table(stack.jobs_table)
    return DynamoJobs(table, 1), DynamoChunks(table, 1)
