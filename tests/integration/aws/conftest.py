"""Each store twice, under one contract: the fake in memory and the real adapter on moto."""

from __future__ import annotations

import boto3
import pytest

from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.aws.locks import DynamoLocks
from sluice.aws.s3 import S3Files
from sluice.model.errors import Problem
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.ports import Chunks, Jobs, Locks
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.factories import make_job
from tests.support.files import MemoryFiles
from tests.support.tables import MemoryChunks, MemoryJobs

KEEP_DAYS = 90
NOW = 1_700_000_000
RESET = Problem("attempt-failed", {"error": "ConnectionResetError"})


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> tuple[Jobs, Chunks, Locks]:
    """Return jobs, chunks and locks of one store."""
    if request.param == "memory":
        jobs = MemoryJobs()
        return jobs, MemoryChunks(jobs), jobs.locks
    request.getfixturevalue("aws")
    table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
    return DynamoJobs(table, KEEP_DAYS), DynamoChunks(table), DynamoLocks(table)


@pytest.fixture
def jobs(stores: tuple[Jobs, Chunks, Locks]) -> Jobs:
    """Return the jobs."""
    return stores[0]


@pytest.fixture
def chunks(stores: tuple[Jobs, Chunks, Locks]) -> Chunks:
    """Return the chunks of those jobs."""
    return stores[1]


@pytest.fixture
def job(jobs: Jobs) -> Job:
    """Add a job that is being parsed."""
    job = make_job(status=Status.PARSING)
    jobs.add(job)
    return job


@pytest.fixture
def locks(stores: tuple[Jobs, Chunks, Locks]) -> Locks:
    """Return the locks of the same store."""
    return stores[2]


@pytest.fixture(params=["memory", "s3"])
def files(request: pytest.FixtureRequest) -> MemoryFiles | S3Files:
    """Return an empty bucket."""
    if request.param == "memory":
        return MemoryFiles()
    request.getfixturevalue("aws")
    client = boto3.client("s3", region_name=REGION)
    client.create_bucket(Bucket="files")
    return S3Files(client, "files")
