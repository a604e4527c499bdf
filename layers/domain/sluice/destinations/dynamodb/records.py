"""Looking at the records table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sluice.destinations.base import LONGEST_HISTORY, cursor_of, invalid_cursor, no_record, place_of
from sluice.destinations.dynamodb.stored import (
    KEY_BYTES,
    SHARDS,
    Item,
    key_of_record,
    partition,
    partition_of_history,
    shown,
    shown_version,
)
from sluice.model.page import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoRecords:
    """The `Records` port on the records table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        """One record; raises `NotFound`."""
        if not _can_be(key):
            raise no_record(key)
        found = self._client.get_item(TableName=self._table, Key=key_of_record(tenant, dataset, key)).get("Item")
        if found is None:
            raise no_record(key)
        return shown(found)

    def page(self, tenant: str, dataset: str, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
        """Records of a dataset, shard by shard and by key within each."""
        shard, after = _place(cursor)
        items: list[Item] = []
        while shard < SHARDS:
            found, more = self._some(partition(tenant, dataset, shard), after, limit + 1 - len(items))
            items += found
            if len(items) > limit:
                last = items[limit - 1]
                place = [int(last["pk"]["S"].rsplit("#", 1)[-1]), last["sk"]["S"]]
                return Page([shown(item) for item in items[:limit]], cursor_of(place))
            # an answer ends at its limit or at 1 MB, whichever is first
            shard, after = (shard, found[-1]["sk"]["S"]) if more and found else (shard + 1, None)
        return Page([shown(item) for item in items], None)

    def history(self, tenant: str, dataset: str, key: str) -> list[dict[str, Any]]:
        """What a record was before, newest first."""
        found: list[Item] = []
        before: str | None = None
        more = _can_be(key)
        while more and len(found) < LONGEST_HISTORY:
            some, more = self._some(
                partition_of_history(tenant, dataset, key), before, LONGEST_HISTORY - len(found), backwards=True
            )
            found += some
            before = some[-1]["sk"]["S"] if some else before
        # job ids sort by the time of their making, which is not quite that of their loading
        found.sort(key=lambda item: str(item["until"]["S"]), reverse=True)
        return [shown_version(key, item) for item in found]

    def _some(self, pk: str, after: str | None, limit: int, *, backwards: bool = False) -> tuple[list[Item], bool]:
        beyond = f" AND sk {'<' if backwards else '>'} :after" if after is not None else ""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk" + beyond,
            "ExpressionAttributeValues": {":pk": {"S": pk}} | ({":after": {"S": after}} if after is not None else {}),
            "Limit": limit,
            "ScanIndexForward": not backwards,
        }
        answer = self._client.query(**query)
        return answer["Items"], "LastEvaluatedKey" in answer


def _can_be(key: str) -> bool:
    return 0 < len(key.encode()) <= KEY_BYTES


def _place(cursor: str | None) -> tuple[int, str | None]:
    match None if cursor is None else place_of(cursor):
        case None if cursor is None:
            return 0, None
        case [int(shard), str(key)] if _can_be(key):
            return shard, key
        case _:
            raise invalid_cursor()
