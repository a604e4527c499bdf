"""Reading the pages of a source from its upstream."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

import httpx

from sluice.upstream.client import Session, open_session, task_group
from sluice.upstream.clock import SYSTEM_CLOCK, Clock, SerialExecutor
from sluice.upstream.rate_limiter import RateStore
from sluice.upstream.source import Source, SourcePage, read_page
from sluice.upstream.tokens import TokenStore, Upstream

#: Requests under way at once: enough for the 15 a second that are used of a rate of 20, at 0.25 s a response.
AT_ONCE: Final = 4


def read_pages(
    source: Source,
    offsets: Sequence[int],
    *,
    upstream: Upstream,
    rates: RateStore,
    tokens: TokenStore,
    before: float,
    at_once: int = AT_ONCE,
    clock: Clock = SYSTEM_CLOCK,
    transport: httpx.AsyncBaseTransport | None = None,
) -> list[SourcePage]:
    """Read the pages that begin at the offsets. Starts an event loop, so the caller must not run in one.

    Parameters
    ----------
    source
        What to read; a page has `source.page_size` rows.
    offsets
        First rows of the pages, counted from 0.
    upstream
        Address and credentials.
    rates, tokens
        Slots and tokens of `source.upstream` that all workers share.
    before
        Deadline in epoch seconds.
    at_once
        Requests under way at most. A source without a total is read with one at a time, and its first page that is not
        full is the last.
    clock, transport
        For tests.

    Returns
    -------
    list of SourcePage
        In the order of the offsets.

    Raises
    ------
    TryLater
        If a page cannot be read now, or not in time; no page is returned then.
    UpstreamRejected
        If the upstream rejects the address or our credentials.
    """

    async def read() -> list[SourcePage]:
        async with open_session(
            upstream,
            rates=rates,
            tokens=tokens,
            before=before,
            executor=SerialExecutor(),
            clock=clock,
            transport=transport,
        ) as session:
            if source.has_total:
                return await _read_side_by_side(session, source, offsets, at_once)
            return await _read_to_the_end(session, source, offsets)

    return asyncio.run(read())


async def _read_side_by_side(
    session: Session, source: Source, offsets: Sequence[int], at_once: int
) -> list[SourcePage]:
    free = asyncio.Semaphore(at_once)

    async def read(offset: int) -> SourcePage:
        async with free:
            return await _read_whole_page(session, source, offset)

    async with task_group() as group:
        tasks = [group.create_task(read(offset)) for offset in offsets]
    return [task.result() for task in tasks]


async def _read_to_the_end(session: Session, source: Source, offsets: Sequence[int]) -> list[SourcePage]:
    pages: list[SourcePage] = []
    for offset in offsets:
        pages.append(await _read_whole_page(session, source, offset))
        if len(pages[-1].rows) < source.page_size:
            break
    return pages


async def _read_whole_page(session: Session, source: Source, offset: int) -> SourcePage:
    """Read a page to its end, because an upstream may return fewer rows than it is asked for."""
    page = SourcePage(offset, [], None)
    while True:
        start, missing = offset + len(page.rows), source.page_size - len(page.rows)
        read = partial(read_page, offset=start, limit=missing, has_total=source.has_total)
        what = f"{source.path} from row {start + 1} on"
        more = await session.get(source.path, {"offset": start, "limit": missing}, read, what=what)
        if page.rows and more.total != page.total:
            page = SourcePage(offset, [], None)  # rows have moved within the page, so it is read again
            continue
        page = SourcePage(offset, page.rows + more.rows, more.total)
        is_last = more.total is not None and start + len(more.rows) >= more.total
        if is_last or not more.rows or len(more.rows) == missing:
            return page
