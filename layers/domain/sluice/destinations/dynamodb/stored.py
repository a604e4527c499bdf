"""Stored names of the records table: its items, and the objects that its journals are.

Items
-----
A record: ``pk = {tenant}#{dataset}#{shard}``, ``sk = {key}``, ``job`` (the job that wrote it last), ``hash`` (the
digest of ``data``), ``data`` (the whole values, as JSON) and ``at`` (the instant it is valid from; records of early
versions lack it). The shard spreads writes over partitions, and still lets a dataset be listed.

A record that is marked as deleted has ``deleted_at`` (RFC 3339) and ``deleted_by`` (the same as ``job``) beside these.
One that an early sync marked has the day in ``gone_since`` among its values instead; `with_mark` reads it.
One that was removed leaves a tombstone under its key: ``job`` (the job that removed it), ``deleted_at``, and
``expires_at`` (epoch seconds), when DynamoDB removes it; it lives as long as the journals of its job.

An earlier version of a record, of an importer that archives: ``pk = {tenant}#{dataset}@archive#{key}``, ``sk`` = the
job that superseded it, ``job`` and ``data`` as they were, ``since`` and ``until``. A key has a partition of its own, so
that its history is one query, and a key of any length leaves room for the job (a partition key may have twice the bytes
of a sort key). Dataset names contain no @, so no other dataset shares these partitions.

Objects
-------
A journal, ``jobs/{tenant}/{job}/journal/{chunk}.jsonl``, has the decisions about the rows of a chunk in one hold of the
dataset's lock; those of later holds are called ``{chunk}-{number}.jsonl``, from 2 on. Its first line is
``{"format": 2, "hold", "at", "unchanged", "kept_blank", "closed"}``. Then there is a line for each row that changes its
record, ``[key, {"before", "wrote"}]``, and for each rejected row, ``[key, {"rejections": [rejection, ...]}]``.
``before`` is the record without the job, ``{"job", "hash", "data", "at", "deleted_at", "expires_at"}`` as far as it has
these, or null; ``wrote`` has the values that the job writes, or is null where it deletes the record. Rejections are
written as in `sluice.destinations.stored`, as is the result of undoing the chunk, ``{chunk}.undone.json``.

Format 1 has the first line ``{"format": 1, "unchanged", "at", "closed"}``, then ``[key, before]`` for each record that
the chunk changes; it does not say what was written. A journal that continues it adds images of records that other jobs
wrote in the meantime. Format 0 is the same without the number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeGuard
from zlib import crc32

from pydantic_core import from_json, to_json

from sluice.destinations.base import record, shown_key, version
from sluice.destinations.stored import dump_rejection
from sluice.model.errors import format_of
from sluice.model.rejection import Rejection, to_rejection
from sluice.schema.importer import MARK
from sluice.schema.said import Values
from sluice.schema.staging import Batch
from sluice.schema.validation import GoodRow, digest

Item = dict[str, Any]

PARTITION_KEY = "pk"
SORT_KEY = "sk"
JOB = "job"
HASH = "hash"
DATA = "data"
AT = "at"
DELETED_AT = "deleted_at"
EXPIRES_AT = "expires_at"
_DELETED_BY = "deleted_by"
#: Attributes that an image is read from.
IMAGE = (SORT_KEY, JOB, HASH, DATA, AT, DELETED_AT, EXPIRES_AT)
_SINCE = "since"
_UNTIL = "until"

_JOURNAL_FORMAT = 2
# Hold of journals that do not name one: earlier than any other.
_NO_HOLD = -1
# A partition takes 1,000 writes a second (DynamoDB Developer Guide, "Burst and adaptive capacity").
SHARDS = 16
# Limits of a sort key, and of an item less what stands beside the values (DynamoDB Developer Guide, "Quotas").
_KEY_BYTES = 1024
_VALUE_BYTES = 400 * 1024 - 4 * 1024


class Image(NamedTuple):
    """A record without its key, or what is left of one that was deleted.

    Parameters
    ----------
    job_id
        The job that wrote it last; of a deleted record, the job that deleted it.
    hash
        Digest of the values; empty in a tombstone.
    data
        The values, as JSON; empty in a tombstone.
    valid_from
        RFC 3339; ``None`` if the record is older than the attribute, and in a tombstone.
    deleted_at
        RFC 3339; ``None`` if the record is not deleted.
    expires_at
        Epoch seconds until which a tombstone is kept; ``None`` if it is none.
    """

    job_id: str
    hash: str
    data: str
    valid_from: str | None
    deleted_at: str | None = None
    expires_at: int | None = None

    @property
    def values(self) -> Values:
        """The values by field."""
        found: Values = from_json(self.data)
        return found


def is_record(image: Image | None) -> TypeGuard[Image]:
    """Whether there is a record: neither none, nor one that is marked as deleted, nor a tombstone."""
    return image is not None and image.deleted_at is None


def is_gone(image: Image | None) -> bool:
    """Whether there are no values: none were ever written, or they were removed."""
    return image is None or image.expires_at is not None


@dataclass(frozen=True)
class Entry:
    """What a job does to one record.

    Parameters
    ----------
    before
        The record without the job, ``None`` if there is none.
    wrote
        The values that the job writes; ``None`` if it deletes the record.
    unknown
        What the job has in the record is not known: the journal is of a format that does not say what it wrote, or
        another job has written the record that it inserted. It is restored as a whole if the job wrote it last.
    """

    before: Image | None
    wrote: Values | None
    unknown: bool = False


@dataclass(frozen=True)
class Journal:
    """The decisions about the rows of a chunk in one hold of the dataset's lock.

    Parameters
    ----------
    entries
        By key: what the job does to each record that it changes.
    unchanged
        Rows whose record has the same values already.
    at
        When the chunk was applied, RFC 3339; its records are valid from then on, at every attempt.
    hold
        Number of the hold.
    rejected
        By key: why the row is rejected.
    kept_blank
        Blank cells whose record keeps a value.
    closed
        The chunk was undone before it was applied, and is not applied any more.
    """

    entries: dict[str, Entry]
    unchanged: int
    at: str
    hold: int
    rejected: dict[str, list[Rejection]] = field(default_factory=dict)
    kept_blank: int = 0
    closed: bool = False

    @property
    def adds_to_earlier(self) -> bool:
        """Whether it lists only what is new, as those of formats 0 and 1 do; else it lists every row of the chunk."""
        return self.hold == _NO_HOLD


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


def image(job_id: str, values: Values, valid_from: str | None) -> Image:
    """Build a record of values, which are in the order of the model's columns."""
    body = to_json(values)
    return Image(job_id, digest(body), body.decode(), valid_from)


def item_of(batch: Batch, key: str, image: Image) -> Item:
    """Build the item that an image shows."""
    item = key_of_record(batch.tenant, batch.dataset, key)
    for name, value in _attributes(image).items():
        item[name] = {"N": str(value)} if name == EXPIRES_AT else {"S": value}
    if image.deleted_at is not None and image.expires_at is None:
        item[_DELETED_BY] = {"S": image.job_id}
    return item


def _attributes(image: Image) -> dict[str, str | int]:
    """Return the attributes that an image has; a tombstone has no values, a record of early versions no instant."""
    values = {} if image.expires_at is not None else {HASH: image.hash, DATA: image.data}
    others = {AT: image.valid_from, DELETED_AT: image.deleted_at, EXPIRES_AT: image.expires_at}
    return {JOB: image.job_id} | values | {name: value for name, value in others.items() if value is not None}


def image_of(item: Item) -> Image:
    """Read the image of an item."""
    return _load_image({name: int(each["N"]) if "N" in each else each["S"] for name, each in item.items()})


def with_mark(item: Item) -> Item:
    """Return an item with ``deleted_at`` if an early sync has marked it as deleted; undoing such a sync needs it as is.

    Other records of early syncs have null in `MARK`.
    """
    data = item[DATA]["S"] if DATA in item and DELETED_AT not in item else ""
    day = from_json(data).get(MARK) if f'"{MARK}"' in data else None
    return item | {DELETED_AT: {"S": f"{day}T00:00:00.000000Z"}} if day else item


def digest_of(item: Item) -> str | None:
    """Return the digest of a record's values; ``None`` if it is deleted."""
    return None if DELETED_AT in item else item[HASH]["S"]


def fingerprint(image: Image) -> str:
    """Return what differs after any write of a record by another job, or of other values."""
    return digest(f"{image.job_id}\0{image.data}".encode())


def is_shown(item: Item, *, deleted: bool) -> bool:
    """Whether a list shows an item: a record, or one that is marked as deleted if these are asked for."""
    return DELETED_AT not in item or (deleted and EXPIRES_AT not in item)


def superseded(batch: Batch, key: str, image: Image, until: str) -> Item:
    """Build the archived version that an image shows."""
    item = key_of_superseded(batch, key)
    item |= {JOB: {"S": image.job_id}, DATA: {"S": image.data}, _UNTIL: {"S": until}}
    if image.valid_from is not None:
        item[_SINCE] = {"S": image.valid_from}
    return item


def is_possible_key(key: str) -> bool:
    """Whether a record can have the key; half of a surrogate pair cannot be stored."""
    try:
        return 0 < len(key.encode()) <= _KEY_BYTES
    except UnicodeEncodeError:
        return False


def fits(row: GoodRow) -> bool:
    """Whether a record can have the key of the row, and hold what it says."""
    return len(row.key.encode()) <= _KEY_BYTES and len(row.values) <= _VALUE_BYTES


def fits_merged(image: Image) -> bool:
    """Whether an item can hold a record."""
    return 4 * len(image.data) <= _VALUE_BYTES or len(image.data.encode()) <= _VALUE_BYTES


def too_large(row: GoodRow) -> Rejection:
    """Build the rejection of a row that no record can hold."""
    return Rejection("", row.number, None, shown_key(row.key), "over-record-size")


def shown(item: Item) -> dict[str, Any]:
    """Show a record to callers."""
    deleted_at = item[DELETED_AT]["S"] if DELETED_AT in item else None
    return record(item[SORT_KEY]["S"], item[JOB]["S"], json.loads(item[DATA]["S"]), deleted_at)


def shown_version(key: str, item: Item) -> dict[str, Any]:
    """Show an archived version to callers."""
    since = item[_SINCE]["S"] if _SINCE in item else None
    return version(key, item[JOB]["S"], json.loads(item[DATA]["S"]), since, until_of(item))


def until_of(item: Item) -> str:
    """Return the instant at which an archived version was superseded, RFC 3339."""
    until: str = item[_UNTIL]["S"]
    return until


def journal_key(batch: Batch, number: int = 1) -> str:
    """Return the object key of a chunk's journal; numbers from 2 on are of later holds."""
    return _object_of_chunk(batch, ".jsonl" if number == 1 else f"-{number}.jsonl")


def undone_key(batch: Batch) -> str:
    """Return the object key of the result of undoing a chunk."""
    return _object_of_chunk(batch, ".undone.json")


def _object_of_chunk(batch: Batch, suffix: str) -> str:
    return f"jobs/{batch.tenant}/{batch.job_id}/journal/{batch.index:06d}{suffix}"


def dump_journal(journal: Journal) -> bytes:
    """Write a journal."""
    head = {
        "format": _JOURNAL_FORMAT,
        "hold": journal.hold,
        "at": journal.at,
        "unchanged": journal.unchanged,
        "kept_blank": journal.kept_blank,
        "closed": journal.closed,
    }
    lines: list[Any] = [head]
    lines += [
        [key, {"before": entry.before and _attributes(entry.before), "wrote": entry.wrote}]
        for key, entry in journal.entries.items()
    ]
    lines += [
        [key, {"rejections": [dump_rejection(rejection) for rejection in rejections]}]
        for key, rejections in journal.rejected.items()
    ]
    return b"\n".join(map(to_json, lines))


def load_journal(body: bytes) -> Journal:
    """Read a journal; raises `NewerFormat`."""
    first, *rest = body.split(b"\n")
    head = from_json(first)
    lines = map(from_json, rest)
    if format_of(head, "A journal", newest=_JOURNAL_FORMAT) < _JOURNAL_FORMAT:
        images = {key: Entry(image and _load_image(image), None, unknown=True) for key, image in lines}
        return Journal(images, head["unchanged"], head["at"], _NO_HOLD, closed=head["closed"])
    entries: dict[str, Entry] = {}
    rejected: dict[str, list[Rejection]] = {}
    for key, line in lines:
        if "rejections" in line:
            rejected[key] = [to_rejection(each) for each in line["rejections"]]
        else:
            entries[key] = Entry(line["before"] and _load_image(line["before"]), line["wrote"])
    return Journal(
        entries, head["unchanged"], head["at"], head["hold"], rejected, head["kept_blank"], closed=head["closed"]
    )


def _load_image(dumped: Mapping[str, Any]) -> Image:
    texts = dumped[JOB], dumped.get(HASH, ""), dumped.get(DATA, ""), dumped.get(AT)
    return Image(*texts, dumped.get(DELETED_AT), dumped.get(EXPIRES_AT))
