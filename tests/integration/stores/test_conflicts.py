"""Transactions that meet others, and throttling: what DynamoDB answers that moto never does."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.config import Config
from botocore.stub import ANY, Stubber

from sluice import bootstrap
from sluice.aws import stored as items
from sluice.aws import transactions
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.catalog.registry import importer_named
from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.model.chunk import ChunkState, JobRef
from sluice.model.counts import Counts
from sluice.model.status import Status
from sluice.schema.staging import Applied, Batch
from sluice.schema.validation import GoodRow
from tests.factories import make_chunk, make_job
from tests.fakes.files import MemoryFiles

PRODUCTS = importer_named("products")
CHUNK = make_chunk(JobRef("acme", "01JOB")).ref


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


def cancelled(*codes: str) -> dict[str, Any]:
    return {
        "service_error_code": "TransactionCanceledException",
        "modeled_fields": {"CancellationReasons": [{"Code": code} for code in codes]},
    }


@pytest.fixture
def stub() -> tuple[DynamoChunks, Stubber]:
    """Chunks on a client that answers what a test tells it."""
    table = boto3.resource(
        "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    ).Table("jobs")
    return DynamoChunks(table, 90), Stubber(table.meta.client)


def test_a_transaction_that_meets_another_is_tried_again(stub: tuple[DynamoChunks, Stubber]) -> None:
    chunks, answers = stub
    answers.add_client_error("transact_write_items", **cancelled("None", "TransactionConflict", "None"))
    answers.add_client_error("transact_write_items", **cancelled("TransactionConflict", "None", "TransactionConflict"))
    answers.add_response("transact_write_items", {}, {"TransactItems": ANY})
    with answers:
        assert chunks.close(CHUNK, ChunkState.DONE, Counts())
        answers.assert_no_pending_responses()


def test_a_closed_chunk_is_told_apart_from_a_conflict(stub: tuple[DynamoChunks, Stubber]) -> None:
    chunks, answers = stub
    answers.add_client_error(
        "transact_write_items", **cancelled("ConditionalCheckFailed", "None", "TransactionConflict")
    )
    with answers:
        assert not chunks.close(CHUNK, ChunkState.DONE, Counts())


def test_a_job_that_is_gone_is_an_error_and_not_a_closed_chunk(stub: tuple[DynamoChunks, Stubber]) -> None:
    chunks, answers = stub
    answers.add_client_error("transact_write_items", **cancelled("None", "None", "ConditionalCheckFailed"))
    with answers, pytest.raises(transactions.ConditionFailed) as failed:
        chunks.close(CHUNK, ChunkState.DONE, Counts())
    assert failed.value.places == [2]


def test_conflicts_without_end_are_an_error(stub: tuple[DynamoChunks, Stubber]) -> None:
    chunks, answers = stub
    for _ in range(transactions._TRIES):
        answers.add_client_error("transact_write_items", **cancelled("TransactionConflict", "None", "None"))
    with answers, pytest.raises(Exception, match="TransactionCanceled"):
        chunks.close(CHUNK, ChunkState.DONE, Counts())


def test_another_transaction_under_way_is_waited_for(stub: tuple[DynamoChunks, Stubber]) -> None:
    """The same request, sent twice by the client itself."""
    chunks, answers = stub
    answers.add_client_error("transact_write_items", "TransactionInProgressException")
    answers.add_response("transact_write_items", {}, {"TransactItems": ANY})
    with answers:
        assert chunks.close(CHUNK, ChunkState.DONE, Counts())
        answers.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_what_no_waiting_helps_is_raised_at_once(stub: tuple[DynamoChunks, Stubber], code: str) -> None:
    chunks, answers = stub
    answers.add_client_error("transact_write_items", code)
    with answers, pytest.raises(Exception, match=code):
        chunks.close(CHUNK, ChunkState.DONE, Counts())


def test_a_move_that_meets_the_closing_of_a_chunk_is_tried_again(stub: tuple[DynamoChunks, Stubber]) -> None:
    """Both write the job's item."""
    chunks, answers = stub
    job = make_job(status=Status.PAUSING)
    serialize = TypeSerializer().serialize
    item = {name: serialize(value) for name, value in items.of_job(job).items()}
    answers.add_client_error("transact_write_items", **cancelled("TransactionConflict", "None"))
    answers.add_response("transact_write_items", {}, {"TransactItems": ANY})
    answers.add_response("get_item", {"Item": item})
    with answers:
        assert DynamoJobs(chunks._table, 90).transition(job.ref, Status.PAUSING) == job
        answers.assert_no_pending_responses()


def test_a_barrier_that_meets_the_closing_of_a_chunk_is_counted_again(stub: tuple[DynamoChunks, Stubber]) -> None:
    """What was read before may not hold any more."""
    chunks, answers = stub
    for _ in range(2):
        answers.add_response("get_item", {})
        answers.add_response("query", {"Items": []})
        answers.add_client_error("put_item", "TransactionConflictException")
    answers.add_response("get_item", {})
    answers.add_response("query", {"Items": []})
    answers.add_response("put_item", {})
    with answers:
        assert chunks.open_barrier(CHUNK.job, CHUNK.phase, run=1, token="t").remaining == 0
        answers.assert_no_pending_responses()


def test_throttled_items_are_read_and_written_again() -> None:
    client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    answers = Stubber(client)
    rest = {"records": {"Keys": [{"pk": {"S": "p"}, "sk": {"S": "B"}}]}}
    left = {"records": [{"PutRequest": {"Item": {"pk": {"S": "p"}, "sk": {"S": "B"}}}}]}
    answers.add_response(
        "batch_get_item", {"Responses": {"records": []}, "UnprocessedKeys": rest}, {"RequestItems": ANY}
    )
    answers.add_response("batch_get_item", {"Responses": {"records": []}}, {"RequestItems": rest})
    answers.add_response("batch_write_item", {"UnprocessedItems": left}, {"RequestItems": ANY})
    answers.add_response("batch_write_item", {"UnprocessedItems": {}}, {"RequestItems": left})
    rows = [GoodRow(2, "A", "h1", b"{}"), GoodRow(3, "B", "h2", b"{}")]
    with answers:
        applied = DynamoDestination(client, "records", MemoryFiles()).apply(Batch("acme", PRODUCTS, "01JOB", 0, rows))
        answers.assert_no_pending_responses()
    assert applied == Applied(2, 0, 0)


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_a_batch_of_which_nothing_got_through_is_sent_again(code: str) -> None:
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    client = boto3.client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test", config=config
    )
    answers = Stubber(client)
    answers.add_client_error("batch_get_item", code)
    answers.add_response("batch_get_item", {"Responses": {"records": []}}, {"RequestItems": ANY})
    answers.add_client_error("batch_write_item", code)
    answers.add_response("batch_write_item", {"UnprocessedItems": {}}, {"RequestItems": ANY})
    batch = Batch("acme", PRODUCTS, "01JOB", 0, [GoodRow(2, "A", "h1", b"{}")])
    with answers:
        assert DynamoDestination(client, "records", MemoryFiles()).apply(batch) == Applied(1, 0, 0)
        answers.assert_no_pending_responses()


def test_a_form_names_the_regions_own_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """The global host redirects for a new bucket, and a browser does not follow that."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    form = bootstrap.files.__wrapped__("a-bucket").upload_form("uploads/acme/01JOB/a.csv", 10)
    assert form["url"] == "https://a-bucket.s3.eu-central-1.amazonaws.com/"
