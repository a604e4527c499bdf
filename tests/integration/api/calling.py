"""Calls the API as API Gateway does; every answer that it gets must be declared in the API's description."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from functions.api import app as api
from functions.api import stream
from sluice.api.problems import Problem
from tests.integration.stack import event
from tests.support import issuer
from tests.support.described import operation_of
from tests.support.lambda_context import FakeContext

OPEN = frozenset({"/v1/health", "/v1/docs", "/v1/openapi.json", "/v1/problems/not-found"})
EVERY_SCOPE = "imports:read imports:write imports:admin"
# The value of each parameter in a route's path.
SAMPLES = {
    "job_id": "01KC5RYQ8QJ3X7H2M9T4V6W8ZB",
    "name": "products",
    "importer": "products",
    "key": "P-1",
    "source": "pangkat",
    "problem": "not-found",
}
# Tickets change nothing, so the scope to read is enough for one.
READING = frozenset({"/v1/tickets", f"/v1/jobs/{SAMPLES['job_id']}/ticket"})


@dataclass(frozen=True)
class Answer:
    """A response as the gateway gets it; header names are in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode()

    @property
    def body(self) -> Any:
        """The JSON of the body."""
        return json.loads(self.text)


def request(
    method: str,
    path: str,
    *,
    token: str | None,
    body: bytes | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the event of a request; bodies come in base64, because the API takes files."""
    made: dict[str, Any] = event("api_get_job")
    sent = {name: value for name, value in made["headers"].items() if name != "Authorization"}
    sent["Origin"] = "https://app.example"  # as from a page in a browser
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    sent |= headers or {}
    made["requestContext"] |= {"httpMethod": method, "path": f"/live{path}"}
    return made | {
        "httpMethod": method,
        "path": path,
        "pathParameters": {"proxy": path.lstrip("/")},
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "body": None if body is None else base64.b64encode(body).decode(),
        "isBase64Encoded": body is not None,
    }


def send(made: dict[str, Any]) -> Answer:
    """Pass an event to the function that the gateway chooses."""
    streams = made["httpMethod"] == "GET" and re.fullmatch(r"/v1/jobs/[^/]+/events", made["path"])
    given = (stream if streams else api).handler(made, FakeContext("api"))
    headers = {name.lower(): values[0] for name, values in given["multiValueHeaders"].items()}
    body: str = given["body"]
    content = base64.b64decode(body, validate=True) if given["isBase64Encoded"] else body.encode()
    answer = Answer(given["statusCode"], headers, content)
    _expect_declared(made["httpMethod"], made["path"], answer)
    return answer


def _expect_declared(method: str, path: str, answer: Answer) -> None:
    """Expect that the description has the status of an answer, its media type, and the type of a problem."""
    if path in {"/v1/openapi.json", "/v1/docs"} or (operation := operation_of(_description(), method, path)) is None:
        return
    where = f"{method} {path} answers {answer.status}"
    declared = operation["responses"].get(str(answer.status))
    assert declared is not None, f"{where}, which is not declared: {answer.text}"
    assert answer.status not in {201, 202} or answer.headers["location"].startswith(("http", "ws")), where
    if not answer.content:
        assert not declared.get("content"), f"{where} without the declared content"
        return
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in declared["content"], f"{where} with {kind}"
    if kind == "application/problem+json":
        name = answer.body["type"].removeprefix("/problems/")
        assert f"`{name}`" in declared["description"], f"{where} with the problem {name}"
        assert set(answer.body) <= set(Problem.model_fields)
        Problem.model_validate(answer.body, strict=True)


@cache
def _description() -> Any:
    return get("/v1/openapi.json", token=None).body


def call(
    method: str,
    path: str,
    *,
    token: str | None = "",
    json_body: Any = None,
    body: bytes | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Call the API with a valid token of the tenant acme, unless `token` is another one or ``None``."""
    bearer = issuer.token(scope=EVERY_SCOPE) if token == "" else token
    content = json.dumps(json_body).encode() if json_body is not None else body
    return send(request(method, path, token=bearer, body=content, query=query, headers=headers))


def get(path: str, **more: Any) -> Answer:
    """Call with GET."""
    return call("GET", path, **more)


def post(path: str, **more: Any) -> Answer:
    """Call with POST."""
    return call("POST", path, **more)


def every(path: str, **query: str) -> list[Any]:
    """Return all items of a list, page by page."""
    return [item for page in pages(path, **query) for item in page]


def pages(path: str, **query: str) -> Iterator[list[Any]]:
    """Yield the pages of a list, by its own cursors."""
    cursor: str | None = None
    while True:
        answer = get(path, query=query | ({"cursor": cursor} if cursor else {}))
        assert answer.status == 200, answer.text
        yield answer.body["items"]
        cursor = answer.body["next"]
        if cursor is None:
            return


def routes() -> list[tuple[str, str]]:
    """Return every route of the resolver as ``(method, path with sample parameters)``."""
    found = []
    for route in [*api.app._static_routes, *api.app._dynamic_routes]:
        path = route.path
        for name, sample in SAMPLES.items():
            path = path.replace(f"<{name}>", sample)
        assert "<" not in path, f"give a sample for the parameter in {route.path}"
        found.append((route.method, path))
    return found


def guarded() -> list[tuple[str, str]]:
    """Return the routes that need a token."""
    return [(method, path) for method, path in routes() if path not in OPEN]
