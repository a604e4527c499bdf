"""Rows of a job: the rejected ones, and those that a rollback left."""

from __future__ import annotations

from datetime import UTC, datetime

from functions.api.pages import page_of
from functions.api.parameters import Cursor, Limit
from functions.api.routes import Routes, ok, problems
from functions.api.services import ref_of, services
from sluice.api.responses import KeptRowResponse, ListResponse, RejectionResponse, kept_row_response, rejection_response
from sluice.model.retention import check_kept
from sluice.usecases.artifacts import JobFiles

router = Routes("Jobs")

_PAGE = ok(200, "A page of the list.") | problems("not-found", "invalid-cursor", "expired")


@router.get("/jobs/<job_id>/rejections", responses=_PAGE)
def list_rejections(job_id: str, limit: Limit = 100, cursor: Cursor = None) -> ListResponse[RejectionResponse]:
    """List the rejections of a job.

    One entry for each wrong cell, in the order of the file: its place, its value and the reason.
    """
    stored = _files_of(job_id)
    return page_of(
        router,
        lambda count, after: stored.rejections_page(limit=count, cursor=after),
        rejection_response,
        limit=limit,
        cursor=cursor,
    )


@router.get("/jobs/<job_id>/kept", responses=_PAGE)
def list_kept_rows(job_id: str, limit: Limit = 100, cursor: Cursor = None) -> ListResponse[KeptRowResponse]:
    """List the rows that a rollback left as they are.

    Each with the job that changed it since.
    """
    stored = _files_of(job_id)
    return page_of(
        router,
        lambda count, after: stored.kept_page(limit=count, cursor=after),
        kept_row_response,
        limit=limit,
        cursor=cursor,
    )


def _files_of(job_id: str) -> JobFiles:
    """Return what a job has stored; raises `Conflict` if it is not kept any more."""
    job = services().jobs.get(ref_of(router, job_id))
    check_kept(job, "read", datetime.now(UTC))
    return JobFiles(job, services().files)
