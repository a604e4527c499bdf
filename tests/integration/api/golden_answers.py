"""Records answers; values that differ from run to run become placeholders."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openpyxl import load_workbook

_XLSX = b"PK\x03\x04"
_HEADERS = (
    "content-type",
    "content-disposition",
    "cache-control",
    "etag",
    "location",
    "retry-after",
    "www-authenticate",
    "access-control-allow-methods",
)
_ULID = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")
# In this order; times of the year 2099 are the script's own and stay.
_PLACEHOLDERS = [
    (re.compile(r"\b20[0-8]\d-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(r"\b20[0-8]\d-\d\d-\d\d \d\d:\d\d UTC"), "<time>"),
    (re.compile(r"\bacme\.[A-Za-z0-9_-]{43}"), "<ticket>"),
    (re.compile(r"\b(uploadId=)[^&]+"), r"\1<upload>"),
    (re.compile(r"\b(X-Amz-(?:Credential|Date|Signature)=)[^&]+"), r"\1<signature>"),
    (re.compile(r"^(id: |)\d+-([a-z_]+)-[A-Za-z0-9_-]*$", re.MULTILINE), r"\1<version>-\2-<stream>"),
]
#: Members whose values change, whatever they are.
_CHANGING = {
    **dict.fromkeys(("x-amz-credential", "x-amz-date", "x-amz-signature"), "<signature>"),
    "seconds": "<seconds>",
}


@dataclass(frozen=True)
class Content:
    """The recorded content of a response."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass
class Answers:
    """The recorded answers, in the order of the script; ids are numbered in order of appearance."""

    items: list[dict[str, Any]] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)

    def add(
        self, name: str, method: str, path: str, query: Mapping[str, str] | None, got: Content, file: bytes | None
    ) -> None:
        """Record an answer; each name is unique."""
        assert name not in {item["name"] for item in self.items}, f"two answers are called '{name}'"
        asked = "&".join(f"{key}={'<cursor>' if key == 'cursor' else value}" for key, value in (query or {}).items())
        headers = {key: self._header(key, got.headers[key]) for key in _HEADERS if key in got.headers}
        item = {
            "name": name,
            "method": method,
            "path": self._text(f"{path}?{asked}" if asked else path),
            "status": got.status,
            "headers": headers,
            "body": self._body(got),
        }
        if file is not None:
            item["file"] = self._file(file)
        self.items.append(item)

    def _header(self, name: str, value: str) -> str:
        return "<version>" if name == "etag" else self._text(value)

    def _body(self, got: Content) -> Any:
        kind = got.headers.get("content-type", "")
        if not got.content:
            return None
        if kind.startswith("text/html"):
            return "<page>"
        if got.content.startswith(_XLSX):
            return self._value(sheets(got.content))
        if kind.startswith("text/event-stream"):
            return [self._event(part) for part in got.content.decode().strip().split("\n\n")]
        return self._value(json.loads(got.content))

    def _event(self, text: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for line in text.splitlines():
            name, _, value = line.partition(": ")
            found[name] = self._value(json.loads(value)) if name == "data" else self._text(value)
        return found

    def _file(self, body: bytes) -> Any:
        return self._value(sheets(body) if body.startswith(_XLSX) else body.decode().splitlines())

    def _value(self, value: Any) -> Any:
        match value:
            case dict():
                return {key: self._member(value, key) for key in value}
            case list():
                return [self._value(each) for each in value]
            case str():
                return self._text(value)
            case _:
                return value

    def _member(self, of: dict[str, Any], name: str) -> Any:
        """Return a member of an object; opaque and changing ones become placeholders, found by name."""
        value = of[name]
        if name == "version" and isinstance(value, int):
            return "<version>"
        if name == "next" and isinstance(value, str):
            return "<cursor>"
        if name == "policy":  # the policy that S3 checks an upload against
            return self._value(json.loads(base64.b64decode(value)))
        if name in _CHANGING:
            return _CHANGING[name]
        # a workbook holds the time of its creation
        if name == "bytes" and value is not None and str(of.get("name")).endswith(".xlsx") and "link" in of:
            return "<bytes>"
        return self._value(value)

    def _text(self, text: str) -> str:
        for pattern, placeholder in _PLACEHOLDERS:
            text = pattern.sub(placeholder, text)
        return _ULID.sub(lambda found: self._ids.setdefault(found[0], f"<id-{len(self._ids) + 1}>"), text)


def sheets(body: bytes) -> dict[str, Any]:
    """Return the cells of a workbook, and the notes on them."""
    book = load_workbook(io.BytesIO(body))
    return {
        sheet.title: {
            "rows": [[None if cell.value is None else str(cell.value) for cell in row] for row in sheet.iter_rows()],
            "notes": {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment},
            "merged": sorted(str(each) for each in sheet.merged_cells.ranges),
        }
        for sheet in book.worksheets
    }
