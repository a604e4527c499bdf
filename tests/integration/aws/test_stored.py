"""Items of the jobs table as `stored.py` lays them out."""

from __future__ import annotations

import boto3
import pytest

from sluice.aws import stored
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.model.chunk import ChunkState, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import FileRejected, NewerFormat
from sluice.model.job import allowed_actions
from tests.integration.aws.conftest import KEEP_DAYS
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.factories import make_chunk, make_job


@pytest.mark.usefixtures("aws")
def test_items_of_a_newer_version_are_an_error_and_not_read() -> None:
    """A job, a barrier or a chunk in a format of its own may mean something else by the same names."""
    table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
    jobs, chunks = DynamoJobs(table, KEEP_DAYS), DynamoChunks(table)
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


def test_an_item_of_an_earlier_version_keeps_its_counts() -> None:
    job = make_job()
    item = stored.of_job(job)
    del item["format"], item["n_rejected"], item["n_conflicts"]
    words = {"title": "The upstream refused our request", "detail": "It says 403.", "extra": {}}
    item |= {"n_refused": 3, "n_kept": 2, "status": "failed"}
    read = stored.to_job(item | {"problem": {"type": "upstream-refused", **words}})
    assert (read.counts.rejected, read.counts.conflicts) == (3, 2)
    assert "retry" in allowed_actions(read)


@pytest.mark.usefixtures("aws")
def test_a_problem_that_a_hostile_file_makes_large_is_cut_to_what_an_item_holds() -> None:
    """An index of 45 digits and a name of 64 KB must end a chunk like any other damage."""
    table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
    jobs, chunks = DynamoJobs(table, KEEP_DAYS), DynamoChunks(table)
    job = make_job()
    chunk = make_chunk(job.ref)
    jobs.add(job)
    chunks.add([chunk])
    chunks.open_barrier(job.ref, PhaseName.PARSE, run=1, token="token")
    error = FileRejected("damaged-file", case="unknown-text", text=10**45, count=1, parts=["x" * 65_536], known=False)
    assert chunks.close(chunk.ref, ChunkState.FAILED, Counts(), error.problem)
    closed = chunks.get(chunk.ref)
    assert closed is not None
    assert closed.error is not None
    params = {"case": "unknown-text", "text": 10**38 - 1, "count": 1, "parts": ["x" * 99 + "…"], "known": False}
    assert closed.error.params == params
