"""Upstreams as a deployment knows them: where they are, who we are there, and what all workers share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from sluice.aws.rate_limits import DynamoRates
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
    """The `Upstreams` port.

    Parameters
    ----------
    table
        The jobs table; rates and tokens are kept there.
    secret
        Gives ``{upstream: {url, client_id, client_secret, token_url?}}``, as it was kept or fresh: it may be rotated.
    """

    def __init__(self, table: Table, secret: Callable[[bool], Mapping[str, Any]]) -> None:
        self._table = table
        self._secret = secret
        self._tokens = DynamoUpstreamTokens(table)

    def read(self, source: Source, offsets: Sequence[int], *, before: float) -> list[SourcePage]:
        """The pages of a source that begin at the offsets; see `read_pages`."""
        turns = DynamoRates(self._table, source.upstream, source.rate)

        def read(upstream: Upstream) -> list[SourcePage]:
            return read_pages(source, offsets, upstream=upstream, turns=turns, tokens=self._tokens, before=before)

        return self._admitted(source.upstream, read)

    def ask(self, lookup: Lookup, keys: Iterable[str], *, before: float, told: OnResult) -> LookupBatch:
        """Ask for each of the keys; see `sluice.upstream.lookup_client.ask`."""
        turns, wanted = DynamoRates(self._table, lookup.upstream, lookup.rate), dict.fromkeys(keys)

        def noted(key: str, found: LookupResult) -> None:
            told(key, found)
            del wanted[key]

        def asked(upstream: Upstream) -> LookupBatch:
            return ask(
                lookup, list(wanted), upstream=upstream, turns=turns, tokens=self._tokens, before=before, told=noted
            )

        return self._admitted(lookup.upstream, asked)

    def _admitted(self, name: str, use: Callable[[Upstream], T]) -> T:
        """Go to an upstream with what is known of it; if it does not let us in, with what is known by now."""
        known = self._known(name, fresh=False)
        if known is not None:
            try:
                return use(known)
            except UpstreamRejected:
                rotated = self._known(name, fresh=True)
                if rotated is None or rotated == known:
                    raise
                return use(rotated)
        if (added := self._known(name, fresh=True)) is None:
            raise UpstreamRejected("no-secret", upstream=name)
        return use(added)

    def _known(self, name: str, *, fresh: bool) -> Upstream | None:
        told = self._secret(fresh).get(name)
        return None if told is None else Upstream(name, **told)


class DynamoUpstreamTokens:
    """The `Tokens` port on the jobs table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, upstream: str) -> AccessToken | None:
        """The token that was kept last; it may have expired."""
        found = self._table.get_item(Key=_key(upstream), ConsistentRead=True).get("Item")
        return None if found is None else AccessToken(str(found["token"]), float(str(found["good_until"])))

    def keep(self, upstream: str, token: AccessToken) -> None:
        """Keep a token in place of the one before."""
        good_until = Decimal(str(round(token.good_until, 3)))
        item: dict[str, Any] = {
            "token": token.value,
            "good_until": good_until,
            "expires_at": math.ceil(token.good_until),
        }
        self._table.put_item(Item={**_key(upstream), **item})


def _key(upstream: str) -> dict[str, str]:
    return {"pk": "upstreams", "sk": f"token#{upstream}"}
