"""Lets moto's DynamoDB do as much work as its requests name, in place of work that grows with its tables.

moto backs up each table of a transaction once for each of its items, by copying everything in it; looks through a whole
table for the items of one partition; and tries some forty spellings of a name for each value of a response. That was
more than half of the time of the tests that use it. Its answers stay as they are, but for one thing that they get right
in this way: a transaction that is cancelled undoes its own changes, and not those that other threads have made
meanwhile.
"""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_transact, _query = DynamoDBBackend.transact_write_items, Table.query
_serialize = BaseJSONSerializer._serialize_type_structure
# Types of DynamoDB whose values are in a response as moto holds them.
_PLAIN = frozenset({"S", "N", "BOOL"})
# Place of the argument ``index_name`` of moto's query, behind the partition.
_INDEX_NAME = 6


def install(patch: pytest.MonkeyPatch) -> None:
    """Replace moto's transactions and queries, and the way in which it writes values."""
    patch.setattr(models, "copy", SimpleNamespace(deepcopy=_copied))
    patch.setattr(DynamoDBBackend, "transact_write_items", _transact_write_items)
    patch.setattr(Table, "query", _query_partition)
    patch.setattr(BaseJSONSerializer, "_serialize_type_structure", _serialize_value)


def _copied(thing: Any) -> Any:
    """Copy an item; a table is its own backup, since `_transact_write_items` restores what a transaction changes."""
    return thing if isinstance(thing, Table) else copy.deepcopy(thing)


def _transact_write_items(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    before = [
        (table, key, copy.deepcopy(table.get_item(*key)), len(table.stream_shard.items) if table.stream_shard else 0)
        for table, key in _named(backend, transact_items)
    ]
    try:
        _transact(backend, transact_items)
    except Exception:
        for table, (partition, position), item, records in before:
            if item is not None:
                table.items[partition][position] = item
            else:
                table.items[partition].pop(position, None)
            if table.stream_shard:
                del table.stream_shard.items[records:]
        raise


def _named(
    backend: DynamoDBBackend, transact_items: list[dict[str, Any]]
) -> list[tuple[Table, tuple[DynamoType, DynamoType]]]:
    """List the items of a transaction; each table of Sluice has a partition and a sort key."""
    found = []
    for (operation,) in (item.values() for item in transact_items):
        if table := backend.tables.get(operation["TableName"]):
            key = operation.get("Key") or operation["Item"]
            names = (table.hash_key_attr, table.range_key_attr)
            partition, position = (DynamoType(key[name]) for name in names if name)
            found.append((table, (partition, position)))
    return found


def _query_partition(table: Table, hash_key: DynamoType | None, *more: Any, **named: Any) -> Any:
    """Query one partition as a table that has no other, unless the query is one of an index."""
    if hash_key is not None and more[_INDEX_NAME] is None:
        partition = table.items.get(hash_key, {})
        table = copy.copy(table)
        table.items = {hash_key: partition}  # type: ignore[assignment]  # moto types it as a list
    return _query(table, hash_key, *more, **named)


def _serialize_value(serializer: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Write a value of a plain type as it is, and anything else as moto does."""
    if shape.name == "AttributeValue" and type(value) is dict and len(value) == 1 and not _PLAIN.isdisjoint(value):
        serialized[key] = value
    else:
        _serialize(serializer, serialized, value, shape, key)
