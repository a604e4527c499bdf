"""A job as an HTTP response, with the headers of its state."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from functions.api.routes import ok
from sluice.api.responses import JobResponse, job_response
from sluice.model.job import Job
from sluice.model.status import ENDED, Status

# Retry-After in seconds: a job that waits for a person or a worker changes slowly.
_SOON = "1"
_LATER = "5"

#: Answers of the calls that start something: the job has ended, or it has not.
STARTED = ok(200, "The job, which has ended.", headers=("ETag", "Location")) | ok(
    202, "The job, which has not ended; poll its address.", headers=("ETag", "Location", "Retry-After")
)


def job(
    found: Job, router: APIGatewayRouter, *, started: bool = False, waits_since: datetime | None = None
) -> Response[JobResponse]:
    """Answer with a job: ``200``, or ``202`` with its address if this request started it and it has not ended."""
    over = found.status in ENDED
    headers = {"ETag": etag(found, waits_since), "Cache-Control": "no-cache"}
    shown = job_response(found, auth.base_url(router), waits_since=waits_since)
    if not over:
        headers["Retry-After"] = _LATER if waits_since or found.status in {Status.IN_REVIEW, Status.PAUSED} else _SOON
    if started:
        headers["Location"] = shown.links["self"]
    status = HTTPStatus.ACCEPTED if started and not over else HTTPStatus.OK
    return Response(status, "application/json", shown, headers)


def etag(found: Job, waits_since: datetime | None = None) -> str:
    """Write the job's version as an entity tag; a wait for a worker begins and ends without a new version."""
    return f'"{found.version}-waits-{waits_since:%H%M%S}"' if waits_since else f'"{found.version}"'


def is_known(found: Job, if_none_match: str | None, waits_since: datetime | None = None) -> bool:
    """Return whether the caller has this version: weak comparison, ``*`` is any version (RFC 9110, section 13.1.2)."""
    tags = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    return bool(tags & {etag(found, waits_since), "*"})
