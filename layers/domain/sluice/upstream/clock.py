"""Time and chance, so that a test need not wait for either."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import SystemRandom
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Clock:
    """What tells the time and lets it pass.

    Parameters
    ----------
    now
        Epoch seconds. Workers compare theirs, so they must be in step: Lambda's are, to a millisecond or so.
    sleep
        Waits for so many seconds.
    chance
        A number from 0 to 1, of which a pause is drawn.
    """

    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = SystemRandom().random


CLOCK = Clock()


class SerialExecutor:
    """Makes the calls of one reader to the stores it shares with others, one after the other.

    boto3's resources are not meant to be used by several threads at once. Who holds ``alone`` can use those stores too.
    """

    def __init__(self) -> None:
        self.alone = asyncio.Lock()

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a call and wait for what it gives."""
        async with self.alone:
            return await asyncio.to_thread(call, *args, **kwargs)
