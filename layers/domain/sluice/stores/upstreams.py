"""Upstreams as a deployment knows them: where they are, who we are there, and what all workers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sluice.model.errors import UpstreamRefused
from sluice.sources.page import Page
from sluice.sources.pages import read_pages
from sluice.sources.source import Source
from sluice.sources.upstream import Upstream
from sluice.stores.rates import DynamoRates
from sluice.stores.upstream_tokens import DynamoUpstreamTokens

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


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

        known = self._known(source.upstream, fresh=False)
        if known is not None:
            try:
                return read(known)
            except UpstreamRefused:
                rotated = self._known(source.upstream, fresh=True)
                if rotated is None or rotated == known:
                    raise
                return read(rotated)
        if (added := self._known(source.upstream, fresh=True)) is None:
            raise UpstreamRefused(
                f"The secret of the upstreams says nothing of '{source.upstream}'. Add its url, client_id and "
                "client_secret there."
            )
        return read(added)

    def _known(self, name: str, *, fresh: bool) -> Upstream | None:
        told = self._secret(fresh).get(name)
        return None if told is None else Upstream(name, **told)
