"""In-memory stores and upstreams; safe for readers in several threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from sluice.model.errors import TryLater, UpstreamRejected
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from sluice.upstream.rate_limiter import spacing
from sluice.upstream.source import Source, SourcePage
from sluice.upstream.tokens import AccessToken


class MemoryRateStore:
    """The `RateStore` protocol.

    Attributes
    ----------
    taken
        The slots that were taken, in order.
    """

    def __init__(self, rate: float) -> None:
        self.taken: list[float] = []
        self._spacing = spacing(rate)
        self._free_at = self._blocked_until = 0.0
        self._lock = threading.Lock()

    def acquire(self, *, earliest: float, before: float) -> float | None:
        with self._lock:
            slot = max(self._free_at, earliest)
            if slot >= before:
                return None
            self._free_at = slot + self._spacing
            self.taken.append(slot)
            return slot

    def back_off_until(self, until: float) -> None:
        with self._lock:
            self._blocked_until = max(self._blocked_until, until)
            self._free_at = max(self._free_at, until)

    def blocked_until(self) -> float:
        return self._blocked_until


class MemoryTokenStore:
    """The `TokenStore` protocol."""

    def __init__(self) -> None:
        self.items: dict[str, AccessToken] = {}

    def get(self, upstream: str) -> AccessToken | None:
        return self.items.get(upstream)

    def keep(self, upstream: str, token: AccessToken) -> None:
        self.items[upstream] = token


class MemoryUpstreams:
    """The `Upstreams` port: lists of rows, which a test may change during a sync, and results of keys.

    Attributes
    ----------
    rows
        Source to its rows.
    asked
        Source and offset of each page that was read.
    found
        Key to its result; other keys fail.
    failing
        Key to how many more times it fails before it has its result.
    down, rejects, late
        Whether the upstream is down or rejects our requests, or the time is up, from key number ``after`` of each call
        on.
    sought
        Every key that was looked up, each time.
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

    def ask(self, lookup: Lookup, keys: Iterable[str], *, before: float, on_result: OnResult) -> LookupBatch:
        failed: list[str] = []
        silent = True
        for at, key in enumerate(dict.fromkeys(keys)):
            if at >= self.after:
                if self.down:
                    return LookupBatch(failed, down=True, silent=silent)
                if self.rejects:
                    raise UpstreamRejected("bad-answer", upstream=lookup.upstream, what=lookup.path, got="status 403")
                if self.late:
                    raise TryLater(f"The rate limit of {lookup.upstream} has no free slot.", 5)
            self.sought.append(key)
            self.failing[key] = self.failing.get(key, 0) - 1
            if self.failing[key] >= 0 or key not in self.found:
                failed.append(key)
            else:
                silent = False
                on_result(key, self.found[key])
        return LookupBatch(failed, down=False, silent=silent)


class MemoryLookupCache:
    """The `LookupCache` port."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str, str], tuple[LookupResult, int]] = {}

    def get(self, tenant: str, lookup: Lookup, keys: Iterable[str], *, now: int) -> dict[str, LookupResult]:
        cached = {key: self.items.get((tenant, lookup.name, key)) for key in keys}
        return {key: item[0] for key, item in cached.items() if item and item[1] > now}

    def keep(self, tenant: str, lookup: Lookup, key: str, found: LookupResult, *, until: int) -> None:
        self.items[tenant, lookup.name, key] = found, until
