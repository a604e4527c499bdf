"""Looking keys up at an upstream, one request for each key.

A key may be personal data, such as an ID number. It is in the address of its request and nowhere else: no message,
error or log of this module contains it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

import httpx

from sluice.model.errors import NotYet, TryLater
from sluice.upstream.client import Session, open_session, task_group
from sluice.upstream.clock import SYSTEM_CLOCK, Clock, SerialExecutor
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from sluice.upstream.rate_limiter import RateStore
from sluice.upstream.responses import RequestFailure
from sluice.upstream.tokens import TokenStore, Upstream

#: Seconds between two tries of one key.
RETRY_PAUSE: Final = 2.0
#: So many keys that fail one after the other, without a sign of life, mean that the upstream is down.
DOWN_AFTER: Final = 10


def ask(
    lookup: Lookup,
    keys: Iterable[str],
    *,
    upstream: Upstream,
    rates: RateStore,
    tokens: TokenStore,
    before: float,
    on_result: OnResult,
    clock: Clock = SYSTEM_CLOCK,
    transport: httpx.AsyncBaseTransport | None = None,
) -> LookupBatch:
    """Look each key up once, `lookup.at_once` of them at a time.

    Starts an event loop, so the caller must not run in one. A key has three tries, 2 s apart. A response that says
    "too many requests" costs no try: the key is tried until it has a result, fails otherwise, or the time is up.

    Parameters
    ----------
    lookup
        What to ask.
    keys
        In the order of the requests; a key that is there twice is looked up once. The caller leaves out the keys that
        `lookup.rejects` has a reason against.
    upstream
        Address and credentials.
    rates, tokens
        Slots and tokens of `lookup.upstream` that all workers share.
    before
        Deadline in epoch seconds.
    on_result
        Called with a key and its result as soon as the result is there: in the caller's thread, one call at a time, and
        never during a call of ``rates`` or ``tokens``. It has been called with all results when `ask` returns or
        raises.
    clock, transport
        For tests.

    Returns
    -------
    LookupBatch
        Keys without a result, and whether the upstream is down: ten keys in a row failed, or it gives no token. No
        further key is tried then. A key whose response makes no sense, or that the upstream rejects, has failed, and is
        a sign of life.

    Raises
    ------
    NotYet
        If no slot is free in time, or the time is up, and some keys have a result.
    TryLater
        If the time is up, and no key has a result.
    UpstreamRejected
        If the upstream rejects the address or our credentials.
    """
    batch = _Batch(lookup, keys, on_result)

    async def run() -> None:
        async with open_session(
            upstream,
            rates=rates,
            tokens=tokens,
            before=before,
            executor=batch.executor,
            clock=clock,
            transport=transport,
            retry_pause=RETRY_PAUSE,
        ) as session:
            await batch.run(session)

    try:
        asyncio.run(run())
    except TryLater as late:
        if batch.has_results:  # a slow upstream gets through in the end
            raise late.as_not_yet() from None
        raise
    finally:
        batch.deliver()
    if batch.late is not None and not batch.down:
        raise batch.late
    return LookupBatch(batch.failed, batch.down, silent=not batch.alive)


class _Batch:
    """The keys of one call, and what has become of them so far."""

    def __init__(self, lookup: Lookup, keys: Iterable[str], on_result: OnResult) -> None:
        self.executor = SerialExecutor()
        self.failed: list[str] = []
        self.down = False
        self.late: NotYet | None = None
        self.has_results = self.alive = False
        self._lookup, self._on_result = lookup, on_result
        self._remaining = iter(dict.fromkeys(keys))
        self._undelivered: deque[tuple[str, LookupResult]] = deque()
        self._failures_in_a_row = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, session: Session) -> None:
        """Look all keys up."""
        async with task_group() as group:
            self._tasks += [group.create_task(self._take_keys(session)) for _ in range(self._lookup.at_once)]

    def deliver(self) -> None:
        """Pass the results on that have not been passed on yet."""
        while self._undelivered:
            self._on_result(*self._undelivered.popleft())

    async def _take_keys(self, session: Session) -> None:
        for key in self._remaining:
            try:
                got = await self._look_up(session, key)
            except NotYet as late:  # the other tasks still have slots, which no other worker could use
                self.late = late
                return
            if isinstance(got, RequestFailure):
                self._count(key, got)
            else:
                self._failures_in_a_row = 0
                self.has_results = self.alive = True
                self._undelivered.append((key, got))
                async with self.executor.lock:  # the caller keeps results in the table of slots and tokens
                    self.deliver()

    async def _look_up(self, session: Session, key: str) -> LookupResult | RequestFailure:
        """Try a key until it has a result or fails for another reason than too many requests."""

        def read(body: Any) -> LookupResult:
            result, echo = self._lookup.read(body), self._lookup.echo
            if echo is not None and not (isinstance(body, dict) and body.get(echo) == key):
                raise ValueError("a response about another key")
            return result

        path = self._lookup.path.format(key=quote(key, safe=""))
        while True:
            got = await session.try_get(path, {}, read, what=self._lookup.path.format(key="…"))
            if not (isinstance(got, RequestFailure) and got.throttled):
                return got

    def _count(self, key: str, failure: RequestFailure) -> None:
        """Count a failure, and cancel all tasks if the upstream turns out to be down."""
        if not failure.for_token:  # without a token, the key itself was not tried
            self.failed.append(key)
            self._failures_in_a_row = 0 if failure.alive else self._failures_in_a_row + 1
            self.alive |= failure.alive
        if failure.for_token or self._failures_in_a_row >= DOWN_AFTER:
            self.down = True
            for task in self._tasks:
                task.cancel()
