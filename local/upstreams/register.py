"""What a stand-in upstream knows, decides and has seen; HTTP is `local.upstreams.siasn`'s business."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from random import Random
from typing import Any, Final

from local.upstreams.rows import LISTS, row
from local.upstreams.settings import Fault, Settings, changed, fault_of

_ERRORS: Final[dict[Fault, int]] = {"500": 500, "502": 502, "503": 503}


@dataclass(frozen=True)
class Reply:
    """An answer to be sent, and what is to go wrong with it."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    late: float = 0.0


class Register:
    """A register of lists, asked by many threads at once.

    Parameters
    ----------
    settings
        How it behaves at first.
    now
        Seconds that only go on: what the rate is measured by.
    """

    def __init__(self, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        self._first, self._now = settings, now
        self._one = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self.settings = self._first
        self._draw = Random(self._first.seed)  # noqa: S311 - faults of a test
        self._tokens: dict[str, float] = {}
        self._came: deque[float] = deque()
        self._let_in: deque[float] = deque()
        self._busiest = self._issued = 0
        self._statuses: Counter[str] = Counter()
        self._pages: dict[str, Counter[int]] = {path: Counter() for path in LISTS}
        self._moved: Counter[str] = Counter()  # rows that came in at the front, less those that left there

    def reset(self) -> None:
        """Begin anew, as it was started."""
        with self._one:
            self._begin()

    def change(self, changes: dict[str, Any]) -> None:
        """Change settings by name; raises `ValueError`."""
        with self._one:
            self.settings = changed(self.settings, changes)
            if "seed" in changes:
                self._draw = Random(self.settings.seed)  # noqa: S311 - faults of a test

    def seen(self) -> dict[str, Any]:
        """What came and what was answered.

        Returns
        -------
        dict
            ``busiest_second``: the most page requests that came within any second, however they were answered.
            ``requests``: page requests. ``answers``: how many by status, or by the fault that left none.
            ``pages``: of each list, how often the page at each offset was given. ``rows``: how many rows each list has
            now. ``tokens``: how many were given.
        """
        with self._one:
            return {
                "busiest_second": self._busiest,
                "requests": sum(self._statuses.values()),
                "answers": dict(self._statuses),
                "pages": {path: {str(at): times for at, times in given.items()} for path, given in self._pages.items()},
                "rows": {path: self._total(path) for path in LISTS},
                "tokens": self._issued,
            }

    def token(self, client_id: str, client_secret: str) -> Reply:
        """Give a token to whom it is for."""
        with self._one:
            told = self.settings
            if (client_id, client_secret) != (told.client_id, told.client_secret):
                return Reply(401, {"error": "invalid_client"})
            self._issued += 1
            token = secrets.token_urlsafe(24)
            self._tokens[token] = self._now() + told.token_seconds
            return Reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": told.token_seconds})

    def page(self, path: str, query: dict[str, str], token: str) -> Reply:
        """Answer a request for a page."""
        with self._one:
            self._count_arrival()
            reply = self._page(path, query, token)
            self._statuses[reply.fault if reply.fault in {"broken", "cut", "garbled"} else str(reply.status)] += 1
            return reply

    def _page(self, path: str, query: dict[str, str], token: str) -> Reply:
        if away := self._turned_away(path, query, token):
            return away
        fault = fault_of(self.settings, self._draw.random())
        if fault in _ERRORS:
            return Reply(_ERRORS[fault], {"message": "out of order"})
        offset = int(query["offset"])
        reply = Reply(200, self._rows(path, offset, int(query["limit"])), fault=fault)
        if fault == "slow":
            reply = Reply(200, reply.body, late=self.settings.slow_seconds)
        if reply.fault is None:
            self._give(path, offset)
        return reply

    def _turned_away(self, path: str, query: dict[str, str], token: str) -> Reply | None:
        if path not in LISTS:
            return Reply(404, {"message": "no such list"})
        if self._tokens.get(token, -math.inf) <= self._now():
            return Reply(401, {"message": "token expired"})
        if self._is_too_much():
            return Reply(429, {"message": "too many requests"}, self._come_back())
        numbers = query.get("offset", ""), query.get("limit", "")
        if not all(number.isascii() and number.isdigit() for number in numbers):
            return Reply(400, {"message": "offset and limit are numbers"})
        return None

    def _give(self, path: str, offset: int) -> None:
        self._pages[path][offset] += 1
        every = self.settings.moves_every
        if every and self._pages[path].total() % every == 0:
            self._moved[path] = max(self._moved[path] + self.settings.moves_by, -self.settings.rows)

    def _rows(self, path: str, offset: int, limit: int) -> dict[str, Any]:
        told = self.settings
        limit = min(limit, told.most_rows) if told.most_rows else limit
        total, front = self._total(path), told.first - self._moved[path]
        body: dict[str, Any] = {} if told.without_total else {"total": total}
        numbers = range(front + offset, front + max(offset, min(offset + limit, total)))
        rows = [
            row(path, at, told.seed, wrong=_is_one(at, told.wrong_every), edited=_is_one(at, told.edited_every))
            for at in numbers
        ]
        return body | {"data": rows}

    def _total(self, path: str) -> int:
        return self.settings.rows + self._moved[path]

    def _count_arrival(self) -> None:
        now = self._now()
        self._came.append(now)
        _forget(self._came, now)
        self._busiest = max(self._busiest, len(self._came))

    def _is_too_much(self) -> bool:
        now = self._now()
        _forget(self._let_in, now)
        if self.settings.rate and len(self._let_in) >= self.settings.rate:
            return True
        self._let_in.append(now)
        return False

    def _come_back(self) -> dict[str, str]:
        seconds = self.settings.retry_after
        if not seconds:
            return {}
        # a date has whole seconds, so the next one is named
        date = formatdate(math.ceil(time.time()) + seconds, usegmt=True)
        return {"Retry-After": date if self.settings.retry_as_date else str(seconds)}


def _is_one(number: int, every: int) -> bool:
    return bool(every) and number % every == 0


def _forget(times: deque[float], now: float) -> None:
    while times and times[0] <= now - 1:
        times.popleft()
