"""When a source is pulled by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Schedule:
    """A scheduled run at ``starting_at``, and one every so many minutes after it.

    Parameters
    ----------
    every_minutes
        The period.
    starting_at
        The first scheduled run; aware of its time zone, in whole seconds.
    """

    every_minutes: int
    starting_at: datetime

    @property
    def period(self) -> timedelta:
        """Time from one scheduled run to the next."""
        return timedelta(minutes=self.every_minutes)


def next_at(schedule: Schedule, now: datetime) -> datetime:
    """Find the first scheduled run that is not past."""
    periods = -((schedule.starting_at - now) // schedule.period)
    return schedule.starting_at + max(periods, 0) * schedule.period


def schedule_from(every_minutes: int, starting_at: datetime | None, *, now: datetime) -> Schedule:
    """A schedule that is set now.

    Without a beginning it begins in one period. A beginning that is past gives way to the first scheduled run that is
    not, so that "daily, from last Monday, 6:00" goes on at 6:00.
    """
    first = starting_at or now + timedelta(minutes=every_minutes)
    wanted = Schedule(every_minutes, first.astimezone(UTC).replace(microsecond=0))
    return Schedule(every_minutes, next_at(wanted, now))
