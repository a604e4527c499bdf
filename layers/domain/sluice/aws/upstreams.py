"""The upstreams of a deployment: addresses and credentials from a secret, slots and tokens in the jobs table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from boto3.dynamodb.conditions import Attr, ConditionBase

from sluice.model.errors import UpstreamRejected
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from sluice.upstream.lookup_client import ask
from sluice.upstream.paging import read_pages
from sluice.upstream.rate_limiter import spacing
from sluice.upstream.source import Source, SourcePage
from sluice.upstream.tokens import AccessToken, Upstream

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

T = TypeVar("T")

_MICRO = 1_000_000


class SharedUpstreams:
    """The `Upstreams` port: every worker of the deployment shares slots and tokens with all others.

    Parameters
    ----------
    table
        The jobs table.
    secret
        Returns ``{upstream: {url, client_id, client_secret, token_url?}}``. With ``True`` it reads the secret anew,
        because credentials may have been rotated; otherwise it may return a cached one.
    """

    def __init__(self, table: Table, secret: Callable[[bool], Mapping[str, Any]]) -> None:
        self._table = table
        self._secret = secret
        self._tokens = DynamoTokenStore(table)

    def read(self, source: Source, offsets: Sequence[int], *, before: float) -> list[SourcePage]:
        """Read the pages of a source that begin at the offsets; see `sluice.upstream.paging.read_pages`."""
        rates = DynamoRateStore(self._table, source.upstream, source.rate)

        def read(upstream: Upstream) -> list[SourcePage]:
            return read_pages(source, offsets, upstream=upstream, rates=rates, tokens=self._tokens, before=before)

        return self._with_credentials(source.upstream, read)

    def ask(self, lookup: Lookup, keys: Iterable[str], *, before: float, on_result: OnResult) -> LookupBatch:
        """Look up each of the keys; see `sluice.upstream.lookup_client.ask`."""
        rates, remaining = DynamoRateStore(self._table, lookup.upstream, lookup.rate), dict.fromkeys(keys)

        def on_each(key: str, result: LookupResult) -> None:
            on_result(key, result)
            del remaining[key]

        def ask_remaining(upstream: Upstream) -> LookupBatch:
            return ask(
                lookup,
                list(remaining),
                upstream=upstream,
                rates=rates,
                tokens=self._tokens,
                before=before,
                on_result=on_each,
            )

        return self._with_credentials(lookup.upstream, ask_remaining)

    def _with_credentials(self, name: str, use: Callable[[Upstream], T]) -> T:
        """Call ``use`` with the cached credentials, and once more with new ones if the upstream rejects those."""
        cached = self._find(name, fresh=False)
        if cached is not None:
            try:
                return use(cached)
            except UpstreamRejected:
                rotated = self._find(name, fresh=True)
                if rotated is None or rotated == cached:
                    raise
                return use(rotated)
        if (added := self._find(name, fresh=True)) is None:
            raise UpstreamRejected("no-secret", upstream=name)
        return use(added)

    def _find(self, name: str, *, fresh: bool) -> Upstream | None:
        entry = self._secret(fresh).get(name)
        return None if entry is None else Upstream(name, **entry)


class DynamoTokenStore:
    """The `TokenStore` on the jobs table: ``pk = upstreams, sk = token#{upstream}``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, upstream: str) -> AccessToken | None:
        """Return the token that was stored last; it may have expired."""
        found = self._table.get_item(Key=_key(upstream), ConsistentRead=True).get("Item")
        return None if found is None else AccessToken(str(found["token"]), float(str(found["good_until"])))

    def keep(self, upstream: str, token: AccessToken) -> None:
        """Store a token, which replaces the earlier one."""
        good_until = Decimal(str(round(token.good_until, 3)))
        item: dict[str, Any] = {
            "token": token.value,
            "good_until": good_until,
            "expires_at": math.ceil(token.good_until),
        }
        self._table.put_item(Item={**_key(upstream), **item})


def _key(upstream: str) -> dict[str, str]:
    return {"pk": "upstreams", "sk": f"token#{upstream}"}


class DynamoRateStore:
    """The `RateStore` of one upstream on the jobs table: ``pk = upstreams, sk = rate#{upstream}``.

    It belongs to no tenant, because a deployment has one set of credentials and one rate for each upstream.

    This is the generic cell rate algorithm as a leaky bucket of depth one, whose theoretical arrival time is
    ``free_at`` (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). Only conditional writes change it, and each
    of them moves the time forward, so no worker can get between another's read and write. Times are whole microseconds.

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
