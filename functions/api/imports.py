"""``/v1/imports``: start an import and upload its file."""

from __future__ import annotations

from datetime import UTC, datetime

from aws_lambda_powertools.event_handler import Response

from functions.api import auth, responses
from functions.api.routes import Routes, ok, problems
from functions.api.services import ref_of, services
from sluice.api.requests import ImportBody
from sluice.api.responses import ImportResponse, JobResponse, UploadForm, UploadParts, job_response, parts_response
from sluice.usecases.create import ImportRequest, expect_file, expect_parts
from sluice.usecases.multipart import join_parts, list_parts

router = Routes("Imports")

#: What a file can be rejected for before it is read.
FILE_PROBLEMS = (
    *("not-found", "too-large", "wrong-file-type", "invalid-parameter", "invalid-option", "same-file"),
    *("invalid-decision", "cannot-correct", "expired", "quota"),
)
_PART_PROBLEMS = ("not-found", "not-in-parts", "file-not-wanted", "upload-over")


@router.post(
    "/imports",
    responses=ok(201, "A job that waits for its file, and where to send it.", headers=("Location",))
    | problems(*FILE_PROBLEMS, "wrong-content-type"),
)
def create_import(body: ImportBody) -> Response[ImportResponse]:
    """Announce a file.

    The response has a presigned form that sends the file to the bucket, or the URLs of its parts with `multipart`. The
    job starts by itself when the file has arrived.
    """
    caller = auth.caller_of(router)
    request = ImportRequest(
        tenant=caller.tenant,
        requested_by=caller.subject,
        importer=body.importer,
        filename=body.filename,
        bytes=body.bytes,
        recipe=body.decisions(),
        recipe_name=body.recipe_name,
        questions=body.questions,
        urgent=body.priority == "urgent",
        review=body.review,
        force=body.force,
        corrects=body.corrects,
        sha256=body.sha256,
        given=body.options(),
    )
    here, now = auth.base_url(router), datetime.now(UTC)
    upload: UploadForm | UploadParts
    if body.multipart:
        job, parts = expect_parts(request, now=now, services=services())
        upload = parts_response(job.ref.id, parts, here)
    else:
        job, form = expect_file(request, now=now, services=services())
        upload = UploadForm(**form)
    shown = ImportResponse(job=job_response(job, here), upload=upload)
    return Response(201, "application/json", shown, {"Location": shown.job.links["self"]})


@router.get(
    "/jobs/<job_id>/upload",
    responses=ok(200, "The parts; one that has arrived has no URL.") | problems(*_PART_PROBLEMS),
)
def list_missing_parts(job_id: str) -> UploadParts:
    """List the URLs of the parts that have not arrived.

    To continue an interrupted upload, or after the URLs have expired.
    """
    job = services().jobs.get(ref_of(router, job_id))
    return parts_response(job_id, list_parts(job, files=services().files), auth.base_url(router))


@router.post("/jobs/<job_id>/upload", responses=responses.STARTED | problems(*_PART_PROBLEMS, "parts-missing"))
def complete_upload(job_id: str) -> Response[JobResponse]:
    """Join the parts to the file.

    This starts the job. A repeated call changes nothing.
    """
    job = join_parts(ref_of(router, job_id), jobs=services().jobs, files=services().files)
    return responses.job(job, router, started=True)
