"""A reader's session with an upstream, from its beginning to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from ssl import SSLContext

import httpx

from sluice.model.errors import SluiceError, TryLater
from sluice.upstream.aside import Aside
from sluice.upstream.clock import Clock
from sluice.upstream.session import TIMEOUT, Session
from sluice.upstream.tokens import Tokens, Wallet
from sluice.upstream.turns import Line, Turns
from sluice.upstream.upstream import Upstream

_OUT_OF_TIME_SECONDS = 5


@asynccontextmanager
async def open_session(
    upstream: Upstream,
    *,
    turns: Turns,
    tokens: Tokens,
    before: float,
    aside: Aside,
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
    line = Line(upstream.name, turns, before, aside, clock)
    wallet = Wallet(upstream.name, tokens, aside, clock)
    _hush()
    try:
        async with (
            asyncio.timeout(before - clock.now()),
            # redirects are not followed, for a token goes only where it was meant to; proxies would come of the
            # environment
            httpx.AsyncClient(transport=transport, timeout=TIMEOUT, verify=_certificates(), trust_env=False) as client,
        ):
            yield Session(upstream, client, line, wallet, clock, apart)
    except TimeoutError:
        raise TryLater(f"{upstream.name} gave no answer in the time of this attempt.", _OUT_OF_TIME_SECONDS) from None


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """Tasks that are done side by side; the first failure ends the others, and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except ExceptionGroup as failed:
        ours = next((error for error in failed.exceptions if isinstance(error, SluiceError)), None)
        raise ours or failed.exceptions[0] from None


@cache
def _certificates() -> SSLContext:
    """Those that TLS trusts; reading them takes longer than a page does."""
    return httpx.create_ssl_context(trust_env=False)


@cache
def _hush() -> None:
    """Let httpx log nothing: it writes the address of each request, and that of a look-up names a person."""
    logging.getLogger("httpx").addFilter(lambda _: False)
