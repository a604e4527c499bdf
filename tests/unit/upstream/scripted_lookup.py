"""A voters' roll that sends the responses of a test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx

from sluice.catalog.elections.commission import commission
from sluice.upstream.clock import Clock
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from sluice.upstream.lookup_client import RETRY_PAUSE, ask
from tests.support.upstreams import MemoryRateStore
from tests.unit.upstream.scripted import UPSTREAM, Scripted, ScriptedUpstream

KEYS = tuple(f"80010150{number:05d}" for number in range(40))
HERE = LookupResult("registered", "79800001")
HASTY = Clock(sleep=lambda seconds: asyncio.sleep(0 if seconds == RETRY_PAUSE else seconds))


def fails(times: int = 3) -> list[Scripted]:
    """Return so many failures."""
    return [httpx.Response(500)] * times


def voter(key: str, **other: Any) -> httpx.Response:
    """Return the response to a key."""
    body = {"id_number": key, "status": "registered", "ward": "79800001"} | other
    return httpx.Response(200, json=body)


class Roll(ScriptedUpstream):
    """Has a result of every key. It first sends the responses of a test: those of the key, else those of ``None``."""

    def __init__(
        self, responses: Mapping[str | None, Sequence[Scripted]] | None = None, tokens: Sequence[Scripted] = ()
    ) -> None:
        super().__init__([], tokens)
        self.first = {key: list(first) for key, first in (responses or {}).items()}
        self.results: list[tuple[str, LookupResult]] = []
        self.shared = MemoryRateStore(500)

    def respond(self, request: httpx.Request) -> Scripted:
        key = request.url.path.rpartition("/")[2]
        first = self.first.get(key, self.first.get(None))
        return first.pop(0) if first else voter(key)

    def ask(
        self,
        keys: Iterable[str],
        *,
        at_once: int = 1,
        lookup: Lookup = commission,
        seconds: float = 600,
        on_result: OnResult | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> LookupBatch:
        """Look keys up. With several requests at once time is real, but tries follow each other without a pause."""
        alone = at_once == 1
        if not alone:
            self.rates = self.shared
        return ask(
            replace(lookup, at_once=at_once),
            keys,
            upstream=UPSTREAM,
            rates=self.rates,
            tokens=self.tokens,
            before=(self.time.now if alone else time.time()) + seconds,
            on_result=on_result or (lambda key, result: self.results.append((key, result))),
            clock=self.time.clock() if alone else HASTY,
            transport=transport or self.transport,
        )

    @property
    def sought(self) -> list[str]:
        """Return every key that was looked up, each time."""
        return [request.url.path.rpartition("/")[2] for request in self.requests]
