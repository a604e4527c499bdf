"""``/v1/datasets``: records of datasets."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.api import auth
from functions.api.parameters import Cursor, Limit, cursor_of, position_of
from functions.api.routes import Routes, ok, problems
from functions.api.services import services
from sluice.api.responses import ListResponse, RecordResponse, VersionResponse
from sluice.model.errors import NotFound
from sluice.usecases.ports import Records

router = Routes("Datasets")
_KEY = Query(
    description="Key of a record. It is in the query and not in the path, because gateways decode paths differently."
)


@router.get(
    "/datasets/<name>/records", responses=ok(200, "A page of records.") | problems("not-found", "invalid-cursor")
)
def list_records(
    name: str,
    limit: Limit = 100,
    cursor: Cursor = None,
    deleted: Annotated[bool, Query(description="List the records that are marked as deleted, too.")] = False,
    key: Annotated[str | None, _KEY] = None,
) -> ListResponse[RecordResponse]:
    """List the records of a dataset, or the one with a key.

    The order is the same on each call, and has no meaning. A record that is asked for by its key is shown if it is
    marked as deleted, too; `job` is the job that wrote it last.
    """
    if key is not None:
        return ListResponse(items=_with_key(name, key), next=None)
    tenant, after = auth.caller_of(router).tenant, position_of(router, cursor)
    page = _records().page(tenant, name, limit=limit, cursor=after, deleted=deleted)
    items = [RecordResponse(**record) for record in page.items]
    return ListResponse(items=items, next=cursor_of(router, page.next))


@router.get("/datasets/<name>/history", responses=ok(200, "All earlier versions, on one page."))
def list_record_versions(name: str, key: Annotated[str, _KEY]) -> ListResponse[VersionResponse]:
    """List the earlier versions of a record.

    Newest first; only importers that archive keep them.
    """
    found = _records().history(auth.caller_of(router).tenant, name, key)
    return ListResponse(items=[VersionResponse(**version) for version in found], next=None)


def _with_key(name: str, key: str) -> list[RecordResponse]:
    try:
        return [RecordResponse(**_records().get(auth.caller_of(router).tenant, name, key))]
    except NotFound:
        return []


def _records() -> Records:
    return services().records
