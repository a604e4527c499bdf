"""Rows into the records table.

A record is one item: ``pk = {tenant}#{dataset}#{shard}``, ``sk = key``, ``job`` (who wrote it last), ``hash`` and
``data`` (the values, as JSON). The shard spreads writes over partitions, and still lets a dataset be listed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

from botocore.exceptions import ClientError

from sluice.destinations.journal import Journal, Store, settle
from sluice.model import paths
from sluice.model.chunk import JobRef
from sluice.model.refusal import Refusal
from sluice.rows.check import GoodRow
from sluice.rows.staged import Applied, Batch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

# A partition takes 1,000 writes a second (DynamoDB Developer Guide, "Burst and adaptive capacity").
SHARDS = 16
# What BatchGetItem and BatchWriteItem take at most (DynamoDB API Reference).
_READ_BATCH = 100
_WRITE_BATCH = 25
_REQUESTS = 8
# What a sort key may have, and an item, less what stands beside the values (DynamoDB Developer Guide, "Quotas").
KEY_BYTES = 1024
_VALUE_BYTES = 400 * 1024 - 4 * 1024
_SHOWN = 200
_THROTTLED = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "ThrottledException"}
)
# Throttled items are tried again with waits from 50 ms up to 5 s; the worker's own time-out is the end of it.
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 5.0


class DynamoDestination:
    """The `Destination` port on the records table.

    A chunk is applied in three steps: read what is there, write the journal once, write the rows. A second attempt
    finds the first one's journal and writes the same rows again, so the dataset and the answer are the same however
    often a chunk is applied.
    """

    def __init__(self, client: DynamoDBClient, table: str, store: Store) -> None:
        self._client = client
        self._table = table
        self._store = store

    def apply(self, batch: Batch) -> Applied:
        """Deliver a chunk; the same chunk again changes nothing and gives the same answer."""
        refusals = [_too_large(row) for row in batch.rows if not _fits(row)]
        if refusals:
            batch = replace(batch, rows=[row for row in batch.rows if _fits(row)])
        key = paths.journal(JobRef(batch.tenant, batch.job_id), batch.index)
        journal = settle(self._store, key, self._compare(batch))
        changed = [row for row in batch.rows if row.key in journal.before]
        self._write(batch, changed)
        inserted = sum(1 for image in journal.before.values() if image is None)
        return Applied(inserted, len(journal.before) - inserted, journal.unchanged, refusals)

    def _compare(self, batch: Batch) -> Journal:
        """Find the rows that differ; only of those is the whole record read, for most imports change little."""
        hashes = self._read(batch, [row.key for row in batch.rows], ("sk", "hash"))
        known = {key: item["hash"]["S"] for key, item in hashes.items()}
        differing = [row.key for row in batch.rows if known.get(row.key) != row.hash]
        images = self._read(batch, [key for key in differing if key in known], ("sk", "job", "hash", "data"))
        before = {key: _image(images[key]) if key in images else None for key in differing}
        return Journal(before, len(batch.rows) - len(before))

    def _read(self, batch: Batch, keys: list[str], attributes: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        """Attributes of the records that have these keys."""
        wanted: dict[str, Any] = {
            "ConsistentRead": True,
            "ProjectionExpression": ", ".join(f"#{name}" for name in attributes),
            "ExpressionAttributeNames": {f"#{name}": name for name in attributes},
        }
        named = [key_of_record(batch.tenant, batch.dataset, key) for key in keys]
        requests = ({self._table: wanted | {"Keys": some}} for some in _portions(named, _READ_BATCH))
        with ThreadPoolExecutor(_REQUESTS) as pool:
            return {item["sk"]["S"]: item for items in pool.map(self._read_some, requests) for item in items}

    def _read_some(self, wanted: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for wait in _waits():
            with _throttled():
                answer = self._client.batch_get_item(RequestItems=wanted)
                found += answer["Responses"].get(self._table, [])
                wanted = answer.get("UnprocessedKeys")
            if not wanted:
                break
            time.sleep(wait)
        return found

    def _write(self, batch: Batch, rows: list[GoodRow]) -> None:
        puts = [{"PutRequest": {"Item": _item(batch, row)}} for row in rows]
        with ThreadPoolExecutor(_REQUESTS) as pool:
            for _ in pool.map(self._write_some, _portions(puts, _WRITE_BATCH)):
                pass  # the first failure is raised here

    def _write_some(self, puts: list[Any]) -> None:
        wanted: Any = {self._table: puts}
        for wait in _waits():
            with _throttled():
                wanted = self._client.batch_write_item(RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                return
            time.sleep(wait)


@contextmanager
def _throttled() -> Iterator[None]:
    """A batch of which nothing got through is an error of its own kind; its items are as unprocessed as others."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _THROTTLED:
            raise


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT
    while True:
        yield random.uniform(wait / 2, wait)  # noqa: S311  (jitter, not a secret)
        wait = min(wait * 2, _LONGEST_WAIT)


def _portions(things: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


def partition(tenant: str, dataset: str, shard: int) -> str:
    """The partition key of one shard of a dataset."""
    return f"{tenant}#{dataset}#{shard:02d}"


def key_of_record(tenant: str, dataset: str, key: str) -> dict[str, Any]:
    """The key of a record; its shard follows from the key."""
    shard = crc32(key.encode()) % SHARDS
    return {"pk": {"S": partition(tenant, dataset, shard)}, "sk": {"S": key}}


def _item(batch: Batch, row: GoodRow) -> dict[str, Any]:
    return {
        **key_of_record(batch.tenant, batch.dataset, row.key),
        "job": {"S": batch.job_id},
        "hash": {"S": row.hash},
        "data": {"S": row.values.decode()},
    }


def _fits(row: GoodRow) -> bool:
    return len(row.key.encode()) <= KEY_BYTES and len(row.values) <= _VALUE_BYTES


def _too_large(row: GoodRow) -> Refusal:
    return Refusal("", row.number, None, row.key[:_SHOWN], "is larger than a record can be")


def _image(item: dict[str, Any]) -> dict[str, str]:
    return {name: item[name]["S"] for name in ("job", "hash", "data")}
