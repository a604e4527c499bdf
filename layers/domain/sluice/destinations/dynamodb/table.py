"""Many requests to the records table at once, with patience for one that is throttled."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from sluice.destinations.dynamodb.stored import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

A = TypeVar("A")
B = TypeVar("B")

# What BatchGetItem and BatchWriteItem take at most (DynamoDB API Reference).
_READ_BATCH = 100
_WRITE_BATCH = 25
_REQUESTS = 8
# What TransactWriteItems takes at most is 100 items and 4 MB; what is beside the values is little.
_TRANSACTION = 100
_TRANSACTION_BYTES = 3 * 1024**2
_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "ThrottledException",
        "TransactionInProgressException",
    }
)
# Why a transaction may be cancelled with nothing being wrong: records are another job's by now, or it met another one.
_PASSING = frozenset(
    {"None", None, "ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
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

    def replace(self, records: Iterable[tuple[Item, Item | None]], *, of_job: str) -> list[str]:
        """Put items in records' places, or remove the records, where they are still of the job.

        Parameters
        ----------
        records
            Key of each record, and what is to be there; ``None`` for nothing.

        Returns
        -------
        list
            Sort keys of the records that are no longer of the job; they are left as they are.
        """
        portions = list(_of_size(list(records)))
        return [key for keys in at_once(lambda some: self._replace_some(some, of_job), portions) for key in keys]

    def _replace_some(self, records: list[tuple[Item, Item | None]], of_job: str) -> list[str]:
        lost: list[str] = []
        for wait in _waits():
            try:
                if records:
                    parts: Any = [self._conditional(key, item, of_job) for key, item in records]
                    self._client.transact_write_items(TransactItems=parts)
                return lost
            except self._client.exceptions.TransactionCanceledException as error:
                codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
                if not set(codes) <= _PASSING:
                    raise
                gone = [code == "ConditionalCheckFailed" for code in codes]
                lost += [key["sk"]["S"] for (key, _), is_gone in zip(records, gone, strict=True) if is_gone]
                records = [record for record, is_gone in zip(records, gone, strict=True) if not is_gone]
            except ClientError as error:
                _only_throttled(error)
            time.sleep(wait)
        raise AssertionError("unreachable")

    def _conditional(self, key: Item, item: Item | None, of_job: str) -> dict[str, Any]:
        wanted = {
            "TableName": self._name,
            "ConditionExpression": "#job = :job",
            "ExpressionAttributeNames": {"#job": "job"},
            "ExpressionAttributeValues": {":job": {"S": of_job}},
        }
        return {"Delete": wanted | {"Key": key}} if item is None else {"Put": wanted | {"Item": item}}

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


def _of_size(records: list[tuple[Item, Item | None]]) -> Iterator[list[tuple[Item, Item | None]]]:
    some: list[tuple[Item, Item | None]] = []
    size = 0
    for key, item in records:
        bytes_ = len(item["data"]["S"].encode()) if item else 0
        if some and (len(some) == _TRANSACTION or size + bytes_ > _TRANSACTION_BYTES):
            yield some
            some, size = [], 0
        some.append((key, item))
        size += bytes_
    if some:
        yield some


def _portions(things: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]
