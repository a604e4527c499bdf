"""``/v1/jobs/{id}/files``: downloads of a job."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api import auth, waits
from functions.api.routes import Routes, ok, other, problems
from functions.api.services import ref_of, services
from sluice.api.responses import FileOfferResponse, ListResponse
from sluice.usecases import downloads

# API Gateway ends a request after 29 s; a caller requests a file again that is not made by then.
_LONGEST_WAIT = 20.0

router = Routes("Downloads")


@router.get("/jobs/<job_id>/files", responses=ok(200, "All files, on one page.") | problems("not-found"))
def list_files(job_id: str) -> ListResponse[FileOfferResponse]:
    """List the downloads of a job.

    A job that is being processed has none, because its files would change.
    """
    job, files = services().jobs.get(ref_of(router, job_id)), services().files
    here = f"{auth.base_url(router)}/v1/jobs/{job.ref.id}/files"
    found = downloads.offers(job, files)
    return ListResponse(
        items=[FileOfferResponse(**asdict(offer), link=f"{here}/{offer.name}") for offer in found], next=None
    )


@router.get(
    "/jobs/<job_id>/files/<name>",
    responses=other(302, "The address of the file, which needs no token and expires.", headers=("Location",))
    | problems("not-found", "file-not-made", "try-later"),
)
def download_file(
    job_id: str,
    name: str,
    ticket: Annotated[str | None, Query(description="Instead of a token; it is checked as a token is.")] = None,
) -> Response[None]:
    """Download a file of a job.

    Redirects to an address that needs no token and expires after some minutes. The first request makes the file and
    waits up to 20 s; `503` if it takes longer: repeat it after `Retry-After`.
    """
    ref = ref_of(router, job_id)
    with waits.up_to(_LONGEST_WAIT, router) as seconds:
        where = downloads.download(ref, name, seconds=seconds, services=services())
    return Response(302, body=None, headers={"Location": where, "Cache-Control": "no-store"})
