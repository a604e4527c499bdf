"""The OpenAPI description, and CORS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools.event_handler.openapi.models import OpenAPI

from sluice.api.problems import STATUSES
from sluice.model.status import Status
from tests.integration.api.calling import OPEN, call, get, guarded, routes

pytestmark = [
    pytest.mark.usefixtures("no_aws"),
    # Powertools reads the files of the docs page without closing them.
    pytest.mark.filterwarnings("ignore:unclosed file .*swagger_ui:ResourceWarning"),
]

# The routes of the first deployed version, which every later one keeps.
PROMISED = {
    "/v1/imports": "post",
    "/v1/imports/upload": "post",
    "/v1/jobs": "get",
    "/v1/jobs/{job_id}": "get",
    "/v1/jobs/{job_id}/rejections": "get",
    "/v1/importers": "get",
    "/v1/importers/{name}": "get",
    "/v1/datasets/{name}/records": "get",
    "/v1/datasets/{name}/history": "get",
    "/v1/queues": "get",
    "/v1/health": "get",
}


@pytest.fixture
def document() -> Any:
    """Return the OpenAPI document, as a caller without a token gets it."""
    answer = get("/v1/openapi.json", token=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    return answer.body


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield every operation as ``(path, method, operation)``."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def references(part: Any) -> Iterator[str]:
    """Yield every ``$ref`` in a part of the document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_every_promised_route_is_described(document: Any) -> None:
    """A caller finds each route without reading the code."""
    described = {(path, method) for path, method, _ in operations(document)}
    assert set(PROMISED.items()) <= described


def test_every_route_but_the_description_itself_is_described(document: Any) -> None:
    """A new route without a description fails this test."""
    assert len(list(operations(document))) == len(routes()) - len({"/v1/docs", "/v1/openapi.json"})


def test_the_document_is_valid(document: Any) -> None:
    """OpenAPI 3.1: its schema, unique operation ids, references that resolve, parameters of the paths."""
    OpenAPI.model_validate(document)
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Sluice"
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for reference in references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    for path, _, operation in operations(document):
        inside = {found["name"] for found in operation.get("parameters", []) if found["in"] == "path"}
        assert inside == {part.strip("{}") for part in path.split("/") if part.startswith("{")}
        assert operation["responses"]


def test_every_operation_says_what_it_does_and_what_it_answers(document: Any) -> None:
    """A tag of the document's, a summary, a description, a name of its own, a success answer with its content."""
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert set(operation["tags"]) <= tags, where
        assert operation["summary"], where
        assert not operation["summary"].startswith(method.upper()), where
        assert len(operation["description"].split()) > 2, where
        assert re.fullmatch("[a-z]+(_[a-z]+)+", operation["operationId"]), where
        successes = {int(status) for status in operation["responses"] if int(status) < 400}
        assert successes & {200, 201, 204, 302}, where
        for status in successes - {204, 302, 304}:
            content = operation["responses"][str(status)]["content"]
            assert content, where
            assert all(described["schema"] for described in content.values()), where


def test_every_error_is_a_problem(document: Any) -> None:
    """With the types that the call can get; 401, 403 and 422 wherever they are possible."""
    for path, method, operation in operations(document):
        wrong = {int(status): answer for status, answer in operation["responses"].items() if int(status) >= 400}
        assert {422, 500} | (set() if operation.get("security") == [] else {401, 403, 503}) <= set(wrong)
        for status, answer in wrong.items():
            assert list(answer["content"]) == ["application/problem+json"], f"{method} {path} {status}"
            assert answer["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
            types = re.findall(r"`([a-z-]+)`", answer["description"])
            assert {STATUSES[each] for each in types} == {status}, f"{method} {path}"
    assert not [name for name in document["components"]["schemas"] if "ValidationError" in name]


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("get", "/v1/jobs/{job_id}", {200, 304, 404}),
        ("post", "/v1/imports", {201, 400, 404, 409, 415}),
        ("post", "/v1/imports/upload", {200, 202, 400, 404, 409, 413}),
        ("post", "/v1/jobs/{job_id}/upload", {200, 202, 404, 409}),
        ("post", "/v1/jobs/{job_id}/commit", {200, 202, 400, 404, 409}),
        ("post", "/v1/jobs/{job_id}/rollback", {200, 202, 404, 409}),
        ("get", "/v1/jobs/{job_id}/events", {200, 204, 404}),
        ("get", "/v1/jobs/{job_id}/files/{name}", {302, 404, 503}),
        ("post", "/v1/jobs/{job_id}/ticket", {201}),
        ("post", "/v1/tickets", {201}),
        ("post", "/v1/syncs/{source}", {200, 202, 404, 409}),
        ("delete", "/v1/syncs/{source}/schedule", {204, 404}),
    ],
)
def test_every_documented_answer_is_declared(document: Any, method: str, path: str, statuses: set[int]) -> None:
    """Those that docs/api.md names beside a plain 200."""
    assert statuses <= {int(status) for status in document["paths"][path][method]["responses"]}


def test_the_upload_takes_a_file_in_either_form(document: Any) -> None:
    """As the body, and as the file of a form with the parameters as its fields."""
    content = document["paths"]["/v1/imports/upload"]["post"]["requestBody"]["content"]
    assert content["application/octet-stream"]["schema"]["format"] == "binary"
    assert content["multipart/form-data"]["schema"]["$ref"].endswith("/FileForm")
    form = document["components"]["schemas"]["FileForm"]["properties"]
    query = {each["name"] for each in document["paths"]["/v1/imports/upload"]["post"]["parameters"]}
    assert form["file"]["format"] == "binary"
    assert set(form) - {"file"} == query - {"Prefer", "Idempotency-Key"}


def test_every_header_that_a_call_reads_is_described(document: Any) -> None:
    """Idempotency keys of every POST that stores its answer, and what a single call takes."""
    for path, method, operation in operations(document):
        names = {each["name"] for each in operation.get("parameters", []) if each["in"] == "header"}
        stores = method == "post" and "ticket" not in path
        assert ("Idempotency-Key" in names) == stores, path
    described = {each["name"] for _, _, operation in operations(document) for each in operation.get("parameters", [])}
    assert {"Prefer", "If-None-Match", "Last-Event-ID"} <= described


def test_words_of_a_fixed_set_are_enumerations(document: Any) -> None:
    """A generated client has a type for each."""
    job = document["components"]["schemas"]["JobResponse"]["properties"]
    assert set(document["components"]["schemas"]["Status"]["enum"]) == set(Status)
    assert job["status"]["$ref"].endswith("/Status")
    assert job["priority"]["enum"] == ["standard", "urgent"]
    assert job["kind"]["enum"] == ["import", "sync"]
    assert job["problem"]["anyOf"][0]["$ref"].endswith("/Problem")


def test_the_document_names_the_server_and_the_security_scheme(document: Any) -> None:
    """A generated client needs both."""
    assert document["servers"] == [{"url": "https://abcde12345.execute-api.us-east-1.amazonaws.com/live"}]
    (scheme,) = document["components"]["securitySchemes"].items()
    assert scheme[1]["scheme"] == "bearer"
    assert document["security"] == [{scheme[0]: []}]


def test_the_docs_page_loads_nothing_from_other_sites() -> None:
    """No script of another site may run on a page where people paste tokens."""
    page = get("/v1/docs", token=None)
    assert page.headers["content-type"] == "text/html"
    assert "/v1/jobs/{job_id}" in page.text
    assert 'src="http' not in page.text
    assert 'href="http' not in page.text.split("<body")[0]


@pytest.mark.parametrize(("method", "path"), routes())
def test_a_preflight_request_needs_no_token(method: str, path: str) -> None:
    """A preflight request carries no token (Fetch standard, "CORS-preflight fetch"), and any query of what follows."""
    asked = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = call("OPTIONS", path, token=None, headers=asked, query={"limit": "50"})
    assert (answer.status, answer.text) == (204, "")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].lower()
    for needed in ("authorization", "content-type", "if-none-match", "idempotency-key", "prefer"):
        assert needed in allowed


@pytest.mark.parametrize(("method", "path"), guarded()[:3])
def test_a_page_of_another_origin_can_read_an_error(method: str, path: str) -> None:
    """Without the header the browser hides the response from the page."""
    answer = call(method, path, token=None)
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_page_of_another_origin_can_read_the_headers_it_needs() -> None:
    """A page needs them to poll, and to follow a job that it started."""
    exposed = get("/v1/health", token=None).headers["access-control-expose-headers"]
    assert {"ETag", "Location", "Retry-After"} <= {name.strip() for name in exposed.split(",")}


def test_the_open_routes_answer() -> None:
    """They have the addresses that need no authorization."""
    assert get("/v1/health", token=None).body == {"status": "ok"}
    assert {path for _, path in routes()} >= OPEN
