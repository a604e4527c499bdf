"""``/v1/jobs``: look at jobs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import answer, gate
from sluice import bootstrap
from sluice.config import ApiSettings, settings
from sluice.edge.answers import JobAnswer, ListAnswer, RefusalAnswer, job_answer
from sluice.model.chunk import JobRef
from sluice.model.status import Status
from sluice.stores.jobs import DynamoJobs
from sluice.usecases.refusals import list_refusals

Limit = Annotated[int, Query(ge=1, le=1000, description="Items on a page.")]
Cursor = Annotated[str | None, Query(description="Where the page before ended.")]

router = APIGatewayRouter()


def _jobs() -> DynamoJobs:
    told = settings(ApiSettings)
    return bootstrap.jobs(told.jobs_table, told.keep_days)


def _ref(job_id: str) -> JobRef:
    return JobRef(gate.caller_of(router).tenant, job_id)


@router.get("/jobs")
def history(
    status: Status | None = None, importer: str | None = None, limit: Limit = 50, cursor: Cursor = None
) -> ListAnswer[JobAnswer]:
    """Jobs of the caller's tenant, newest first."""
    tenant = gate.caller_of(router).tenant
    page = _jobs().page(tenant, status=status, importer=importer, limit=limit, cursor=cursor)
    return ListAnswer(items=[job_answer(job, gate.base_url(router)) for job in page.items], next=page.next)


@router.get("/jobs/<job_id>", responses={304: {"description": "The version in If-None-Match is the newest."}})
def show(job_id: str) -> Response[JobAnswer | None]:
    """How far a job is."""
    found = _jobs().get(_ref(job_id))
    if answer.is_known(found, router.current_event.headers.get("If-None-Match")):
        return Response(304, body=None, headers={"ETag": answer.etag(found), "Retry-After": "1"})
    return answer.job(found, router)


@router.get("/jobs/<job_id>/refusals")
def refusals(job_id: str, limit: Limit = 100, cursor: Cursor = None) -> ListAnswer[RefusalAnswer]:
    """Refused rows, in the order of the file."""
    ref = _jobs().get(_ref(job_id)).ref
    page = list_refusals(ref, limit=limit, cursor=cursor, files=bootstrap.files(settings(ApiSettings).files_bucket))
    return ListAnswer(items=[RefusalAnswer(**asdict(refusal)) for refusal in page.items], next=page.next)
