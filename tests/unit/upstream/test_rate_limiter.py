"""Slots of requests: an upstream never gets too many in a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.model.errors import TryLater
from sluice.upstream.clock import Clock, SerialExecutor
from sluice.upstream.rate_limiter import LATENESS, TRANSIT, RateLimiter, spacing
from tests.support.upstreams import MemoryRateStore
from tests.unit.upstream.scripted import START, Time


class Oversleeping(Time):
    """Time in a busy process, in which some sleeps last too long."""

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


def wait(time: Time, rates: MemoryRateStore, slots: int = 1, seconds: float = 60) -> list[float]:
    """Return when so many slots came, in seconds since the start."""

    async def waiting() -> list[float]:
        limiter = RateLimiter("siasn", rates, START + seconds, SerialExecutor(), time.clock())
        came = []
        for _ in range(slots):
            await limiter.acquire()
            came.append(time.passed)
        return came

    return asyncio.run(waiting())


@given(
    rate=st.one_of(st.integers(1, 100), st.floats(0.2, 50)),
    late=st.lists(st.floats(0, LATENESS + TRANSIT, exclude_max=True), min_size=2, max_size=120),
)
def test_no_second_has_more_arrivals_than_the_rate(rate: float, late: list[float]) -> None:
    """This holds if no request arrives later than the spacing allows."""
    arrivals = sorted(index * spacing(rate) + delay for index, delay in enumerate(late))
    allowed = max(1, int(rate))
    for first, beyond in zip(arrivals, arrivals[allowed:], strict=False):
        assert beyond - first > 1 - 1e-9


def test_three_quarters_of_the_rate_are_used() -> None:
    assert 1 / spacing(20) == pytest.approx(15)
    assert 1 / spacing(0.5) == pytest.approx(0.375)


def test_slots_are_evenly_spaced() -> None:
    assert wait(Time(), MemoryRateStore(20), slots=4) == pytest.approx([at * spacing(20) for at in range(4)])


def test_a_missed_slot_is_dropped() -> None:
    rates = MemoryRateStore(20)
    rates.acquire(earliest=START + 1, before=START + 9)
    time = Oversleeping(LATENESS + 0.05)
    (came,) = wait(time, rates)
    taken = [slot - START for slot in rates.taken[1:]]
    assert came == pytest.approx(taken[-1])
    assert came > taken[0] + LATENESS


def test_a_slot_that_is_missed_by_little_is_used() -> None:
    rates = MemoryRateStore(20)
    rates.acquire(earliest=START, before=START + 9)
    assert wait(Oversleeping(LATENESS / 2), rates) == pytest.approx([spacing(20) + LATENESS / 2])


def test_a_process_that_is_always_late_takes_a_later_slot() -> None:
    """Taking a slot lasts longer than a slot may be missed by, so the next free one is always too early."""

    class Slow(MemoryRateStore):
        def acquire(self, *, earliest: float, before: float) -> float | None:
            found = super().acquire(earliest=earliest, before=before)
            time.now += 0.3
            return found

    time = Time()
    rates = Slow(20)
    (came,) = wait(time, rates)
    assert came == pytest.approx(rates.taken[-1] - START)
    assert len(rates.taken) == 2


def test_a_slot_taken_before_a_block_is_not_used() -> None:
    rates = MemoryRateStore(20)
    rates.acquire(earliest=START + 1, before=START + 9)
    time = Oversleeping()
    time.meanwhile = lambda: rates.back_off_until(START + 30) if time.passed < 10 else None
    assert wait(time, rates) == pytest.approx([30])


def test_a_reader_without_a_slot_before_its_deadline_takes_none() -> None:
    rates = MemoryRateStore(20)
    rates.acquire(earliest=START + 100, before=START + 101)
    with pytest.raises(TryLater, match=r"slots-taken.*siasn") as caught:
        wait(Time(), rates)
    assert caught.value.seconds == 5
    assert len(rates.taken) == 1


def test_a_reader_retries_when_a_long_block_is_over() -> None:
    rates = MemoryRateStore(20)
    rates.back_off_until(START + 100.5)
    with pytest.raises(TryLater) as caught:
        wait(Time(), rates)
    assert caught.value.seconds == 101


def test_requests_that_queue_for_a_slow_table_ask_for_slots_to_come() -> None:
    """Each call of the table takes 60 ms, so the last of twenty requests has its turn after more than a second.

    A slot counted from the moment at which it began to queue would have passed by then, and so would each next one:
    no request was ever sent.
    """

    class Slow(MemoryRateStore):
        def acquire(self, *, earliest: float, before: float) -> float | None:
            asked.append((earliest, time.now))
            time.now += 0.06
            return super().acquire(earliest=earliest, before=before)

    async def waiting() -> None:
        limiter = RateLimiter("siasn", Slow(50), START + 60, SerialExecutor(), time.clock())
        await asyncio.gather(*(limiter.acquire() for _ in range(20)))

    time = Time()
    asked: list[tuple[float, float]] = []
    asyncio.run(waiting())
    assert all(earliest >= now for earliest, now in asked[:20])


def test_twenty_requests_get_their_slots_from_a_slow_table() -> None:
    """Calls of the table take 40 ms, as on a busy laptop, and wait for each other; every request is sent in the end."""

    class Slow(MemoryRateStore):
        def acquire(self, *, earliest: float, before: float) -> float | None:
            sleep(0.04)
            return super().acquire(earliest=earliest, before=before)

        def blocked_until(self) -> float:
            sleep(0.04)
            return super().blocked_until()

    async def waiting() -> None:
        clock = Clock()
        limiter = RateLimiter("siasn", Slow(50), clock.now() + 20, SerialExecutor(), clock)
        await asyncio.gather(*(limiter.acquire() for _ in range(20)))

    asyncio.run(waiting())
