"""Times of scheduled runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.upstream.source import Schedule, next_at, schedule_from

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
INSTANTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "run"),
    [
        (NOON - 100 * HOUR, NOON),
        (NOON, NOON),
        (NOON + timedelta(microseconds=1), NOON + 6 * HOUR),
        (NOON + 6 * HOUR, NOON + 6 * HOUR),
        (NOON + 31 * HOUR, NOON + 36 * HOUR),
    ],
)
def test_the_next_run_is_the_first_that_is_not_past(now: datetime, run: datetime) -> None:
    assert next_at(Schedule(360, NOON), now) == run


@given(start=INSTANTS, now=INSTANTS, minutes=st.integers(15, 44_640))
def test_runs_are_whole_periods_after_the_start_and_the_next_is_less_than_a_period_away(
    start: datetime, now: datetime, minutes: int
) -> None:
    schedule = Schedule(minutes, start)
    run = next_at(schedule, now)
    assert run >= max(start, now)
    assert (run - start) % schedule.period == timedelta(0)
    assert run == start or run - now < schedule.period


def test_without_a_start_the_first_run_is_in_one_period() -> None:
    assert schedule_from(90, None, now=NOON) == Schedule(90, NOON + 1.5 * HOUR)


def test_a_start_in_the_past_is_moved_by_whole_periods() -> None:
    """EventBridge Scheduler would reject a start in the past."""
    day = 24 * 60
    assert schedule_from(day, NOON - 30 * HOUR, now=NOON) == Schedule(day, NOON + 18 * HOUR)
    assert schedule_from(day, NOON + 30 * HOUR, now=NOON) == Schedule(day, NOON + 30 * HOUR)


def test_times_are_stored_in_utc_and_whole_seconds() -> None:
    jakarta = timezone(timedelta(hours=7))
    made = schedule_from(60, datetime(2026, 3, 1, 20, 0, 0, 999, tzinfo=jakarta), now=NOON)
    assert made.starting_at.isoformat() == "2026-03-01T13:00:00+00:00"
