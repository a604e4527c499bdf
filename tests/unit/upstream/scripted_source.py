"""A source whose upstream sends the responses of a test."""

from __future__ import annotations

from typing import Any

import httpx

from sluice.schema.importer import Row, column
from sluice.upstream.paging import read_pages
from sluice.upstream.source import Source, SourcePage
from tests.unit.upstream.scripted import UPSTREAM, ScriptedUpstream


class Item(Row):
    """A row of the source."""

    id: str = column("itemId", key=True)


ITEMS = Source("items", row=Item, dataset="items", title="Items", upstream="siasn", path="items", page_size=10)


def data(*ids: int, total: int | None = None) -> httpx.Response:
    """Return a page with rows of these ids."""
    body: dict[str, Any] = {"data": [{"itemId": str(id)} for id in ids]}
    return httpx.Response(200, json=body if total is None else body | {"total": total})


class ScriptedSource(ScriptedUpstream):
    """The pages of a scripted upstream."""

    def read(self, *offsets: int, source: Source = ITEMS, seconds: float = 60, at_once: int = 1) -> list[SourcePage]:
        """Read pages."""
        return read_pages(
            source,
            offsets or (0,),
            upstream=UPSTREAM,
            rates=self.rates,
            tokens=self.tokens,
            before=self.time.now + seconds,
            at_once=at_once,
            clock=self.time.clock(),
            transport=self.transport,
        )
