"""The file in a request: as the body, and as the file of a form by browsers, curl and attackers."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from hypothesis import given
from hypothesis import strategies as st

from functions.api.forms import LARGEST_FILE, Upload, read_upload
from sluice.model.errors import RequestRejected, TooLarge

CSV = b"Part Number,Price\r\n\xffP-1,9\r\n"
# As Firefox sends a form with a file and two fields.
BROWSER = (
    b"-----------------------------9051914041544843365972754266\r\n"
    b'Content-Disposition: form-data; name="importer"\r\n\r\nproducts\r\n'
    b"-----------------------------9051914041544843365972754266\r\n"
    b'Content-Disposition: form-data; name="file"; filename="prices %22new%22 \xc3\xa4.csv"\r\n'
    b"Content-Type: text/csv\r\n\r\n" + CSV + b"\r\n"
    b"-----------------------------9051914041544843365972754266\r\n"
    b'Content-Disposition: form-data; name="review"\r\n\r\ntrue\r\n'
    b"-----------------------------9051914041544843365972754266--\r\n"
)
# As curl 8 sends -F file=@x.csv -F importer=products.
CURL = (
    b"--------------------------d74496d66958873e\r\n"
    b'Content-Disposition: form-data; name="file"; filename="x.csv"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n" + CSV + b"\r\n"
    b"--------------------------d74496d66958873e\r\n"
    b'Content-Disposition: form-data; name="importer"\r\n\r\nproducts\r\n'
    b"--------------------------d74496d66958873e--\r\n"
)


def event(body: bytes | str, kind: str | None) -> APIGatewayProxyEvent:
    """Return the event of a request; bytes come in base64."""
    encoded = isinstance(body, bytes)
    return APIGatewayProxyEvent(
        {
            "headers": {} if kind is None else {"content-type": kind},
            "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
            "isBase64Encoded": encoded,
        }
    )


def form(*parts: tuple[str, bytes], end: bytes = b"--X--\r\n", kind: str = "multipart/form-data; boundary=X") -> Upload:
    """Read a form of parts, each with its headers and its content."""
    body = b"".join(b"--X\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    return read_upload(event(body + end, kind))


def rejected(*parts: tuple[str, bytes], **more: Any) -> str:
    """Return the problem of a form that is rejected: type and case."""
    with pytest.raises((RequestRejected, TooLarge)) as caught:
        form(*parts, **more)
    return caught.value.problem.code


FILE = ('Content-Disposition: form-data; name="file"; filename="a.csv"', CSV)
FIELD = ('Content-Disposition: form-data; name="importer"', b"products")


@pytest.mark.parametrize(
    "kind", ["text/csv", "application/octet-stream", "application/x-www-form-urlencoded", "application/json", None]
)
def test_any_other_body_is_the_file_itself(kind: str | None) -> None:
    """Its content decides what it is; curl --data-binary announces a form field."""
    assert read_upload(event(CSV, kind)) == Upload(CSV)


def test_a_form_of_a_browser_is_read() -> None:
    """A browser escapes quotation marks in names, and sends UTF-8 as it is."""
    boundary = "---------------------------9051914041544843365972754266"
    found = read_upload(event(BROWSER, f"multipart/form-data; boundary={boundary}"))
    assert found == Upload(CSV, 'prices "new" ä.csv', {"importer": "products", "review": "true"})


def test_a_form_of_curl_is_read() -> None:
    """Its boundary begins with dashes."""
    found = read_upload(event(CURL, "multipart/form-data; boundary=------------------------d74496d66958873e"))
    assert found == Upload(CSV, "x.csv", {"importer": "products"})


@given(st.binary(max_size=300), st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20))
def test_a_form_gives_the_bytes_of_its_file(content: bytes, value: str) -> None:
    """Whatever they are; as httpx writes it."""
    sent = httpx.Request("POST", "https://x", files={"file": ("a.csv", content)}, data={"corrects": value})
    assert read_upload(event(sent.read(), sent.headers["content-type"])) == Upload(
        content, "a.csv", {"corrects": value}
    )


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([FIELD], "invalid-form/no-file"),
        ([], "invalid-form/no-file"),
        ([FIELD, ('Content-Disposition: form-data; name="file"', CSV)], "invalid-form/malformed"),
        ([('Content-Disposition: form-data; name="file"; filename=""', b"")], "invalid-form/no-file"),
        ([FILE, FILE], "invalid-form/several-files"),
        ([FILE, FIELD, FIELD], "invalid-form/repeated"),
        ([(FILE[0] + "\r\nContent-Transfer-Encoding: base64", b"QQ==")], "invalid-form/encoded"),
        ([(FILE[0] + "\r\nContent-Type: multipart/mixed; boundary=Y", b"--Y--")], "invalid-form/encoded"),
        ([("Content-Type: text/csv", CSV)], "invalid-form/malformed"),
        ([("Content-Disposition: attachment; filename=a.csv", CSV)], "invalid-form/malformed"),
        ([("nonsense", CSV)], "invalid-form/malformed"),
        ([(f'Content-Disposition: form-data; name="f{n}"', b"") for n in range(10_000)], "form-too-large"),
        ([FILE, ('Content-Disposition: form-data; name="recipe"', b"x" * 300_000)], "form-too-large"),
        ([("X-Long: " + "x" * 100_000 + "\r\n" + FILE[0], CSV)], "form-too-large"),
        ([("\r\n".join(f"X-{n}: 1" for n in range(1_000)) + "\r\n" + FILE[0], CSV)], "form-too-large"),
    ],
)
def test_a_form_that_is_no_upload_of_a_file_is_rejected(parts: list[tuple[str, bytes]], problem: str) -> None:
    """Each with what to do instead."""
    assert rejected(*parts) == problem


@pytest.mark.parametrize("end", [b"", b"--X", b"--X-", b"--Y--\r\n"])
def test_a_form_that_was_cut_off_is_rejected(end: bytes) -> None:
    """Its file may lack rows."""
    assert rejected(FILE, end=end) == "invalid-form/malformed"


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=Z"]
)
def test_a_form_with_another_boundary_is_rejected(kind: str) -> None:
    """A client that sets the header itself forgets it."""
    assert rejected(FILE, kind=kind) == "invalid-form/malformed"


def test_a_file_of_a_form_is_limited_as_a_body_is() -> None:
    """To 4 MB."""
    assert len(form((FILE[0], b"x" * LARGEST_FILE)).content) == LARGEST_FILE
    assert rejected((FILE[0], b"x" * (LARGEST_FILE + 1))) == "too-large-for-this-call"


def test_a_body_that_came_as_text_is_taken_only_if_nothing_was_lost() -> None:
    """A gateway that takes bytes for text writes U+FFFD in place of each that is none."""
    assert read_upload(event("Größe,1\n", None)) == Upload("Größe,1\n".encode())
    with pytest.raises(RequestRejected) as caught:
        read_upload(event(CSV.decode(errors="replace"), None))
    assert caught.value.problem.type == "unreadable-body"
