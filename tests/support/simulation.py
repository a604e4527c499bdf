"""Simulated time: processes that run one at a time, and a clock that jumps to the next moment at which one goes on."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

from tests.support.deaths import Killed


@dataclass(eq=False)
class Process:
    """A process of a `Simulation`.

    Parameters
    ----------
    deadline
        Time at which it is killed, if it has not ended.
    lineage
        Functions in the chain that has invoked this one, and this one, as Lambda's trace header names them.
    """

    call: Callable[[], Any]
    deadline: float = inf
    lineage: tuple[str, ...] = ()
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    ended: bool = False


class Simulation:
    """Runs processes in simulated time.

    A process is ordinary code in a thread of its own. Only one runs at a time, until it sleeps or ends, so what they
    share needs no lock, and a run has the same result each time.

    Attributes
    ----------
    now
        Epoch seconds.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self.now = start
        self._order = itertools.count()
        self._events: list[tuple[float, int, Process]] = []
        self._running: Process | None = None
        self._back = threading.Semaphore(0)
        self._error: BaseException | None = None

    def time(self) -> float:
        """Return the simulated time, as ``time.time`` does."""
        return self.now

    @property
    def lineage(self) -> tuple[str, ...]:
        """The lineage of the process that runs; empty outside of any."""
        return self._running.lineage if self._running else ()

    def spawn(
        self, call: Callable[[], Any], *, within: float = inf, lineage: tuple[str, ...] = (), after: float = 0
    ) -> Process:
        """Start a process ``after`` so many seconds, and kill it ``within`` so many seconds from then."""
        process = Process(call, self.now + after + within, lineage)
        threading.Thread(target=self._live, args=(process,), daemon=True).start()
        self._schedule(process, self.now + after)
        return process

    def sleep(self, seconds: float) -> None:
        """Let a process wait; what runs outside of any process moves the clock alone."""
        process = self._running
        if process is None:
            self.now += seconds
            return
        self._schedule(process, min(self.now + seconds, process.deadline))
        self._back.release()
        process.go.acquire()
        if self.now >= process.deadline:
            raise Killed

    def run(self, *, until: float = inf, done: Callable[[], bool] = lambda: False) -> None:
        """Let processes run until this time has come or something is done; then those that are left are killed."""
        while self._events and self._events[0][0] <= until and not done():
            self.now, _, process = heapq.heappop(self._events)
            self._continue(process)
        for _, _, process in self._events:
            process.deadline = -inf
            self._continue(process)
        self._events.clear()

    def _schedule(self, process: Process, at: float) -> None:
        heapq.heappush(self._events, (at, next(self._order), process))

    def _continue(self, process: Process) -> None:
        if process.ended:
            return
        self._running = process
        process.go.release()
        self._back.acquire()
        self._running = None
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _live(self, process: Process) -> None:
        process.go.acquire()
        try:
            if process.deadline > self.now:
                process.call()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised where the simulation runs
            self._error = error
        finally:
            process.ended = True
            self._back.release()
