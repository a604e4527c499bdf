"""A voters' roll that answers as a test says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx

from sluice.catalog.elections.commission import commission
from sluice.upstream.clock import Clock
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult
from sluice.upstream.lookup_client import APART, ask
from tests.fakes.upstreams import MemoryRates
from tests.unit.upstream import scripted
from tests.unit.upstream.scripted import UPSTREAM, Said

KEYS = tuple(f"80010150{number:05d}" for number in range(40))
HERE = LookupResult("registered", "79800001")
HASTY = Clock(sleep=lambda seconds: asyncio.sleep(0 if seconds == APART else seconds))


def fails(times: int = 3) -> list[Said]:
    """So many failures."""
    return [httpx.Response(500)] * times


def voter(key: str, **other: Any) -> httpx.Response:
    """The answer to a key."""
    body = {"id_number": key, "status": "registered", "ward": "79800001"} | other
    return httpx.Response(200, json=body)


class Roll(scripted.Scripted):
    """Knows every key, but says first what a test told it to say to that key; `None` is what it says to all others."""

    def __init__(self, said: Mapping[str | None, Sequence[Said]] | None = None, tokens: Sequence[Said] = ()) -> None:
        super().__init__([], tokens)
        self.first = {key: list(sayings) for key, sayings in (said or {}).items()}
        self.told: list[tuple[str, LookupResult]] = []
        self.shared = MemoryRates(500)

    def say(self, request: httpx.Request) -> Said:
        key = request.url.path.rpartition("/")[2]
        said = self.first.get(key, self.first.get(None))
        return said.pop(0) if said else voter(key)

    def ask(
        self,
        keys: Iterable[str],
        *,
        at_once: int = 1,
        lookup: Lookup = commission,
        seconds: float = 600,
        told: Callable[[str, LookupResult], None] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> LookupBatch:
        """Ask it for keys; where several are under way at once time is real, but nobody waits for a second try."""
        alone = at_once == 1
        if not alone:
            self.rates = self.shared
        return ask(
            replace(lookup, at_once=at_once),
            keys,
            upstream=UPSTREAM,
            turns=self.rates,
            tokens=self.tokens,
            before=(self.time.now if alone else time.time()) + seconds,
            told=told or (lambda key, found: self.told.append((key, found))),
            clock=self.time.clock() if alone else HASTY,
            transport=transport or self.transport,
        )

    @property
    def sought(self) -> list[str]:
        """The keys that it was asked for, each time."""
        return [request.url.path.rpartition("/")[2] for request in self.asked]
