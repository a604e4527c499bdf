"""Requests to one upstream: each in its own slot of the rate limit, with a valid token, and up to three tries."""

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
from sluice.upstream.responses import RequestFailure, UpstreamResponse, interpret
from sluice.upstream.tokens import AccessToken, TokenProvider, TokenStore, Upstream, read_token

T = TypeVar("T")

#: Tries of one request in one attempt at a chunk; the chunk itself has three attempts.
TRIES: Final = 3
#: Seconds to connect, and between two pieces of a response.
TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
#: Seconds for a whole response.
RESPONSE_TIMEOUT: Final = 20.0
# A page of 100 rows has about 50 kB; a response that is so much larger is a mistake, and would fill the memory.
_MAX_BYTES = 16 * 1024**2
_OUT_OF_TIME_SECONDS = 5


@asynccontextmanager
async def open_session(
    upstream: Upstream,
    *,
    rates: RateStore,
    tokens: TokenStore,
    before: float,
    executor: SerialExecutor,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None,
    retry_pause: float | None = None,
) -> AsyncIterator[Session]:
    """Open a session with an upstream; requests that are still under way at its end are cancelled.

    Parameters
    ----------
    upstream
        Address and credentials.
    rates, tokens
        Slots and tokens that all workers share.
    before
        Deadline in epoch seconds.
    executor, clock, retry_pause
        Of the session.
    transport
        For tests; ``None`` is the network.

    Raises
    ------
    TryLater
        If the deadline has passed.
    """
    limiter = RateLimiter(upstream.name, rates, before, executor, clock)
    provider = TokenProvider(upstream.name, tokens, executor, clock)
    silence_httpx_logging()
    try:
        async with (
            asyncio.timeout(before - clock.now()),
            # No redirects, because a token must not reach another host; no proxies, because those would come from the
            # environment.
            httpx.AsyncClient(transport=transport, timeout=TIMEOUT, verify=_certificates(), trust_env=False) as client,
        ):
            yield Session(upstream, client, limiter, provider, clock, retry_pause)
    except TimeoutError:
        raise TryLater("no-answer-in-time", _OUT_OF_TIME_SECONDS, upstream=upstream.name) from None


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """Run tasks side by side; the first failure cancels the others, and is raised without its group."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except ExceptionGroup as failed:
        ours = next((error for error in failed.exceptions if isinstance(error, SluiceError)), None)
        raise ours or failed.exceptions[0] from None


class Session:
    """Requests of one reader to one upstream.

    Parameters
    ----------
    upstream
        Address and credentials.
    client
        The HTTP client; the session does not close it.
    limiter, tokens
        For slots and tokens.
    clock
        For pauses.
    retry_pause
        Seconds between two tries of one request; ``None``: a random time of up to 2 and then up to 4.
    """

    def __init__(
        self,
        upstream: Upstream,
        client: httpx.AsyncClient,
        limiter: RateLimiter,
        tokens: TokenProvider,
        clock: Clock,
        retry_pause: float | None = None,
    ) -> None:
        self._upstream, self._client, self._limiter, self._tokens = upstream, client, limiter, tokens
        self._clock, self._retry_pause = clock, retry_pause
        self._fetching_token = asyncio.Lock()

    async def get(self, path: str, query: dict[str, int], read: Callable[[Any], T], *, what: str) -> T:
        """Request a value, and raise an error if three tries give none.

        Parameters
        ----------
        path, query, read, what
            As in `try_get`.

        Raises
        ------
        TryLater
            If three tries failed, or no slot is free in time.
        UpstreamRejected
            If the upstream would reject the same request at any time.
        """
        got = await self.try_get(path, query, read, what=what)
        if isinstance(got, RequestFailure):
            if got.final:
                raise self._rejected(what, got)
            seconds = max(2**TRIES, math.ceil(got.pause or 0))
            raise TryLater("bad-answer", seconds, upstream=self._upstream.name, what=what, got=got.reason, tries=TRIES)
        return got

    async def try_get(
        self, path: str, query: dict[str, int], read: Callable[[Any], T], *, what: str
    ) -> T | RequestFailure:
        """Request a value, up to three times.

        Parameters
        ----------
        path
            Relative to the upstream's address.
        query
            Parameters of the request.
        read
            Makes a value of the response's JSON; raises `ValueError` if the JSON has another form.
        what
            The value's name in errors: "the request to … for {what}".

        Returns
        -------
        T or RequestFailure
            The value, or why the last of three tries gave none. A request that the upstream understands and rejects
            (400, 422) has one try.

        Raises
        ------
        TryLater
            If no slot is free in time.
        UpstreamRejected
            If the upstream rejects the address or our credentials.
        """
        attempt = 1
        while True:
            got = await self._try_once(path, query, read)
            if not isinstance(got, RequestFailure):
                return got
            if got.final and got.alive:
                return got
            if got.final:
                raise self._rejected(what, got)
            await self._pause(got, attempt)
            if attempt == TRIES:
                return got
            attempt += 1

    def _rejected(self, what: str, failure: RequestFailure) -> UpstreamRejected:
        return UpstreamRejected("bad-answer", upstream=self._upstream.name, what=what, got=failure.reason)

    async def _try_once(self, path: str, query: dict[str, int], read: Callable[[Any], T]) -> T | RequestFailure:
        token = await self._slot_and_token()
        if isinstance(token, RequestFailure):
            return token
        headers = {"Authorization": f"Bearer {token.value}", "Accept": "application/json"}
        response = await self._send("GET", self._upstream.address(path), params=query, headers=headers)
        if isinstance(response, RequestFailure):
            return response
        got = interpret(response, read, now=self._clock.now())
        if isinstance(got, RequestFailure) and got.unauthorized:
            self._tokens.reject(token)
        return got

    async def _slot_and_token(self) -> AccessToken | RequestFailure:
        """Wait for a slot and return a token. Without a valid token, the slot is used to request one."""
        while True:
            await self._limiter.acquire()
            if token := await self._tokens.get():
                return token
            if self._fetching_token.locked():  # of several requests without a token, one requests it
                async with self._fetching_token:
                    continue
            async with self._fetching_token:
                if not await self._tokens.get() and isinstance(failure := await self._fetch_token(), RequestFailure):
                    return failure

    async def _fetch_token(self) -> RequestFailure | None:
        """Request a token and keep it for all workers."""
        requested_at = self._clock.now()
        credentials = (self._upstream.client_id, self._upstream.client_secret)
        form = {"grant_type": "client_credentials"}
        response = await self._send("POST", self._upstream.token_endpoint, auth=credentials, data=form)
        if isinstance(response, RequestFailure):
            return replace(response, for_token=True)
        token = interpret(response, lambda body: read_token(body, requested_at), now=self._clock.now())
        if isinstance(token, AccessToken):
            await self._tokens.keep(token)
            return None
        final = token.final or token.unauthorized
        return replace(token, reason=f"{token.reason} for a token", final=final, for_token=True, alive=False)

    async def _send(self, method: str, url: str, **options: Any) -> UpstreamResponse | RequestFailure:
        """Send a request and read the whole response."""
        body = bytearray()
        try:
            async with (
                asyncio.timeout(RESPONSE_TIMEOUT),
                self._client.stream(method, url, **options) as response,
            ):
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > _MAX_BYTES:
                        return RequestFailure(f"a response of more than {_MAX_BYTES:,} bytes")
                return UpstreamResponse(response.status_code, dict(response.headers), bytes(body))
        except (TimeoutError, httpx.TimeoutException):
            return RequestFailure("no answer in time")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return RequestFailure("no answer, because its address is invalid", final=True)
        except httpx.HTTPError as error:
            return RequestFailure(f"a broken connection ({type(error).__name__})")

    async def _pause(self, failure: RequestFailure, attempt: int) -> None:
        """Wait before the next try. All workers wait if the upstream asked for it."""
        longest = 2.0**attempt
        if failure.pause is not None or failure.throttled:
            await self._limiter.back_off(longest if failure.pause is None else failure.pause)
        elif attempt < TRIES and not failure.unauthorized:  # with a new token, the next try need not wait
            # Full jitter, so that workers that failed together do not come back together:
            # https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            jitter = longest * self._clock.chance()
            await self._clock.sleep(jitter if self._retry_pause is None else self._retry_pause)


@cache
def silence_httpx_logging() -> None:
    """Drop the log of httpx: it has the address of each request, and that of a lookup contains personal data."""
    logging.getLogger("httpx").addFilter(lambda _: False)


@cache
def _certificates() -> SSLContext:
    """Read the trusted certificates once, because that takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)
