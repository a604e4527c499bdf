"""Items of the jobs table as `stored.py` lays them out."""

from __future__ import annotations

import boto3
import pytest

from sluice.aws import stored
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.model.chunk import PhaseName
from sluice.model.errors import NewerFormat
from tests.integration.aws.conftest import KEEP_DAYS, REGION
from tests.integration.template import create_table
from tests.support.factories import make_chunk, make_job


@pytest.mark.usefixtures("aws")
def test_items_of_a_newer_version_are_an_error_and_not_read() -> None:
    """A job, a barrier or a chunk in a format of its own may mean something else by the same names."""
    table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
    jobs, chunks = DynamoJobs(table, KEEP_DAYS), DynamoChunks(table, KEEP_DAYS)
    job = make_job()
    jobs.add(job)
    chunks.add([make_chunk(job.ref)])
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="token")
    for key in (
        stored.job_key(job.ref),
        stored.phase_key(job.ref, PhaseName.PARSE),
        stored.chunk_key(make_chunk(job.ref).ref),
    ):
        table.update_item(
            Key=key,
            UpdateExpression="SET #format = :newer",
            ExpressionAttributeNames={"#format": "format"},
            ExpressionAttributeValues={":newer": 2},
        )
    with pytest.raises(NewerFormat):
        jobs.get(job.ref)
    with pytest.raises(NewerFormat):
        chunks.barrier(job.ref, PhaseName.PARSE)
    with pytest.raises(NewerFormat):
        chunks.get(make_chunk(job.ref).ref)
