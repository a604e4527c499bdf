"""``/v1/imports``: start an import and upload its file."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth, responses
from functions.api.services import ref_of, services
from sluice.api.requests import ImportBody, Parameters, Priority
from sluice.api.responses import ImportResponse, JobResponse, UploadForm, UploadParts, job_response, parts_response
from sluice.catalog.registry import importer_named
from sluice.model.errors import TooLarge
from sluice.usecases.create import ImportRequest, accept_file, expect_file, expect_parts
from sluice.usecases.multipart import join_parts, list_parts
from sluice.usecases.views import await_end

# API Gateway ends a request after 29 s, and the function ends later; a caller polls a job that is not done by then.
_LONGEST_WAIT = 20
# Lambda takes requests of 6 MB, and API Gateway encodes the body in base64, a third longer (AWS Lambda Developer Guide,
# "Lambda quotas"); the rest is room for headers.
_LARGEST_BODY = 4 * 1024**2

router = APIGatewayRouter()


@router.post("/imports", responses={201: {"description": "A job that waits for its file, and its presigned upload."}})
def expect(body: ImportBody) -> tuple[ImportResponse, int]:
    """Announce a file; the response has a presigned form that sends it to the bucket, or the URLs of its parts."""
    caller = auth.caller_of(router)
    request = ImportRequest(
        tenant=caller.tenant,
        requested_by=caller.subject,
        importer=body.importer,
        filename=body.filename,
        bytes=body.bytes,
        mapping=body.mapping,
        urgent=body.priority == "urgent",
        review=body.review,
        force=body.force,
        corrects=body.corrects,
        sha256=body.sha256,
        parameters=body.parameters,
    )
    here, now = auth.base_url(router), datetime.now(UTC)
    upload: UploadForm | UploadParts
    if body.multipart:
        job, parts = expect_parts(request, now=now, services=services())
        upload = parts_response(job.ref.id, parts, here)
    else:
        job, form = expect_file(request, now=now, services=services())
        upload = UploadForm(**form)
    return ImportResponse(job=job_response(job, here), upload=upload), HTTPStatus.CREATED


@router.get("/jobs/<job_id>/upload")
def parts_to_send(job_id: str) -> UploadParts:
    """List the URLs of the parts that have not arrived, to continue an interrupted upload."""
    job = services().jobs.get(ref_of(router, job_id))
    return parts_response(job_id, list_parts(job, files=services().files), auth.base_url(router))


@router.post(
    "/jobs/<job_id>/upload", responses={202: {"description": "The file is complete; the job starts automatically."}}
)
def all_parts_sent(job_id: str) -> Response[JobResponse | None]:
    """Join the parts that were sent to the file, which starts the job."""
    job = join_parts(ref_of(router, job_id), jobs=services().jobs, files=services().files)
    return responses.job(job, router, started=True)


@router.post("/imports/upload", responses={202: {"description": "The job; poll its address."}})
def accept(
    importer: Annotated[str, Query(description="Name of the importer.")],
    filename: Annotated[str, Query(description="Name of the file.")] = "upload",
    priority: Priority = "standard",
    review: Annotated[bool | None, Query(description="Whether the job stops before it loads.")] = None,
    force: Annotated[bool, Query(description="Import the file even if the same one was imported before.")] = False,
    corrects: Annotated[
        str | None, Query(max_length=64, description="Id of the job whose rejected rows the file corrects.")
    ] = None,
    parameters: Annotated[Parameters | None, Query(description='As JSON, such as {"ward": "79800001"}.')] = None,
) -> Response[JobResponse | None]:
    """Send a file of up to 4 MB as the body; a synchronous importer, or ``Prefer: wait=20``, waits for the results."""
    caller = auth.caller_of(router)
    content = _content()
    request = ImportRequest(
        tenant=caller.tenant,
        requested_by=caller.subject,
        importer=importer,
        filename=filename,
        bytes=len(content),
        urgent=priority == "urgent",
        review=review,
        force=force,
        corrects=corrects,
        parameters=parameters,
    )
    job = accept_file(request, content, now=datetime.now(UTC), services=services())
    asked = re.search(r"\bwait=(\d{1,6})", router.current_event.headers.get("Prefer") or "")
    wait = min(int(asked[1]), _LONGEST_WAIT) if asked else _LONGEST_WAIT * importer_named(importer).synchronous
    return responses.job(await_end(job, seconds=wait, jobs=services().jobs), router, started=True)


def _content() -> bytes:
    """Decode the file in the body."""
    event = router.current_event
    content = base64.b64decode(event.body or "") if event.is_base64_encoded else (event.body or "").encode()
    if len(content) > _LARGEST_BODY:
        raise TooLarge("too-large-for-this-call", bytes=len(content), limit=_LARGEST_BODY)
    return content
