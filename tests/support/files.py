"""The bucket in memory, held to the same contract as the real one."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, BinaryIO

from sluice.model.errors import FileRejected, NotFound
from sluice.model.job import StoredPart
from sluice.model.retention import StoredObject


def etag_of(body: bytes) -> str:
    """Return the etag that S3 gives an object of these bytes when it is stored in one part."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


class MemoryFiles:
    """The `Files` port."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        #: Times that tests give to objects; others are written now.
        self.written: dict[str, datetime] = {}
        self.uploads: dict[tuple[str, str], dict[int, bytes]] = {}

    @contextmanager
    def open(self, key: str, etag: str | None = None) -> Iterator[BinaryIO]:
        yield io.BytesIO(self.read(key, etag=etag))

    def stat(self, key: str) -> tuple[int, str]:
        return self.size(key), etag_of(self.read(key))

    def size(self, key: str) -> int:
        return len(self.read(key))

    def read(self, key: str, start: int = 0, end: int | None = None, etag: str | None = None) -> bytes:
        if key not in self.objects:
            raise NotFound("object", key)
        if etag is not None and etag != etag_of(self.objects[key]):
            raise FileRejected("file-changed")
        return self.objects[key][start:end]

    def write(self, key: str, body: bytes) -> None:
        self.objects[key] = body

    def write_once(self, key: str, body: bytes) -> bool:
        return self.objects.setdefault(key, body) is body

    @contextmanager
    def create(self, key: str) -> Iterator[BinaryIO]:
        stream = io.BytesIO()
        yield stream
        self.objects[key] = stream.getvalue()

    def names(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    def folders(self, prefix: str) -> Iterator[str]:
        below = {key[len(prefix) :].partition("/") for key in self.names(prefix)}
        return iter(sorted({f"{prefix}{name}/" for name, slash, _ in below if slash}))

    def written_before(self, prefix: str, moment: datetime) -> Iterator[StoredObject]:
        for key in self.names(prefix):
            written = self.written.get(key, datetime.now(UTC))
            if written < moment:
                yield StoredObject(key, etag_of(self.objects[key]), written)

    def remove(self, prefix: str, *, but: str = "") -> None:
        for key in set(self.names(prefix)) - {but}:
            del self.objects[key]

    def remove_file(self, key: str, etag: str | None) -> None:
        if key in self.objects and etag in {None, etag_of(self.objects[key])}:
            del self.objects[key]

    def download_url(self, key: str, file_name: str) -> str:
        return f"memory:{key}?as={file_name}"

    def upload_form(self, key: str, size: int) -> dict[str, Any]:
        return {"method": "POST", "url": "memory:", "fields": {"key": key}, "expires_in": 3600}

    def begin_parts(self, key: str) -> str:
        self.uploads[key, "upload-1"] = {}
        return "upload-1"

    def part_url(self, key: str, upload_id: str, number: int, size: int) -> tuple[str, int]:
        return f"memory:{key}?part={number}", 3600

    def parts(self, key: str, upload_id: str) -> dict[int, StoredPart]:
        if (key, upload_id) not in self.uploads:
            raise NotFound("object", key)
        return {number: StoredPart(len(body), etag_of(body)) for number, body in self.uploads[key, upload_id].items()}

    def join_parts(self, key: str, upload_id: str, parts: Mapping[int, StoredPart]) -> None:
        assert self.parts(key, upload_id) == parts
        self.objects[key] = b"".join(body for _, body in sorted(self.uploads.pop((key, upload_id)).items()))
