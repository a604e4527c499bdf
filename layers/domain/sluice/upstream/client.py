"""Requests to one upstream: each at its turn, with a token that holds, and made again when the upstream stumbles."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from ssl import SSLContext
from typing import Any, Final, TypeVar

import httpx

from sluice.model.errors import SluiceError, TryLater, UpstreamRejected
from sluice.upstream.clock import Clock, SerialExecutor
from sluice.upstream.rate_limiter import RateLimiter, RateStore
from sluice.upstream.responses import RequestFailure, UpstreamResponse, understand
from sluice.upstream.tokens import AccessToken, TokenProvider, TokenStore, Upstream, read_token

T = TypeVar("T")

#: How often a thing is asked for before it is given up for now; then its chunk has its own three attempts.
TRIES: Final = 3
#: Seconds for a connection, between two pieces of an answer, and for a whole answer.
TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
WHOLE: Final = 20.0
# A page of 100 rows has some 50 kB; whoever sends so much more is not the upstream that we know.
_MOST_BYTES = 16 * 1024**2
_OUT_OF_TIME_SECONDS = 5


@asynccontextmanager
async def open_session(
    upstream: Upstream,
    *,
    turns: RateStore,
    tokens: TokenStore,
    before: float,
    aside: SerialExecutor,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None,
    apart: float | None = None,
) -> AsyncIterator[Session]:
    """Open a session; what is done in it ends with it.

    Parameters
    ----------
    upstream
        Address and credentials.
    turns, tokens
        What all workers share.
    before
        When to be done, in epoch seconds.
    aside, clock, apart
        Of the session.
    transport
        For tests; ``None`` is the network.

    Raises
    ------
    TryLater
        If the time is up.
    """
    line = RateLimiter(upstream.name, turns, before, aside, clock)
    wallet = TokenProvider(upstream.name, tokens, aside, clock)
    _silence_httpx_logging()
    try:
        async with (
            asyncio.timeout(before - clock.now()),
            # redirects are not followed, for a token goes only where it was meant to; proxies would come of the
            # environment
            httpx.AsyncClient(transport=transport, timeout=TIMEOUT, verify=_certificates(), trust_env=False) as client,
        ):
            yield Session(upstream, client, line, wallet, clock, apart)
    except TimeoutError:
        raise TryLater("no-answer-in-time", _OUT_OF_TIME_SECONDS, upstream=upstream.name) from None


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """Tasks that are done side by side; the first failure ends the others, and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except ExceptionGroup as failed:
        ours = next((error for error in failed.exceptions if isinstance(error, SluiceError)), None)
        raise ours or failed.exceptions[0] from None


class Session:
    """What one reader asks of one upstream.

    Parameters
    ----------
    upstream
        Address and credentials.
    client
        To ask with; the session does not close it.
    line, wallet
        For turns and tokens.
    clock
        For pauses.
    apart
        Seconds between two tries of one request; if it is not said, up to 2 and then up to 4.
    """

    def __init__(
        self,
        upstream: Upstream,
        client: httpx.AsyncClient,
        line: RateLimiter,
        wallet: TokenProvider,
        clock: Clock,
        apart: float | None = None,
    ) -> None:
        self._upstream, self._client, self._line, self._wallet, self._clock = upstream, client, line, wallet, clock
        self._apart = apart
        self._fetching = asyncio.Lock()

    async def get(self, path: str, query: dict[str, int], read: Callable[[Any], T], *, asked: str) -> T:
        """Ask for a thing, up to three times, and do not go on without it.

        Parameters
        ----------
        path, query, read, asked
            As in `get_or_stumble`.

        Raises
        ------
        TryLater
            If three tries came to nothing, or there is no turn in time.
        UpstreamRejected
            If the upstream does not want the request at all.
        """
        got = await self.get_or_stumble(path, query, read, asked=asked)
        if isinstance(got, RequestFailure):
            if got.final:
                raise self._rejected(asked, got)
            seconds = max(2**TRIES, math.ceil(got.pause or 0))
            raise TryLater("bad-answer", seconds, upstream=self._upstream.name, asked=asked, got=got.what, tries=TRIES)
        return got

    async def get_or_stumble(
        self, path: str, query: dict[str, int], read: Callable[[Any], T], *, asked: str
    ) -> T | RequestFailure:
        """Ask for a thing, up to three times.

        Parameters
        ----------
        path
            Below the upstream's address.
        query
            Its parameters.
        read
            Makes a value of the answer's JSON; raises `ValueError` when that is not of the expected form.
        asked
            What errors call the thing: "the upstream was asked for …".

        Returns
        -------
        T or RequestFailure
            What was read, or why the last of three tries gave nothing, or the only one if the upstream does not like
            what was asked for.

        Raises
        ------
        TryLater
            If there is no turn in time.
        UpstreamRejected
            If the upstream wants no request of ours at all.
        """
        attempt = 1
        while True:
            got = await self._try(path, query, read)
            if not isinstance(got, RequestFailure):
                return got
            if got.final and got.alive:
                return got
            if got.final:
                raise self._rejected(asked, got)
            await self._pause(got, attempt)
            if attempt == TRIES:
                return got
            attempt += 1

    def _rejected(self, asked: str, stumble: RequestFailure) -> UpstreamRejected:
        return UpstreamRejected("bad-answer", upstream=self._upstream.name, asked=asked, got=stumble.what)

    async def _try(self, path: str, query: dict[str, int], read: Callable[[Any], T]) -> T | RequestFailure:
        token = await self._authorised()
        if isinstance(token, RequestFailure):
            return token
        headers = {"Authorization": f"Bearer {token.value}", "Accept": "application/json"}
        answer = await self._send("GET", self._upstream.address(path), params=query, headers=headers)
        if isinstance(answer, RequestFailure):
            return answer
        got = understand(answer, read, now=self._clock.now())
        if isinstance(got, RequestFailure) and got.unauthorized:
            self._wallet.reject(token)
        return got

    async def _authorised(self) -> AccessToken | RequestFailure:
        """Return at our turn, with a token. Where there is none, the turn goes to fetching one."""
        while True:
            await self._line.turn()
            if token := await self._wallet.find():
                return token
            if self._fetching.locked():  # of several requests that find no token, one fetches it
                async with self._fetching:
                    continue
            async with self._fetching:
                if not await self._wallet.find() and isinstance(stumble := await self._fetch(), RequestFailure):
                    return stumble

    async def _fetch(self) -> RequestFailure | None:
        """Fetch a token and keep it for all."""
        asked = self._clock.now()
        who = (self._upstream.client_id, self._upstream.client_secret)
        form = {"grant_type": "client_credentials"}
        answer = await self._send("POST", self._upstream.tokens_at, auth=who, data=form)
        if isinstance(answer, RequestFailure):
            return replace(answer, for_token=True)
        token = understand(answer, lambda body: read_token(body, asked), now=self._clock.now())
        if isinstance(token, AccessToken):
            await self._wallet.keep(token)
            return None
        final = token.final or token.unauthorized
        return replace(token, what=f"{token.what} for a token", final=final, for_token=True, alive=False)

    async def _send(self, method: str, url: str, **what: Any) -> UpstreamResponse | RequestFailure:
        """Make a request, its answer whole or not at all."""
        body = bytearray()
        try:
            async with asyncio.timeout(WHOLE), self._client.stream(method, url, **what) as response:
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > _MOST_BYTES:
                        return RequestFailure(f"an answer of more than {_MOST_BYTES:,} bytes")
                return UpstreamResponse(response.status_code, dict(response.headers), bytes(body))
        except (TimeoutError, httpx.TimeoutException):
            return RequestFailure("no answer in time")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return RequestFailure("nothing, for its address is none", final=True)
        except httpx.HTTPError as error:
            return RequestFailure(f"a broken connection ({type(error).__name__})")

    async def _pause(self, stumble: RequestFailure, attempt: int) -> None:
        """Wait before the next try; everybody does, if the upstream asked for it."""
        longest = 2.0**attempt
        if stumble.pause is not None or stumble.throttled:
            await self._line.hold(longest if stumble.pause is None else stumble.pause)
        elif attempt < TRIES and not stumble.unauthorized:  # a new token is reason enough to try again at once
            # full jitter, so that those who were interrupted together do not come back together:
            # https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            await self._clock.sleep(longest * self._clock.chance() if self._apart is None else self._apart)


@cache
def _certificates() -> SSLContext:
    """Those that TLS trusts; reading them takes longer than a page does."""
    return httpx.create_ssl_context(trust_env=False)


@cache
def _silence_httpx_logging() -> None:
    """Let httpx log nothing: it writes the address of each request, and that of a lookup names a person."""
    logging.getLogger("httpx").addFilter(lambda _: False)
