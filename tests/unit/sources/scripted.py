"""A source whose upstream answers as a test says."""

from __future__ import annotations

from typing import Any

import httpx

from sluice.schema.column import Row, column
from sluice.upstream.paging import read_pages
from sluice.upstream.source import Source, SourcePage
from tests.unit.upstream import scripted
from tests.unit.upstream.scripted import UPSTREAM


class Item(Row):
    """A thing."""

    id: str = column("itemId", key=True)


ITEMS = Source("items", row=Item, dataset="items", title="Items", path="items", page_size=10)


def data(*ids: int, total: int | None = None) -> httpx.Response:
    """A page with rows of these ids."""
    body: dict[str, Any] = {"data": [{"itemId": str(id)} for id in ids]}
    return httpx.Response(200, json=body if total is None else body | {"total": total})


class Scripted(scripted.Scripted):
    """Pages of an upstream that says what a test told it to."""

    def read(self, *offsets: int, source: Source = ITEMS, seconds: float = 60, at_once: int = 1) -> list[SourcePage]:
        """Read pages of it."""
        return read_pages(
            source,
            offsets or (0,),
            upstream=UPSTREAM,
            turns=self.rates,
            tokens=self.tokens,
            before=self.time.now + seconds,
            at_once=at_once,
            clock=self.time.clock(),
            transport=self.transport,
        )
