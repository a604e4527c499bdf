"""The upstreams of a deployment: addresses and credentials from a secret, slots and tokens in the jobs table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from sluice.aws.rate_limits import DynamoRateStore
from sluice.model.errors import UpstreamRejected
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from sluice.upstream.lookup_client import ask
from sluice.upstream.paging import read_pages
from sluice.upstream.source import Source, SourcePage
from sluice.upstream.tokens import AccessToken, Upstream

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

T = TypeVar("T")


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
