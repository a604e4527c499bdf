"""Authorization: one rule for every route, so that no route can lack it."""

from __future__ import annotations

import re
import time

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from sluice import bootstrap
from sluice.api.events import read_id
from sluice.auth import ADMIN, READ, WRITE, Caller, identify, issuer_of
from sluice.config import IssuerSettings, load_settings
from sluice.model.errors import Unauthorized
from sluice.usecases.watchers import redeem_ticket

# Routes without a token: they show no tenant's data.
_OPEN = re.compile(r"/v1/(health|docs|openapi\.json|problems/[^/]+)")
#: Routes that issue tickets: a POST that changes nothing, so the scope for reading is enough.
TICKETS = re.compile(r"/v1/(tickets|jobs/[^/]+/ticket)")
# Routes where a browser cannot send a header: its EventSource, and a link to a download.
_BY_TICKET = re.compile(r"/v1/jobs/([^/]+)/(events|files/[^/]+)")

# Calls that take from others what they cannot get back: what is stored of a job, and syncs under way.
_ADMINISTERS = re.compile(r"DELETE /v1/jobs/[^/]+|POST /v1/syncs/cleanup")

#: Every origin may call: a page sends a bearer token itself, while a browser sends a cookie automatically.
CORS = CORSConfig(
    allow_origin="*",
    allow_headers=[
        *("Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "Last-Event-ID", "Prefer")
    ],
    expose_headers=["ETag", "Link", "Location", "Retry-After"],
    max_age=600,
)


def only_known_callers(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Authorize every request before its route runs, also of routes without validation, and where there is none."""
    authorize(app)
    return next_middleware(app)


def authorize(app: APIGatewayRestResolver) -> None:
    """Identify the caller and check the scope.

    Reading needs ``imports:read``, deleting a job and cleaning up ``imports:admin``, all else ``imports:write``.
    A second call does nothing: a ticket is used once.

    Raises
    ------
    Unauthorized, Forbidden
        If the caller lacks a valid token, or the scope.
    """
    event = app.current_event
    # a browser's preflight request (OPTIONS) carries no token
    if not is_open(event.path) and event.http_method != "OPTIONS" and "caller" not in app.context:
        asked = event.resolved_query_string_parameters or {}
        named = _BY_TICKET.fullmatch(event.path)
        if event.http_method == "GET" and named and "ticket" in asked:
            caller, stream = _caller_by_ticket(app, asked["ticket"][0], named[1], goes_on=named[2] == "events")
        else:
            caller, stream = identify(event.headers.get("Authorization"), issuer_of(load_settings(IssuerSettings))), ""
        caller.need(_scope_of(event.http_method, event.path))
        app.append_context(caller=caller, stream=stream)


def _scope_of(method: str, path: str) -> str:
    if _ADMINISTERS.fullmatch(f"{method} {path}"):
        return ADMIN
    return READ if method == "GET" or TICKETS.fullmatch(path) else WRITE


def is_open(path: str) -> bool:
    """Return whether a route needs no token."""
    return _OPEN.fullmatch(path) is not None


def caller_of(router: APIGatewayRouter) -> Caller:
    """Return the caller of the current request."""
    caller: Caller = router.context["caller"]
    return caller


def stream_of(router: APIGatewayRouter) -> str:
    """Return the stream that the caller's ticket opened; empty with a token."""
    return str(router.context["stream"])


def socket_url(router: APIGatewayRouter) -> str | None:
    """Return the address of the WebSocket; ``None`` in a deployment without one."""
    address = (router.current_event.get("stageVariables") or {}).get("socket_url", "")
    return f"ws{address.removeprefix('http')}" if address else None


def base_url(router: APIGatewayRouter | APIGatewayRestResolver) -> str:
    """Return the beginning of links in responses."""
    return str((router.current_event.get("stageVariables") or {}).get("base_url", ""))


def _caller_by_ticket(app: APIGatewayRestResolver, text: str, job_id: str, *, goes_on: bool) -> tuple[Caller, str]:
    """Redeem a ticket; return its caller and stream; ``goes_on`` if the stream may continue over many requests."""
    event = app.current_event
    asked = event.resolved_query_string_parameters or {}
    _, stream = read_id(event.headers.get("Last-Event-ID") or next(iter(asked.get("last_event_id", [])), None))
    tickets = bootstrap.tickets(load_settings(IssuerSettings).jobs_table)
    ticket = redeem_ticket(text, stream=stream if goes_on else None, now=int(time.time()), tickets=tickets)
    if ticket.job_id != job_id:
        raise Unauthorized("ticket-of-other-job")
    return Caller(ticket.tenant, ticket.subject, frozenset({READ}), ticket.until), ticket.stream
