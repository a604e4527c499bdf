"""Errors are problems (RFC 9457), and reveal nothing internal."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest

from sluice import auth as identity
from sluice import bootstrap
from sluice.api.problems import STATUSES
from sluice.model.errors import Conflict, TryLater
from tests.integration.api.calling import Answer, call, get, request, routes, send
from tests.integration.stack import Stack
from tests.support.metrics import counted

OPENAPI = "/v1/openapi.json"
SECRET = "postgres://admin:hunter2@10.0.0.7/secrets"
pytestmark = pytest.mark.usefixtures("stack")


def assert_problem(answer: Answer, status: int, type_: str) -> None:
    """Expect a problem with all its members."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert (answer.body["status"], answer.body["type"]) == (status, f"/problems/{type_}")
    assert answer.body["title"]
    assert answer.body["detail"]
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/v1/importers/nothing", "/v1/jobs/nothing"])
def test_a_missing_object_is_not_found(path: str) -> None:
    """The problem names it."""
    answer = get(path)
    assert_problem(answer, 404, "not-found")
    assert "'nothing'" in answer.body["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/nothing"), ("GET", "/"), ("GET", "/v2/jobs"), ("DELETE", "/v1/jobs"), ("POST", "/v1/jobs")],
)
def test_an_unknown_address_leads_to_the_description(method: str, path: str) -> None:
    """The problem says where the description is."""
    answer = call(method, path)
    assert_problem(answer, 404, "not-found")
    assert "/v1/docs" in answer.body["detail"]


def test_an_unknown_importer_is_not_found_for_either_way_to_send_a_file() -> None:
    """No job is created."""
    body = {"importer": "nothing", "filename": "a.csv", "bytes": 1}
    assert_problem(call("POST", "/v1/imports", json_body=body), 404, "not-found")
    upload = call("POST", "/v1/imports/upload", body=b"x", query={"importer": "nothing"})
    assert_problem(upload, 404, "not-found")
    assert get("/v1/jobs").body["items"] == []


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"importer": "products", "filename": "a", "bytes": 1, "surprise": True}, "body.surprise"),
        ({"importer": "products", "filename": "a", "bytes": -1}, "body.bytes"),
        ({"importer": "products", "filename": "a", "bytes": "many"}, "body.bytes"),
        ({"importer": "products", "filename": "", "bytes": 1}, "body.filename"),
        ({"importer": "products", "filename": "a" * 1025, "bytes": 1}, "body.filename"),
        ({"importer": "products", "filename": "a", "bytes": 1, "priority": "now"}, "body.priority"),
        ({"importer": "products", "filename": "a", "bytes": 1, "recipe": {"columns": ["a"]}}, "body.recipe.columns"),
        ({"filename": "a", "bytes": 1}, "body.importer"),
    ],
)
def test_an_invalid_body_is_rejected_with_the_place_of_the_error(body: Any, at: str) -> None:
    """The problem does not repeat the value, which may be a secret in the wrong place."""
    answer = call("POST", "/v1/imports", json_body=body)
    assert_problem(answer, 422, "invalid-request")
    assert [error["at"] for error in answer.body["errors"]] == [at]
    assert at in answer.body["detail"]
    assert "a" * 1025 not in answer.text


@pytest.mark.parametrize("body", [b"", b"not json", b"{", b"[]", b"null", b'"text"', b"[1, 2]"])
def test_a_body_that_is_not_a_json_object_is_rejected(body: bytes) -> None:
    """This covers an empty body, invalid JSON, and JSON of another type."""
    assert_problem(call("POST", "/v1/imports", body=body), 422, "invalid-request")


def test_a_body_of_another_media_type_is_rejected() -> None:
    """The status is 415."""
    answer = call("POST", "/v1/imports", body=b"<a/>", headers={"Content-Type": "application/xml"})
    assert_problem(answer, 415, "wrong-content-type")


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"limit": "9" * 5000}, {"status": "happy"}]
)
def test_an_invalid_query_is_rejected(query: dict[str, str]) -> None:
    """The problem has the same form as that of a body."""
    answer = get("/v1/jobs", query=query)
    assert_problem(answer, 422, "invalid-request")
    assert answer.body["errors"][0]["at"].startswith("query.")


@pytest.mark.parametrize(("method", "path"), [each for each in routes() if each[1] not in {"/v1/docs", OPENAPI}])
def test_an_unknown_query_parameter_is_rejected_on_every_route(method: str, path: str) -> None:
    """It would have no effect, and a filter without effect looks as if it worked."""
    body = {"every_minutes": 60} if method == "PUT" else {"importer": "products", "filename": "a.csv", "bytes": 1}
    body = {"version": 1, "answers": {"header": 1}} if path.endswith("/answers") else body
    body = {} if "/recipes/" in path or path.endswith("/drop-folder") else body
    needed = body if path.endswith(("/v1/imports", "/answers")) or method == "PUT" else None
    query = {"requested_by": "ann"} | ({"key": "P-1"} if path.endswith("/history") else {})
    answer = call(method, path, query=query, json_body=needed)
    assert_problem(answer, 422, "invalid-request")
    assert [error["at"] for error in answer.body["errors"]] == ["query.requested_by"]


@pytest.mark.parametrize(
    ("path", "name", "reason"),
    [
        ("/v1/jobs", "state", "Unknown parameter; did you mean 'status'?"),
        ("/v1/jobs", "Limit", "Unknown parameter; did you mean 'limit'?"),
        ("/v1/jobs", "x", "Unknown parameter; this call takes status, importer, limit, cursor"),
        ("/v1/queues", "x", "Unknown parameter; this call takes none"),
    ],
)
def test_an_unknown_query_parameter_comes_with_the_nearest_known_one(path: str, name: str, reason: str) -> None:
    """Or with all of them if none is near."""
    assert get(path, query={name: "1"}).body["errors"] == [{"at": f"query.{name}", "reason": reason}]


LISTS = ["/v1/jobs", "/v1/datasets/products/records", "/v1/syncs/pangkat"]


def made_up(path: str, tenant: str, position: Any) -> str:
    """Return a cursor as it would be made for a list of a tenant."""
    name = hashlib.sha256(f"{tenant}\n{path}".encode()).hexdigest()[:12]
    return f"{name}.{base64.urlsafe_b64encode(json.dumps(position).encode()).decode()}"


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_that_is_none_of_this_list_is_rejected(path: str) -> None:
    """Nonsense, an empty one, a well-formed one of another tenant or list, and one with a wrong position."""
    own = made_up(path, "acme", ["P-1"])
    cursors = ["zzz", "", "WyJhIl0=", made_up(path, "other", ["P-1"]), made_up("/v1/x", "acme", ["P-1"])]
    positions: tuple[Any, ...] = (None, {}, [], [[]], [1, 2, 3])
    cursors += [made_up(path, "acme", position) for position in positions]
    cursors += [own.replace(".", ".!"), own + "\x00", own[:-3]]
    for cursor in cursors:
        assert_problem(get(path, query={"cursor": cursor}), 400, "invalid-cursor")


@pytest.mark.parametrize("name", STATUSES)
def test_the_type_of_a_problem_leads_to_a_page_about_it(name: str) -> None:
    """It needs no token, and has no markup of the catalogue."""
    answer = get(f"/v1/problems/{name}", token=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f"<code>/problems/{name}</code>" in answer.text
    assert f"Status of the response: {STATUSES[name]}." in answer.text
    assert "`" not in answer.text


def test_a_problem_links_to_the_page_of_its_type() -> None:
    """Also one that no route raises, and one of a caller who is not known."""
    base_url = "https://abcde12345.execute-api.us-east-1.amazonaws.com/live"
    for answer in (get("/v1/jobs/nothing"), get("/v2"), get("/v1/jobs", token=None), get("/v1/problems/x", token=None)):
        name = answer.body["type"].removeprefix("/problems/")
        assert answer.headers["link"] == f'<{base_url}/v1/problems/{name}>; rel="help"'
        path = answer.headers["link"].partition(">")[0].removeprefix(f"<{base_url}")
        assert get(path, token=None).status == 200


def broken_jobs(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Make the job store fail."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(bootstrap, "services", fail)


@pytest.mark.parametrize("error", [RuntimeError(SECRET), KeyError(SECRET), ValueError(SECRET), OSError(SECRET)])
def test_an_unexpected_error_is_a_500_without_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    """No message, error type or line of code reaches the caller; the alarm on caught errors rings for each."""
    broken_jobs(monkeypatch, error)
    answer = get("/v1/jobs")
    assert_problem(answer, 500, "internal-error")
    assert counted(capsys.readouterr().out) == {"CaughtErrors": 1}
    for leak in (SECRET, "hunter2", type(error).__name__, "Traceback", ".py"):
        assert leak not in answer.text + str(answer.headers)


def test_a_response_that_does_not_match_the_description_is_a_500(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller can rely on the description."""

    class Queues:
        def depths(self) -> dict[str, object]:
            return {"urgent": SECRET}

    bootstrap.services.cache_clear()  # an earlier test may have opened its queue
    monkeypatch.setattr(bootstrap.AwsServices, "queue", Queues())
    answer = get("/v1/queues")
    assert_problem(answer, 500, "internal-error")
    assert SECRET not in answer.text


def test_a_temporary_error_has_retry_after(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The time is in ``Retry-After``; no alarm rings for what a client repeats."""
    broken_jobs(monkeypatch, TryLater("chunk-leased", 7))
    answer = get("/v1/jobs")
    assert_problem(answer, 503, "try-later")
    assert counted(capsys.readouterr().out) == {}
    assert answer.headers["retry-after"] == "7"


def test_an_unreachable_issuer_is_a_503(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The response is 503, whatever else is wrong with the request."""

    def unreachable(_: str) -> None:
        raise httpx.ConnectError(SECRET)

    monkeypatch.setattr(identity, "fetch_json", unreachable)
    for answer in (get("/v1/jobs"), get("/v1/jobs", query={"limit": "x"})):
        assert_problem(answer, 503, "try-later")
        assert SECRET not in answer.text
    assert counted(capsys.readouterr().out) == {"CaughtErrors": 2}


def test_a_problem_has_its_parameters_as_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """They come beside the members that every problem has."""
    broken_jobs(monkeypatch, Conflict("not-parsed", id="01X", status_now="waiting_for_file"))
    assert get("/v1/jobs/01X/preview").body["status_now"] == "waiting_for_file"


def test_a_trailing_slash_does_not_bypass_authorization() -> None:
    """It neither bypasses authorization nor adds an open route."""
    assert get("/v1/jobs/", token=None).status == 401
    assert get("/v1/health/", token=None).status in {200, 401, 404}


def test_header_names_are_case_insensitive(stack: Stack) -> None:
    """HTTP/2 sends them in lower case."""
    made = request("GET", "/v1/jobs", token=None)
    good = request("GET", "/v1/jobs", token="x")
    made["headers"]["authorization"] = good["headers"]["Authorization"]
    assert send(made).body["detail"].startswith("Invalid token")
