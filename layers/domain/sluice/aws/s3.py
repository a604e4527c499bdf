"""Objects in S3."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from sluice.model.errors import FileRejected, NotFound
from sluice.model.files import StoredPart

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# One range request: large enough that S3's latency (some 20 to 50 ms) is small beside the transfer.
_READ_AHEAD = 8 * 1024**2
# Multipart parts; S3 takes 5 MiB to 5 GiB for all but the last, and 10,000 of them: 80 GB here.
_PART = 8 * 1024**2
_FORM_SECONDS = 3600
_LINK_SECONDS = 300
# S3 takes so many names in one request (API reference, DeleteObjects).
_REMOVED_AT_ONCE = 1000
_GONE = frozenset({"NoSuchKey", "NoSuchUpload", "404", "NotFound"})


class S3Files:
    """The `Files` port on one bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @contextmanager
    def open(self, key: str, etag: str | None = None) -> Iterator[BinaryIO]:
        """Open an object for random access; raises `NotFound`, and `FileRejected` when it is not of that etag."""
        raw = _RangeReader(self, key, etag, self.size(key))
        with io.BufferedReader(raw, _READ_AHEAD) as file:
            yield cast(BinaryIO, file)

    def stat(self, key: str) -> tuple[int, str]:
        """Bytes of an object, and its etag; raises `NotFound`."""
        with _found(key):
            found = self._client.head_object(Bucket=self._bucket, Key=key)
        return found["ContentLength"], found["ETag"].strip('"')

    def size(self, key: str) -> int:
        """Bytes of an object; raises `NotFound`."""
        return self.stat(key)[0]

    def read(self, key: str, start: int = 0, end: int | None = None, etag: str | None = None) -> bytes:
        """Read a range, or all of it; raises `NotFound`, and `FileRejected` when it is not of that etag."""
        if end is not None and end <= start:
            return b""
        wanted: dict[str, Any] = {"Bucket": self._bucket, "Key": key}
        if start or end is not None:
            wanted["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        if etag is not None:
            wanted["IfMatch"] = f'"{etag}"'
        with _found(key):
            return self._client.get_object(**wanted)["Body"].read()

    def write(self, key: str, body: bytes) -> None:
        """Store an object, over one that is there."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body)

    def write_once(self, key: str, body: bytes) -> bool:
        """Store an object unless there is one; says whether this call did it."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")
        except ClientError as error:
            # 409: another conditional write of the same key is under way; it, or a later try, decides
            if error.response["Error"]["Code"] == "PreconditionFailed":
                return False
            raise
        return True

    @contextmanager
    def create(self, key: str) -> Iterator[BinaryIO]:
        """Store a stream of unknown length, part by part; nothing is stored when the block fails."""
        upload_id = self._client.create_multipart_upload(Bucket=self._bucket, Key=key)["UploadId"]
        this: Any = {"Bucket": self._bucket, "Key": key, "UploadId": upload_id}
        parts = _PartWriter(self._client, this)
        try:
            with io.BufferedWriter(parts, _PART) as file:
                yield cast(BinaryIO, file)
            done = parts.finish()
        except BaseException:
            self._client.abort_multipart_upload(**this)
            raise
        self._client.complete_multipart_upload(**this, MultipartUpload={"Parts": done})

    def names(self, prefix: str) -> list[str]:
        """Keys that begin with the prefix, sorted."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return sorted(found["Key"] for page in pages for found in page.get("Contents", []))

    def remove(self, prefix: str) -> None:
        """Remove every object whose key begins with the prefix."""
        names = self.names(prefix)
        for start in range(0, len(names), _REMOVED_AT_ONCE):
            some: Any = [{"Key": name} for name in names[start : start + _REMOVED_AT_ONCE]]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": some, "Quiet": True})
            if rejected := answer.get("Errors"):
                raise OSError(f"{len(rejected)} objects could not be removed: {rejected[0].get('Code')}")

    def remove_file(self, key: str, etag: str | None) -> None:
        """Remove an object, unless it is gone or another one than that of the tag."""
        # the key itself sorts before those that go on from it; and to ask for it alone would take leave to read it
        first = self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1).get("Contents", [])
        if any(found["Key"] == key and etag in {None, found["ETag"].strip('"')} for found in first):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def download_url(self, key: str, file_name: str) -> str:
        """A presigned address from which the object is saved under this name; holds for some minutes."""
        saved_as = f'attachment; filename="{file_name}"'
        wanted = {"Bucket": self._bucket, "Key": key, "ResponseContentDisposition": saved_as}
        return self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=_LINK_SECONDS)

    def upload_form(self, key: str, max_bytes: int) -> dict[str, Any]:
        """A presigned POST for exactly this key; S3 itself rejects a larger file."""
        form = self._client.generate_presigned_post(
            self._bucket, key, Conditions=[["content-length-range", 0, max_bytes]], ExpiresIn=_FORM_SECONDS
        )
        return {"method": "POST", "url": form["url"], "fields": form["fields"], "expires_in": _FORM_SECONDS}

    def begin_parts(self, key: str) -> str:
        """Begin an upload in parts; answers its id."""
        return self._client.create_multipart_upload(Bucket=self._bucket, Key=key)["UploadId"]

    def part_url(self, key: str, upload_id: str, number: int, size: int) -> tuple[str, int]:
        """A presigned address to PUT a part of just so many bytes to, and the seconds that it holds."""
        part = {"Bucket": self._bucket, "Key": key, "UploadId": upload_id, "PartNumber": number, "ContentLength": size}
        return self._client.generate_presigned_url("upload_part", Params=part, ExpiresIn=_FORM_SECONDS), _FORM_SECONDS

    def parts(self, key: str, upload_id: str) -> dict[int, StoredPart]:
        """The parts that have arrived, by number; raises `NotFound` when the upload is over."""
        pages = self._client.get_paginator("list_parts").paginate(Bucket=self._bucket, Key=key, UploadId=upload_id)
        with _found(key):
            found = [part for page in pages for part in page.get("Parts", [])]
        return {part["PartNumber"]: StoredPart(part["Size"], part["ETag"]) for part in found}

    def join_parts(self, key: str, upload_id: str, parts: Mapping[int, StoredPart]) -> None:
        """Make the object of these parts, as they were; raises `NotFound` when the upload is over."""
        joined: Any = [{"PartNumber": number, "ETag": part.etag} for number, part in sorted(parts.items())]
        with _found(key):
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": joined}
            )


@contextmanager
def _found(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        match error.response["Error"]["Code"]:
            case code if code in _GONE:
                raise NotFound("object", key) from None
            case "PreconditionFailed" | "412":
                raise FileRejected("file-changed") from None
        raise


class _RangeReader(io.RawIOBase):
    """Random access to an object by range requests; the buffer above it makes them few."""

    def __init__(self, files: S3Files, key: str, etag: str | None, size: int) -> None:
        super().__init__()
        self._files = files
        self._key = key
        self._etag = etag
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._size)
        body = self._files.read(self._key, self._at, end, self._etag)
        buffer[: len(body)] = body
        self._at += len(body)
        return len(body)


class _PartWriter(io.RawIOBase):
    """Collects a stream into parts and uploads each as soon as it is full."""

    def __init__(self, client: S3Client, upload: dict[str, str]) -> None:
        super().__init__()
        self._client = client
        self._upload: Any = upload
        self._pending = bytearray()
        self._parts: list[CompletedPartTypeDef] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pending += data
        while len(self._pending) >= _PART:
            self._send(bytes(self._pending[:_PART]))
            del self._pending[:_PART]
        return len(data)

    def finish(self) -> list[CompletedPartTypeDef]:
        """Upload what is left; a stream of no bytes is one empty part."""
        if self._pending or not self._parts:
            self._send(bytes(self._pending))
        return self._parts

    def _send(self, body: bytes) -> None:
        number = len(self._parts) + 1
        etag = self._client.upload_part(**self._upload, PartNumber=number, Body=body)["ETag"]
        self._parts.append({"ETag": etag, "PartNumber": number})
