"""``/v1/jobs``: jobs, their previews, rejections, timelines and logs."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api import auth, responses
from functions.api.pages import page_of, part_of
from functions.api.parameters import Cursor, Limit
from functions.api.routes import Routes, ok, other, problems
from functions.api.services import ref_of, services
from sluice.api.events import TimelineResponse, timeline_response
from sluice.api.previews import PreviewResponse, preview_response
from sluice.api.responses import (
    JobResponse,
    ListResponse,
    LogResponse,
    job_response,
)
from sluice.model.status import Status
from sluice.usecases import control, views

router = Routes("Jobs")


@router.get("/jobs", responses=ok(200, "A page of jobs.") | problems("invalid-cursor"))
def list_jobs(
    status: Annotated[Status | None, Query(description="Only jobs in this state.")] = None,
    importer: Annotated[str | None, Query(description="Only jobs of this importer or source.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListResponse[JobResponse]:
    """List the jobs of the caller's tenant.

    Imports and syncs, newest first.
    """
    tenant, jobs, base_url = auth.caller_of(router).tenant, services().jobs, auth.base_url(router)
    return page_of(
        router,
        lambda count, after: jobs.page(tenant, status=status, importer=importer, limit=count, cursor=after),
        lambda job: job_response(job, base_url, brief=True),
        limit=limit,
        cursor=cursor,
    )


@router.get(
    "/jobs/<job_id>",
    responses=ok(200, "The job.", headers=("ETag", "Retry-After"), model=JobResponse)
    | other(304, "`If-None-Match` has the newest version.", headers=("ETag", "Retry-After"))
    | problems("not-found"),
)
def get_job(job_id: str) -> Response[JobResponse | None]:
    """Show a job and its progress.

    To poll, send the last `ETag` as `If-None-Match`, as often as `Retry-After` says.
    """
    found = services().jobs.get(ref_of(router, job_id))
    since = views.waits_for_worker(found, now=datetime.now(UTC), chunks=services().chunks)
    if responses.is_known(found, router.current_event.headers.get("If-None-Match"), since):
        return Response(304, body=None, headers={"ETag": responses.etag(found, since), "Retry-After": "1"})
    shown = responses.job(found, router, waits_since=since)
    return Response(shown.status_code, shown.content_type, shown.body, shown.headers)


@router.get("/jobs/<job_id>/preview", responses=ok(200, "The preview.") | problems("not-found", "not-parsed"))
def preview_job(
    job_id: str, limit: Annotated[int, Query(ge=1, le=200, description="Rows to show.")] = 20
) -> PreviewResponse:
    """Preview a job.

    The layout of its file, the columns that its headers matched, its first rows as they will be written, and what
    loading them would do.
    """
    ref = ref_of(router, job_id)
    found = views.preview(ref, limit=limit, jobs=services().jobs, chunks=services().chunks, files=services().files)
    return preview_response(found, auth.base_url(router))


@router.get("/jobs/<job_id>/timeline", responses=ok(200, "The timeline.") | problems("not-found"))
def get_timeline(job_id: str) -> TimelineResponse:
    """Show the timeline of a job.

    When it worked, on which phase, and when it waited; with the chunks that were done, oldest first.
    """
    found = views.timeline(ref_of(router, job_id), jobs=services().jobs, chunks=services().chunks)
    return timeline_response(found, datetime.now(UTC))


@router.delete(
    "/jobs/<job_id>", responses=ok(200, "The job, which stays.") | problems("not-found", "illegal-transition")
)
def delete_job(job_id: str) -> JobResponse:
    """Delete what is stored of a job that has ended.

    Its file, its rows, the reasons of rejected rows and all files for download. The job and its log stay, and so does
    what it loaded into a dataset. Requires the scope `imports:admin`.
    """
    ref, by = ref_of(router, job_id), auth.caller_of(router).subject
    job = control.delete_job(ref, by=by, now=int(time.time()), services=services())
    return job_response(job, auth.base_url(router))


@router.get("/jobs/<job_id>/log", responses=ok(200, "A page of the log.") | problems("not-found", "invalid-cursor"))
def list_log(job_id: str, limit: Limit = 1000, cursor: Cursor = None) -> ListResponse[LogResponse]:
    """List the log entries of a job.

    Who did what with it and when, oldest first.
    """
    jobs = services().jobs
    entries = part_of(jobs.entries(jobs.get(ref_of(router, job_id)).ref), grows="behind")
    return page_of(router, entries, lambda entry: LogResponse(**asdict(entry)), limit=limit, cursor=cursor)
