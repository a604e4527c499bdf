"""``/v1/datasets``: records of datasets."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api import auth
from functions.api.parameters import Cursor, Limit, cursor_of, position_of
from functions.api.routes import Routes, ok, problems
from functions.api.services import services
from sluice.api.responses import ListResponse, RecordResponse, VersionResponse
from sluice.usecases.ports import Records

router = Routes("Datasets")


@router.get(
    "/datasets/<name>/records", responses=ok(200, "A page of records.") | problems("not-found", "invalid-cursor")
)
def list_records(
    name: str,
    limit: Limit = 100,
    cursor: Cursor = None,
    deleted: Annotated[bool, Query(description="List the records that are marked as deleted, too.")] = False,
) -> ListResponse[RecordResponse]:
    """List the records of a dataset.

    The order is the same on each call, and has no meaning.
    """
    tenant, after = auth.caller_of(router).tenant, position_of(router, cursor)
    page = _records().page(tenant, name, limit=limit, cursor=after, deleted=deleted)
    items = [RecordResponse(**record) for record in page.items]
    return ListResponse(items=items, next=cursor_of(router, page.next))


@router.get("/datasets/<name>/records/<key>", responses=ok(200, "The record.") | problems("not-found"))
def get_record(name: str, key: str) -> RecordResponse:
    """Show a record.

    `job` is the job that wrote it last.
    """
    return RecordResponse(**_records().get(auth.caller_of(router).tenant, name, unquote(key)))


@router.get(
    "/datasets/<name>/records/<key>/history",
    responses=ok(200, "All earlier versions, on one page.") | problems("not-found"),
)
def list_record_versions(name: str, key: str) -> ListResponse[VersionResponse]:
    """List the earlier versions of a record.

    Newest first; only importers that archive keep them.
    """
    found = _records().history(auth.caller_of(router).tenant, name, unquote(key))
    return ListResponse(items=[VersionResponse(**version) for version in found], next=None)


def _records() -> Records:
    return services().records
