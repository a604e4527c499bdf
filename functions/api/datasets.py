"""``/v1/datasets``: records of datasets."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.api import auth
from functions.api.pages import page_of, part_of
from functions.api.parameters import Cursor, Limit
from functions.api.routes import Routes, ok, problems
from functions.api.services import services
from sluice.api.responses import ListResponse, RecordResponse, VersionResponse
from sluice.model.errors import NotFound
from sluice.usecases.ports import Records

router = Routes("Datasets")
# Part of the records' keys, which are bounded
Name = Annotated[str, Path(description="Name of a dataset.", max_length=100)]
_KEY = Query(
    max_length=1024,
    description="Key of a record. It is in the query and not in the path, because gateways decode paths differently.",
)


@router.get(
    "/datasets/<name>/records", responses=ok(200, "A page of records.") | problems("not-found", "invalid-cursor")
)
def list_records(
    name: Name,
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
    tenant, records = auth.caller_of(router).tenant, _records()
    return page_of(
        router,
        lambda count, after: records.page(tenant, name, limit=count, cursor=after, deleted=deleted),
        lambda record: RecordResponse(**record),
        limit=limit,
        cursor=cursor,
    )


@router.get(
    "/datasets/<name>/history",
    responses=ok(200, "A page of earlier versions.") | problems("not-found", "invalid-cursor"),
)
def list_record_versions(
    name: Name, key: Annotated[str, _KEY], limit: Limit = 1000, cursor: Cursor = None
) -> ListResponse[VersionResponse]:
    """List the earlier versions of a record.

    Newest first; only importers that archive keep them.
    """
    found = part_of(_records().history(auth.caller_of(router).tenant, name, key), grows="before")
    return page_of(router, found, lambda version: VersionResponse(**version), limit=limit, cursor=cursor)


def _with_key(name: str, key: str) -> list[RecordResponse]:
    try:
        return [RecordResponse(**_records().get(auth.caller_of(router).tenant, name, key))]
    except NotFound:
        return []


def _records() -> Records:
    return services().records
