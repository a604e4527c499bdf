"""See what can be pulled, and how each source stands."""

from __future__ import annotations

from dataclasses import dataclass

from sluice.model.job import Job
from sluice.model.schedule import Schedule
from sluice.sources.registry import SOURCES
from sluice.sources.source import Source
from sluice.usecases.ports import Jobs, Schedules
from sluice.usecases.start_sync import standing_job


@dataclass(frozen=True)
class Standing:
    """A source, the job that stands for it (under way, or the last one), and its schedule."""

    source: Source
    job: Job | None
    schedule: Schedule | None


def list_sources(tenant: str, *, jobs: Jobs, schedules: Schedules) -> list[Standing]:
    """Every source as it stands for a tenant."""
    return [
        Standing(source, standing_job(tenant, source.name, jobs=jobs), schedules.get(tenant, source.name))
        for source in SOURCES
    ]
