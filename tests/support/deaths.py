"""Deaths of processes: a call kills its process, and the message of a dead worker comes again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sluice.model.chunk import ChunkRef
from tests.support.harness import LEASE, NOW, Harness


class Killed(BaseException):
    """A process that is killed: no exception handler continues."""


def killing(call: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
    """Return a call that kills its process: before it has its effect, or just after."""

    def dies(*args: Any, **more: Any) -> Any:
        if after:
            call(*args, **more)
        raise Killed

    return dies


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, *, after: bool = False) -> Iterator[None]:
    """Let the process die where it calls this method."""
    with monkeypatch.context() as patched:
        patched.setattr(place, name, killing(getattr(place, name), after=after))
        with pytest.raises(Killed):
            yield


def killed_at(monkeypatch: pytest.MonkeyPatch, target: Any, name: str, *, after: bool) -> list[int]:
    """Let the process die once where it calls this method; the returned list has one item for each death."""
    real: Callable[..., Any] = getattr(target, name)
    deaths: list[int] = []

    def once(*args: Any, **more: Any) -> Any:
        if deaths:
            return real(*args, **more)
        deaths.append(1)
        return killing(real, after=after)(*args, **more)

    monkeypatch.setattr(target, name, once)
    return deaths


def deliver_with_deaths(harness: Harness, clock: int = NOW) -> int:
    """Deliver all messages; one whose worker died comes again after its lease. Returns the time at the end."""

    def deliver(chunk: ChunkRef) -> None:
        nonlocal clock
        try:
            harness.work(chunk, now=clock)
        except Killed:
            clock += LEASE + 1
            harness.queue.messages.append(chunk)

    harness.deliver(each=deliver)
    return clock
