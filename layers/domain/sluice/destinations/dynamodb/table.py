"""Many requests to the records table at the same time, each repeated until DynamoDB has carried out all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from botocore.exceptions import ClientError

from sluice.aws.dynamodb import CONDITION_FAILED, attempts, cancellation_reasons, is_transient, query_items
from sluice.destinations.dynamodb.stored import AT, DATA, DELETED_AT, HASH, JOB, PARTITION_KEY, SORT_KEY, Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

A = TypeVar("A")
B = TypeVar("B")

# Limits of BatchGetItem and BatchWriteItem (DynamoDB API Reference).
_READ_BATCH = 100
_WRITE_BATCH = 25
_REQUESTS = 8
# The limits of TransactWriteItems are 100 items and 4 MB; what stands beside the values is little.
_TRANSACTION = 100
_TRANSACTION_BYTES = 3 * 1024**2
# Attributes that differ after any other write of an item.
_VERSION = (JOB, HASH, AT, DELETED_AT)


class Replacement(NamedTuple):
    """An item to write or to remove.

    Parameters
    ----------
    key
        Of the item.
    seen
        The item as it was seen; ``None`` if there was none.
    item
        The item to write in its place; ``None`` to remove it.
    """

    key: Item
    seen: Item | None
    item: Item | None


class RecordTable:
    """The records table; its requests are repeated while DynamoDB throttles, until the time of the worker is over.

    Parameters
    ----------
    client
        Of DynamoDB.
    name
        The table's name.
    until
        Epoch seconds from which a request that is throttled is not repeated: the methods raise `NotYet`. What was
        written by then stays, and another attempt writes what is missing.
    """

    def __init__(self, client: DynamoDBClient, name: str, until: float = inf) -> None:
        self._client = client
        self._name = name
        self._until = until

    def read(self, keys: Iterable[Item], attributes: tuple[str, ...]) -> dict[str, Item]:
        """Read attributes of the items that have these keys; returns them by sort key."""
        wanted: dict[str, Any] = {
            "ConsistentRead": True,
            "ProjectionExpression": ", ".join(f"#{name}" for name in attributes),
            "ExpressionAttributeNames": {f"#{name}": name for name in attributes},
        }
        requests = [{self._name: wanted | {"Keys": some}} for some in _batches(list(keys), _READ_BATCH)]
        return {item[SORT_KEY]["S"]: item for items in _in_parallel(self._read_batch, requests) for item in items}

    def items_of(self, partition: str, attributes: tuple[str, ...]) -> Iterator[Item]:
        """Yield attributes of the items of a partition, by sort key."""
        return query_items(
            self._client.query,
            TableName=self._name,
            ConsistentRead=True,
            KeyConditionExpression="#pk = :pk",
            ProjectionExpression=", ".join(f"#{name}" for name in attributes),
            ExpressionAttributeNames={"#pk": PARTITION_KEY} | {f"#{name}": name for name in attributes},
            ExpressionAttributeValues={":pk": {"S": partition}},
        )

    def put(self, items: Iterable[Item]) -> None:
        """Write items, over those that are there."""
        self._write([{"PutRequest": {"Item": item}} for item in items])

    def delete(self, keys: Iterable[Item]) -> None:
        """Remove items; a missing one is no error."""
        self._write([{"DeleteRequest": {"Key": key}} for key in keys])

    def replace(self, records: Iterable[Replacement]) -> list[str]:
        """Replace or remove items that are still as they were seen.

        Returns
        -------
        list
            Sort keys of the items that were written or removed since they were seen; they stay as they are.
        """
        transactions = list(_transactions(list(records)))
        return [key for keys in _in_parallel(self._replace_together, transactions) for key in keys]

    def _replace_together(self, records: list[Replacement]) -> list[str]:
        lost: list[str] = []
        for _ in attempts(until=self._until):
            try:
                if records:
                    actions: Any = [self._conditional(record) for record in records]
                    self._client.transact_write_items(TransactItems=actions)
                break
            except self._client.exceptions.TransactionCanceledException as cancelled:
                # the next attempt goes without those whose condition failed
                reasons = list(zip(records, cancellation_reasons(cancelled), strict=True))
                lost += [record.key[SORT_KEY]["S"] for record, reason in reasons if reason == CONDITION_FAILED]
                records = [record for record, reason in reasons if reason != CONDITION_FAILED]
            except ClientError as error:
                if not is_transient(error):
                    raise
        return lost

    def _conditional(self, record: Replacement) -> dict[str, Any]:
        seen = record.seen or {}
        values = {f":{name}": seen[name] for name in _VERSION if name in seen}
        conditions = [f"#{name} = :{name}" if name in seen else f"attribute_not_exists(#{name})" for name in _VERSION]
        action = {
            "TableName": self._name,
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": {f"#{name}": name for name in _VERSION},
        }
        if values:
            action["ExpressionAttributeValues"] = values
        return (
            {"Delete": action | {"Key": record.key}} if record.item is None else {"Put": action | {"Item": record.item}}
        )

    def _read_batch(self, wanted: Any) -> list[Item]:
        found: list[Item] = []
        for _ in attempts(until=self._until):
            with _transient_ignored():
                answer = self._client.batch_get_item(RequestItems=wanted)
                found += answer["Responses"].get(self._name, [])
                wanted = answer.get("UnprocessedKeys")
            if not wanted:
                break
        return found

    def _write(self, requests: list[Any]) -> None:
        _in_parallel(self._write_batch, list(_batches(requests, _WRITE_BATCH)))

    def _write_batch(self, requests: list[Any]) -> None:
        wanted: Any = {self._name: requests}
        for _ in attempts(until=self._until):
            with _transient_ignored():
                wanted = self._client.batch_write_item(RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                return


@contextmanager
def _transient_ignored() -> Iterator[None]:
    """Ignore the error of a batch that DynamoDB throttled as a whole; its items are as unprocessed as others."""
    try:
        yield
    except ClientError as error:
        if not is_transient(error):
            raise


def _in_parallel(do: Callable[[A], B], things: list[A]) -> list[B]:
    """Call a function with each thing, several at a time; raises the first error."""
    with ThreadPoolExecutor(_REQUESTS) as pool:
        return list(pool.map(do, things))


def _batches(things: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


def _transactions(records: list[Replacement]) -> Iterator[list[Replacement]]:
    """Group records so that each group is within the limits of a transaction."""
    some: list[Replacement] = []
    size = 0
    for record in records:
        bytes_ = len(record.item[DATA]["S"].encode()) if record.item and DATA in record.item else 0
        if some and (len(some) == _TRANSACTION or size + bytes_ > _TRANSACTION_BYTES):
            yield some
            some, size = [], 0
        some.append(record)
        size += bytes_
    if some:
        yield some
