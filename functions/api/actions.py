"""``POST /v1/jobs/{id}/…``: actions on a job."""

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

_UNDER_WAY: dict[int, OpenAPIResponse] = {202: {"description": "The job is changing its state; poll its address."}}


@router.post("/jobs/<job_id>/commit", responses=_UNDER_WAY)
def commit(job_id: str, body: Annotated[CommitBody | None, Body()] = None) -> Response[JobResponse | None]:
    """Commit a job in review, so that it loads its rows."""
    answers = dict(body.dates) if body else {}
    return _response(control.commit(ref_of(router, job_id), by=_by(), answers=answers, services=services()))


@router.post("/jobs/<job_id>/cancel", responses=_UNDER_WAY)
def cancel(job_id: str) -> Response[JobResponse | None]:
    """Cancel a job; rows that were loaded stay and can be rolled back."""
    return _response(control.cancel(ref_of(router, job_id), by=_by(), now=int(time.time()), services=services()))


@router.post("/jobs/<job_id>/pause", responses=_UNDER_WAY)
def pause(job_id: str) -> Response[JobResponse | None]:
    """Pause a job after the chunks that workers hold."""
    return _response(control.pause(ref_of(router, job_id), by=_by(), now=int(time.time()), services=services()))


@router.post("/jobs/<job_id>/resume", responses=_UNDER_WAY)
def resume(job_id: str) -> Response[JobResponse | None]:
    """Resume a paused job."""
    return _response(control.resume(ref_of(router, job_id), by=_by(), services=services()))


@router.post("/jobs/<job_id>/retry", responses=_UNDER_WAY)
def retry(job_id: str) -> Response[JobResponse | None]:
    """Retry a failed job: process the rows that are neither delivered nor rejected."""
    return _response(control.retry(ref_of(router, job_id), by=_by(), services=services()))


@router.post("/jobs/<job_id>/rollback", responses=_UNDER_WAY)
def rollback(job_id: str) -> Response[JobResponse | None]:
    """Roll back a job; rows that were changed since stay as they are."""
    return _response(control.roll_back(ref_of(router, job_id), by=_by(), services=services()))


def _response(job: Job) -> Response[JobResponse | None]:
    return responses.job(job, router, started=True)


def _by() -> str:
    return auth.caller_of(router).subject
