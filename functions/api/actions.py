"""``POST /v1/jobs/{id}/…``: move a job."""

from __future__ import annotations

import time
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth, responses, services
from sluice.api.requests import CommitBody
from sluice.api.responses import JobResponse
from sluice.model.job import Job
from sluice.usecases import control as cancelling
from sluice.usecases import control as committing
from sluice.usecases import control as pausing
from sluice.usecases import control as resuming
from sluice.usecases import control as retrying
from sluice.usecases import control as rolling_back

router = APIGatewayRouter()

_UNDER_WAY: dict[int, OpenAPIResponse] = {202: {"description": "The job is on its way there; poll its address."}}


def _answer(job: Job) -> Response[JobResponse | None]:
    return responses.job(job, router, started=True)


def _who() -> str:
    return auth.caller_of(router).subject


@router.post("/jobs/<job_id>/commit", responses=_UNDER_WAY)
def commit(job_id: str, body: Annotated[CommitBody | None, Body()] = None) -> Response[JobResponse | None]:
    """Let a job that waits in review load its rows."""
    ref, answers = services.ref_of(router, job_id), dict(body.dates) if body else {}
    return _answer(committing.commit(ref, by=_who(), answers=answers, jobs=services.jobs(), machine=services.machine()))


@router.post("/jobs/<job_id>/cancel", responses=_UNDER_WAY)
def cancel(job_id: str) -> Response[JobResponse | None]:
    """End a job before its time; what was loaded stays, and can be rolled back."""
    ref, now = services.ref_of(router, job_id), int(time.time())
    return _answer(
        cancelling.cancel(
            ref, by=_who(), now=now, jobs=services.jobs(), chunks=services.chunks(), machine=services.machine()
        )
    )


@router.post("/jobs/<job_id>/pause", responses=_UNDER_WAY)
def pause(job_id: str) -> Response[JobResponse | None]:
    """Stop a job after the chunks that are being done."""
    ref, now = services.ref_of(router, job_id), int(time.time())
    return _answer(
        pausing.pause(
            ref, by=_who(), now=now, jobs=services.jobs(), chunks=services.chunks(), machine=services.machine()
        )
    )


@router.post("/jobs/<job_id>/resume", responses=_UNDER_WAY)
def resume(job_id: str) -> Response[JobResponse | None]:
    """Go on with a paused job."""
    ref = services.ref_of(router, job_id)
    return _answer(resuming.resume(ref, by=_who(), jobs=services.jobs(), machine=services.machine()))


@router.post("/jobs/<job_id>/retry", responses=_UNDER_WAY)
def retry(job_id: str) -> Response[JobResponse | None]:
    """Go on with just the rows of a failed job that could not be processed."""
    ref = services.ref_of(router, job_id)
    return _answer(
        retrying.retry(ref, by=_who(), jobs=services.jobs(), chunks=services.chunks(), machine=services.machine())
    )


@router.post("/jobs/<job_id>/rollback", responses=_UNDER_WAY)
def rollback(job_id: str) -> Response[JobResponse | None]:
    """Take back what a job changed; rows that were changed since are kept."""
    ref = services.ref_of(router, job_id)
    return _answer(rolling_back.roll_back(ref, by=_who(), jobs=services.jobs(), machine=services.machine()))
