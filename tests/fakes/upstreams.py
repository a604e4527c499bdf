"""What readers of an upstream share, in memory; readers in several threads may share it too."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from sluice.sources.page import Page
from sluice.sources.source import Source
from sluice.sources.tokens import AccessToken
from sluice.sources.turns import spacing


class MemoryRates:
    """The `Turns` port."""

    def __init__(self, rate: float) -> None:
        self.taken: list[float] = []
        self._spacing = spacing(rate)
        self._free_at = self._held_until = 0.0
        self._one = threading.Lock()

    def take(self, *, earliest: float, before: float) -> float | None:
        with self._one:
            turn = max(self._free_at, earliest)
            if turn >= before:
                return None
            self._free_at = turn + self._spacing
            self.taken.append(turn)
            return turn

    def hold(self, until: float) -> None:
        with self._one:
            self._held_until = max(self._held_until, until)
            self._free_at = max(self._free_at, until)

    def held_until(self) -> float:
        return self._held_until


class MemoryUpstreamTokens:
    """The `Tokens` port."""

    def __init__(self) -> None:
        self.kept: dict[str, AccessToken] = {}

    def get(self, upstream: str) -> AccessToken | None:
        return self.kept.get(upstream)

    def keep(self, upstream: str, token: AccessToken) -> None:
        self.kept[upstream] = token


class MemoryUpstreams:
    """The `Upstreams` port: lists of rows, which a test may change while they are read."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, object]]] = {}
        self.asked: list[tuple[str, int]] = []

    def read(self, source: Source, offsets: Sequence[int], *, before: float) -> list[Page]:
        pages = []
        for offset in offsets:
            self.asked.append((source.name, offset))
            rows = self.rows[source.name]
            page = rows[offset : offset + source.page_size]
            pages.append(Page(offset, page, len(rows) if source.has_total else None))
            if not source.has_total and len(page) < source.page_size:
                break
        return pages
