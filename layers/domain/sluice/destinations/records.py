"""Looking at the records table."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from sluice.destinations.dynamodb import KEY_BYTES, SHARDS, key_of_record, partition
from sluice.model.errors import NotFound, RequestRefused
from sluice.model.page import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


# Of a key that cannot be, what an answer repeats.
_SHOWN = 200


class DynamoRecords:
    """The `Records` port on the records table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        """One record; raises `NotFound`."""
        if not 0 < len(key.encode()) <= KEY_BYTES:
            raise NotFound("record", key[:_SHOWN])
        found = self._client.get_item(TableName=self._table, Key=key_of_record(tenant, dataset, key)).get("Item")
        if found is None:
            raise NotFound("record", key)
        return _shown(found)

    def page(self, tenant: str, dataset: str, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
        """Records of a dataset, shard by shard and by key within each."""
        shard, after = _place(cursor)
        items: list[dict[str, Any]] = []
        while shard < SHARDS:
            found, more = self._some(partition(tenant, dataset, shard), after, limit + 1 - len(items))
            items += found
            if len(items) > limit:
                last = items[limit - 1]
                return Page([_shown(item) for item in items[:limit]], _cursor(last))
            # an answer ends at its limit or at 1 MB, whichever is first
            shard, after = (shard, found[-1]["sk"]["S"]) if more and found else (shard + 1, None)
        return Page([_shown(item) for item in items], None)

    def _some(self, pk: str, after: str | None, limit: int) -> tuple[list[dict[str, Any]], bool]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk" + (" AND sk > :after" if after is not None else ""),
            "ExpressionAttributeValues": {":pk": {"S": pk}} | ({":after": {"S": after}} if after is not None else {}),
            "Limit": limit,
        }
        answer = self._client.query(**query)
        return answer["Items"], "LastEvaluatedKey" in answer


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    return {"key": item["sk"]["S"], "job": item["job"]["S"], "values": json.loads(item["data"]["S"])}


def _cursor(item: dict[str, Any]) -> str:
    shard = int(item["pk"]["S"].rsplit("#", 1)[-1])
    return base64.urlsafe_b64encode(json.dumps([shard, item["sk"]["S"]]).encode()).decode()


def _place(cursor: str | None) -> tuple[int, str | None]:
    match _decoded(cursor):
        case None:
            return 0, None
        case [int(shard), str(key)] if 0 < len(key.encode()) <= KEY_BYTES:
            return shard, key
        case _:
            raise RequestRefused("bad-cursor", "The cursor does not hold", "Ask for the list again from its beginning.")


def _decoded(cursor: str | None) -> Any:
    try:
        return None if cursor is None else json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError):
        return False
