"""Lets moto's DynamoDB do as much work as its requests name, in place of work that grows with its tables.

moto backs up each table of a transaction once for each of its items, by copying everything in it; looks through a whole
table for the items of one partition; tries some forty spellings of a name for each value of a response; adds up an
item's size for each of its attributes; and lists the methods of a class for each request. That was more than half of
the time of the tests that use it. Its answers stay as they are, but for one thing that they get right
in this way: a transaction that is cancelled undoes its own changes, and not those that other threads have made
meanwhile.
"""

from __future__ import annotations

import copy
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import bytesize

_transact, _query = DynamoDBBackend.transact_write_items, Table.query
_limit = LimitedSizeDict.__setitem__
_serialize = BaseJSONSerializer._serialize_type_structure
# Types of DynamoDB whose values are in a response as moto holds them; bytes are not.
_PLAIN = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS"})
# Size of an item, in bytes, up to which moto need not add the attributes up.
_SMALL = 300_000
# Place of the argument ``index_name`` of moto's query, behind the partition.
_INDEX_NAME = 6


def install(patch: pytest.MonkeyPatch) -> None:
    """Replace moto's transactions and queries, and the way in which it measures and writes values."""
    patch.setattr(models, "copy", SimpleNamespace(deepcopy=_copied))
    patch.setattr(DynamoDBBackend, "transact_write_items", _transact_write_items)
    patch.setattr(Table, "query", _query_partition)
    patch.setattr(BaseJSONSerializer, "_serialize_type_structure", _serialize_value)
    patch.setattr(LimitedSizeDict, "__setitem__", _set_attribute)
    patch.setattr(responses, "method_names_from_class", cache(method_names_from_class))


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
    """Write a value of plain types as it is, and anything else as moto does."""
    if shape.name == "AttributeValue" and _is_plain(value):
        serialized[key] = value
    else:
        _serialize(serializer, serialized, value, shape, key)


def _set_attribute(attributes: LimitedSizeDict, name: str, value: Any) -> None:
    """Keep the sum of all values that an item has had, and let moto add up the present ones once it is large."""
    known = vars(attributes)
    had = known["had"] if "had" in known else sum(map(_size, attributes.items()))
    known["had"] = had + _size((name, value))
    (dict.__setitem__ if known["had"] < _SMALL else _limit)(attributes, name, value)


def _size(attribute: tuple[str, Any]) -> int:
    name, value = attribute
    return bytesize(name) + (value.size() if type(value) is DynamoType else bytesize(str(value)))


def _is_plain(value: Any) -> bool:
    if type(value) is not dict or len(value) != 1:
        return False
    ((kind, content),) = value.items()
    if kind == "M":
        return all(map(_is_plain, content.values()))
    return kind in _PLAIN or (kind == "L" and all(map(_is_plain, content)))
