"""Reading the pages of a source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from ssl import SSLContext

import httpx

from sluice.model.errors import SluiceError, TryLater
from sluice.sources.aside import Aside
from sluice.sources.clock import CLOCK, Clock
from sluice.sources.page import Page, read_page
from sluice.sources.session import TIMEOUT, Session
from sluice.sources.source import Source
from sluice.sources.tokens import Tokens, Wallet
from sluice.sources.turns import Line, Turns
from sluice.sources.upstream import Upstream

# Enough for the 15 requests a second that are used of a rate of 20, when an answer takes a quarter of a second.
AT_ONCE = 4
_OUT_OF_TIME_SECONDS = 5


def read_pages(
    source: Source,
    offsets: Sequence[int],
    *,
    upstream: Upstream,
    turns: Turns,
    tokens: Tokens,
    before: float,
    at_once: int = AT_ONCE,
    clock: Clock = CLOCK,
    transport: httpx.AsyncBaseTransport | None = None,
) -> list[Page]:
    """Read the pages that begin at the offsets; for callers that are not asynchronous themselves.

    Parameters
    ----------
    source
        What to read; a page has `source.page_size` rows.
    offsets
        Where the pages begin, counted from 0.
    upstream
        Where it is, and who we are there.
    turns, tokens
        What all workers share: of `source.upstream`.
    before
        When to be done, in epoch seconds.
    at_once
        Requests under way at most. Where the source has no total it is one, and the first page that is not full is
        the last.
    clock, transport
        For tests.

    Returns
    -------
    list of Page
        In the order of the offsets.

    Raises
    ------
    TryLater
        If a page could not be had, or not in time; no page is given then.
    UpstreamRefused
        If the upstream does not want the request at all.
    """

    async def read() -> list[Page]:
        async with asyncio.timeout(before - clock.now()):
            async with _session(upstream, turns, tokens, before, clock, transport) as session:
                if source.has_total:
                    return await _side_by_side(session, source, offsets, at_once)
                return await _to_the_end(session, source, offsets)

    try:
        return asyncio.run(read())
    except TimeoutError:
        raise TryLater(f"{upstream.name} gave no answer in the time of this attempt.", _OUT_OF_TIME_SECONDS) from None


@asynccontextmanager
async def _session(
    upstream: Upstream,
    turns: Turns,
    tokens: Tokens,
    before: float,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None,
) -> AsyncIterator[Session]:
    aside = Aside()
    line = Line(upstream.name, turns, before, aside, clock)
    wallet = Wallet(upstream.name, tokens, aside, clock)
    # redirects are not followed, for a token goes only where it was meant to; proxies would come of the environment
    async with httpx.AsyncClient(
        transport=transport, timeout=TIMEOUT, verify=_certificates(), trust_env=False
    ) as client:
        yield Session(upstream, client, line, wallet, clock)


async def _side_by_side(session: Session, source: Source, offsets: Sequence[int], at_once: int) -> list[Page]:
    free = asyncio.Semaphore(at_once)

    async def read(offset: int) -> Page:
        async with free:
            return await _whole_page(session, source, offset)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(read(offset)) for offset in offsets]
    except ExceptionGroup as failed:  # the first failure has ended the others
        ours = next((error for error in failed.exceptions if isinstance(error, SluiceError)), None)
        raise ours or failed.exceptions[0] from None
    return [task.result() for task in tasks]


async def _to_the_end(session: Session, source: Source, offsets: Sequence[int]) -> list[Page]:
    pages: list[Page] = []
    for offset in offsets:
        pages.append(await _whole_page(session, source, offset))
        if len(pages[-1].rows) < source.page_size:
            break
    return pages


async def _whole_page(session: Session, source: Source, offset: int) -> Page:
    """Read a page to its end: an upstream may give fewer rows at once than it is asked for."""
    page = Page(offset, [], None)
    while True:
        start, missing = offset + len(page.rows), source.page_size - len(page.rows)
        read = partial(read_page, offset=start, most=missing, has_total=source.has_total)
        more = await session.get(source.path, {"offset": start, "limit": missing}, read)
        if page.rows and more.total != page.total:
            page = Page(offset, [], None)  # rows have moved within the page
            continue
        page = Page(offset, page.rows + more.rows, more.total)
        ended = more.total is not None and start + len(more.rows) >= more.total
        if ended or not more.rows or len(more.rows) == missing:
            return page


@cache
def _certificates() -> SSLContext:
    """Those that TLS trusts; reading them takes longer than a page does."""
    return httpx.create_ssl_context(trust_env=False)
