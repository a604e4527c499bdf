"""Upstreams as a deployment knows them: where they are, who we are there, and what all workers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sluice.lookups.asking import ask
from sluice.lookups.lookup import Asked, Found, Lookup, Told
from sluice.model.errors import UpstreamRefused
from sluice.sources.page import Page
from sluice.sources.pages import read_pages
from sluice.sources.source import Source
from sluice.stores.rates import DynamoRates
from sluice.stores.upstream_tokens import DynamoUpstreamTokens
from sluice.upstream.upstream import Upstream

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

    def read(self, source: Source, offsets: Sequence[int], *, before: float) -> list[Page]:
        """The pages of a source that begin at the offsets; see `read_pages`."""
        turns = DynamoRates(self._table, source.upstream, source.rate)

        def read(upstream: Upstream) -> list[Page]:
            return read_pages(source, offsets, upstream=upstream, turns=turns, tokens=self._tokens, before=before)

        return self._admitted(source.upstream, read)

    def ask(self, lookup: Lookup, keys: Iterable[str], *, before: float, told: Told) -> Asked:
        """Ask for each of the keys; see `sluice.lookups.asking.ask`."""
        turns, wanted = DynamoRates(self._table, lookup.upstream, lookup.rate), dict.fromkeys(keys)

        def noted(key: str, found: Found) -> None:
            told(key, found)
            del wanted[key]

        def asked(upstream: Upstream) -> Asked:
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
            except UpstreamRefused:
                rotated = self._known(name, fresh=True)
                if rotated is None or rotated == known:
                    raise
                return use(rotated)
        if (added := self._known(name, fresh=True)) is None:
            raise UpstreamRefused(
                f"The secret of the upstreams says nothing of '{name}'. Add its url, client_id and client_secret there."
            )
        return use(added)

    def _known(self, name: str, *, fresh: bool) -> Upstream | None:
        told = self._secret(fresh).get(name)
        return None if told is None else Upstream(name, **told)
