"""Stored names of the records table: its items, and the objects that its journals are.

Items
-----
A record: ``pk = {tenant}#{dataset}#{shard}``, ``sk = {key}``, ``job`` (the job that wrote it last), ``hash``, ``data``
(the values, as JSON) and ``at`` (the instant it is valid from; records of early versions lack it). The shard spreads
writes over partitions, and still lets a dataset be listed.

An earlier version of a record, of an importer that archives: ``pk = {tenant}#{dataset}@archive#{key}``, ``sk`` = the
job that superseded it, ``job`` and ``data`` as they were, ``since`` and ``until``. A key has a partition of its own, so
that its history is one query, and a key of any length leaves room for the job (a partition key may have twice the bytes
of a sort key). Dataset names contain no @, so no other dataset shares these partitions.

Objects
-------
A journal, ``jobs/{tenant}/{job}/journal/{chunk}.jsonl``: a line ``{"format": 1, "unchanged", "at", "closed"}``, then a
line ``[key, {"job", "hash", "data", "at"}]`` for each record that the chunk changes, and ``[key, null]`` for each that
it inserts. Journals that continue it are called ``{chunk}-{number}.jsonl``, from 2 on. Format 0 is the same without the
number. The result of undoing the chunk is ``{chunk}.undone.json``, see `sluice.destinations.stored`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple
from zlib import crc32

from sluice.destinations.base import record, version
from sluice.model.errors import format_of
from sluice.model.rejection import Rejection
from sluice.schema.staging import Batch
from sluice.schema.validation import GoodRow

Item = dict[str, Any]

PARTITION_KEY = "pk"
SORT_KEY = "sk"
JOB = "job"
HASH = "hash"
DATA = "data"
AT = "at"
_SINCE = "since"
_UNTIL = "until"

_JOURNAL_FORMAT = 1
# A partition takes 1,000 writes a second (DynamoDB Developer Guide, "Burst and adaptive capacity").
SHARDS = 16
# Limits of a sort key, and of an item less what stands beside the values (DynamoDB Developer Guide, "Quotas").
_KEY_BYTES = 1024
_VALUE_BYTES = 400 * 1024 - 4 * 1024
# Characters of a key that the rejection of its row repeats.
_SHOWN_KEY = 200


class Image(NamedTuple):
    """A record without its key.

    Parameters
    ----------
    job_id
        The job that wrote it last.
    hash
        Digest of the values.
    data
        The values, as JSON.
    valid_from
        RFC 3339; ``None`` if the record is older than the attribute.
    """

    job_id: str
    hash: str
    data: str
    valid_from: str | None


@dataclass(frozen=True)
class Journal:
    """Before-images of the records that a chunk writes.

    Parameters
    ----------
    before
        For each key that is written: the record as it was, ``None`` if it is new.
    unchanged
        Rows whose record has the same values already.
    at
        When the chunk was applied, RFC 3339; its records are valid from then on, at every attempt.
    closed
        The chunk was undone before it was applied, and is not applied any more.
    """

    before: dict[str, Image | None]
    unchanged: int
    at: str
    closed: bool = False


def partition(tenant: str, dataset: str, shard: int) -> str:
    """Return the partition key of one shard of a dataset."""
    return f"{tenant}#{dataset}#{shard:02d}"


def partition_of_history(tenant: str, dataset: str, key: str) -> str:
    """Return the partition key of a record's earlier versions."""
    return f"{tenant}#{dataset}@archive#{key}"


def key_of_record(tenant: str, dataset: str, key: str) -> Item:
    """Build the key of a record's item; the shard follows from the key."""
    shard = crc32(key.encode()) % SHARDS
    return {PARTITION_KEY: {"S": partition(tenant, dataset, shard)}, SORT_KEY: {"S": key}}


def key_of_superseded(batch: Batch, key: str) -> Item:
    """Build the key of the version that the batch's job superseded."""
    pk = partition_of_history(batch.tenant, batch.dataset, key)
    return {PARTITION_KEY: {"S": pk}, SORT_KEY: {"S": batch.job_id}}


def position_of(item: Item) -> tuple[int, str]:
    """Return the shard and the key of a record's item."""
    return int(item[PARTITION_KEY]["S"].rsplit("#", 1)[-1]), item[SORT_KEY]["S"]


def new_record(batch: Batch, row: GoodRow, at: str) -> Item:
    """Build the record that a row becomes."""
    return record_of(batch, row.key, Image(batch.job_id, row.hash, row.values.decode(), at))


def record_of(batch: Batch, key: str, image: Image) -> Item:
    """Build the record that an image shows."""
    item = key_of_record(batch.tenant, batch.dataset, key)
    item[JOB] = {"S": image.job_id}
    item[HASH] = {"S": image.hash}
    item[DATA] = {"S": image.data}
    if image.valid_from is not None:
        item[AT] = {"S": image.valid_from}
    return item


def image_of(item: Item) -> Image:
    """Read the image of a record."""
    at = item.get(AT)
    return Image(item[JOB]["S"], item[HASH]["S"], item[DATA]["S"], at and at["S"])


def superseded(batch: Batch, key: str, image: Image, until: str) -> Item:
    """Build the archived version that an image shows."""
    item = key_of_superseded(batch, key)
    item |= {JOB: {"S": image.job_id}, DATA: {"S": image.data}, _UNTIL: {"S": until}}
    if image.valid_from is not None:
        item[_SINCE] = {"S": image.valid_from}
    return item


def is_possible_key(key: str) -> bool:
    """Whether a record can have the key."""
    return 0 < len(key.encode()) <= _KEY_BYTES


def fits(row: GoodRow) -> bool:
    """Whether a record can hold the row."""
    return len(row.key.encode()) <= _KEY_BYTES and len(row.values) <= _VALUE_BYTES


def too_large(row: GoodRow) -> Rejection:
    """Build the rejection of a row that no record can hold."""
    return Rejection("", row.number, None, row.key[:_SHOWN_KEY], "over-record-size")


def shown(item: Item) -> dict[str, Any]:
    """Show a record to callers."""
    return record(item[SORT_KEY]["S"], item[JOB]["S"], json.loads(item[DATA]["S"]))


def shown_version(key: str, item: Item) -> dict[str, Any]:
    """Show an archived version to callers."""
    since = item[_SINCE]["S"] if _SINCE in item else None
    return version(key, item[JOB]["S"], json.loads(item[DATA]["S"]), since, until_of(item))


def until_of(item: Item) -> str:
    """Return the instant at which an archived version was superseded, RFC 3339."""
    until: str = item[_UNTIL]["S"]
    return until


def journal_key(batch: Batch, number: int = 1) -> str:
    """Return the object key of a chunk's journal; numbers from 2 on are of those that continue it."""
    return _object_of_chunk(batch, ".jsonl" if number == 1 else f"-{number}.jsonl")


def undone_key(batch: Batch) -> str:
    """Return the object key of the result of undoing a chunk."""
    return _object_of_chunk(batch, ".undone.json")


def _object_of_chunk(batch: Batch, suffix: str) -> str:
    return f"jobs/{batch.tenant}/{batch.job_id}/journal/{batch.index:06d}{suffix}"


def dump_journal(journal: Journal) -> bytes:
    """Write a journal."""
    head = {"format": _JOURNAL_FORMAT, "unchanged": journal.unchanged, "at": journal.at, "closed": journal.closed}
    lines = [json.dumps(head)]
    lines += [json.dumps([key, image and _dump_image(image)]) for key, image in journal.before.items()]
    return "\n".join(lines).encode()


def load_journal(body: bytes) -> Journal:
    """Read a journal; raises `NewerFormat`."""
    first, *lines = body.split(b"\n")
    head = json.loads(first)
    format_of(head, "A journal", newest=_JOURNAL_FORMAT)
    images = (json.loads(line) for line in lines)
    before = {key: None if image is None else _load_image(image) for key, image in images}
    return Journal(before, head["unchanged"], head["at"], head["closed"])


def _dump_image(image: Image) -> dict[str, str]:
    dumped = {JOB: image.job_id, HASH: image.hash, DATA: image.data}
    return dumped if image.valid_from is None else dumped | {AT: image.valid_from}


def _load_image(dumped: dict[str, str]) -> Image:
    return Image(dumped[JOB], dumped[HASH], dumped[DATA], dumped.get(AT))
