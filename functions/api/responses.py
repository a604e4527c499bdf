"""A job as an HTTP answer, with the headers that go with its state."""

from __future__ import annotations

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from sluice.api.responses import JobResponse, job_response
from sluice.model.job import Job
from sluice.model.status import ENDED, Status

# When to ask again, in seconds: a job that waits for a person moves slowly.
_SOON = "1"
_LATER = "5"


def job(found: Job, router: APIGatewayRouter, *, started: bool = False) -> Response[JobResponse | None]:
    """Answer a job: ``200``, or ``202`` with its address when this request started it and it is not over."""
    over = found.status in ENDED
    headers = {"ETag": etag(found), "Cache-Control": "no-cache"}
    shown = job_response(found, auth.base_url(router))
    if not over:
        headers["Retry-After"] = _LATER if found.status in {Status.IN_REVIEW, Status.PAUSED} else _SOON
    if started:
        headers["Location"] = shown.links["self"]
    status = HTTPStatus.ACCEPTED if started and not over else HTTPStatus.OK
    return Response(status, "application/json", shown, headers)


def etag(found: Job) -> str:
    """The job's version as an entity tag."""
    return f'"{found.version}"'


def is_known(found: Job, if_none_match: str | None) -> bool:
    """Whether the caller has this version: RFC 9110, section 13.1.2, compares weakly, and ``*`` is any version."""
    tags = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    return bool(tags & {etag(found), "*"})
