"""``/v1/sources`` and ``/v1/syncs``: sources, their syncs and their schedules."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from functions.api.services import services
from sluice.api.requests import ScheduleBody
from sluice.api.responses import JobResponse, ListResponse, job_response
from sluice.api.syncs import (
    CleanUpResponse,
    ScheduleResponse,
    SourceResponse,
    SyncResponse,
    schedule_response,
    source_response,
    sync_response,
)
from sluice.catalog.registry import SOURCES, source_named
from sluice.usecases.sync import clean_up, list_sources, set_schedule, start_sync

Limit = Annotated[int, Query(ge=1, le=1000, description="Items on a page.")]
Cursor = Annotated[str | None, Query(description="Cursor `next` of the previous page.")]
Name = Annotated[str | None, Query(description="Name of a source; all sources without it.")]

router = APIGatewayRouter()


@router.get("/sources")
def sources() -> ListResponse[SourceResponse]:
    """List the sources, each with its current job and its schedule."""
    tenant, now = auth.caller_of(router).tenant, datetime.now(UTC)
    states = list_sources(tenant, services())
    base_url = auth.base_url(router)
    return ListResponse(items=[source_response(each, now=now, base_url=base_url) for each in states], next=None)


@router.post("/syncs/cleanup")
def cleanup(source: Name = None) -> CleanUpResponse:
    """Cancel syncs that have not changed for 15 minutes; the response counts them by the state they were in."""
    caller, now = auth.caller_of(router), datetime.now(UTC)
    names = [source_named(source).name] if source else [each.name for each in SOURCES]
    found = clean_up(
        caller.tenant,
        names,
        by=caller.subject,
        now=now,
        services=services(),
    )
    return CleanUpResponse(cleaned=sum(found.values()), by_state=dict(found))


@router.post("/syncs/<source>", responses={202: {"description": "The job that pulls the source."}})
def start(
    source: str, force: Annotated[bool, Query(description="Start a new job, which supersedes the current one.")] = False
) -> tuple[SyncResponse, int]:
    """Pull a source, unless it has a current job; the response shows that job, under way or ended."""
    caller, now = auth.caller_of(router), datetime.now(UTC)
    begun = start_sync(
        caller.tenant,
        source,
        by=caller.subject,
        force=force,
        now=now,
        services=services(),
    )
    status = HTTPStatus.ACCEPTED if begun.is_new else HTTPStatus.OK
    return sync_response(begun, forced=force and begun.is_new, now=now, base_url=auth.base_url(router)), status


@router.get("/syncs/<source>")
def history(source: str, limit: Limit = 50, cursor: Cursor = None) -> ListResponse[JobResponse]:
    """List the jobs of a source, newest first."""
    tenant, name = auth.caller_of(router).tenant, source_named(source).name
    page = services().jobs.page(tenant, status=None, importer=name, limit=limit, cursor=cursor)
    # a file that was dropped under the source's name has a failed job of the same name
    pulls = [job for job in page.items if job.is_sync]
    return ListResponse(items=[job_response(job, auth.base_url(router)) for job in pulls], next=page.next)


@router.put("/syncs/<source>/schedule")
def schedule(source: str, body: ScheduleBody) -> ScheduleResponse:
    """Set the schedule of a source: a new job starts at each scheduled time, unless one is still under way."""
    now = datetime.now(UTC)
    put = set_schedule(
        auth.caller_of(router).tenant,
        source,
        every_minutes=body.every_minutes,
        starting_at=body.starting_at,
        now=now,
        schedules=services().schedules,
    )
    return schedule_response(put, now=now)


@router.delete("/syncs/<source>/schedule", responses={204: {"description": "The source has no schedule."}})
def unschedule(source: str) -> Response[None]:
    """Remove the schedule of a source."""
    services().schedules.remove(auth.caller_of(router).tenant, source_named(source).name)
    return Response(HTTPStatus.NO_CONTENT)
