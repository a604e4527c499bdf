"""Time and chance, so that a test need not wait for either."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import SystemRandom


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
