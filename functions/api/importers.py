"""``/v1/importers``: importers and their templates."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from functions.api.routes import Routes, ok, other, problems
from sluice.api.importers import ImporterResponse, importer_response
from sluice.api.responses import ListResponse
from sluice.catalog.registry import IMPORTERS, importer_named
from sluice.reports.template import build_template

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = Routes("Importers")


@router.get("/importers", responses=ok(200, "All importers, on one page."))
def list_importers() -> ListResponse[ImporterResponse]:
    """List all importers.

    An importer is a kind of import: the columns that a file must have, and the dataset that its rows go to.
    """
    return ListResponse(items=[importer_response(importer) for importer in IMPORTERS], next=None)


@router.get("/importers/<name>", responses=ok(200, "The importer.") | problems("not-found"))
def get_importer(name: str) -> ImporterResponse:
    """Show an importer.

    Its columns with their aliases, its parameters, file types and limits, and the JSON Schema of a row.
    """
    return importer_response(importer_named(name))


@router.get(
    "/importers/<name>/template.xlsx",
    responses=other(200, "The workbook.", type=_XLSX, binary=True) | problems("not-found"),
    enable_validation=False,  # it would convert the bytes to text
)
def download_template(name: str) -> Response[bytes]:
    """Download a workbook to fill in.

    It has the importer's headers, types, choices and notes, and an example row.
    """
    importer = importer_named(name)
    saved_as = f'attachment; filename="{importer.name}-template.xlsx"'
    return Response(200, _XLSX, build_template(importer), {"Content-Disposition": saved_as})
