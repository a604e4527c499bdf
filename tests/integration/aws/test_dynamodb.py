"""Retries, transactions and queries, with responses of DynamoDB that moto never gives."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from sluice import bootstrap
from sluice.aws import dynamodb
from sluice.aws import stored as items
from sluice.aws.chunks import DynamoChunks
from sluice.aws.jobs import DynamoJobs
from sluice.aws.locks import DynamoLocks
from sluice.model.chunk import ChunkState, JobRef
from sluice.model.counts import Counts
from sluice.model.errors import NotYet
from sluice.model.lock import Lock, dataset_lock, source_lock
from sluice.model.status import Status
from tests.support.factories import make_chunk, make_job

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

CHUNK = make_chunk(JobRef("acme", "01JOB")).ref


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the requested waits, and skip them."""
    asked: list[float] = []
    monkeypatch.setattr(time, "sleep", asked.append)
    return asked


def cancelled(*codes: str) -> dict[str, Any]:
    return {
        "service_error_code": "TransactionCanceledException",
        "modeled_fields": {"CancellationReasons": [{"Code": code} for code in codes]},
    }


@pytest.fixture
def stub() -> tuple[DynamoChunks, Stubber]:
    """Return chunks on a client whose responses a test prepares."""
    table = boto3.resource(
        "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    ).Table("jobs")
    return DynamoChunks(table), Stubber(table.meta.client)


def test_a_conflicting_transaction_is_retried(stub: tuple[DynamoChunks, Stubber]) -> None:
    chunks, answers = stub
    answers.add_client_error("transact_write_items", **cancelled("None", "TransactionConflict", "None"))
    answers.add_client_error("transact_write_items", **cancelled("TransactionConflict", "None", "TransactionConflict"))
    answers.add_response("transact_write_items", {}, {"TransactItems": ANY})
    with answers:
        assert chunks.close(CHUNK, ChunkState.DONE, Counts())
        answers.assert_no_pending_responses()


def test_a_closed_chunk_is_distinguished_from_a_conflict(stub: tuple[DynamoChunks, Stubber]) -> None:
    chunks, answers = stub
    answers.add_client_error(
        "transact_write_items", **cancelled("ConditionalCheckFailed", "None", "TransactionConflict")
    )
    with answers:
        assert not chunks.close(CHUNK, ChunkState.DONE, Counts())


def test_a_missing_job_is_an_error_and_not_a_closed_chunk(stub: tuple[DynamoChunks, Stubber]) -> None:
    chunks, answers = stub
    answers.add_client_error("transact_write_items", **cancelled("None", "None", "ConditionalCheckFailed"))
    with answers, pytest.raises(dynamodb.ConditionFailed) as failed:
        chunks.close(CHUNK, ChunkState.DONE, Counts())
    assert failed.value.places == [2]


def test_conflicts_without_end_let_the_chunk_wait(stub: tuple[DynamoChunks, Stubber], waits: list[float]) -> None:
    chunks, answers = stub
    for _ in range(dynamodb._TRANSACTION_ATTEMPTS):
        answers.add_client_error("transact_write_items", **cancelled("TransactionConflict", "None", "None"))
    with answers, pytest.raises(NotYet):
        chunks.close(CHUNK, ChunkState.DONE, Counts())
    assert len(waits) == dynamodb._TRANSACTION_ATTEMPTS - 1
    assert sum(waits) < 30, "well inside a lease"


@pytest.mark.parametrize("code", ["TransactionInProgressException", "ThrottlingException"])
def test_a_transaction_in_progress_is_sent_again(stub: tuple[DynamoChunks, Stubber], code: str) -> None:
    """A transaction is in progress if the client itself has sent its request twice."""
    chunks, answers = stub
    answers.add_client_error("transact_write_items", code)
    answers.add_response("transact_write_items", {}, {"TransactItems": ANY})
    with answers:
        assert chunks.close(CHUNK, ChunkState.DONE, Counts())
        answers.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_a_permanent_error_is_raised_at_once(stub: tuple[DynamoChunks, Stubber], code: str) -> None:
    chunks, answers = stub
    answers.add_client_error("transact_write_items", code)
    with answers, pytest.raises(ClientError, match=code):
        chunks.close(CHUNK, ChunkState.DONE, Counts())


def test_a_permanent_cancellation_is_raised_at_once(stub: tuple[DynamoChunks, Stubber]) -> None:
    chunks, answers = stub
    answers.add_client_error("transact_write_items", **cancelled("TransactionConflict", "ValidationError", "None"))
    with answers, pytest.raises(ClientError, match="TransactionCanceled"):
        chunks.close(CHUNK, ChunkState.DONE, Counts())


def test_a_transition_that_conflicts_with_closing_a_chunk_is_retried(stub: tuple[DynamoChunks, Stubber]) -> None:
    """Both write to the job's item."""
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


def test_a_barrier_that_conflicts_with_closing_a_chunk_is_counted_again(stub: tuple[DynamoChunks, Stubber]) -> None:
    """The count that was read before may be outdated."""
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


class Conflicts:
    """Answers each write of an item as DynamoDB does: a transaction on the item is under way ``left`` times."""

    def __init__(self) -> None:
        self.left = 0

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        conflicts = self.left > 0
        self.left -= conflicts
        error = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException"}
        body = json.dumps(error if conflicts else {}).encode()
        raw: Any = SimpleNamespace(stream=lambda *_, **__: iter([body]))
        return AWSResponse(request.url, 400 if conflicts else 200, HTTPHeaders(), raw)


@pytest.fixture
def in_transactions(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Table, Conflicts]]:
    """Return the table that functions use, and the transactions with which its writes conflict."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bootstrap._table.cache_clear()
    table, conflicts = bootstrap._table("jobs"), Conflicts()
    answer: Any = conflicts.answer  # the stubs know no handler that returns something
    table.meta.client.meta.events.register("before-send.dynamodb", answer)
    yield table, conflicts
    bootstrap._table.cache_clear()


@pytest.mark.parametrize("lock", [source_lock("acme", "pangkat"), dataset_lock("acme", "products")])
def test_a_write_waits_for_a_transaction_on_its_item(
    in_transactions: tuple[Table, Conflicts], waits: list[float], lock: Lock
) -> None:
    """A job that takes a lock is a transaction: the one that frees it meanwhile would fail, or its caller get a 500."""
    table, conflicts = in_transactions
    locks = DynamoLocks(table)
    for write in (locks.acquire, locks.release):
        conflicts.left = 2
        assert write(lock, CHUNK.job)
        assert not conflicts.left
    assert len(waits) == 4
    assert waits[1] >= waits[0]


def test_a_write_that_conflicts_without_end_is_an_error(
    in_transactions: tuple[Table, Conflicts], waits: list[float]
) -> None:
    table, conflicts = in_transactions
    conflicts.left = 99
    with pytest.raises(ClientError, match="TransactionConflictException"):
        DynamoChunks(table).lease(CHUNK, now=0, until=70)
    assert len(waits) == dynamodb._TRANSACTION_ATTEMPTS - 1
    assert sum(waits) < 10


def test_waits_grow_up_to_a_limit(waits: list[float]) -> None:
    for number in dynamodb.attempts():
        if number == 20:
            break
    assert len(waits) == 19
    assert waits[0] <= 0.02
    assert all(1 <= wait <= 2 for wait in waits[-5:])


def test_the_last_attempt_is_not_followed_by_a_wait(waits: list[float]) -> None:
    assert list(dynamodb.attempts(3)) == [1, 2, 3]
    assert len(waits) == 2


def test_a_query_goes_on_until_there_is_no_further_page() -> None:
    pages = [
        {"Items": [{"a": 1}], "LastEvaluatedKey": "k1"},
        {"Items": [], "LastEvaluatedKey": "k2"},
        {"Items": [{"a": 2}]},
    ]
    requests: list[dict[str, Any]] = []

    def query(**parameters: Any) -> Any:
        requests.append(parameters)
        return pages[len(requests) - 1]

    items = dynamodb.query_items(query, Limit=1)
    assert next(items) == {"a": 1}
    assert requests == [{"Limit": 1}], "the next page is requested when it is needed"
    assert list(items) == [{"a": 2}]
    assert requests[1:] == [{"Limit": 1, "ExclusiveStartKey": key} for key in ("k1", "k2")]
