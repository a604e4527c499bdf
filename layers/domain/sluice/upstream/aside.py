"""Calls that block, beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Aside:
    """Makes the calls of one reader to the stores it shares with others, one after the other.

    boto3's resources are not meant to be used by several threads at once. Who holds ``alone`` can use those stores too.
    """

    def __init__(self) -> None:
        self.alone = asyncio.Lock()

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a call and wait for what it gives."""
        async with self.alone:
            return await asyncio.to_thread(call, *args, **kwargs)
