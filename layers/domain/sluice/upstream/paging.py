"""Reading the pages of a source."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import httpx

from sluice.upstream.client import Session, open_session, together
from sluice.upstream.clock import CLOCK, Clock, SerialExecutor
from sluice.upstream.rate_limiter import RateStore
from sluice.upstream.source import Source, SourcePage, read_page
from sluice.upstream.tokens import TokenStore, Upstream

# Enough for the 15 requests a second that are used of a rate of 20, when an answer takes a quarter of a second.
AT_ONCE = 4


def read_pages(
    source: Source,
    offsets: Sequence[int],
    *,
    upstream: Upstream,
    turns: RateStore,
    tokens: TokenStore,
    before: float,
    at_once: int = AT_ONCE,
    clock: Clock = CLOCK,
    transport: httpx.AsyncBaseTransport | None = None,
) -> list[SourcePage]:
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
    list of SourcePage
        In the order of the offsets.

    Raises
    ------
    TryLater
        If a page could not be had, or not in time; no page is given then.
    UpstreamRejected
        If the upstream does not want the request at all.
    """

    async def read() -> list[SourcePage]:
        async with open_session(
            upstream,
            turns=turns,
            tokens=tokens,
            before=before,
            aside=SerialExecutor(),
            clock=clock,
            transport=transport,
        ) as session:
            if source.has_total:
                return await _side_by_side(session, source, offsets, at_once)
            return await _to_the_end(session, source, offsets)

    return asyncio.run(read())


async def _side_by_side(session: Session, source: Source, offsets: Sequence[int], at_once: int) -> list[SourcePage]:
    free = asyncio.Semaphore(at_once)

    async def read(offset: int) -> SourcePage:
        async with free:
            return await _whole_page(session, source, offset)

    async with together() as group:
        tasks = [group.create_task(read(offset)) for offset in offsets]
    return [task.result() for task in tasks]


async def _to_the_end(session: Session, source: Source, offsets: Sequence[int]) -> list[SourcePage]:
    pages: list[SourcePage] = []
    for offset in offsets:
        pages.append(await _whole_page(session, source, offset))
        if len(pages[-1].rows) < source.page_size:
            break
    return pages


async def _whole_page(session: Session, source: Source, offset: int) -> SourcePage:
    """Read a page to its end: an upstream may give fewer rows at once than it is asked for."""
    page = SourcePage(offset, [], None)
    while True:
        start, missing = offset + len(page.rows), source.page_size - len(page.rows)
        read = partial(read_page, offset=start, most=missing, has_total=source.has_total)
        asked = f"{source.path} from row {start + 1} on"
        more = await session.get(source.path, {"offset": start, "limit": missing}, read, asked=asked)
        if page.rows and more.total != page.total:
            page = SourcePage(offset, [], None)  # rows have moved within the page
            continue
        page = SourcePage(offset, page.rows + more.rows, more.total)
        ended = more.total is not None and start + len(more.rows) >= more.total
        if ended or not more.rows or len(more.rows) == missing:
            return page
