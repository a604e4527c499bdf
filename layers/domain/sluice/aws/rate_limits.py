"""The rate limit of an upstream over all workers: an item of the jobs table that says when the next slot is free.

``pk = upstreams, sk = rate#{upstream}``. It belongs to no tenant, because a deployment has one set of credentials and
one rate for each upstream.

This is the generic cell rate algorithm as a leaky bucket of depth one, whose theoretical arrival time is ``free_at``
(https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). Only conditional writes change it, and each of them moves
the time forward, so no worker can get between another's read and write. Times are whole microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from sluice.upstream.rate_limiter import spacing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_MICRO = 1_000_000


class DynamoRateStore:
    """The `RateStore` of one upstream on the jobs table.

    Parameters
    ----------
    table
        The jobs table.
    upstream
        Name of the upstream.
    rate
        Requests a second that the upstream allows; there are fewer slots than that, see `spacing`.
    """

    def __init__(self, table: Table, upstream: str, rate: float) -> None:
        self._table = table
        self._key = {"pk": "upstreams", "sk": f"rate#{upstream}"}
        self._spacing = round(spacing(rate) * _MICRO)
        self._condition_failed = table.meta.client.exceptions.ConditionalCheckFailedException

    def acquire(self, *, earliest: float, before: float) -> float | None:
        """Take the next free slot from ``earliest`` on; ``None``, and no slot is taken, unless it is before ``before``.

        A slot whose response is lost stays unused, which only delays the next request by one slot.
        """
        first, end = round(earliest * _MICRO), round(before * _MICRO)
        if first >= end:
            return None
        slot = self._take_next(first, end)
        if slot is None:
            slot = self._take_first(first)
        if slot is None:  # another worker was faster; the time only moves forward, so this try is the last
            slot = self._take_next(first, end)
        return None if slot is None else slot / _MICRO

    def back_off_until(self, until: float) -> None:
        """Block all slots before ``until``; a later time that is already set stays."""
        end = round(until * _MICRO)
        # In this order: a worker that ends its wait for a slot acquired before must see the block.
        for name in ("held_until", "free_at"):
            self._set(name, "#name = :to", {":to": end}, Attr(name).not_exists() | Attr(name).lt(end))

    def blocked_until(self) -> float:
        """Return the time until which slots are blocked; 0 if they never were."""
        found: dict[str, Any] = self._table.get_item(Key=self._key, ConsistentRead=True).get("Item", {})
        return float(found.get("held_until", 0)) / _MICRO

    def _take_next(self, first: int, end: int) -> int | None:
        """Take the slot after the last taken one, if it is between the two times."""
        between = Attr("free_at").gte(first) & Attr("free_at").lt(end)
        return self._take("#name = #name + :spacing", {":spacing": self._spacing}, between)

    def _take_first(self, first: int) -> int | None:
        """Take the first slot after an idle time; slots that were not used in it are not saved up."""
        idle = Attr("free_at").not_exists() | Attr("free_at").lt(first)
        return self._take("#name = :to", {":to": first + self._spacing}, idle)

    def _take(self, change: str, values: dict[str, int], condition: ConditionBase) -> int | None:
        free_at = self._set("free_at", change, values, condition)
        return None if free_at is None else free_at - self._spacing

    def _set(self, name: str, change: str, values: dict[str, int], condition: ConditionBase) -> int | None:
        """Change a time on a condition and return its new value; ``None`` if the condition was not met."""
        try:
            response = self._table.update_item(
                Key=self._key,
                UpdateExpression=f"SET {change}",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues=values,
                ReturnValues="UPDATED_NEW",
            )
        except self._condition_failed:
            return None
        return int(str(response["Attributes"][name]))
