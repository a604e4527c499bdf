"""The items of the records table.

A record is one item: ``pk = {tenant}#{dataset}#{shard}``, ``sk = key``, ``job`` (who wrote it last), ``hash``, ``data``
(the values, as JSON) and ``at`` (since when it holds). The shard spreads writes over partitions, and still lets a
dataset be listed.

What a record was before, of an importer that archives: ``pk = {tenant}#{dataset}@archive#{key}``, ``sk`` = the job that
superseded it, ``job`` and ``data`` as they were, ``since`` and ``until``. A key has a partition of its own, so that its
history is one query, and that a key of any length leaves room for the job (a partition key may have twice the bytes of
a sort key). No dataset has an @ in its name, so none is taken for another's archive.
"""

from __future__ import annotations

import json
from typing import Any
from zlib import crc32

from sluice.destinations.shown import record, version
from sluice.model.rejection import Rejection
from sluice.rows.check import GoodRow
from sluice.rows.staged import Batch

Item = dict[str, Any]
Image = dict[str, str]

# A partition takes 1,000 writes a second (DynamoDB Developer Guide, "Burst and adaptive capacity").
SHARDS = 16
# What a sort key may have, and an item, less what stands beside the values (DynamoDB Developer Guide, "Quotas").
KEY_BYTES = 1024
_VALUE_BYTES = 400 * 1024 - 4 * 1024
_SHOWN = 200
_IMAGE = ("job", "hash", "data", "at")


def partition(tenant: str, dataset: str, shard: int) -> str:
    """The partition key of one shard of a dataset."""
    return f"{tenant}#{dataset}#{shard:02d}"


def partition_of_history(tenant: str, dataset: str, key: str) -> str:
    """The partition key of what a record was before."""
    return f"{tenant}#{dataset}@archive#{key}"


def key_of_record(tenant: str, dataset: str, key: str) -> Item:
    """The key of a record; its shard follows from the key."""
    shard = crc32(key.encode()) % SHARDS
    return {"pk": {"S": partition(tenant, dataset, shard)}, "sk": {"S": key}}


def key_of_superseded(batch: Batch, key: str) -> Item:
    """The key of what a record was before this job superseded it."""
    return {"pk": {"S": partition_of_history(batch.tenant, batch.dataset, key)}, "sk": {"S": batch.job_id}}


def new_record(batch: Batch, row: GoodRow, at: str) -> Item:
    """The record that a row becomes."""
    image = {"job": batch.job_id, "hash": row.hash, "data": row.values.decode(), "at": at}
    return record_of(batch, row.key, image)


def record_of(batch: Batch, key: str, image: Image) -> Item:
    """A record just as its image has it."""
    return key_of_record(batch.tenant, batch.dataset, key) | {name: {"S": value} for name, value in image.items()}


def superseded(batch: Batch, key: str, image: Image, until: str) -> Item:
    """What a record was before, for the archive."""
    kept = {"job": image["job"], "data": image["data"], "until": until}
    if "at" in image:  # a record may be older than this attribute
        kept["since"] = image["at"]
    return key_of_superseded(batch, key) | {name: {"S": value} for name, value in kept.items()}


def image_of(item: Item | None) -> Image | None:
    """All of a record but its key; ``None`` of none."""
    return None if item is None else {name: item[name]["S"] for name in _IMAGE if name in item}


def fits(row: GoodRow) -> bool:
    """Whether a record can hold the row."""
    return len(row.key.encode()) <= KEY_BYTES and len(row.values) <= _VALUE_BYTES


def too_large(row: GoodRow) -> Rejection:
    """Why no record can."""
    return Rejection("", row.number, None, row.key[:_SHOWN], "is larger than a record can be")


def shown(item: Item) -> dict[str, Any]:
    """A record as callers see it."""
    return record(item["sk"]["S"], item["job"]["S"], json.loads(item["data"]["S"]))


def shown_version(key: str, item: Item) -> dict[str, Any]:
    """What a record was before, as callers see it."""
    since = item["since"]["S"] if "since" in item else None
    return version(key, item["job"]["S"], json.loads(item["data"]["S"]), since, item["until"]["S"])
