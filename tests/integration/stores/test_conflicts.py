"""Transactions that meet others, and throttling: what DynamoDB answers that moto never does."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import ANY, Stubber

from sluice import bootstrap
from sluice.destinations.dynamodb import DynamoDestination
from sluice.model.chunk import ChunkState, JobRef
from sluice.model.counts import Counts
from sluice.rows.check import GoodRow
from sluice.rows.staged import Applied, Batch
from sluice.stores import chunks as chunks_module
from sluice.stores.chunks import DynamoChunks
from tests.factories import make_chunk
from tests.fakes.stores import MemoryFiles

CHUNK = make_chunk(JobRef("acme", "01JOB")).ref


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.stores.chunks.time.sleep", lambda _: None)


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
    with answers, pytest.raises(Exception, match="TransactionCanceled"):
        chunks.close(CHUNK, ChunkState.DONE, Counts())


def test_conflicts_without_end_are_an_error(stub: tuple[DynamoChunks, Stubber]) -> None:
    chunks, answers = stub
    for _ in range(chunks_module._TRIES):
        answers.add_client_error("transact_write_items", **cancelled("TransactionConflict", "None", "None"))
    with answers, pytest.raises(Exception, match="TransactionCanceled"):
        chunks.close(CHUNK, ChunkState.DONE, Counts())


def test_throttled_items_are_read_and_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.destinations.dynamodb.time.sleep", lambda _: None)
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
        applied = DynamoDestination(client, "records", MemoryFiles()).apply(Batch("acme", "products", "01JOB", 0, rows))
        answers.assert_no_pending_responses()
    assert applied == Applied(2, 0, 0)


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_a_batch_of_which_nothing_got_through_is_sent_again(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("sluice.destinations.dynamodb.time.sleep", lambda _: None)
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    client = boto3.client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test", config=config
    )
    answers = Stubber(client)
    answers.add_client_error("batch_get_item", code)
    answers.add_response("batch_get_item", {"Responses": {"records": []}}, {"RequestItems": ANY})
    answers.add_client_error("batch_write_item", code)
    answers.add_response("batch_write_item", {"UnprocessedItems": {}}, {"RequestItems": ANY})
    batch = Batch("acme", "products", "01JOB", 0, [GoodRow(2, "A", "h1", b"{}")])
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
