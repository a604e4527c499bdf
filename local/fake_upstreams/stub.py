"""The stub upstream: tokens, rate limit, faults and counts. Its HTTP is in `local.fake_upstreams.server`."""

from __future__ import annotations

import math
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from random import Random
from typing import Any, Final, Generic

from local.fake_upstreams.settings import Fault, S, changed, fault_of

_ERRORS: Final[dict[Fault, int]] = {"500": 500, "502": 502, "503": 503}


@dataclass(frozen=True)
class Request:
    """A request; `path` has no slash at its ends."""

    path: str
    query: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """A response, the fault to send it with, and by how many seconds it is late."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    late: float = 0.0


class StubUpstream(ABC, Generic[S]):
    """Base of the fake upstreams, safe to call from many threads; a subclass has the data.

    Parameters
    ----------
    settings
        Settings at the start and after a `reset`.
    now
        Monotonic clock in seconds, which the rate limit and the lifetime of tokens use.
    """

    on_demand: frozenset[str] = frozenset()

    def __init__(self, settings: S, now: Callable[[], float] = time.monotonic) -> None:
        self._first, self._now = settings, now
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self.settings = self._first
        self._draw = Random(self._first.seed)  # noqa: S311 - faults of a test
        self._tokens: dict[str, float] = {}
        self._arrivals: deque[float] = deque()
        self._accepted: deque[float] = deque()
        self._busiest = self._issued = 0
        self._statuses: Counter[str] = Counter()
        self._reset_counts()

    def reset(self) -> None:
        """Start over: first settings, no tokens, no counts."""
        with self._lock:
            self._begin()

    def change(self, changes: dict[str, Any]) -> None:
        """Change settings by name; raises `ValueError`."""
        with self._lock:
            self.settings = changed(self.settings, changes)
            if "seed" in changes:
                self._draw = Random(self.settings.seed)  # noqa: S311 - faults of a test

    def seen(self, requested: Container[str] = ()) -> dict[str, Any]:
        """Return counts of requests and responses, but for those of tokens.

        Parameters
        ----------
        requested
            Names among `on_demand` to include.

        Returns
        -------
        dict
            ``busiest_second``: the most requests received within any second. ``requests``: all requests.
            ``answers``: responses by status, or by the fault that spoiled them. ``tokens``: tokens issued. Beside
            these, the counts of the subclass.
        """
        with self._lock:
            counts = {
                "busiest_second": self._busiest,
                "requests": sum(self._statuses.values()),
                "answers": dict(self._statuses),
                "tokens": self._issued,
            } | self._counts()
        return {name: each for name, each in counts.items() if name not in self.on_demand or name in requested}

    def token(self, client_id: str, client_secret: str) -> Reply:
        """Issue a token for the right credentials."""
        with self._lock:
            settings = self.settings
            if settings.away:
                return _unavailable()
            if (client_id, client_secret) != (settings.client_id, settings.client_secret):
                return Reply(401, {"error": "invalid_client"})
            self._issued += 1
            token = secrets.token_urlsafe(24)
            self._tokens[token] = self._now() + settings.token_seconds
            return Reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": settings.token_seconds})

    def respond(self, request: Request, token: str) -> Reply:
        """Respond to a request, with a fault if one is drawn."""
        with self._lock:
            self._count_arrival()
            reply = self._reply(request, token)
            self._statuses[reply.fault or str(reply.status)] += 1
            return reply

    def _reply(self, request: Request, token: str) -> Reply:
        reply = self._rejected(request.path, token) or self._find(request)
        if reply.status != 200:
            return reply
        fault = fault_of(self.settings, self._draw.random())
        if fault in _ERRORS:
            return Reply(_ERRORS[fault], {"message": "out of order"})
        if fault is None or fault == "slow":
            self._count(request)
            return Reply(200, reply.body, late=self.settings.slow_seconds if fault else 0.0)
        return Reply(200, reply.body, fault=fault)

    def _rejected(self, path: str, token: str) -> Reply | None:
        if self.settings.away:
            return _unavailable()
        if not self._knows(path):
            return Reply(404, {"message": "not found"})
        if self._tokens.get(token, -math.inf) <= self._now():
            return Reply(401, {"message": "token expired"})
        if self._over_rate():
            return Reply(429, {"message": "too many requests"}, self._retry_after())
        return None

    @abstractmethod
    def _knows(self, path: str) -> bool:
        """Return whether a path exists."""

    @abstractmethod
    def _find(self, request: Request) -> Reply:
        """Return the response without faults."""

    @abstractmethod
    def _count(self, request: Request) -> None:
        """Count a request whose response with status 200 is complete."""

    @abstractmethod
    def _reset_counts(self) -> None:
        """Set the subclass's counts to zero."""

    @abstractmethod
    def _counts(self) -> dict[str, Any]:
        """Return the subclass's counts."""

    def _count_arrival(self) -> None:
        now = self._now()
        self._arrivals.append(now)
        _drop_old(self._arrivals, now)
        self._busiest = max(self._busiest, len(self._arrivals))

    def _over_rate(self) -> bool:
        now = self._now()
        _drop_old(self._accepted, now)
        if self.settings.rate and len(self._accepted) >= self.settings.rate:
            return True
        self._accepted.append(now)
        return False

    def _retry_after(self) -> dict[str, str]:
        seconds = self.settings.retry_after
        if not seconds:
            return {}
        # a date has whole seconds, hence the next one
        date = formatdate(math.ceil(time.time()) + seconds, usegmt=True)
        return {"Retry-After": date if self.settings.retry_as_date else str(seconds)}


def _unavailable() -> Reply:
    return Reply(503, {"message": "down"})


def _drop_old(times: deque[float], now: float) -> None:
    while times and times[0] <= now - 1:
        times.popleft()
