"""``POST /v1/jobs/{id}/…``: actions on a job."""

from __future__ import annotations

import time
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.api import auth, responses
from functions.api.routes import Routes, problems
from functions.api.services import ref_of, services
from sluice.api.requests import AnswersBody, CommitBody
from sluice.api.responses import JobResponse
from sluice.model.job import Job
from sluice.usecases import control

router = Routes("Actions")

_NOTHING = CommitBody()
_STATE = problems("not-found", "illegal-transition")
_ANSWERS = problems(
    *("not-found", "illegal-transition", "answered-otherwise", "already-delivered"),
    *("invalid-decision", "invalid-parameter", "wrong-content-type"),
)
_COMMIT = problems("not-found", "illegal-transition", "questions-open", "wrong-content-type")
_AGAIN = problems("not-found", "illegal-transition", "importer-busy")
_RETRY = problems(
    *("not-found", "illegal-transition", "importer-busy", "not-retryable", "quota", "expired", "overtaken")
)
_BACK = problems("not-found", "illegal-transition", "nothing-to-roll-back", "expired")


@router.post("/jobs/<job_id>/answers", responses=responses.STARTED | _ANSWERS)
def answer_job(job_id: str, body: AnswersBody) -> Response[JobResponse]:
    """Answer the questions of a job in review.

    Any decision of its recipe can be answered, asked or not, also again. Rows that an answer bears on are read again
    once no question is open. Answers to an older version of the recipe are rejected, unless they are what holds.
    """
    ref, now = ref_of(router, job_id), int(time.time())
    return _response(
        control.answer(ref, version=body.version, answers=body.answers, by=_by(), now=now, services=services())
    )


@router.post("/jobs/<job_id>/commit", responses=responses.STARTED | _COMMIT)
def commit_job(job_id: str, body: Annotated[CommitBody, Body()] = _NOTHING) -> Response[JobResponse]:
    """Commit a job in review.

    It loads its rows. A job with open questions needs their answers first.
    """
    ref, now = ref_of(router, job_id), int(time.time())
    return _response(control.commit(ref, by=_by(), now=now, services=services()))


@router.post("/jobs/<job_id>/cancel", responses=responses.STARTED | _STATE)
def cancel_job(job_id: str) -> Response[JobResponse]:
    """Cancel a job.

    Workers finish the chunks that they hold. Rows that were loaded stay and can be rolled back.
    """
    return _response(control.cancel(ref_of(router, job_id), by=_by(), now=int(time.time()), services=services()))


@router.post("/jobs/<job_id>/pause", responses=responses.STARTED | _STATE)
def pause_job(job_id: str) -> Response[JobResponse]:
    """Pause a job.

    It stops after the chunks that workers hold, and continues with `resume`.
    """
    return _response(control.pause(ref_of(router, job_id), by=_by(), now=int(time.time()), services=services()))


@router.post("/jobs/<job_id>/resume", responses=responses.STARTED | _AGAIN)
def resume_job(job_id: str) -> Response[JobResponse]:
    """Resume a paused job.

    It continues with the chunks that are not done; nothing is done twice.
    """
    return _response(control.resume(ref_of(router, job_id), by=_by(), now=int(time.time()), services=services()))


@router.post("/jobs/<job_id>/retry", responses=responses.STARTED | _RETRY)
def retry_job(job_id: str) -> Response[JobResponse]:
    """Retry a failed job.

    It processes the rows that are neither delivered nor rejected.
    """
    return _response(control.retry(ref_of(router, job_id), by=_by(), now=int(time.time()), services=services()))


@router.post("/jobs/<job_id>/rollback", responses=responses.STARTED | _BACK)
def roll_back_job(job_id: str) -> Response[JobResponse]:
    """Roll back a job.

    Rows that it inserted are removed and rows that it updated get their earlier values back. Rows that were changed
    since stay as they are; `GET /jobs/{id}/kept` lists them.
    """
    return _response(control.roll_back(ref_of(router, job_id), by=_by(), now=int(time.time()), services=services()))


def _response(job: Job) -> Response[JobResponse]:
    return responses.job(job, router, started=True)


def _by() -> str:
    return auth.caller_of(router).subject
