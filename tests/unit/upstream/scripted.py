"""An upstream that answers as a test says, and time that passes only when somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import httpx

from sluice.upstream.clock import Clock
from sluice.upstream.tokens import Upstream
from tests.fakes.upstreams import MemoryRates, MemoryUpstreamTokens

START = 1_800_000_000.0
SECRET = "the-secret"
UPSTREAM = Upstream("siasn", "https://upstream.example/api/", "us", SECRET)
Said = httpx.Response | Exception


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


class Scripted:
    """Says what a test told it to, one after the other; tokens are `token-1`, `token-2` and so on."""

    def __init__(self, said: Sequence[Said], tokens: Sequence[Said] = ()) -> None:
        self.time = Time()
        self.rates, self.tokens = MemoryRates(20), MemoryUpstreamTokens()
        self.asked: list[httpx.Request] = []
        self.fetched: list[httpx.Request] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self._said, self._tokens = list(said), list(tokens)

    @property
    def transport(self) -> httpx.MockTransport:
        """The way to it."""
        return httpx.MockTransport(self._answer)

    @property
    def bearers(self) -> list[str]:
        """The tokens that things were asked for with."""
        return [request.headers["authorization"].removeprefix("Bearer ") for request in self.asked]

    def say(self, request: httpx.Request) -> Said:
        """What it says to a request."""
        return self._said.pop(0)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.fetched.append(request)
            name = f"token-{len(self.fetched)}"
            granted = httpx.Response(200, json={"access_token": name, "expires_in": 600})
            said = self._tokens.pop(0) if self._tokens else granted
        else:
            self.asked.append(request)
            self.meanwhile()
            said = self.say(request)
        if isinstance(said, Exception):
            raise said
        return said
