"""Responses about sources, syncs and schedules."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from sluice.api.importers import response_from
from sluice.api.responses import CountsResponse, JobResponse, job_response
from sluice.model.job import Job
from sluice.upstream.source import Schedule, next_at
from sluice.usecases.sync import SourceState, SyncStart


class LastSync(BaseModel):
    """The end of the current job of a source, and its counts."""

    finished_at: datetime
    minutes_ago: int
    result: CountsResponse


class SyncResponse(BaseModel):
    """Response of ``POST /v1/syncs/{source}``."""

    job: JobResponse
    forced: bool = Field(description="Whether this call created it with `force`, in place of another job.")
    last_sync: LastSync | None = Field(description="Null until the job has ended.")


class CleanUpResponse(BaseModel):
    """Number of stuck syncs that were cancelled."""

    cleaned: int
    by_state: dict[str, int]


class ScheduleResponse(BaseModel):
    """The schedule of a source."""

    every_minutes: int
    starting_at: datetime
    next_at: datetime


class SourceResponse(BaseModel):
    """A source, its current job and its schedule."""

    name: str
    title: str
    dataset: str
    page_size: int
    has_total: bool = Field(description="Whether the upstream names the total number of rows.")
    job: JobResponse | None = Field(description="Its current job: under way, or the last one.")
    last_sync: LastSync | None = Field(description="Null until that job has ended.")
    schedule: ScheduleResponse | None


def sync_response(start: SyncStart, *, forced: bool, now: datetime, base_url: str) -> SyncResponse:
    """Build the response about the current job of a source, and its end."""
    shown = job_response(start.job, base_url)
    return SyncResponse(job=shown, forced=forced, last_sync=_last_sync(start.job, shown, now))


def source_response(state: SourceState, *, now: datetime, base_url: str) -> SourceResponse:
    """Build the response about a source, its current job, and its schedule."""
    source, job, schedule = state.source, state.job, state.schedule
    shown = None if job is None else job_response(job, base_url)
    return response_from(
        SourceResponse,
        source,
        job=shown,
        last_sync=None if job is None or shown is None else _last_sync(job, shown, now),
        schedule=None if schedule is None else schedule_response(schedule, now=now),
    )


def schedule_response(schedule: Schedule, *, now: datetime) -> ScheduleResponse:
    """Build the response about a schedule, and its next scheduled run."""
    return response_from(ScheduleResponse, schedule, next_at=next_at(schedule, now))


def _last_sync(job: Job, shown: JobResponse, now: datetime) -> LastSync | None:
    if job.finished_at is None:
        return None
    minutes = int((now - job.finished_at).total_seconds() // 60)
    return LastSync(finished_at=job.finished_at, minutes_ago=max(minutes, 0), result=shown.counts)
