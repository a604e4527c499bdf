"""``/v1/importers``: importers and their templates."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from sluice.api.importers import ImporterResponse, importer_response
from sluice.api.responses import ListResponse
from sluice.catalog.registry import IMPORTERS, importer_named
from sluice.reports.template import build_template

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BYTES = {"type": "string", "format": "binary"}

router = APIGatewayRouter()


@router.get("/importers")
def every() -> ListResponse[ImporterResponse]:
    """List all importers."""
    return ListResponse(items=[importer_response(importer) for importer in IMPORTERS], next=None)


@router.get("/importers/<name>")
def one(name: str) -> ImporterResponse:
    """Show an importer."""
    return importer_response(importer_named(name))


@router.get(
    "/importers/<name>/template.xlsx",
    responses={200: {"description": "A workbook to fill in.", "content": {_XLSX: {"schema": _BYTES}}}},
    enable_validation=False,  # it would convert the bytes to text
)
def template_of(name: str) -> Response[bytes]:
    """Download an empty workbook with the importer's headers, types, choices and notes, and an example row."""
    importer = importer_named(name)
    saved_as = f'attachment; filename="{importer.name}-template.xlsx"'
    return Response(200, _XLSX, build_template(importer), {"Content-Disposition": saved_as})
