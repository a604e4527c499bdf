"""``POST /v1/jobs/{id}/…``: act on a job."""

from __future__ import annotations

import time
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth, responses
from functions.api.services import ref_of, services
from sluice.api.requests import CommitBody
from sluice.api.responses import JobResponse
from sluice.model.job import Job
from sluice.usecases import control

router = APIGatewayRouter()

_UNDER_WAY: dict[int, OpenAPIResponse] = {202: {"description": "The job is on its way there; poll its address."}}


def _response(job: Job) -> Response[JobResponse | None]:
    return responses.job(job, router, started=True)


def _by() -> str:
    return auth.caller_of(router).subject


@router.post("/jobs/<job_id>/commit", responses=_UNDER_WAY)
def commit(job_id: str, body: Annotated[CommitBody | None, Body()] = None) -> Response[JobResponse | None]:
    """Let a job that waits in review load its rows."""
    answers = dict(body.dates) if body else {}
    return _response(control.commit(ref_of(router, job_id), by=_by(), answers=answers, services=services()))


@router.post("/jobs/<job_id>/cancel", responses=_UNDER_WAY)
def cancel(job_id: str) -> Response[JobResponse | None]:
    """End a job before its time; what was loaded stays, and can be rolled back."""
    return _response(control.cancel(ref_of(router, job_id), by=_by(), now=int(time.time()), services=services()))


@router.post("/jobs/<job_id>/pause", responses=_UNDER_WAY)
def pause(job_id: str) -> Response[JobResponse | None]:
    """Stop a job after the chunks that are being done."""
    return _response(control.pause(ref_of(router, job_id), by=_by(), now=int(time.time()), services=services()))


@router.post("/jobs/<job_id>/resume", responses=_UNDER_WAY)
def resume(job_id: str) -> Response[JobResponse | None]:
    """Go on with a paused job."""
    return _response(control.resume(ref_of(router, job_id), by=_by(), services=services()))


@router.post("/jobs/<job_id>/retry", responses=_UNDER_WAY)
def retry(job_id: str) -> Response[JobResponse | None]:
    """Go on with just the rows of a failed job that could not be processed."""
    return _response(control.retry(ref_of(router, job_id), by=_by(), services=services()))


@router.post("/jobs/<job_id>/rollback", responses=_UNDER_WAY)
def rollback(job_id: str) -> Response[JobResponse | None]:
    """Take back what a job changed; rows that were changed since are kept."""
    return _response(control.roll_back(ref_of(router, job_id), by=_by(), services=services()))
