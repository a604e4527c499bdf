"""Reads of the records table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from sluice.aws.dynamodb import query_items
from sluice.destinations.base import LONGEST_HISTORY, no_record
from sluice.destinations.dynamodb import stored
from sluice.destinations.dynamodb.stored import PARTITION_KEY, SORT_KEY, Item
from sluice.model.page import Page, decode_cursor, encode_cursor, invalid_cursor

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoRecords:
    """The `Records` port on the records table.

    Parameters
    ----------
    client
        Of DynamoDB.
    table
        The table's name.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        """Return one record; raises `NotFound`."""
        if not stored.is_possible_key(key):
            raise no_record(key)
        wanted = stored.key_of_record(tenant, dataset, key)
        found = self._client.get_item(TableName=self._table, Key=wanted).get("Item")
        if found is None or not stored.is_shown(found, deleted=True):
            raise no_record(key)
        return stored.shown(stored.with_mark(found))

    def page(
        self, tenant: str, dataset: str, *, limit: int, cursor: str | None, deleted: bool = False
    ) -> Page[dict[str, Any]]:
        """List records of a dataset, shard by shard and by key within each."""
        first, after = (0, None) if cursor is None else _position(cursor)
        items: list[Item] = []
        for shard in range(first, stored.SHARDS):
            missing = limit + 1 - len(items)  # one more tells whether there is another page
            found = map(stored.with_mark, self._query(stored.partition(tenant, dataset, shard), missing, after))
            items += islice((item for item in found if stored.is_shown(item, deleted=deleted)), missing)
            if len(items) > limit:
                cursor = encode_cursor(*stored.position_of(items[limit - 1]))
                return Page([stored.shown(item) for item in items[:limit]], cursor)
            after = None
        return Page([stored.shown(item) for item in items], None)

    def history(self, tenant: str, dataset: str, key: str) -> list[dict[str, Any]]:
        """List the earlier versions of a record, newest first."""
        if not stored.is_possible_key(key):
            return []
        pk = stored.partition_of_history(tenant, dataset, key)
        items = list(islice(self._query(pk, LONGEST_HISTORY, backwards=True), LONGEST_HISTORY))
        # job ids sort by the time of their creation, which is not quite that of their loading
        items.sort(key=stored.until_of, reverse=True)
        return [stored.shown_version(key, item) for item in items]

    def _query(self, pk: str, limit: int, after: str | None = None, *, backwards: bool = False) -> Iterator[Item]:
        """Yield the items of a partition, by sort key.

        The first request reads ``limit`` items; if that is not enough, there may be many deleted ones, and each further
        request reads as many as DynamoDB allows.
        """
        condition, values = f"{PARTITION_KEY} = :pk", {":pk": {"S": pk}}
        if after is not None:
            condition += f" AND {SORT_KEY} > :after"
            values[":after"] = {"S": after}
        parameters: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not backwards,
        }
        first = self._client.query(**parameters, Limit=limit)
        yield from first["Items"]
        if "LastEvaluatedKey" in first:
            yield from query_items(self._client.query, **parameters, ExclusiveStartKey=first["LastEvaluatedKey"])


def _position(cursor: str) -> tuple[int, str]:
    match decode_cursor(cursor):
        case [int(shard), str(key)] if 0 <= shard < stored.SHARDS and stored.is_possible_key(key):
            return shard, key
        case _:
            raise invalid_cursor()
