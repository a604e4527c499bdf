"""Cached results of lookups on the jobs table: ``pk = {tenant}#answer#{lookup}#{digest of the key}``.

Each is a partition of its own, because a job reads and writes thousands of them within a minute. The table's TTL
removes them.
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

# Maximum number of keys of BatchGetItem.
_BATCH = 100
# Seconds before unprocessed keys are read again; boto3 repeats only calls that failed as a whole.
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
_BUSY_SECONDS = 5
_chance = SystemRandom().random


class DynamoLookupCache:
    """The `LookupCache` port on the jobs table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: str, lookup: Lookup, keys: Iterable[str], *, now: int) -> dict[str, LookupResult]:
        """Return the results of these keys that have not expired."""
        keys_by_partition = {_partition(tenant, lookup, key): key for key in keys}
        results: dict[str, LookupResult] = {}
        partitions = iter(keys_by_partition)
        while batch := list(islice(partitions, _BATCH)):
            for item in self._read(batch):
                if int(item["expires_at"]) > now:  # TTL may be late
                    results[keys_by_partition[item["pk"]]] = LookupResult(item["status"], item.get("value"))
        return results

    def keep(self, tenant: str, lookup: Lookup, key: str, found: LookupResult, *, until: int) -> None:
        """Store the result of a key, which replaces an earlier one; it expires at ``until`` (epoch seconds)."""
        item: dict[str, Any] = {**_key(_partition(tenant, lookup, key)), "status": found.status, "expires_at": until}
        self._table.put_item(Item=item if found.value is None else item | {"value": found.value})

    def _read(self, partitions: list[str]) -> Iterator[dict[str, Any]]:
        client, name = self._table.meta.client, self._table.name
        # Consistent, so that a result that a worker kept just before it died is not looked up again.
        wanted: Any = {name: {"Keys": [_key(partition) for partition in partitions], "ConsistentRead": True}}
        for pause in _PAUSES:
            response = client.batch_get_item(RequestItems=wanted)
            yield from response["Responses"].get(name, [])
            wanted = response.get("UnprocessedKeys")
            if not wanted:
                return
            time.sleep(pause * (0.5 + _chance()))
        raise TryLater("jobs-table-busy", _BUSY_SECONDS)


def _key(partition: str) -> dict[str, str]:
    return {"pk": partition, "sk": "answer"}


def _partition(tenant: str, lookup: Lookup, key: str) -> str:
    """Return the partition key of a result: a digest, because a key may be personal data.

    So the table, its exports and its traces show no ID numbers and cannot be searched for one. The tenant is the key of
    the digest, so a number has another digest with each tenant. This does not withstand an attacker who computes the
    digests of all ID numbers; the table's encryption and access rules protect against that.
    """
    digest = hashlib.blake2b(key.encode(), digest_size=20, key=tenant.encode()).hexdigest()
    return f"{tenant}#answer#{lookup.name}#{digest}"
