"""``/v1/jobs``: jobs, their previews, rejections, timelines and logs."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth, responses
from functions.api.services import ref_of, services
from sluice.api.previews import PreviewResponse, preview_response
from sluice.api.responses import (
    JobResponse,
    KeptRowResponse,
    ListResponse,
    LogResponse,
    RejectionResponse,
    TimelineResponse,
    job_response,
    kept_row_response,
    rejection_response,
    timeline_response,
)
from sluice.model.status import Status
from sluice.usecases import views
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.control import delete_job

Limit = Annotated[int, Query(ge=1, le=1000, description="Items on a page.")]
Cursor = Annotated[str | None, Query(description="Cursor `next` of the previous page.")]

router = APIGatewayRouter()


@router.get("/jobs")
def history(
    status: Status | None = None, importer: str | None = None, limit: Limit = 50, cursor: Cursor = None
) -> ListResponse[JobResponse]:
    """List the jobs of the caller's tenant, newest first."""
    tenant = auth.caller_of(router).tenant
    page = services().jobs.page(tenant, status=status, importer=importer, limit=limit, cursor=cursor)
    return ListResponse(items=[job_response(job, auth.base_url(router)) for job in page.items], next=page.next)


@router.get("/jobs/<job_id>", responses={304: {"description": "The version in If-None-Match is the newest."}})
def show(job_id: str) -> Response[JobResponse | None]:
    """Show a job and its progress."""
    found = services().jobs.get(ref_of(router, job_id))
    if responses.is_known(found, router.current_event.headers.get("If-None-Match")):
        return Response(304, body=None, headers={"ETag": responses.etag(found), "Retry-After": "1"})
    return responses.job(found, router)


@router.get("/jobs/<job_id>/preview")
def preview(
    job_id: str, limit: Annotated[int, Query(ge=1, le=200, description="Rows to show.")] = 20
) -> PreviewResponse:
    """Preview a job: the layout of its file, its first rows as they will be written, and the effects of a load."""
    ref = ref_of(router, job_id)
    found = views.preview(ref, limit=limit, jobs=services().jobs, chunks=services().chunks, files=services().files)
    return preview_response(found, auth.base_url(router))


@router.get("/jobs/<job_id>/rejections")
def rejections(job_id: str, limit: Limit = 100, cursor: Cursor = None) -> ListResponse[RejectionResponse]:
    """List the rejections of a job, in the order of the file."""
    ref = services().jobs.get(ref_of(router, job_id)).ref
    page = JobFiles(ref, services().files).rejections_page(limit=limit, cursor=cursor)
    return ListResponse(items=[rejection_response(each) for each in page.items], next=page.next)


@router.get("/jobs/<job_id>/kept")
def kept(job_id: str, limit: Limit = 100, cursor: Cursor = None) -> ListResponse[KeptRowResponse]:
    """List the rows that a rollback left as they are, each with the job that changed it since."""
    ref = services().jobs.get(ref_of(router, job_id)).ref
    page = JobFiles(ref, services().files).kept_page(limit=limit, cursor=cursor)
    return ListResponse(items=[kept_row_response(item) for item in page.items], next=page.next)


@router.get("/jobs/<job_id>/timeline")
def progress_over_time(job_id: str) -> TimelineResponse:
    """Show when a job worked, on which phase, and when it waited; with the chunks that were done, oldest first."""
    found = views.timeline(ref_of(router, job_id), jobs=services().jobs, chunks=services().chunks)
    return timeline_response(found, datetime.now(UTC))


@router.delete("/jobs/<job_id>")
def delete(job_id: str) -> JobResponse:
    """Delete the file, the rejected rows and the results of a job that has ended; the job and its log stay."""
    job = delete_job(
        ref_of(router, job_id), by=auth.caller_of(router).subject, now=int(time.time()), services=services()
    )
    return job_response(job, auth.base_url(router))


@router.get("/jobs/<job_id>/log")
def log(job_id: str) -> ListResponse[LogResponse]:
    """List the log entries of a job, oldest first."""
    jobs = services().jobs
    entries = jobs.entries(jobs.get(ref_of(router, job_id)).ref)
    return ListResponse(items=[LogResponse(**asdict(entry)) for entry in entries], next=None)
