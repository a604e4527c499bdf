"""``POST /v1/jobs/{id}/…``: move a job."""

from __future__ import annotations

import time
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import answer, gate, stores
from sluice.edge.answers import JobAnswer
from sluice.edge.requests import CommitBody
from sluice.model.job import Job
from sluice.usecases import cancel as cancelling
from sluice.usecases import commit as committing
from sluice.usecases import pause as pausing
from sluice.usecases import resume as resuming
from sluice.usecases import retry as retrying
from sluice.usecases import roll_back as rolling_back

router = APIGatewayRouter()

_UNDER_WAY: dict[int, OpenAPIResponse] = {202: {"description": "The job is on its way there; poll its address."}}


def _answer(job: Job) -> Response[JobAnswer | None]:
    return answer.job(job, router, started=True)


def _who() -> str:
    return gate.caller_of(router).subject


@router.post("/jobs/<job_id>/commit", responses=_UNDER_WAY)
def commit(job_id: str, body: Annotated[CommitBody | None, Body()] = None) -> Response[JobAnswer | None]:
    """Let a job that waits in review load its rows."""
    ref, answers = stores.ref_of(router, job_id), dict(body.dates) if body else {}
    return _answer(committing.commit(ref, by=_who(), answers=answers, jobs=stores.jobs(), machine=stores.machine()))


@router.post("/jobs/<job_id>/cancel", responses=_UNDER_WAY)
def cancel(job_id: str) -> Response[JobAnswer | None]:
    """End a job before its time; what was loaded stays, and can be rolled back."""
    ref, now = stores.ref_of(router, job_id), int(time.time())
    return _answer(
        cancelling.cancel(ref, by=_who(), now=now, jobs=stores.jobs(), chunks=stores.chunks(), machine=stores.machine())
    )


@router.post("/jobs/<job_id>/pause", responses=_UNDER_WAY)
def pause(job_id: str) -> Response[JobAnswer | None]:
    """Stop a job after the chunks that are being done."""
    ref, now = stores.ref_of(router, job_id), int(time.time())
    return _answer(
        pausing.pause(ref, by=_who(), now=now, jobs=stores.jobs(), chunks=stores.chunks(), machine=stores.machine())
    )


@router.post("/jobs/<job_id>/resume", responses=_UNDER_WAY)
def resume(job_id: str) -> Response[JobAnswer | None]:
    """Go on with a paused job."""
    ref = stores.ref_of(router, job_id)
    return _answer(resuming.resume(ref, by=_who(), jobs=stores.jobs(), machine=stores.machine()))


@router.post("/jobs/<job_id>/retry", responses=_UNDER_WAY)
def retry(job_id: str) -> Response[JobAnswer | None]:
    """Go on with just the rows of a failed job that could not be processed."""
    ref = stores.ref_of(router, job_id)
    return _answer(retrying.retry(ref, by=_who(), jobs=stores.jobs(), chunks=stores.chunks(), machine=stores.machine()))


@router.post("/jobs/<job_id>/rollback", responses=_UNDER_WAY)
def rollback(job_id: str) -> Response[JobAnswer | None]:
    """Take back what a job changed; rows that were changed since are kept."""
    ref = stores.ref_of(router, job_id)
    return _answer(rolling_back.roll_back(ref, by=_who(), jobs=stores.jobs(), machine=stores.machine()))
