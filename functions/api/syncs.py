"""``/v1/sources`` and ``/v1/syncs``: sources, their syncs and their schedules."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from functions.api import auth
from functions.api.pages import page_of
from functions.api.parameters import Cursor, Limit
from functions.api.routes import Routes, ok, other, problems
from functions.api.services import services
from sluice.api.requests import GuardsBody, ScheduleBody, SyncBody
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
from sluice.auth import ADMIN
from sluice.catalog.registry import SOURCES, source_named
from sluice.model.job import Job
from sluice.model.page import Page
from sluice.usecases import sync

Name = Annotated[str | None, Query(description="Name of a source; all sources without it.")]

router = Routes("Sources")

_NO_GUARDS = SyncBody()


@router.get("/sources", responses=ok(200, "All sources, on one page."))
def list_sources() -> ListResponse[SourceResponse]:
    """List the sources.

    Each with its current job, its last sync and its schedule.
    """
    tenant, now = auth.caller_of(router).tenant, datetime.now(UTC)
    states = sync.list_sources(tenant, services())
    base_url = auth.base_url(router)
    return ListResponse(items=[source_response(each, now=now, base_url=base_url) for each in states], next=None)


@router.post("/syncs/cleanup", responses=ok(200, "How many were cancelled.") | problems("not-found"))
def clean_up_syncs(source: Name = None) -> CleanUpResponse:
    """Cancel stuck syncs.

    Those that have not changed for 15 minutes; the response counts them by the state they were in. Requires the scope
    `imports:admin`.
    """
    caller, now = auth.caller_of(router), datetime.now(UTC)
    names = [source_named(source).name] if source else [each.name for each in SOURCES]
    found = sync.clean_up(caller.tenant, names, by=caller.subject, now=now, services=services())
    return CleanUpResponse(cleaned=sum(found.values()), by_state=dict(found))


@router.post(
    "/syncs/<source>",
    responses=ok(200, "The current job of the source, under way or ended.", headers=("Location",))
    | ok(202, "A new job, which pulls the source.", headers=("Location",))
    | problems("not-found", "invalid-option", "rolling-back", "wrong-content-type", "quota", "try-later"),
)
def start_sync(
    source: str,
    body: Annotated[SyncBody, Body()] = _NO_GUARDS,
    force: Annotated[bool, Query(description="Start a new job, which supersedes the current one.")] = False,
) -> Response[SyncResponse]:
    """Pull a source.

    Unless it has a current job; the response shows that job. With `force` a new job takes its place, which requires the
    scope `imports:admin` while the current one is under way.
    """
    caller, now, base_url = auth.caller_of(router), datetime.now(UTC), auth.base_url(router)
    guards = (body.guards or GuardsBody()).model_dump(exclude_none=True)
    begun = sync.start_sync(
        caller.tenant,
        source,
        by=caller.subject,
        force=force,
        guards=guards,
        now=now,
        services=services(),
        before_superseding=lambda: caller.need(ADMIN),
    )
    shown = sync_response(begun, forced=force and begun.is_new, now=now, base_url=base_url)
    status = HTTPStatus.ACCEPTED if begun.is_new else HTTPStatus.OK
    return Response(status, "application/json", shown, {"Location": shown.job.links["self"]})


@router.get("/syncs/<source>", responses=ok(200, "A page of jobs.") | problems("not-found", "invalid-cursor"))
def list_syncs(source: str, limit: Limit = 50, cursor: Cursor = None) -> ListResponse[JobResponse]:
    """List the jobs of a source.

    Scheduled and requested ones, newest first.
    """
    tenant, name = auth.caller_of(router).tenant, source_named(source).name
    jobs, base_url = services().jobs, auth.base_url(router)

    def read(count: int, after: str | None) -> Page[Job]:
        page = jobs.page(tenant, status=None, importer=name, limit=count, cursor=after)
        # a file that was dropped under the source's name has a failed job of the same name
        return Page([job for job in page.items if job.is_sync], page.next)

    return page_of(router, read, lambda job: job_response(job, base_url, brief=True), limit=limit, cursor=cursor)


@router.put(
    "/syncs/<source>/schedule",
    responses=ok(200, "The schedule.") | problems("not-found", "wrong-content-type", "try-later"),
)
def set_schedule(source: str, body: ScheduleBody) -> ScheduleResponse:
    """Set the schedule of a source.

    A new job starts at each scheduled time, unless one is still under way.
    """
    now = datetime.now(UTC)
    put = sync.set_schedule(
        auth.caller_of(router).tenant,
        source,
        every_minutes=body.every_minutes,
        starting_at=body.starting_at,
        now=now,
        schedules=services().schedules,
    )
    return schedule_response(put, now=now)


@router.delete(
    "/syncs/<source>/schedule", responses=other(204, "The source has no schedule.") | problems("not-found", "try-later")
)
def delete_schedule(source: str) -> Response[None]:
    """Remove the schedule of a source.

    Jobs that are under way continue.
    """
    services().schedules.remove(auth.caller_of(router).tenant, source_named(source).name)
    return Response(HTTPStatus.NO_CONTENT)
