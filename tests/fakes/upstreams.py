"""What readers of an upstream share, in memory; readers in several threads may share it too."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from sluice.model.errors import TryLater, UpstreamRejected
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from sluice.upstream.rate_limiter import spacing
from sluice.upstream.source import Source, SourcePage
from sluice.upstream.tokens import AccessToken


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
    """The `Upstreams` port: lists of rows, which a test may change while they are read, and answers to keys.

    Attributes
    ----------
    rows
        Source to its rows.
    asked
        Source and offset, for each page that was read.
    found
        Key to its answer; a key that is not there fails.
    failing
        Key to how many times more it is to fail before it is answered.
    down, rejects, late
        Whether the upstream is away, rejects, or the time is up, in every call from its key number ``after`` on.
    sought
        Every key that was asked for, each time.
    """

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, object]]] = {}
        self.asked: list[tuple[str, int]] = []
        self.found: dict[str, LookupResult] = {}
        self.failing: dict[str, int] = {}
        self.down = self.rejects = self.late = False
        self.after = 0
        self.sought: list[str] = []

    def read(self, source: Source, offsets: Sequence[int], *, before: float) -> list[SourcePage]:
        pages = []
        for offset in offsets:
            self.asked.append((source.name, offset))
            rows = self.rows[source.name]
            page = rows[offset : offset + source.page_size]
            pages.append(SourcePage(offset, page, len(rows) if source.has_total else None))
            if not source.has_total and len(page) < source.page_size:
                break
        return pages

    def ask(self, lookup: Lookup, keys: Iterable[str], *, before: float, told: OnResult) -> LookupBatch:
        failed: list[str] = []
        silent = True
        for at, key in enumerate(dict.fromkeys(keys)):
            if at >= self.after:
                if self.down:
                    return LookupBatch(failed, down=True, silent=silent)
                if self.rejects:
                    raise UpstreamRejected("bad-answer", upstream=lookup.upstream, asked=lookup.path, got="status 403")
                if self.late:
                    raise TryLater(f"All requests that {lookup.upstream} allows for now are taken.", 5)
            self.sought.append(key)
            self.failing[key] = self.failing.get(key, 0) - 1
            if self.failing[key] >= 0 or key not in self.found:
                failed.append(key)
            else:
                silent = False
                told(key, self.found[key])
        return LookupBatch(failed, down=False, silent=silent)


class MemoryAnswers:
    """The `Answers` port."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str, str], tuple[LookupResult, int]] = {}

    def get(self, tenant: str, lookup: Lookup, keys: Iterable[str], *, now: int) -> dict[str, LookupResult]:
        kept = {key: self.items.get((tenant, lookup.name, key)) for key in keys}
        return {key: item[0] for key, item in kept.items() if item and item[1] > now}

    def keep(self, tenant: str, lookup: Lookup, key: str, found: LookupResult, *, until: int) -> None:
        self.items[tenant, lookup.name, key] = found, until
