"""``/v1/datasets``: records of datasets."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from functions.api.services import services
from sluice.api.responses import ListResponse, RecordResponse, VersionResponse
from sluice.usecases.ports import Records

router = APIGatewayRouter()


@router.get("/datasets/<name>/records")
def every(
    name: str,
    limit: Annotated[int, Query(ge=1, le=1000, description="Records on a page.")] = 100,
    cursor: Annotated[str | None, Query(description="Cursor `next` of the previous page.")] = None,
) -> ListResponse[RecordResponse]:
    """List the records of a dataset."""
    page = _records().page(auth.caller_of(router).tenant, name, limit=limit, cursor=cursor)
    return ListResponse(items=[RecordResponse(**record) for record in page.items], next=page.next)


@router.get("/datasets/<name>/records/<key>")
def one(name: str, key: str) -> RecordResponse:
    """Show a record."""
    return RecordResponse(**_records().get(auth.caller_of(router).tenant, name, unquote(key)))


@router.get("/datasets/<name>/records/<key>/history")
def history(name: str, key: str) -> ListResponse[VersionResponse]:
    """List the earlier versions of a record, newest first; only importers that archive keep them."""
    found = _records().history(auth.caller_of(router).tenant, name, unquote(key))
    return ListResponse(items=[VersionResponse(**version) for version in found], next=None)


def _records() -> Records:
    return services().records
