"""An upstream that answers as a test says, and time that passes only when somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx

from sluice.rows.column import column
from sluice.rows.row import Row
from sluice.sources.clock import Clock
from sluice.sources.page import Page
from sluice.sources.pages import read_pages
from sluice.sources.source import Source
from sluice.sources.upstream import Upstream
from tests.fakes.upstreams import MemoryRates, MemoryUpstreamTokens

START = 1_800_000_000.0
SECRET = "the-secret"
UPSTREAM = Upstream("siasn", "https://upstream.example/api/", "us", SECRET)
Said = httpx.Response | Exception


class Item(Row):
    """A thing."""

    id: str = column("itemId", key=True)


ITEMS = Source("items", row=Item, dataset="items", title="Items", path="items", page_size=10)


class Time:
    """Epoch seconds."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    @property
    def passed(self) -> float:
        """Seconds since the test began."""
        return self.now - START

    def clock(self) -> Clock:
        """The clock of a reader; a pause is as long as it can be."""

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.now += seconds

        return Clock(lambda: self.now, sleep, lambda: 1.0)


def data(*ids: int, total: int | None = None) -> httpx.Response:
    """A page with rows of these ids."""
    body: dict[str, Any] = {"data": [{"itemId": str(id)} for id in ids]}
    return httpx.Response(200, json=body if total is None else body | {"total": total})


class Scripted:
    """Says what a test told it to, one after the other; tokens are `token-1`, `token-2` and so on."""

    def __init__(self, said: Sequence[Said], tokens: Sequence[Said] = ()) -> None:
        self.time = Time()
        self.rates, self.tokens = MemoryRates(20), MemoryUpstreamTokens()
        self.asked: list[httpx.Request] = []
        self.fetched: list[httpx.Request] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self._said, self._tokens = list(said), list(tokens)

    def read(self, *offsets: int, source: Source = ITEMS, seconds: float = 60, at_once: int = 1) -> list[Page]:
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
            transport=httpx.MockTransport(self._answer),
        )

    @property
    def bearers(self) -> list[str]:
        """The tokens that pages were asked for with."""
        return [request.headers["authorization"].removeprefix("Bearer ") for request in self.asked]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.fetched.append(request)
            name = f"token-{len(self.fetched)}"
            granted = httpx.Response(200, json={"access_token": name, "expires_in": 600})
            said = self._tokens.pop(0) if self._tokens else granted
        else:
            self.asked.append(request)
            self.meanwhile()
            said = self._said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said
