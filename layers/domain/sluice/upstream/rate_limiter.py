"""The rate limit of an upstream, kept by all workers together.

Each request needs a slot: a moment at which it may be sent. Slots are handed out by a `RateStore` that all workers
share. A worker that misses its slot drops it, because late requests would arrive together with those that are on time,
and the upstream would see more of them in a second than it allows.
"""

from __future__ import annotations

import math
from typing import Final, Protocol

from sluice.model.errors import NotYet
from sluice.upstream.clock import Clock, SerialExecutor

#: Seconds by which a request may be sent after its slot: what a busy process may oversleep.
LATENESS: Final = 0.1
#: Seconds by which two requests may differ on their way to the upstream: a new connection takes two or three round
#: trips of 50 to 80 ms more than an open one.
TRANSIT: Final = 1 / 3 - LATENESS

# A request that is sent in the last seconds before the deadline would not be answered in time.
_RESPONSE_SECONDS = 3.0
# An answer to the question whether the upstream wants a pause counts for so long. Where the table is slow, the question
# is asked when a slot is taken, because after the wait for the slot it would queue, and be answered too late.
_SHORT_WAIT = 0.25
_FIRST_RETRY, _LAST_RETRY = 5, 900


class RateStore(Protocol):
    """The slots of one upstream, shared by all workers. Times are epoch seconds."""

    def acquire(self, *, earliest: float, before: float) -> float | None:
        """Take the next free slot from ``earliest`` on; ``None``, and none is taken, unless it is before ``before``."""

    def back_off_until(self, until: float) -> None:
        """Block all slots before that time; a later time that was set before stays."""

    def blocked_until(self) -> float:
        """Return the time until which slots are blocked; 0 if they never were."""


def spacing(rate: float) -> float:
    """Return the seconds between two slots, so that no second has more than ``rate`` arrivals at the upstream.

    Slots are even, arrivals are not: a request arrives up to ``LATENESS + TRANSIT`` = 1/3 s after its slot. Requests
    that arrive within one second had their slots within 1 1/3 s, and that time has at most ``rate`` slots if they are
    4/3 of ``1 / rate`` apart. So three quarters of the rate are used.
    """
    return (1 + LATENESS + TRANSIT) / max(math.floor(rate), min(rate, 1.0))


class RateLimiter:
    """Lets the requests of one reader wait for their slots.

    Parameters
    ----------
    upstream
        Its name, for messages.
    rates
        The slots that all workers share.
    before
        Deadline of this reader in epoch seconds; a slot too late for it is not taken.
    executor, clock
        Of this reader.
    """

    def __init__(self, upstream: str, rates: RateStore, before: float, executor: SerialExecutor, clock: Clock) -> None:
        self._upstream, self._rates, self._before = upstream, rates, before
        self._executor, self._clock = executor, clock
        self._lead = 0.0
        self._blocked, self._looked_at = 0.0, float("-inf")

    async def acquire(self) -> None:
        """Wait for a slot, and return when it has come.

        Raises
        ------
        NotYet
            If no slot is free before the deadline.
        """
        while True:
            asked, slot = await self._next_slot()
            await self._clock.sleep(max(0.0, slot - self._clock.now()))
            if slot - asked > _SHORT_WAIT and slot < await self._blocked_until():
                continue  # another worker was asked to back off after this slot was taken
            late = self._clock.now() - slot
            if late <= LATENESS:
                return
            # Taking the slot may itself have taken that long, so the next one has to be farther ahead.
            self._lead = min(2 * late, 1.0)

    async def back_off(self, seconds: float) -> None:
        """Let all workers send nothing for that long from now on."""
        until = self._clock.now() + seconds
        await self._executor.run(self._rates.back_off_until, until)

    async def _next_slot(self) -> tuple[float, float]:
        """Return when a slot was asked for, and the slot."""

        def take() -> tuple[float, float | None]:
            # not from before the wait for the executor: where many requests wait for a slow table, that slot would have
            # passed, and so would each next one
            if self._lead and self._clock.now() - self._looked_at > _SHORT_WAIT / 2:
                self._look()
            asked = self._clock.now()
            return asked, self._rates.acquire(earliest=asked + self._lead, before=self._before - _RESPONSE_SECONDS)

        asked, slot = await self._executor.run(take)
        if slot is None:
            blocked = math.ceil(await self._executor.run(self._rates.blocked_until) - self._clock.now())
            seconds = min(max(blocked, _FIRST_RETRY), _LAST_RETRY)
            raise NotYet("slots-taken", seconds, upstream=self._upstream)
        return asked, slot

    async def _blocked_until(self) -> float:
        if self._clock.now() - self._looked_at > _SHORT_WAIT:
            await self._executor.run(self._look)
        return self._blocked

    def _look(self) -> None:
        self._looked_at = self._clock.now()
        self._blocked = self._rates.blocked_until()
