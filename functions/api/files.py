"""``/v1/jobs/{id}/files``: downloads of a job."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from functions.api.services import ref_of, services
from sluice.api.responses import FileOfferResponse, ListResponse
from sluice.usecases import downloads

# API Gateway ends a request after 29 s; a caller requests a file again that is not made by then.
_LONGEST_WAIT = 20.0

router = APIGatewayRouter()


@router.get("/jobs/<job_id>/files")
def offers(job_id: str) -> ListResponse[FileOfferResponse]:
    """List the downloads of an inactive job."""
    job, files = services().jobs.get(ref_of(router, job_id)), services().files
    here = f"{auth.base_url(router)}/v1/jobs/{job.ref.id}/files"
    found = downloads.offers(job, files)
    return ListResponse(
        items=[FileOfferResponse(**asdict(offer), link=f"{here}/{offer.name}") for offer in found], next=None
    )


@router.get(
    "/jobs/<job_id>/files/<name>",
    responses={302: {"description": "Address of the file."}, 503: {"description": "The file is being made; retry."}},
)
def download(
    job_id: str,
    name: str,
    ticket: Annotated[str | None, Query(description="Instead of a token; it is checked as a token is.")] = None,
) -> Response[None]:
    """Redirect to a file; its address needs no token and expires after some minutes."""
    ref = ref_of(router, job_id)
    where = downloads.download(ref, name, seconds=_LONGEST_WAIT, services=services())
    return Response(302, body=None, headers={"Location": where, "Cache-Control": "no-store"})
