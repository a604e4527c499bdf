"""Recipes and settings of drop folders in the jobs table: ``pk = {tenant}#recipes#{importer}``, ``sk`` = name.

They have no `expires_at`: they stay until a caller removes them.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from sluice.aws.dynamodb import query_items
from sluice.model.errors import format_of
from sluice.model.page import Page
from sluice.model.saved import Saved

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_FORMAT = 1


class DynamoRecipes:
    """The `Recipes` port on the jobs table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._condition_failed = table.meta.client.exceptions.ConditionalCheckFailedException

    def get(self, tenant: str, importer: str, name: str) -> Saved | None:
        """Read what is saved under a name; ``None`` if nothing is."""
        found = self._table.get_item(Key=_key(tenant, importer, name), ConsistentRead=True).get("Item")
        return None if found is None else _saved(found)

    def page(self, tenant: str, importer: str, prefix: str, *, limit: int, cursor: str | None) -> Page[Saved]:
        """List what is saved under names with a prefix, in their order."""
        first = prefix if cursor is None else f"{cursor}\0"
        place = Key("pk").eq(_partition(tenant, importer)) & Key("sk").between(first, f"{prefix}\U0010ffff")
        items = query_items(self._table.query, KeyConditionExpression=place, ConsistentRead=True, Limit=limit + 1)
        found = [_saved(item) for item in islice(items, limit + 1)]
        return Page(found[:limit], found[limit - 1].name if len(found) > limit else None)

    def put(self, tenant: str, importer: str, saved: Saved, *, seen: Saved | None) -> Saved | None:
        """Save the next version; return it, or ``None`` if the present version is not the one that was seen."""
        version = 1 if seen is None else seen.version + 1
        item = {**_key(tenant, importer, saved.name), "format": _FORMAT, "version": version}
        item |= {"by": saved.by, "at": saved.at.isoformat(), "value": json.dumps(dict(saved.value))}
        try:
            self._table.put_item(Item=item, ConditionExpression=_is(seen))
        except self._condition_failed:
            return None
        return _saved(item)

    def remove(self, tenant: str, importer: str, seen: Saved) -> bool:
        """Remove what was seen; ``False`` if it has changed since, or is removed already."""
        try:
            self._table.delete_item(Key=_key(tenant, importer, seen.name), ConditionExpression=_is(seen))
        except self._condition_failed:
            return False
        return True


def _partition(tenant: str, importer: str) -> str:
    return f"{tenant}#recipes#{importer}"


def _key(tenant: str, importer: str, name: str) -> dict[str, Any]:
    return {"pk": _partition(tenant, importer), "sk": name}


def _is(seen: Saved | None) -> ConditionBase:
    """Build the condition that the present version is the one that was seen."""
    if seen is None:
        return Attr("pk").not_exists()
    return Attr("version").eq(seen.version) & Attr("at").eq(seen.at.isoformat())


def _saved(item: dict[str, Any]) -> Saved:
    format_of({"format": int(item.get("format", 0))}, f"The item {item['pk']} {item['sk']}", newest=_FORMAT)
    at = datetime.fromisoformat(item["at"])
    return Saved(item["sk"], json.loads(item["value"]), item["by"], at, int(item["version"]))
