"""The rate of an upstream, kept by all workers together: each request has a turn, a moment at which it may go.

A turn that is missed is given up. Requests that are late would bunch up with those that are on time, and the upstream
would see more of them in a second than it allows.
"""

from __future__ import annotations

import math
from typing import Final, Protocol

from sluice.model.errors import NotYet
from sluice.upstream.clock import Clock, SerialExecutor

#: How late a request may go, in seconds: what a busy process may oversleep.
LATENESS: Final = 0.1
#: By how much the ways of two requests to the upstream may differ, in seconds: a new connection takes two or three
#: round trips of 50 to 80 ms more than one that is open.
TRANSIT: Final = 1 / 3 - LATENESS

# A request that goes in the last seconds before the reader's own end would not be answered in time.
_FOR_AN_ANSWER = 3.0
# A turn that was waited for less long is used without asking whether all were told to pause meanwhile.
_SOON = 0.25
_FIRST_RETURN, _LAST_RETURN = 5, 900


class RateStore(Protocol):
    """The turns of one upstream, shared by all workers; the times are epoch seconds."""

    def take(self, *, earliest: float, before: float) -> float | None:
        """Take the next free turn that is not earlier than that; ``None``, and none is taken, if it is not before."""

    def hold(self, until: float) -> None:
        """Let nobody's request go before that; a hold is never made shorter."""

    def held_until(self) -> float:
        """Until when nobody's request may go; 0 if that was never said."""


def spacing(rate: float) -> float:
    """Seconds between two turns, so that the upstream never sees more than ``rate`` requests in any one second.

    Slots are even, but arrivals are not: a request arrives up to ``LATENESS + TRANSIT`` = 1/3 s after its slot. What
    arrives within one second had its turns within 1 1/3 s, and in that time there are at most ``rate`` turns if they
    are 4/3 of the bare distance apart. So three quarters of the rate are used; the rest is the price of never being
    told off for a busy moment.
    """
    return (1 + LATENESS + TRANSIT) / max(math.floor(rate), min(rate, 1.0))


class RateLimiter:
    """Where the requests of one reader wait for their turns.

    Parameters
    ----------
    upstream
        Its name, for messages.
    turns
        What all workers share.
    before
        When this reader must be done, in epoch seconds; no turn is taken that would come too late for it.
    aside, clock
        Of this reader.
    """

    def __init__(self, upstream: str, turns: RateStore, before: float, aside: SerialExecutor, clock: Clock) -> None:
        self._upstream, self._turns, self._before = upstream, turns, before
        self._aside, self._clock = aside, clock
        self._reach = 0.0

    async def turn(self) -> None:
        """Wait for a turn, and return at it.

        Raises
        ------
        NotYet
            If there is none before this reader must be done.
        """
        while True:
            asked = self._clock.now()
            at = await self._take(asked + self._reach)
            await self._clock.sleep(max(0.0, at - self._clock.now()))
            if at - asked > _SOON and at < await self._aside(self._turns.held_until):
                continue  # all were told to pause since this turn was taken
            late = self._clock.now() - at
            if late <= LATENESS:
                return
            # asking alone may have taken that long, so the next turn has to be farther ahead to be met
            self._reach = min(2 * late, 1.0)

    async def hold(self, seconds: float) -> None:
        """Let all workers pause, beginning now."""
        until = self._clock.now() + seconds
        await self._aside(self._turns.hold, until)

    async def _take(self, earliest: float) -> float:
        at = await self._aside(self._turns.take, earliest=earliest, before=self._before - _FOR_AN_ANSWER)
        if at is None:
            held = math.ceil(await self._aside(self._turns.held_until) - self._clock.now())
            seconds = min(max(held, _FIRST_RETURN), _LAST_RETURN)
            raise NotYet("slots-taken", seconds, upstream=self._upstream)
        return at
