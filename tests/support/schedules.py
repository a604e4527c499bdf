"""Schedules in memory, without scheduled runs."""

from __future__ import annotations

from sluice.upstream.source import Schedule


class MemorySchedules:
    """The `Schedules` port."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Schedule] = {}

    def get(self, tenant: str, source: str) -> Schedule | None:
        return self.items.get((tenant, source))

    def put(self, tenant: str, source: str, schedule: Schedule) -> None:
        self.items[tenant, source] = schedule

    def remove(self, tenant: str, source: str) -> None:
        self.items.pop((tenant, source), None)
