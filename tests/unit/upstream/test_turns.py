"""Turns: when a request goes, and that an upstream never sees too many in a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.model.errors import TryLater
from sluice.upstream.clock import Clock, SerialExecutor
from sluice.upstream.rate_limiter import LATENESS, TRANSIT, RateLimiter, spacing
from tests.fakes.upstreams import MemoryRates
from tests.unit.upstream.scripted import START, Time


class Oversleeping(Time):
    """Time in a process that is kept from running for a while after some of its sleeps."""

    def __init__(self, *late: float) -> None:
        super().__init__()
        self.late = list(late)
        self.meanwhile: Callable[[], None] = lambda: None

    def clock(self) -> Clock:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.now += seconds + (self.late.pop(0) if self.late else 0.0)
            self.meanwhile()

        return Clock(lambda: self.now, sleep)


def wait(time: Time, rates: MemoryRates, turns: int = 1, seconds: float = 60) -> list[float]:
    """When so many turns came, in seconds since the start."""

    async def waiting() -> list[float]:
        line = RateLimiter("siasn", rates, START + seconds, SerialExecutor(), time.clock())
        came = []
        for _ in range(turns):
            await line.turn()
            came.append(time.passed)
        return came

    return asyncio.run(waiting())


@given(
    rate=st.one_of(st.integers(1, 100), st.floats(0.2, 50)),
    late=st.lists(st.floats(0, LATENESS + TRANSIT, exclude_max=True), min_size=2, max_size=120),
)
def test_no_second_has_more_arrivals_than_the_rate_however_late_they_come(rate: float, late: list[float]) -> None:
    """As long as none comes later than what the distance of turns allows for."""
    arrivals = sorted(index * spacing(rate) + delay for index, delay in enumerate(late))
    allowed = max(1, int(rate))
    for first, beyond in zip(arrivals, arrivals[allowed:], strict=False):
        assert beyond - first > 1 - 1e-9


def test_three_quarters_of_the_rate_are_used() -> None:
    assert 1 / spacing(20) == pytest.approx(15)
    assert 1 / spacing(0.5) == pytest.approx(0.375)


def test_turns_are_evenly_apart() -> None:
    assert wait(Time(), MemoryRates(20), turns=4) == pytest.approx([at * spacing(20) for at in range(4)])


def test_a_missed_turn_is_given_up() -> None:
    rates = MemoryRates(20)
    rates.take(earliest=START + 1, before=START + 9)
    time = Oversleeping(LATENESS + 0.05)
    (came,) = wait(time, rates)
    taken = [turn - START for turn in rates.taken[1:]]
    assert came == pytest.approx(taken[-1])
    assert came > taken[0] + LATENESS


def test_a_turn_that_is_a_little_late_is_used() -> None:
    rates = MemoryRates(20)
    rates.take(earliest=START, before=START + 9)
    assert wait(Oversleeping(LATENESS / 2), rates) == pytest.approx([spacing(20) + LATENESS / 2])


def test_a_process_that_is_always_late_looks_farther_ahead_and_gets_its_turn() -> None:
    """Asking for a turn takes it longer than a turn may be late, so the next free one is always over."""

    class Slow(MemoryRates):
        def take(self, *, earliest: float, before: float) -> float | None:
            found = super().take(earliest=earliest, before=before)
            time.now += 0.3
            return found

    time = Time()
    rates = Slow(20)
    (came,) = wait(time, rates)
    assert came == pytest.approx(rates.taken[-1] - START)
    assert len(rates.taken) == 2


def test_a_turn_of_before_a_pause_is_not_used() -> None:
    rates = MemoryRates(20)
    rates.take(earliest=START + 1, before=START + 9)
    time = Oversleeping()
    time.meanwhile = lambda: rates.hold(START + 30) if time.passed < 10 else None
    assert wait(time, rates) == pytest.approx([30])


def test_who_would_have_to_wait_too_long_comes_later_and_takes_no_turn() -> None:
    rates = MemoryRates(20)
    rates.take(earliest=START + 100, before=START + 101)
    with pytest.raises(TryLater, match=r"slots-taken.*siasn") as caught:
        wait(Time(), rates)
    assert caught.value.seconds == 5
    assert len(rates.taken) == 1


def test_who_is_told_to_pause_too_long_comes_when_the_pause_is_over() -> None:
    rates = MemoryRates(20)
    rates.hold(START + 100.5)
    with pytest.raises(TryLater) as caught:
        wait(Time(), rates)
    assert caught.value.seconds == 101
