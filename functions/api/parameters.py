"""Query parameters: unknown ones, and those of lists, whose cursors belong to one list of one tenant."""

from __future__ import annotations

import hashlib
from difflib import get_close_matches
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from sluice.api.requests import RENAMED
from sluice.model.page import invalid_cursor

Limit = Annotated[int, Query(ge=1, le=1000, description="Items on a page.")]
Cursor = Annotated[str | None, Query(description="Cursor `next` of the previous page.")]


def only_known_parameters(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Reject a request with a query parameter that its route does not have, since it would have no effect.

    Raises
    ------
    RequestValidationError
        Which names the parameter and the nearest one that the route has.
    """
    route, event = app.context["_route"], app.current_event
    known = [field.alias for field in route.dependant.query_params]
    asked = event.resolved_query_string_parameters or {}
    # a browser's preflight request (OPTIONS) has the address of the request that follows
    is_described = route.include_in_schema and event.http_method != "OPTIONS"
    unknown = [name for name in asked if is_described and name not in known]
    if unknown:
        raise RequestValidationError([{"loc": ("query", name), "msg": _unknown(name, known)} for name in unknown])
    return next_middleware(app)


def _unknown(name: str, known: list[str]) -> str:
    if name in RENAMED and "recipe" in known:
        return RENAMED[name]
    if near := get_close_matches(name, known, 1):
        return f"Unknown parameter; did you mean '{near[0]}'?"
    return f"Unknown parameter; this call takes {', '.join(known) or 'none'}"


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
