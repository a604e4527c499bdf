"""``/v1/jobs``: look at jobs."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import answer, gate, stores
from sluice.edge.answers import (
    JobAnswer,
    KeptAnswer,
    ListAnswer,
    LogAnswer,
    RefusalAnswer,
    StepAnswer,
    job_answer,
    phase_name,
)
from sluice.edge.previews import PreviewAnswer, preview_answer
from sluice.model import paths
from sluice.model.status import Status
from sluice.usecases.delete_job import delete_job
from sluice.usecases.preview import preview as look_ahead
from sluice.usecases.refusals import list_lines, list_refusals
from sluice.usecases.timeline import timeline

Limit = Annotated[int, Query(ge=1, le=1000, description="Items on a page.")]
Cursor = Annotated[str | None, Query(description="Where the page before ended.")]

router = APIGatewayRouter()


@router.get("/jobs")
def history(
    status: Status | None = None, importer: str | None = None, limit: Limit = 50, cursor: Cursor = None
) -> ListAnswer[JobAnswer]:
    """Jobs of the caller's tenant, newest first."""
    tenant = gate.caller_of(router).tenant
    page = stores.jobs().page(tenant, status=status, importer=importer, limit=limit, cursor=cursor)
    return ListAnswer(items=[job_answer(job, gate.base_url(router)) for job in page.items], next=page.next)


@router.get("/jobs/<job_id>", responses={304: {"description": "The version in If-None-Match is the newest."}})
def show(job_id: str) -> Response[JobAnswer | None]:
    """How far a job is."""
    found = stores.jobs().get(stores.ref_of(router, job_id))
    if answer.is_known(found, router.current_event.headers.get("If-None-Match")):
        return Response(304, body=None, headers={"ETag": answer.etag(found), "Retry-After": "1"})
    return answer.job(found, router)


@router.get("/jobs/<job_id>/preview")
def preview(job_id: str, limit: Annotated[int, Query(ge=1, le=200, description="Rows to show.")] = 20) -> PreviewAnswer:
    """How the file was understood, its first rows as they will be written, and what loading them would do."""
    ref = stores.ref_of(router, job_id)
    found = look_ahead(ref, limit=limit, jobs=stores.jobs(), chunks=stores.chunks(), files=stores.files())
    return preview_answer(found, gate.base_url(router))


@router.get("/jobs/<job_id>/refusals")
def refusals(job_id: str, limit: Limit = 100, cursor: Cursor = None) -> ListAnswer[RefusalAnswer]:
    """Refused rows, in the order of the file."""
    ref = stores.jobs().get(stores.ref_of(router, job_id)).ref
    page = list_refusals(ref, limit=limit, cursor=cursor, files=stores.files())
    return ListAnswer(items=[RefusalAnswer(**asdict(refusal)) for refusal in page.items], next=page.next)


@router.get("/jobs/<job_id>/kept")
def kept(job_id: str, limit: Limit = 100, cursor: Cursor = None) -> ListAnswer[KeptAnswer]:
    """Rows that a rollback left as they are, and who has changed them since."""
    ref = stores.jobs().get(stores.ref_of(router, job_id)).ref
    page = list_lines(paths.kept(ref), limit=limit, cursor=cursor, files=stores.files())
    items = [
        KeptAnswer(key=item["key"], outcome=item["outcome"], job=item["job_id"], reason=item["reason"])
        for item in page.items
    ]
    return ListAnswer(items=items, next=page.next)


@router.get("/jobs/<job_id>/timeline")
def progress_over_time(job_id: str) -> ListAnswer[StepAnswer]:
    """When its rows were done, chunk by chunk and phase by phase; oldest first."""
    job = stores.jobs().get(stores.ref_of(router, job_id))
    steps = timeline(job.ref, chunks=stores.chunks())
    shown = [StepAnswer(at=step.at, phase=phase_name(job, step.phase), rows=step.rows) for step in steps]
    return ListAnswer(items=shown, next=None)


@router.delete("/jobs/<job_id>")
def delete(job_id: str) -> JobAnswer:
    """Delete the file, the refused rows and the results of a job that has ended; the job itself and its log stay."""
    job = delete_job(
        stores.ref_of(router, job_id),
        by=gate.caller_of(router).subject,
        now=int(time.time()),
        jobs=stores.jobs(),
        chunks=stores.chunks(),
        files=stores.files(),
    )
    return job_answer(job, gate.base_url(router))


@router.get("/jobs/<job_id>/log")
def log(job_id: str) -> ListAnswer[LogAnswer]:
    """Who did what with the job, and when; oldest first."""
    jobs = stores.jobs()
    entries = jobs.entries(jobs.get(stores.ref_of(router, job_id)).ref)
    return ListAnswer(items=[LogAnswer(**asdict(entry)) for entry in entries], next=None)
