"""What all stand-in upstreams do: give tokens, keep a rate, have faults, and count; HTTP is the server's business."""

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

from local.upstreams.settings import Fault, S, changed, fault_of

_ERRORS: Final[dict[Fault, int]] = {"500": 500, "502": 502, "503": 503}


@dataclass(frozen=True)
class Request:
    """What is asked for; `path` has no slash at its ends."""

    path: str
    query: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """An answer to be sent, and what is to go wrong with it."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    late: float = 0.0


class StandIn(ABC, Generic[S]):
    """An upstream, asked by many threads at once; what it knows is told by a class below it.

    Parameters
    ----------
    settings
        How it behaves at first.
    now
        Seconds that only go on: what the rate is measured by.
    """

    on_demand: frozenset[str] = frozenset()

    def __init__(self, settings: S, now: Callable[[], float] = time.monotonic) -> None:
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
        self._forget_given()

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

    def seen(self, asked: Container[str] = ()) -> dict[str, Any]:
        """What came and what was answered; requests for tokens are not counted among these.

        Parameters
        ----------
        asked
            Names of what is told only `on_demand`, and is to be told.

        Returns
        -------
        dict
            ``busiest_second``: the most requests that came within any second, however they were answered.
            ``requests``: how many came. ``answers``: how many by status, or by the fault that spoiled them.
            ``tokens``: how many were given. And what the class below tells.
        """
        with self._one:
            told = {
                "busiest_second": self._busiest,
                "requests": sum(self._statuses.values()),
                "answers": dict(self._statuses),
                "tokens": self._issued,
            } | self._told()
        return {name: each for name, each in told.items() if name not in self.on_demand or name in asked}

    def token(self, client_id: str, client_secret: str) -> Reply:
        """Give a token to whom it is for."""
        with self._one:
            told = self.settings
            if told.away:
                return _away()
            if (client_id, client_secret) != (told.client_id, told.client_secret):
                return Reply(401, {"error": "invalid_client"})
            self._issued += 1
            token = secrets.token_urlsafe(24)
            self._tokens[token] = self._now() + told.token_seconds
            return Reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": told.token_seconds})

    def answer(self, request: Request, token: str) -> Reply:
        """Answer a request, well or badly."""
        with self._one:
            self._count_arrival()
            reply = self._answer(request, token)
            self._statuses[reply.fault or str(reply.status)] += 1
            return reply

    def _answer(self, request: Request, token: str) -> Reply:
        reply = self._turned_away(request.path, token) or self._found(request)
        if reply.status != 200:
            return reply
        fault = fault_of(self.settings, self._draw.random())
        if fault in _ERRORS:
            return Reply(_ERRORS[fault], {"message": "out of order"})
        if fault is None or fault == "slow":
            self._given(request)
            return Reply(200, reply.body, late=self.settings.slow_seconds if fault else 0.0)
        return Reply(200, reply.body, fault=fault)

    def _turned_away(self, path: str, token: str) -> Reply | None:
        if self.settings.away:
            return _away()
        if not self._knows(path):
            return Reply(404, {"message": "not found"})
        if self._tokens.get(token, -math.inf) <= self._now():
            return Reply(401, {"message": "token expired"})
        if self._is_too_much():
            return Reply(429, {"message": "too many requests"}, self._come_back())
        return None

    @abstractmethod
    def _knows(self, path: str) -> bool:
        """Tell whether anything is at a path."""

    @abstractmethod
    def _found(self, request: Request) -> Reply:
        """Find what is to be answered if nothing goes wrong."""

    @abstractmethod
    def _given(self, request: Request) -> None:
        """Count what has been answered whole."""

    @abstractmethod
    def _forget_given(self) -> None:
        """Have counted nothing."""

    @abstractmethod
    def _told(self) -> dict[str, Any]:
        """Tell what has been counted."""

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


def _away() -> Reply:
    return Reply(503, {"message": "nobody is there"})


def _forget(times: deque[float], now: float) -> None:
    while times and times[0] <= now - 1:
        times.popleft()
