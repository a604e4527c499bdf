"""``/v1/datasets``: look at the data."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import gate
from sluice import bootstrap
from sluice.config import ApiSettings, settings
from sluice.edge.answers import ListAnswer, RecordAnswer, VersionAnswer
from sluice.usecases.ports import Records

router = APIGatewayRouter()


@router.get("/datasets/<name>/records")
def every(
    name: str,
    limit: Annotated[int, Query(ge=1, le=1000, description="Records on a page.")] = 100,
    cursor: Annotated[str | None, Query(description="Where the page before ended.")] = None,
) -> ListAnswer[RecordAnswer]:
    """Records of a dataset."""
    page = _records().page(gate.caller_of(router).tenant, name, limit=limit, cursor=cursor)
    return ListAnswer(items=[RecordAnswer(**record) for record in page.items], next=page.next)


@router.get("/datasets/<name>/records/<key>")
def one(name: str, key: str) -> RecordAnswer:
    """One record."""
    return RecordAnswer(**_records().get(gate.caller_of(router).tenant, name, unquote(key)))


@router.get("/datasets/<name>/records/<key>/history")
def history(name: str, key: str) -> ListAnswer[VersionAnswer]:
    """What a record was before, newest first; only datasets of importers that archive have a history."""
    found = _records().history(gate.caller_of(router).tenant, name, unquote(key))
    return ListAnswer(items=[VersionAnswer(**version) for version in found], next=None)


def _records() -> Records:
    told = settings(ApiSettings)
    return bootstrap.records(told.records_table, told.database_secret_arn)
