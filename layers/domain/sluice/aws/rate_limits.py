"""The rate of an upstream over all workers: an item of the jobs table that says when the next turn is free.

``pk = upstreams, sk = rate#{upstream}``. It is of no tenant, for credentials and rate belong to the deployment.

This is the generic cell rate algorithm as a leaky bucket of depth one, its theoretical arrival time kept as
``free_at`` (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). It is kept by conditional writes alone, each of
which only moves the time on, so that nothing can come between a look and a write. Times are whole microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from sluice.upstream.rate_limiter import spacing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_MICRO = 1_000_000


class DynamoRates:
    """The `Turns` of one upstream on the jobs table.

    Parameters
    ----------
    table
        The jobs table.
    upstream
        Whose turns they are.
    rate
        Requests a second that the upstream allows; somewhat fewer turns are given, see `spacing`.
    """

    def __init__(self, table: Table, upstream: str, rate: float) -> None:
        self._table = table
        self._key = {"pk": "upstreams", "sk": f"rate#{upstream}"}
        self._spacing = round(spacing(rate) * _MICRO)
        self._rejected = table.meta.client.exceptions.ConditionalCheckFailedException

    def take(self, *, earliest: float, before: float) -> float | None:
        """Take the next free turn that is not earlier than that; ``None``, and none is taken, if it is not before.

        A turn whose answer got lost on the way is taken all the same: nobody uses it, which does no harm.
        """
        first, end = round(earliest * _MICRO), round(before * _MICRO)
        if first >= end:
            return None
        turn = self._next(first, end)
        if turn is None:
            turn = self._anew(first)
        if turn is None:  # somebody was faster; the time only moves on, so the second look is the last
            turn = self._next(first, end)
        return None if turn is None else turn / _MICRO

    def hold(self, until: float) -> None:
        """Let nobody's request go before that; a hold is never made shorter."""
        end = round(until * _MICRO)
        # in this order: who wakes up for a turn of before must find the hold
        for name in ("held_until", "free_at"):
            self._set(name, "#name = :to", {":to": end}, Attr(name).not_exists() | Attr(name).lt(end))

    def held_until(self) -> float:
        """Until when nobody's request may go; 0 if that was never said."""
        found: dict[str, Any] = self._table.get_item(Key=self._key, ConsistentRead=True).get("Item", {})
        return float(found.get("held_until", 0)) / _MICRO

    def _next(self, first: int, end: int) -> int | None:
        """The turn after all that were taken, if it lies between the two."""
        between = Attr("free_at").gte(first) & Attr("free_at").lt(end)
        return self._taken("#name = #name + :spacing", {":spacing": self._spacing}, between)

    def _anew(self, first: int) -> int | None:
        """The first turn after a time in which none was wanted: turns that were not used are not saved up."""
        idle = Attr("free_at").not_exists() | Attr("free_at").lt(first)
        return self._taken("#name = :to", {":to": first + self._spacing}, idle)

    def _taken(self, change: str, values: dict[str, int], condition: ConditionBase) -> int | None:
        free_at = self._set("free_at", change, values, condition)
        return None if free_at is None else free_at - self._spacing

    def _set(self, name: str, change: str, values: dict[str, int], condition: ConditionBase) -> int | None:
        """Change a time on a condition; its new value, or ``None`` when the condition did not hold."""
        try:
            answer = self._table.update_item(
                Key=self._key,
                UpdateExpression=f"SET {change}",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues=values,
                ReturnValues="UPDATED_NEW",
            )
        except self._rejected:
            return None
        return int(str(answer["Attributes"][name]))
