"""Pages of lists: a cursor belongs to one list of one tenant."""

from __future__ import annotations

import hashlib
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from sluice.model.page import invalid_cursor

Limit = Annotated[int, Query(ge=1, le=1000, description="Items on a page.")]
Cursor = Annotated[str | None, Query(description="Cursor `next` of the previous page.")]


def cursor_of(router: APIGatewayRouter, position: str | None) -> str | None:
    """Build the cursor that callers get, from the position in the list of this request."""
    return None if position is None else f"{_list(router)}.{position}"


def position_of(router: APIGatewayRouter, cursor: str | None) -> str | None:
    """Return the position in the list of this request.

    Raises
    ------
    RequestRejected
        ``invalid-cursor``, if the cursor is of another list or another tenant, or none at all.
    """
    if cursor is None:
        return None
    name, separator, position = cursor.partition(".")
    if not separator or name != _list(router):
        raise invalid_cursor()
    return position


def _list(router: APIGatewayRouter) -> str:
    # no secret: a caller who makes a cursor up reaches only rows that the list itself shows
    named = f"{auth.caller_of(router).tenant}\n{router.current_event.path}"
    return hashlib.sha256(named.encode()).hexdigest()[:12]
