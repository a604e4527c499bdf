"""Routes that describe themselves: tag, summary, description, and each answer with its problems."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from functions.api import auth
from sluice.api.problems import CONTENT_TYPE, STATUSES

#: The answers of a route by status.
Answers = dict[int, OpenAPIResponse]
Function = TypeVar("Function", bound=Callable[..., Any])

#: Headers of answers, by name.
HEADERS = {
    "ETag": "Version of what is shown, to be sent as `If-None-Match` or `If-Match`.",
    "Location": "Address of what the call created, or of where it leads.",
    "Retry-After": "Seconds until the next request makes sense.",
}
# What any route may answer, what those that need a token may, and what a POST with an idempotency key may.
_ALWAYS = ("invalid-request", *(type for type in STATUSES if STATUSES[type] == 500))
_AUTHORIZED = ("unauthorized", "forbidden", "try-later")
_POST = ("bad-idempotency-key", "idempotency-key-reused", "request-in-progress")


class Routes(APIGatewayRouter):
    """The routes of one tag; the docstring of a function is its summary (first line) and description (the rest)."""

    def __init__(self, tag: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Powertools' own
        self._tag = tag

    def route(self, *args: Any, **options: Any) -> Callable[[Function], Function]:
        """Register a function as `Router.route`, with what its docstring says and the problems of every route."""
        register = super().route
        asked = inspect.signature(register).bind(*args, **options).arguments

        def describe(function: Function) -> Function:
            summary, _, rest = inspect.cleandoc(function.__doc__ or "").partition("\n")
            own = asked.get("responses") or ok(200, "Successful.")
            described = {
                "tags": [self._tag],
                "operation_id": function.__name__,
                "summary": summary.removesuffix("."),
                "description": " ".join(rest.split()) or summary,
                "responses": _joined(own, problems(*_general(f"/v1{asked['rule']}", asked["method"]))),
            }
            registered: Function = register(**(asked | described))(function)
            return registered

        return describe


def ok(status: int, description: str, *, headers: tuple[str, ...] = (), model: Any = None) -> Answers:
    """Describe an answer whose body is JSON: of ``model``, else of the type that the function returns."""
    answer = _with_headers(description, headers)
    if model is not None:
        answer["content"] = {"application/json": {"model": model}}
    return {status: answer}


def other(
    status: int, description: str, *, type: str = "", binary: bool = False, headers: tuple[str, ...] = ()
) -> Answers:
    """Describe an answer without a body, or with one of another media type."""
    answer = _with_headers(description, headers)
    schema = {"type": "string"} | ({"format": "binary"} if binary else {})
    answer["content"] = {type: {"schema": schema}} if type else {}
    return {status: answer}


def problems(*types: str) -> Answers:
    """Describe the problems that a route answers with, by their types."""
    found: Answers = {}
    for type in dict.fromkeys(types):
        status = STATUSES[type]
        before = f"{found[status]['description']}, " if status in found else ""
        found[status] = {
            "description": f"{before}`{type}`",
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if status in {429, 503} or type == "request-in-progress":
            found[status]["headers"] = _with_headers("", ("Retry-After",))["headers"]
    return found


#: The answer of any route with an error of the server.
SERVER_PROBLEMS = problems(*_ALWAYS[1:])


def _general(path: str, method: str) -> tuple[str, ...]:
    if auth.is_open(path):
        return _ALWAYS
    keyed = method == "POST" and not auth.TICKETS.fullmatch(path)
    return (*_ALWAYS, *_AUTHORIZED, *(_POST if keyed else ()))


def _joined(own: Answers, general: Answers) -> Answers:
    """Join the answers of a route and those of every route; a status of both names the problems of both."""
    found = dict(own)
    for status, answer in general.items():
        if status in own:
            answer["description"] = f"{own[status]['description']}, {answer['description']}"
        found[status] = answer
    return found


def _with_headers(description: str, headers: tuple[str, ...]) -> OpenAPIResponse:
    answer: OpenAPIResponse = {"description": description}
    if headers:
        answer["headers"] = {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in headers}
    return answer
