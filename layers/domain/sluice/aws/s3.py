"""Files: objects in one S3 bucket."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from sluice.model.errors import FileRejected, NotFound
from sluice.model.job import StoredPart
from sluice.model.retention import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# Size of a range request: large enough that S3's latency (some 20 to 50 ms) is small beside the transfer.
_READ_AHEAD = 8 * 1024**2
# Size of a part; S3 allows 5 MiB to 5 GiB for all but the last, and 10,000 of them: 80 GB here.
_PART_BYTES = 8 * 1024**2
_FORM_SECONDS = 3600
_LINK_SECONDS = 300
# Limit of DeleteObjects (Amazon S3 API Reference).
_DELETE_BATCH = 1000
_MISSING = frozenset({"NoSuchKey", "NoSuchUpload", "404", "NotFound"})
# S3 says so of an object that does not exist to a role that may not list the whole bucket: the permission of ours holds
# for prefixes, which a request for an object has none of (Amazon S3 API Reference, "GetObject", permissions).
_DENIED = frozenset({"AccessDenied", "403", "Forbidden"})


class S3Files:
    """The `Files` port on one bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @contextmanager
    def open(self, key: str, etag: str | None = None) -> Iterator[BinaryIO]:
        """Open an object for random access; raises `NotFound`, and `FileRejected` if its etag is another one."""
        raw = _RangeReader(self, key, etag, self.size(key))
        with io.BufferedReader(raw, _READ_AHEAD) as file:
            yield cast(BinaryIO, file)

    def stat(self, key: str) -> tuple[int, str]:
        """Return the size of an object in bytes, and its etag; raises `NotFound`."""
        with self._read_errors_translated(key):
            found = self._client.head_object(Bucket=self._bucket, Key=key)
        return found["ContentLength"], found["ETag"].strip('"')

    def size(self, key: str) -> int:
        """Return the size of an object in bytes; raises `NotFound`."""
        return self.stat(key)[0]

    def read(self, key: str, start: int = 0, end: int | None = None, etag: str | None = None) -> bytes:
        """Read an object or a range of it; raises `NotFound`, and `FileRejected` if its etag is another one."""
        if end is not None and end <= start:
            return b""
        wanted: dict[str, Any] = {"Bucket": self._bucket, "Key": key}
        if start or end is not None:
            wanted["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        if etag is not None:
            wanted["IfMatch"] = f'"{etag}"'
        with self._read_errors_translated(key):
            return self._client.get_object(**wanted)["Body"].read()

    def write(self, key: str, body: bytes) -> None:
        """Store an object; it replaces one of the same key."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body)

    def write_once(self, key: str, body: bytes) -> bool:
        """Store an object unless it exists; return whether this call stored it."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")
        except ClientError as error:
            # 409, which is raised: another conditional write of the same key is in progress; a retry finds its result
            if error.response["Error"]["Code"] == "PreconditionFailed":
                return False
            raise
        return True

    @contextmanager
    def create(self, key: str) -> Iterator[BinaryIO]:
        """Store a stream of unknown length, part by part; nothing is stored if the block raises an error."""
        upload_id = self._client.create_multipart_upload(Bucket=self._bucket, Key=key)["UploadId"]
        upload: Any = {"Bucket": self._bucket, "Key": key, "UploadId": upload_id}
        writer = _PartWriter(self._client, upload)
        try:
            with io.BufferedWriter(writer, _PART_BYTES) as file:
                yield cast(BinaryIO, file)
            parts = writer.finish()
        except BaseException:
            self._client.abort_multipart_upload(**upload)
            raise
        self._client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    def names(self, prefix: str) -> list[str]:
        """List the keys that begin with the prefix, sorted."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return sorted(found["Key"] for page in pages for found in page.get("Contents", []))

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the folders in a folder, sorted; each ends with a slash."""
        listed = self._client.get_paginator("list_objects_v2")
        for page in listed.paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/"):
            yield from (found["Prefix"] for found in page.get("CommonPrefixes", []))

    def written_before(self, prefix: str, moment: datetime) -> Iterator[StoredObject]:
        """Yield the objects whose keys begin with the prefix, and that were written before a moment."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                if found["LastModified"] < moment:
                    yield StoredObject(found["Key"], found["ETag"].strip('"'), found["LastModified"])

    def remove(self, prefix: str, *, but: str = "") -> None:
        """Remove every object whose key begins with the prefix, but one."""
        names = [name for name in self.names(prefix) if name != but]
        for start in range(0, len(names), _DELETE_BATCH):
            some: Any = [{"Key": name} for name in names[start : start + _DELETE_BATCH]]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": some, "Quiet": True})
            if rejected := answer.get("Errors"):
                raise OSError(f"S3 did not remove {len(rejected)} objects: {rejected[0].get('Code')}")

    def remove_file(self, key: str, etag: str | None) -> None:
        """Remove an object if it exists and has this etag; ``None`` stands for any."""
        # a HEAD request would need permission to read the object
        if (found := self._listed_etag(key)) is not None and etag in {None, found}:
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def download_url(self, key: str, file_name: str) -> str:
        """Presign a URL from which a browser saves the object under this name; it expires after some minutes."""
        saved_as = f'attachment; filename="{file_name}"'
        wanted = {"Bucket": self._bucket, "Key": key, "ResponseContentDisposition": saved_as}
        return self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=_LINK_SECONDS)

    def upload_form(self, key: str, size: int) -> dict[str, Any]:
        """Presign a POST form for exactly this key; S3 itself rejects a file of another size."""
        form = self._client.generate_presigned_post(
            self._bucket, key, Conditions=[["content-length-range", size, size]], ExpiresIn=_FORM_SECONDS
        )
        return {"method": "POST", "url": form["url"], "fields": form["fields"], "expires_in": _FORM_SECONDS}

    def begin_parts(self, key: str) -> str:
        """Begin a multipart upload; return its id."""
        return self._client.create_multipart_upload(Bucket=self._bucket, Key=key)["UploadId"]

    def part_url(self, key: str, upload_id: str, number: int, size: int) -> tuple[str, int]:
        """Presign a URL to PUT a part of exactly ``size`` bytes; return it with the seconds until it expires."""
        part = {"Bucket": self._bucket, "Key": key, "UploadId": upload_id, "PartNumber": number, "ContentLength": size}
        return self._client.generate_presigned_url("upload_part", Params=part, ExpiresIn=_FORM_SECONDS), _FORM_SECONDS

    def parts(self, key: str, upload_id: str) -> dict[int, StoredPart]:
        """Return the parts that were uploaded, by number; raises `NotFound` if the upload was completed or aborted."""
        pages = self._client.get_paginator("list_parts").paginate(Bucket=self._bucket, Key=key, UploadId=upload_id)
        with _errors_translated(key):
            parts = [part for page in pages for part in page.get("Parts", [])]
        return {part["PartNumber"]: StoredPart(part["Size"], part["ETag"]) for part in parts}

    def join_parts(self, key: str, upload_id: str, parts: Mapping[int, StoredPart]) -> None:
        """Complete the upload from these parts; raises `NotFound` if it was completed or aborted."""
        joined: Any = [{"PartNumber": number, "ETag": part.etag} for number, part in sorted(parts.items())]
        with _errors_translated(key):
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": joined}
            )

    def _listed_etag(self, key: str) -> str | None:
        """Return the etag of an object, or ``None``, by listing it, which needs no permission to read it."""
        # the key sorts before longer ones that begin with it
        first = self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1).get("Contents", [])
        return next((found["ETag"].strip('"') for found in first if found["Key"] == key), None)

    @contextmanager
    def _read_errors_translated(self, key: str) -> Iterator[None]:
        """Translate errors of a read; a denied one of an object that does not exist is `NotFound`."""
        try:
            with _errors_translated(key):
                yield
        except ClientError as error:
            if error.response["Error"]["Code"] in _DENIED and self._listed_etag(key) is None:
                raise NotFound("object", key) from None
            raise


@contextmanager
def _errors_translated(key: str) -> Iterator[None]:
    """Translate errors of S3 that a caller can handle into errors of the port."""
    try:
        yield
    except ClientError as error:
        match error.response["Error"]["Code"]:
            case code if code in _MISSING:
                raise NotFound("object", key) from None
            case "PreconditionFailed" | "412":
                raise FileRejected("file-changed") from None
        raise


class _RangeReader(io.RawIOBase):
    """Random access to an object by range requests; the buffer around it keeps them few."""

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
    """A stream that collects its bytes into parts, and uploads each part when it is full."""

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
        while len(self._pending) >= _PART_BYTES:
            self._send(bytes(self._pending[:_PART_BYTES]))
            del self._pending[:_PART_BYTES]
        return len(data)

    def finish(self) -> list[CompletedPartTypeDef]:
        """Upload the rest, and return the parts; an empty stream is one empty part."""
        if self._pending or not self._parts:
            self._send(bytes(self._pending))
        return self._parts

    def _send(self, body: bytes) -> None:
        number = len(self._parts) + 1
        etag = self._client.upload_part(**self._upload, PartNumber=number, Body=body)["ETag"]
        self._parts.append({"ETag": etag, "PartNumber": number})
