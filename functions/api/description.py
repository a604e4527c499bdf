"""``/v1/openapi.json`` and ``/v1/docs``: the OpenAPI description of the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.models import (
    HTTPBearer,
    OpenAPI,
    Operation,
    Parameter,
    PathItem,
    Schema,
    Server,
    Tag,
)
from aws_lambda_powertools.event_handler.openapi.models import Response as Described

from functions.api import auth
from functions.api.bodies import AuthorizedValidation
from functions.api.routes import SERVER_PROBLEMS
from sluice.api.requests import FileForm

_TAGS = {
    "Imports": "Send a file.",
    "Jobs": "What became of a file: progress, rejected rows, log.",
    "Actions": "Commit, stop, continue and roll back a job.",
    "Downloads": "Files made of a job.",
    "Events": "Watch jobs live.",
    "Importers": "What can be imported.",
    "Sources": "Pull what an upstream lists.",
    "Datasets": "Where rows end up.",
    "Service": "State of the service.",
}
_TEXT = (
    "Spreadsheet and CSV imports. Every POST but those for tickets takes the header `Idempotency-Key`: a repeated call "
    "with the same key is carried out once and gets the same response. Errors are `application/problem+json` "
    "(RFC 9457); `GET /v1/problems/{problem}` explains each type."
)
#: Reference to the form of a file, which no route declares as its body, since it takes bare bytes as well.
FORM = {"$ref": "#/components/schemas/FileForm"}
_KEY = "1 to 255 printable ASCII characters, new for each distinct call: a repeated call is carried out once."
# Headers that a route reads itself, by its name.
_NEWEST = {"If-None-Match": "`ETag` of the version that the caller has: `304` as long as it is the newest."}
_CHANGED = {"If-Match": "`ETag` of the version that the call changes: `412` if another one is there meanwhile."}
_HEADERS = {
    "get_job": _NEWEST,
    "get_recipe": _NEWEST,
    "put_recipe": _CHANGED | {"If-None-Match": "`*`: `412` if there is a recipe of this name."},
    "delete_recipe": _CHANGED,
    "get_drop_folder": _NEWEST,
    "put_drop_folder": _CHANGED,
    "upload_file": {"Prefer": "`wait=20` waits until the job has ended, 20 s at most."},
    "stream_events": {"Last-Event-ID": "Id of the last event that the caller got."},
}


class DescribedResolver(APIGatewayRestResolver):
    """A resolver that validates authorized requests alone.

    Its description has what Powertools cannot know, and nothing that no route uses.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._request_validation_middleware = AuthorizedValidation()  # type: ignore[no-untyped-call]  # Powertools'

    def get_openapi_schema(self, **options: Any) -> OpenAPI:
        """Build the description: addresses begin where API Gateway serves this request."""
        document = super().get_openapi_schema(**options | {"servers": [Server(url=auth.base_url(self) or "/")]})
        for path, item in (document.paths or {}).items():
            for method, operation in _operations(item):
                _complete(path, method, operation)
        if document.components and document.components.schemas is not None:
            document.components.schemas["FileForm"] = _file_form()
        document.paths = dict(sorted((document.paths or {}).items()))
        _prune(document)
        return document


def describe(app: APIGatewayRestResolver) -> None:
    """Add the two routes; the description contains all routes of the app, also those that are added later."""
    app.configure_openapi(
        title="Sluice",
        description=_TEXT,
        tags=[Tag(name=name, description=text) for name, text in _TAGS.items()],
        security_schemes={"token": HTTPBearer(bearerFormat="JWT")},
        security=[{"token": []}],
    )
    app.enable_swagger(path="/v1/docs", persist_authorization=True)

    def document() -> Response[str]:
        return Response(200, "application/json", app.get_openapi_json_schema())

    app.get("/v1/openapi.json", include_in_schema=False)(document)


def _operations(item: PathItem) -> Iterator[tuple[str, Operation]]:
    for method in ("get", "post", "put", "delete"):
        if operation := getattr(item, method):
            yield method, operation


def _complete(path: str, method: str, operation: Operation) -> None:
    if auth.is_open(path):
        operation.security = []
    headers = dict(_HEADERS.get(operation.operationId or "", {}))
    if method == "post" and not auth.TICKETS.fullmatch(path):
        headers["Idempotency-Key"] = _KEY
    described = [
        Parameter.model_validate({"name": name, "in": "header", "description": text, "schema": {"type": "string"}})
        for name, text in headers.items()
    ]
    if described:
        operation.parameters = [*(operation.parameters or []), *described]
    # Powertools describes a 500 of its own form, which `functions.api.problems` replaces
    answers = {int(status): answer for status, answer in (operation.responses or {}).items()}
    answers[500] = Described.model_validate(SERVER_PROBLEMS[500])
    operation.responses = dict(sorted(answers.items()))


def _file_form() -> Schema:
    schema = FileForm.model_json_schema(ref_template="#/components/schemas/{model}")
    del schema["$defs"]  # they are among the schemas of the other calls
    schema["required"] = ["file"]  # the importer may be in the query
    return Schema.model_validate(schema)


def _prune(document: OpenAPI) -> None:
    """Remove the schemas that no route leads to: Powertools adds those of its own errors, which no route answers."""
    schemas = (document.components and document.components.schemas) or {}
    reached: set[str] = set()
    waiting = [part.model_dump_json(by_alias=True) for part in (document.paths or {}).values()]
    while waiting:
        named = set(re.findall(r'"#/components/schemas/([^"]+)"', waiting.pop())) - reached
        reached |= named
        waiting += [schemas[name].model_dump_json(by_alias=True) for name in named]
    for name in schemas.keys() - reached:
        del schemas[name]
