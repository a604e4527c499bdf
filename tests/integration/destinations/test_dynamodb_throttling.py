"""The records table under throttling, which moto never does."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import ANY, Stubber

from sluice.destinations.dynamodb.destination import DynamoDestination
from sluice.schema.staging import Applied
from tests.integration.destinations.sample import batch
from tests.support.files import MemoryFiles


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.fixture
def client() -> Any:
    """Return a client without retries of its own."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return boto3.client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test", config=config
    )


def test_throttled_items_are_read_and_written_again(client: Any) -> None:
    answers = Stubber(client)
    rest = {"records": {"Keys": [{"pk": {"S": "p"}, "sk": {"S": "B"}}]}}
    left = {"records": [{"PutRequest": {"Item": {"pk": {"S": "p"}, "sk": {"S": "B"}}}}]}
    answers.add_response(
        "batch_get_item", {"Responses": {"records": []}, "UnprocessedKeys": rest}, {"RequestItems": ANY}
    )
    answers.add_response("batch_get_item", {"Responses": {"records": []}}, {"RequestItems": rest})
    answers.add_response("batch_write_item", {"UnprocessedItems": left}, {"RequestItems": ANY})
    answers.add_response("batch_write_item", {"UnprocessedItems": {}}, {"RequestItems": left})
    with answers:
        applied = DynamoDestination(client, "records", MemoryFiles(), 90).apply(batch({"A": 1, "B": 2}))
        answers.assert_no_pending_responses()
    assert applied == Applied(2, 0, 0)


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_a_batch_that_is_throttled_entirely_is_sent_again(client: Any, code: str) -> None:
    answers = Stubber(client)
    answers.add_client_error("batch_get_item", code)
    answers.add_response("batch_get_item", {"Responses": {"records": []}}, {"RequestItems": ANY})
    answers.add_client_error("batch_write_item", code)
    answers.add_response("batch_write_item", {"UnprocessedItems": {}}, {"RequestItems": ANY})
    with answers:
        assert DynamoDestination(client, "records", MemoryFiles(), 90).apply(batch({"A": 1})) == Applied(1, 0, 0)
        answers.assert_no_pending_responses()
