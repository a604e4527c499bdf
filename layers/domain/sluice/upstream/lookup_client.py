"""Asking an upstream for keys, one request for each.

A key may be personal data, such as an ID number. It is in the address of its request and nowhere else: no message, no
error and no log of this module has it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

import httpx

from sluice.model.errors import NotYet, TryLater
from sluice.upstream.client import Session, open_session, together
from sluice.upstream.clock import CLOCK, Clock, SerialExecutor
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from sluice.upstream.rate_limiter import RateStore
from sluice.upstream.responses import RequestFailure
from sluice.upstream.tokens import TokenStore, Upstream

#: Seconds between two tries of one key.
APART: Final = 2.0
#: So many keys that one after the other came to nothing, without a sign of life, are the upstream's doing.
DOWN_AFTER: Final = 10


def ask(
    lookup: Lookup,
    keys: Iterable[str],
    *,
    upstream: Upstream,
    turns: RateStore,
    tokens: TokenStore,
    before: float,
    told: OnResult,
    clock: Clock = CLOCK,
    transport: httpx.AsyncBaseTransport | None = None,
) -> LookupBatch:
    """Ask for each key once, `lookup.at_once` of them at a time; for callers that are not asynchronous themselves.

    A key has three tries, 2 s apart. That the upstream has too many requests is no fault of the key: it is asked for
    again as often as that happens, until the time is up.

    Parameters
    ----------
    lookup
        What is asked.
    keys
        In the order in which to ask; one that is there twice is asked for once. Those that `lookup.rejects` has a
        reason against are for the caller to leave out.
    upstream
        Where it is, and who we are there.
    turns, tokens
        What all workers share: of `lookup.upstream`.
    before
        When to be done, in epoch seconds.
    told
        Called with a key and its answer as soon as that is there, in the caller's thread, one at a time, and never
        while turns or tokens are being asked for. All answers have been told when `ask` returns or raises.
    clock, transport
        For tests.

    Returns
    -------
    LookupBatch
        Keys that were not answered, and whether the upstream is to be taken for down: ten keys in a row failed, or
        there is no token to be had. Then nothing more is asked. A key whose answer makes no sense, or that the
        upstream does not like, has failed, and shows that the upstream is there.

    Raises
    ------
    NotYet
        If there are no more turns in the time, or it is up, and some keys were answered.
    TryLater
        If the time is up, and no key was answered.
    UpstreamRejected
        If the upstream wants no request of ours at all.
    """
    asking = _Asking(lookup, keys, told)

    async def run() -> None:
        async with open_session(
            upstream,
            turns=turns,
            tokens=tokens,
            before=before,
            aside=asking.aside,
            clock=clock,
            transport=transport,
            apart=APART,
        ) as session:
            await asking.run(session)

    try:
        asyncio.run(run())
    except TryLater as late:
        if asking.answered and not isinstance(late, NotYet):  # an upstream that is slow gets through in the end
            raise late.as_not_yet() from None
        raise
    finally:
        asking.tell_the_rest()
    return LookupBatch(asking.failed, asking.down, silent=not asking.alive)


class _Asking:
    """The keys of one call, and what has become of them."""

    def __init__(self, lookup: Lookup, keys: Iterable[str], told: OnResult) -> None:
        self.aside = SerialExecutor()
        self.failed: list[str] = []
        self.down = False
        self.answered = self.alive = False
        self._lookup, self._told = lookup, told
        self._left = iter(dict.fromkeys(keys))
        self._untold: deque[tuple[str, LookupResult]] = deque()
        self._in_a_row = 0
        self._workers: list[asyncio.Task[None]] = []

    async def run(self, session: Session) -> None:
        """Ask for all keys."""
        async with together() as group:
            self._workers += [group.create_task(self._work(session)) for _ in range(self._lookup.at_once)]

    def tell_the_rest(self) -> None:
        """Tell answers that were there when everything ended."""
        while self._untold:
            self._told(*self._untold.popleft())

    async def _work(self, session: Session) -> None:
        for key in self._left:
            got = await self._patiently(session, key)
            if isinstance(got, RequestFailure):
                self._count(key, got)
            else:
                self._in_a_row = 0
                self.answered = self.alive = True
                self._untold.append((key, got))
                async with self.aside.alone:  # the caller's stores are those of turns and tokens
                    self.tell_the_rest()

    async def _patiently(self, session: Session, key: str) -> LookupResult | RequestFailure:
        """Ask for a key until it is answered or has failed for another reason than too many requests."""

        def read(body: Any) -> LookupResult:
            found, echo = self._lookup.read(body), self._lookup.echo
            if echo is not None and not (isinstance(body, dict) and body.get(echo) == key):
                raise ValueError("an answer about another key")
            return found

        path = self._lookup.path.format(key=quote(key, safe=""))
        while True:
            got = await session.get_or_stumble(path, {}, read, asked=self._lookup.path.format(key="…"))
            if not (isinstance(got, RequestFailure) and got.throttled):
                return got

    def _count(self, key: str, stumble: RequestFailure) -> None:
        """Count a failure, and end it all when it is one too many."""
        if not stumble.for_token:  # else it was not even asked for
            self.failed.append(key)
            self._in_a_row = 0 if stumble.alive else self._in_a_row + 1
            self.alive |= stumble.alive
        if stumble.for_token or self._in_a_row >= DOWN_AFTER:
            self.down = True
            for worker in self._workers:
                worker.cancel()
