"""Schedules of syncs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Schedule:
    """A schedule: a run at ``starting_at``, and one every ``every_minutes`` minutes after it.

    Parameters
    ----------
    every_minutes
        Period in minutes.
    starting_at
        Time of the first scheduled run, with its time zone, in whole seconds.
    """

    every_minutes: int
    starting_at: datetime

    @property
    def period(self) -> timedelta:
        """Time from one scheduled run to the next."""
        return timedelta(minutes=self.every_minutes)


def next_at(schedule: Schedule, now: datetime) -> datetime:
    """Return the time of the next scheduled run, which may be ``now``."""
    periods = -((schedule.starting_at - now) // schedule.period)
    return schedule.starting_at + max(periods, 0) * schedule.period


def schedule_from(every_minutes: int, starting_at: datetime | None, *, now: datetime) -> Schedule:
    """Build a schedule from a caller's request.

    Without ``starting_at``, the first run is one period from now. If ``starting_at`` is past, the first run is the next
    one of its series, so "daily, from last Monday, 6:00" begins at the next 6:00.
    """
    first = starting_at or now + timedelta(minutes=every_minutes)
    wanted = Schedule(every_minutes, first.astimezone(UTC).replace(microsecond=0))
    return Schedule(every_minutes, next_at(wanted, now))
