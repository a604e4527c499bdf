"""Who may call what: one rule for every route, so that none can be forgotten."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from sluice.config import ApiSettings, settings
from sluice.identity import READ, WRITE, Caller, identify, issuer_of

# Open to all: they show nothing of anybody's.
_OPEN = frozenset({"/v1/health", "/v1/docs", "/v1/openapi.json"})

#: Any page may call: a bearer token is sent on purpose, not by the browser on its own as a cookie is.
CORS = CORSConfig(
    allow_origin="*",
    allow_headers=["Authorization", "Content-Type", "If-None-Match", "Idempotency-Key", "Prefer"],
    expose_headers=["ETag", "Location", "Retry-After"],
    max_age=600,
)


def only_known_callers(app: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[str]:
    """Let nobody through whom `admit` does not."""
    admit(app)
    return next_middleware(app)


def admit(app: APIGatewayRestResolver) -> None:
    """Find out who makes the request under way: reading needs ``imports:read``, everything else ``imports:write``.

    Raises
    ------
    Unauthorized, Forbidden
        If they may not.
    """
    event = app.current_event
    # a browser asks by OPTIONS whether it may call at all, and sends no token with that
    if event.path not in _OPEN and event.http_method != "OPTIONS":
        caller = identify(event.headers.get("Authorization"), issuer_of(settings(ApiSettings)))
        caller.need(READ if event.http_method == "GET" else WRITE)
        app.append_context(caller=caller)


def caller_of(router: APIGatewayRouter) -> Caller:
    """Who makes the request under way."""
    caller: Caller = router.context["caller"]
    return caller


def base_url(router: APIGatewayRouter | APIGatewayRestResolver) -> str:
    """What links in answers begin with."""
    return str((router.current_event.get("stageVariables") or {}).get("base_url", ""))
