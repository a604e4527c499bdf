"""No request gives a 5xx: odd bodies, queries, paths and headers at every route, with a token and without."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.api.app import app
from functions.api.description import _HEADERS
from sluice.model.status import Status
from tests.integration.api.calling import OPEN, SAMPLES, get, guarded, post, request, send
from tests.integration.api.running import job_in
from tests.integration.stack import Stack
from tests.support import issuer
from tests.support.factories import make_job

pytestmark = [
    pytest.mark.usefixtures("stack"),
    pytest.mark.filterwarnings("ignore:unclosed file .*swagger_ui:ResourceWarning"),
]

DIGITS = "9" * 4301
TEXTS = [
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\n",
        "\ud800",
        "\U0001f600",
        "%00",
        "%ff",
        "..",
        "../x",
        "a#b",
        "a.b",
        "'",
        '"',
        "\\",
    ),
    *(
        "null",
        "true",
        "-1",
        "1e999",
        "NaN",
        DIGITS,
        "x" * 3000,
        "[" * 5000,
        '{"a":' * 2000,
        "\u202e",
        "\ufeff",
        "é" * 700,
    ),
]
JSON: dict[str, bytes] = {
    "nothing": b"",
    "deep lists": b"[" * 5000,
    "deep objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "thirty levels": b'{"recipe": ' + b"[" * 30 + b"]" * 30 + b"}",
    "digits": b'{"bytes": ' + DIGITS.encode() + b"}",
    "many digits": b'{"version": ' + b"9" * 400 + b', "bytes": ' + b"9" * 400 + b"}",
    "a large exponent": b'{"version": 1e999}',
    "half a pair": b'{"importer": "\\ud800", "filename": "\\udfff", "name": "\\ud800"}',
    "half a pair in a name": b'{"\\ud800": 1}',
    "NaN": b'{"version": NaN, "bytes": -Infinity}',
    "a name twice": b'{"version": 1, "version": 2}',
    "no UTF-8": b'{"importer": "\xff"}',
    "UTF-16": '{"version": 1}'.encode("utf-16"),
    "a BOM": b'\xef\xbb\xbf{"version": 1}',
    "NUL": b'{"importer": "a\\u0000b", "filename": "a\\u0000.csv", "bytes": 1}',
    "many bytes": b'{"importer": "' + b"a" * 300_000 + b'"}',
    "a long text": b'{"importer": "' + b"a" * 3_000 + b'"}',
    "many names": json.dumps({str(number): number for number in range(20_000)}).encode(),
    "null": b"null",
    "a list": b"[1]",
    "odd answers": json.dumps({"version": 10**30, "answers": {"\u0000": {"a": [None, True, 1e300]}}}).encode(),
    "odd recipe": json.dumps({"header": 10**40, "columns": {"\u0000": "\u0000"}, "decisions": {"x": 5}}).encode(),
    "odd guards": json.dumps({"guards": {"max_deleted": 10**300, "max_change": {"\u0000": 1e308}}}).encode(),
    "odd file": json.dumps({"importer": "products", "filename": "../\u0000\n.csv", "bytes": 2**80}).encode(),
    "an odd schedule": json.dumps({"every_minutes": 60, "starting_at": "9999-12-31T23:59:59-23:59"}).encode(),
}
HEADERS: dict[str, list[str]] = {
    "Idempotency-Key": ["", " ", "\x7f", "é", "\ud800", "x" * 300, "\x00"],
    "If-Match": ['"', "*", 'W/"1"', '""', '"' * 5000, "\ud800", DIGITS],
    "If-None-Match": ['"', "*", 'W/"1"', ",,,", '"' * 5000, "\ud800"],
    "Prefer": ["wait", "wait=", "wait=-1", f"wait={DIGITS}", "wait=0", "wait=٣", "wait=1e9", "x" * 5000, "\ud800"],
    "Last-Event-ID": ["", "1", "x.y.z", "-1", DIGITS, f"{DIGITS}.{DIGITS}", "\ud800", "a:b:c:d", "[" * 5000, "é.1"],
    "Range": ["bytes=-1", "bytes=5-1", f"bytes={DIGITS}-", "\ud800"],
    "Content-Type": [
        *(
            "",
            "text/plain",
            "multipart/form-data",
            'multipart/form-data; boundary="',
            "application/json; charset=utf-16",
        ),
        *("application/x-www-form-urlencoded", "multipart/form-data; boundary=" + "x" * 5000, "\ud800", ";", "é/é"),
    ],
    "Authorization": ["", "Bearer", "Bearer \ud800", "Bearer a.b.c", "Basic x", "Bearer " + "." * 9000],
}


OF_EVERY_ROUTE = frozenset({"Authorization", "Idempotency-Key", "Content-Type", "Range"})
FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()


def cursors(path: str) -> list[str]:
    """Return cursors of the list of a path: of the right tenant and list, with odd positions."""
    own = hashlib.sha256(f"acme\n{path}".encode()).hexdigest()[:12]
    odd: list[Any] = [
        *(
            [-2000, "a"],
            [-1_000_000_000, "a"],
            [True, "a"],
            [2**70, "a"],
            [0, 5],
            [0, None],
            [0, "\x00"],
            [0, "a" * 9000],
        ),
        *([0.5, "a"], ["a", "b"], [[], {}], ["\x00"], ["a" * 9000], [None], [{}], {}, [0, ""], [""], [0, 0], [10**300]),
        *(["../x", 1], ["rejections/../../x", 0], ["Sheet", -1], ["x.json", 10**40], ["0", True]),
    ]
    found = [f"{own}.{encoded(json.dumps(each).encode())}" for each in odd]
    found += [f"{own}.{encoded(raw)}" for raw in (b"[" * 5000, b"\xff", b"[NaN]", b"[1e999, 1]", b'["\\ud800"]')]
    found += [f"{own}.{encoded(b'[' + DIGITS.encode() + b']')}", f"{own}.{'A' * 8000}", f"{own}.=", f"{own}.é", "."]
    return found


def described(method: str, path: str) -> Any:
    """Return the route that a request reaches."""
    routes = [*app._static_routes, *app._dynamic_routes]
    return next(route for route in routes if route.method == method and route.rule.match(path))


def odd_requests(method: str, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield odd requests to a route, each with what is odd about it."""
    token, route = issuer.token(scope="imports:admin"), described(method, path)
    writes = method in {"POST", "PUT"}

    def made(at: str = path, body: bytes | None = b"{}" if writes else None, **more: Any) -> dict[str, Any]:
        return request(method, at, token=token, body=body, **more)

    for sample in sorted(set(SAMPLES.values()) & set(path.split("/"))):
        for text in TEXTS:
            yield f"path {text[:20]!r}", made(path.replace(f"/{sample}", f"/{text}", 1))
    for name in [field.alias for field in route.dependant.query_params]:
        for text in [*TEXTS, *(cursors(path) if name == "cursor" else [])]:
            yield f"{name}={text[:60]!r}", made(query={name: text})
    for text in TEXTS[::5]:
        yield f"a parameter {text[:20]!r}", made(query={text: text})
    for name, texts in HEADERS.items():
        for text in texts if name in OF_EVERY_ROUTE or name in _HEADERS.get(route.operation_id, {}) else []:
            yield f"{name}: {text[:20]!r}", made(headers={name: text})
    if writes:
        yield from odd_bodies(made, reads=bool(route.dependant.body_params) or path == "/v1/imports/upload")


def odd_bodies(made: Callable[..., dict[str, Any]], *, reads: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield requests with odd bodies; to a route that does not read its body, few."""
    for name, body in JSON.items() if reads else [("no UTF-8", JSON["no UTF-8"])]:
        yield f"body {name}", made(body=body)
    yield "a body with a key", made(body=JSON["deep lists"], headers={"Idempotency-Key": "a"})
    for text in ("*", "e30", "é", "e30=\ud800", "\x00"):
        yield f"base64 {text!r}", made() | {"body": text}
        yield f"base64 of a form {text!r}", made(headers=FORM | {"Idempotency-Key": "b"}) | {"body": text}
    for text in ("\ud800", "\ufffd", "{", "\x00"):
        yield f"text {text!r}", made(headers={"Idempotency-Key": "c"}) | {"body": text, "isBase64Encoded": False}


@pytest.mark.parametrize(("method", "path"), guarded())
def test_no_odd_request_is_an_error_of_the_server(
    method: str, path: str, stack: Stack, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each is answered with what is wrong about it, or does what it says; nothing is logged as an error."""
    stack.jobs.add(make_job())
    wrong: dict[str, str] = {}
    for what, made in odd_requests(method, path):
        if (answer := send(made)).status >= 500:
            wrong[what] = answer.text
    assert not wrong
    assert '"level":"ERROR"' not in capfd.readouterr().out


@pytest.mark.parametrize(("method", "path"), [each for each in guarded() if each[0] in {"POST", "PUT"}])
def test_nothing_of_a_request_without_a_token_is_parsed(
    method: str, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever it is, the answer is that a token is required."""
    for name, body in JSON.items():
        assert send(request(method, path, token=None, body=body)).status == 401, name
    garbage = request(method, path, token=None, body=b"{}") | {"body": "*"}
    assert send(garbage).status == 401
    assert '"level":"ERROR"' not in capfd.readouterr().out


@pytest.mark.parametrize("path", sorted(OPEN))
def test_open_routes_take_odd_requests_too(path: str) -> None:
    """The pages of the description take a while, and read nothing of a request but its query."""
    for text in TEXTS if "openapi" not in path and "docs" not in path else TEXTS[::12]:
        assert get(path, token=None, query={text: text}, headers={"If-None-Match": text}).status < 500
        assert get(path.replace("/not-found", f"/{text}"), token=None).status < 500


HEADER = "x" * 2_049
ANSWERS: list[Any] = [
    *({"columns": {HEADER: "price"}}, {"columns": {HEADER[1:]: "price"}}, {"columns": {"Preis": HEADER}}),
    *(
        {"sheets": ["x" * 2_000] * 90},
        {"sheets": HEADER},
        {"null_markers": [HEADER[1:]]},
        {"null_markers": ["x"] * 9_000},
    ),
    *(
        {"constants": {"ward": HEADER[1:]}},
        {"delimiter": []},
        {"quoting": {}},
        {"encoding": 5},
        {"decimal": {"price": None}},
    ),
    *({"header": 10**50}, {"header": True}, {"header": -1}, {"columns": [1]}, {"columns": {"a": {"b": 1}}}, {".": 1}),
    *({"columns": {"a\x00": "price"}}, {"columns.": "price"}, {"decimal.price.x": ","}, {"guard": None}, {"..": {}}),
]


def test_no_odd_answer_is_an_error_of_the_server(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    """A job in review takes values of any decision; what is stored of them fits into its item."""
    path = f"/v1/jobs/{job_in(stack, Status.IN_REVIEW).ref.id}/answers"
    for answers in ANSWERS:
        assert post(path, json_body={"version": 1, "answers": answers}).status < 500, answers
    assert '"level":"ERROR"' not in capfd.readouterr().out
