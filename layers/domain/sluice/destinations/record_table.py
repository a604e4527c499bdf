"""Many requests to the records table at once, with patience for one that is throttled."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from sluice.destinations.record_items import Image, Item, image_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

A = TypeVar("A")
B = TypeVar("B")

# What BatchGetItem and BatchWriteItem take at most (DynamoDB API Reference).
_READ_BATCH = 100
_WRITE_BATCH = 25
_REQUESTS = 8
_THROTTLED = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "ThrottledException"}
)
# Throttled items are tried again with waits from 50 ms up to 5 s; the worker's own time-out is the end of it.
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 5.0


class RecordTable:
    """The records table."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def read(self, keys: Iterable[Item], attributes: tuple[str, ...]) -> dict[str, Item]:
        """Attributes of the items that have these keys, by sort key."""
        wanted: dict[str, Any] = {
            "ConsistentRead": True,
            "ProjectionExpression": ", ".join(f"#{name}" for name in attributes),
            "ExpressionAttributeNames": {f"#{name}": name for name in attributes},
        }
        requests = [{self._name: wanted | {"Keys": some}} for some in _portions(list(keys), _READ_BATCH)]
        return {item["sk"]["S"]: item for items in at_once(self._read_some, requests) for item in items}

    def put(self, items: Iterable[Item]) -> None:
        """Write items, over those that are there."""
        self._write([{"PutRequest": {"Item": item}} for item in items])

    def delete(self, keys: Iterable[Item]) -> None:
        """Remove items; those that are not there are no error."""
        self._write([{"DeleteRequest": {"Key": key}} for key in keys])

    def replace(self, key: Item, item: Item | None, *, of_job: str) -> Image | None:
        """Put an item in a record's place, or remove the record, if it is still of the job.

        Returns
        -------
        dict | None
            What is there now; ``None`` of nothing.
        """
        wanted: dict[str, Any] = {
            "TableName": self._name,
            "ConditionExpression": "#job = :job",
            "ExpressionAttributeNames": {"#job": "job"},
            "ExpressionAttributeValues": {":job": {"S": of_job}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        for wait in _waits():
            try:
                if item is None:
                    self._client.delete_item(Key=key, **wanted)
                else:
                    self._client.put_item(Item=item, **wanted)
                return image_of(item)
            except self._client.exceptions.ConditionalCheckFailedException as error:
                there: dict[str, Any] = dict(error.response)
                return image_of(there.get("Item"))
            except ClientError as error:
                _only_throttled(error)
            time.sleep(wait)
        raise AssertionError("unreachable")

    def _read_some(self, wanted: Any) -> list[Item]:
        found: list[Item] = []
        for wait in _waits():
            with _patience():
                answer = self._client.batch_get_item(RequestItems=wanted)
                found += answer["Responses"].get(self._name, [])
                wanted = answer.get("UnprocessedKeys")
            if not wanted:
                break
            time.sleep(wait)
        return found

    def _write(self, requests: list[Any]) -> None:
        at_once(self._write_some, list(_portions(requests, _WRITE_BATCH)))

    def _write_some(self, requests: list[Any]) -> None:
        wanted: Any = {self._name: requests}
        for wait in _waits():
            with _patience():
                wanted = self._client.batch_write_item(RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                return
            time.sleep(wait)


def at_once(do: Callable[[A], B], things: list[A]) -> list[B]:
    """Do something about each thing, several at a time; the first failure is raised."""
    with ThreadPoolExecutor(_REQUESTS) as pool:
        return list(pool.map(do, things))


@contextmanager
def _patience() -> Iterator[None]:
    """A batch of which nothing got through is an error of its own kind; its items are as unprocessed as others."""
    try:
        yield
    except ClientError as error:
        _only_throttled(error)


def _only_throttled(error: ClientError) -> None:
    if error.response["Error"]["Code"] not in _THROTTLED:
        raise error


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT
    while True:
        yield random.uniform(wait / 2, wait)  # noqa: S311  (jitter, not a secret)
        wait = min(wait * 2, _LONGEST_WAIT)


def _portions(things: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]
