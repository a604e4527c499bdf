"""Let a source be pulled by itself."""

from __future__ import annotations

from datetime import datetime

from sluice.model.schedule import Schedule, schedule_from
from sluice.sources.registry import source_named
from sluice.usecases.ports import Schedules


def set_schedule(
    tenant: str,
    source_name: str,
    *,
    every_minutes: int,
    starting_at: datetime | None,
    now: datetime,
    schedules: Schedules,
) -> Schedule:
    """Give a source a schedule, in place of the one that it has; see `schedule_from`.

    Raises
    ------
    NotFound
        If there is no such source.
    TryLater
        If others are changing its schedule all the time.
    """
    source, schedule = source_named(source_name), schedule_from(every_minutes, starting_at, now=now)
    schedules.put(tenant, source.name, schedule)
    return schedule
