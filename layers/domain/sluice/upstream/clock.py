"""What a reader of an upstream takes from its process: time, chance and a thread. Tests pass their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import SystemRandom
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Clock:
    """Time and chance.

    Parameters
    ----------
    now
        Returns epoch seconds. Workers compare their times, so their clocks have to agree; those of Lambda do, to about
        a millisecond.
    sleep
        Waits for a number of seconds.
    chance
        Returns a random number from 0 to 1, for the jitter of pauses.
    """

    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = SystemRandom().random


SYSTEM_CLOCK: Final = Clock()


class SerialExecutor:
    """Runs blocking calls in a thread, one after the other.

    The shared stores of one reader are boto3 resources, which several threads must not use at once. Code that uses
    those stores outside of the executor holds ``lock`` meanwhile.
    """

    def __init__(self) -> None:
        self.lock = asyncio.Lock()

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a call in a thread and return its result."""
        async with self.lock:
            return await asyncio.to_thread(call, *args, **kwargs)
