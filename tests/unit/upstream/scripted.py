"""An upstream that sends the responses of a test, and time that passes only in sleeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import httpx

from sluice.upstream.clock import Clock
from sluice.upstream.tokens import Upstream
from tests.support.upstreams import MemoryRateStore, MemoryTokenStore

START = 1_800_000_000.0
SECRET = "the-secret"
UPSTREAM = Upstream("siasn", "https://upstream.example/api/", "us", SECRET)
Scripted = httpx.Response | Exception


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
        """Return the clock of a reader, with the longest jitter."""

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.now += seconds

        return Clock(lambda: self.now, sleep, lambda: 1.0)


class ScriptedUpstream:
    """Sends the responses of a test one after the other; its tokens are `token-1`, `token-2` and so on."""

    def __init__(self, responses: Sequence[Scripted], tokens: Sequence[Scripted] = ()) -> None:
        self.time = Time()
        self.rates, self.tokens = MemoryRateStore(20), MemoryTokenStore()
        self.requests: list[httpx.Request] = []
        self.token_requests: list[httpx.Request] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self._responses, self._token_responses = list(responses), list(tokens)

    @property
    def transport(self) -> httpx.MockTransport:
        """Return a transport to this upstream."""
        return httpx.MockTransport(self._answer)

    @property
    def bearers(self) -> list[str]:
        """Return the tokens of the requests."""
        return [request.headers["authorization"].removeprefix("Bearer ") for request in self.requests]

    def respond(self, request: httpx.Request) -> Scripted:
        """Return the response to a request."""
        return self._responses.pop(0)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.token_requests.append(request)
            name = f"token-{len(self.token_requests)}"
            granted = httpx.Response(200, json={"access_token": name, "expires_in": 600})
            response = self._token_responses.pop(0) if self._token_responses else granted
        else:
            self.requests.append(request)
            self.meanwhile()
            response = self.respond(request)
        if isinstance(response, Exception):
            raise response
        return response
