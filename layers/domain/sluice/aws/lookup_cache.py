"""Answers of lookups in DynamoDB, on the jobs table: ``pk = {tenant}#answer#{lookup}#{digest of the key}``.

Each is a partition of its own, for a job reads and writes thousands of them within a minute. They leave by the table's
TTL.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from sluice.model.errors import TryLater
from sluice.upstream.lookup import Lookup, LookupResult

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# DynamoDB takes so many keys in one BatchGetItem.
_BATCH = 100
# Keys that the table left out are asked for again; boto3 tries again only what failed as a whole.
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
_BUSY_SECONDS = 5
_chance = SystemRandom().random


class DynamoLookupCache:
    """The `Answers` port on the jobs table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: str, lookup: Lookup, keys: Iterable[str], *, now: int) -> dict[str, LookupResult]:
        """The answers to these keys that are still good."""
        by_place = {_place(tenant, lookup, key): key for key in keys}
        found: dict[str, LookupResult] = {}
        places = iter(by_place)
        while portion := list(islice(places, _BATCH)):
            for item in self._read(portion):
                if int(item["expires_at"]) > now:  # TTL may be late
                    found[by_place[item["pk"]]] = LookupResult(item["status"], item.get("value"))
        return found

    def keep(self, tenant: str, lookup: Lookup, key: str, found: LookupResult, *, until: int) -> None:
        """Keep the answer to a key, in place of one before, until that time in epoch seconds."""
        item: dict[str, Any] = {**_key(_place(tenant, lookup, key)), "status": found.status, "expires_at": until}
        self._table.put_item(Item=item if found.value is None else item | {"value": found.value})

    def _read(self, places: list[str]) -> Iterator[dict[str, Any]]:
        client, name = self._table.meta.client, self._table.name
        # consistent: what a worker has just been told before it died is not asked for again
        wanted: Any = {name: {"Keys": [_key(place) for place in places], "ConsistentRead": True}}
        for pause in _PAUSES:
            answer = client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"].get(name, [])
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                return
            time.sleep(pause * (0.5 + _chance()))
        raise TryLater("jobs-table-busy", _BUSY_SECONDS)


def _key(place: str) -> dict[str, str]:
    return {"pk": place, "sk": "answer"}


def _place(tenant: str, lookup: Lookup, key: str) -> str:
    """Where the answer to a key is.

    A key may be personal data, so it does not lie here itself: who looks through the table, an export or a trace of
    it reads no ID numbers and cannot search for one. The tenant is the digest's key, so that the same number is another
    one with each tenant. It is no secret, and ID numbers can be counted through: against somebody who sets out to do
    so, the table's encryption and access rules are what protects them.
    """
    digest = hashlib.blake2b(key.encode(), digest_size=20, key=tenant.encode()).hexdigest()
    return f"{tenant}#answer#{lookup.name}#{digest}"
