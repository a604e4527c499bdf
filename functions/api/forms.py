"""The file in a request: the body as it is, or the one file of a multipart form (RFC 7578)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser, parse_options_header

from sluice.model.errors import RequestRejected, TooLarge

# Lambda takes requests of 6 MB, and API Gateway encodes the body in base64, a third longer (AWS Lambda Developer Guide,
# "Lambda quotas"); the rest is room for headers, and for the other parts of a form.
LARGEST_FILE = 4 * 1024**2
# The call has thirteen fields beside its file.
_MOST_PARTS = 20
# The recipe of a job with hundreds of columns, with the evidence of each.
_LONGEST_FIELD = 256 * 1024


@dataclass
class Upload:
    """A file, its name (``None`` if the request has none), and the other fields of the form."""

    content: bytes
    filename: str | None = None
    fields: dict[str, str] = field(default_factory=dict)


def read_upload(event: APIGatewayProxyEvent) -> Upload:
    """Read the file in the body of a request.

    Raises
    ------
    RequestRejected
        ``invalid-form`` if the form is malformed, or has no file or several; ``unreadable-body`` if API Gateway did not
        pass the bytes on as they are.
    TooLarge
        If the file has more than 4 MB.
    """
    body = bytes_of(event)
    kind, options = parse_options_header(event.headers.get("Content-Type") or "")
    form = kind.lower() == "multipart/form-data"
    found = _read_form(body, options.get("boundary", "")) if form else Upload(body)
    if len(found.content) > LARGEST_FILE:
        raise TooLarge("too-large-for-this-call", bytes=len(found.content), limit=LARGEST_FILE)
    return found


def without_boundary(event: APIGatewayProxyEvent) -> bytes:
    """Return the body as it came, less the boundary of a form, which clients make anew when they send it again."""
    _, options = parse_options_header(event.headers.get("Content-Type") or "")
    boundary = options.get("boundary", "").encode()
    body = (event.body or "").encode(errors="surrogatepass")
    if not (boundary and event.is_base64_encoded):
        return body
    try:
        return base64.b64decode(body).replace(boundary, b"")
    except ValueError:  # the call rejects it, if it reads its body
        return body


def bytes_of(event: APIGatewayProxyEvent) -> bytes:
    """Return the bytes of a body.

    Raises
    ------
    RequestRejected
        ``unreadable-body`` if API Gateway did not pass them on as they are.
    """
    text = event.body or ""
    try:
        content = base64.b64decode(text, validate=True) if event.is_base64_encoded else text.encode()
    except ValueError:
        raise RequestRejected("unreadable-body") from None
    # a gateway that takes the body for text writes this character for each byte that is none
    if not event.is_base64_encoded and "\ufffd" in text:
        raise RequestRejected("unreadable-body")
    return content


def _read_form(body: bytes, boundary: str) -> Upload:
    files: list[Upload] = []
    fields: dict[str, str] = {}
    try:
        with PushMultipartParser(boundary, max_segment_count=_MOST_PARTS, strict=True) as parser:
            part = None
            content = bytearray()
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    part, content = event, bytearray()
                    _check(part)
                elif event:
                    content += event
                elif part is not None:
                    _take(part, bytes(content), files, fields)
    except ParserLimitReached as error:
        raise TooLarge("form-too-large", parts=_MOST_PARTS) from error
    except (MultipartError, UnicodeError) as error:
        raise RequestRejected("invalid-form", case="malformed") from error
    if len(files) != 1:
        raise RequestRejected("invalid-form", case="several-files" if files else "no-file")
    return Upload(files[0].content, files[0].filename, fields)


def _check(part: MultipartSegment) -> None:
    """Reject a part whose content would have to be decoded first: forms of browsers have none (RFC 7578, 4.7)."""
    headers = {name.lower(): value.strip().lower() for name, value in part.headerlist}
    encoded = headers.get("content-transfer-encoding", "binary") not in {"7bit", "8bit", "binary"}
    if encoded or headers.get("content-type", "").startswith("multipart/"):
        raise RequestRejected("invalid-form", case="encoded", name=part.name)


def _take(part: MultipartSegment, content: bytes, files: list[Upload], fields: dict[str, str]) -> None:
    if part.filename is not None:
        # a browser sends an empty file without a name where a person chose none
        if part.filename or content:
            files.append(Upload(content, part.filename or None))
        return
    if len(content) > _LONGEST_FIELD:
        raise TooLarge("form-too-large", parts=_MOST_PARTS)
    if part.name in fields:
        raise RequestRejected("invalid-form", case="repeated", name=part.name)
    fields[part.name] = content.decode()
