"""The contract of the `Files` port."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sluice import bootstrap
from sluice.aws.s3 import S3Files
from sluice.model.errors import FileRejected, NotFound
from tests.support.files import MemoryFiles

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

LARGE = os.urandom(20 * 1024 * 1024)


def test_a_written_object_is_read(files: MemoryFiles | S3Files) -> None:
    files.write("a/b", b"0123456789")
    assert files.read("a/b") == b"0123456789"
    assert files.size("a/b") == 10


@pytest.mark.parametrize(("start", "end", "found"), [(2, 5, b"234"), (7, None, b"789"), (0, 1, b"0"), (3, 3, b"")])
def test_a_range_is_read(files: MemoryFiles | S3Files, start: int, end: int | None, found: bytes) -> None:
    files.write("a", b"0123456789")
    assert files.read("a", start, end) == found


def test_a_missing_object_is_not_found(files: MemoryFiles | S3Files) -> None:
    with pytest.raises(NotFound):
        files.read("none")
    with pytest.raises(NotFound):
        files.size("none")
    with pytest.raises(NotFound), files.open("none"):
        pass


def test_an_object_has_a_size_and_an_etag(files: MemoryFiles | S3Files) -> None:
    """A job reads only bytes of the etag that it began with."""
    files.write("a", b"first")
    size, etag = files.stat("a")
    assert size == 5
    assert files.read("a", etag=etag) == b"first"
    files.write("a", b"other")
    assert files.stat("a") != (size, etag)
    with pytest.raises(NotFound):
        files.stat("none")


def test_a_link_downloads_the_object_under_a_given_name(files: MemoryFiles | S3Files) -> None:
    link = files.download_url("jobs/acme/01JOB/results/0001/errors.xlsx", "prices-errors.xlsx")
    assert "jobs/acme/01JOB/results/0001/errors.xlsx" in link
    assert "prices-errors.xlsx" in link


def test_a_link_is_valid_for_five_minutes_and_one_object(aws: None) -> None:
    """A link needs no token, so it must expire soon."""
    client = boto3.client("s3", config=Config(signature_version="s3v4"))
    parts = urlsplit(S3Files(client, "files").download_url("a/b.csv", "b.csv"))
    asked = dict(parse_qsl(parts.query))
    assert parts.path.endswith("/a/b.csv")
    assert asked["response-content-disposition"] == 'attachment; filename="b.csv"'
    assert asked["X-Amz-Expires"] == "300"
    assert asked["X-Amz-SignedHeaders"] == "host"


def test_write_once_does_not_replace_an_object(files: MemoryFiles | S3Files) -> None:
    assert files.write_once("a", b"first")
    assert not files.write_once("a", b"second")
    assert files.read("a") == b"first"


@pytest.mark.parametrize("body", [b"", b"small", LARGE], ids=["empty", "small", "several parts"])
def test_a_stream_is_stored_when_its_block_ends(files: MemoryFiles | S3Files, body: bytes) -> None:
    with files.create("stream") as stream:
        for start in range(0, len(body), 1_000_000):
            stream.write(body[start : start + 1_000_000])
    assert files.read("stream") == body


def test_a_stream_whose_block_fails_is_not_stored(files: MemoryFiles | S3Files) -> None:
    def half() -> None:
        with files.create("stream") as stream:
            stream.write(b"half")
            raise OSError("failed")

    with pytest.raises(OSError, match="failed"):
        half()
    with pytest.raises(NotFound):
        files.read("stream")


def test_an_open_file_is_read_at_any_place(files: MemoryFiles | S3Files) -> None:
    files.write("large", LARGE)
    with files.open("large") as file:
        assert file.read(10) == LARGE[:10]
        file.seek(-5, os.SEEK_END)
        assert file.read() == LARGE[-5:]
        file.seek(9_000_000)
        assert file.read(2_000_000) == LARGE[9_000_000:11_000_000]
        assert file.tell() == 11_000_000


def test_names_below_a_prefix_are_listed_in_order(files: MemoryFiles | S3Files) -> None:
    for name in ("a/2", "a/1", "b/1", "a/10"):
        files.write(name, b"")
    assert files.names("a/") == ["a/1", "a/10", "a/2"]
    assert files.names("c/") == []


def test_reading_a_file_that_was_overwritten_fails(files: MemoryFiles | S3Files) -> None:
    files.write("a", b"first")
    etag = hashlib.md5(b"first", usedforsecurity=False).hexdigest()
    assert files.read("a", 0, 3, etag) == b"fir"
    files.write("a", b"other")
    with pytest.raises(FileRejected) as rejected:
        files.read("a", 0, 3, etag)
    assert rejected.value.problem.type == "file-changed"
    with pytest.raises(FileRejected), files.open("a", etag) as file:
        file.read()


def test_parts_are_joined_in_order_whatever_their_arrival(aws: None) -> None:
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="files")
    files = S3Files(client, "files")
    upload_id = files.begin_parts("a")
    assert files.parts("a", upload_id) == {}
    bodies = {1: b"x" * 5 * 1024**2, 2: b"end"}
    for number in (2, 1):
        client.upload_part(Bucket="files", Key="a", UploadId=upload_id, PartNumber=number, Body=bodies[number])
    arrived = files.parts("a", upload_id)
    assert {number: part.bytes for number, part in arrived.items()} == {1: 5 * 1024**2, 2: 3}
    files.join_parts("a", upload_id, arrived)
    assert files.read("a") == bodies[1] + bodies[2]
    with pytest.raises(NotFound):
        files.parts("a", upload_id)


def test_the_address_of_a_part_accepts_no_other_part(aws: None) -> None:
    signed = Config(signature_version="s3v4")
    files = S3Files(boto3.client("s3", region_name="us-east-1", config=signed), "files")
    url, seconds = files.part_url("uploads/a", "an-upload", 7, 1000)
    assert ("partNumber=7" in url, "uploadId=an-upload" in url, seconds) == (True, True, 3600)
    assert "content-length" in url, "of its own size, too"


def test_everything_below_a_prefix_is_removed_and_nothing_else(files: MemoryFiles | S3Files) -> None:
    for name in ("a/2", "a/1", "b/1"):
        files.write(name, b"")
    files.remove("a/")
    files.remove("c/")
    assert files.names("") == ["b/1"]


def test_removing_an_object_leaves_those_whose_names_begin_alike(files: MemoryFiles | S3Files) -> None:
    for key in ("a/list.xls", "a/list.xlsx", "a/list.xls/b"):
        files.write(key, b"x")
    files.remove_file("a/list.xls", None)
    files.remove_file("a/list.xls", None)
    files.remove_file("a/li", None)
    assert files.names("") == ["a/list.xls/b", "a/list.xlsx"]


def test_an_object_that_replaced_another_is_not_removed_in_its_place(files: MemoryFiles | S3Files) -> None:
    files.write("a", b"before")
    _, before = files.stat("a")
    files.write("a", b"since")
    files.remove_file("a", before)
    assert files.read("a") == b"since"
    files.remove_file("a", files.stat("a")[1])
    assert files.names("") == []


def test_a_form_names_the_host_of_the_region(no_account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The global host redirects requests for a new bucket, and a browser does not follow that."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    form = bootstrap.files.__wrapped__("a-bucket").upload_form("uploads/acme/01JOB/a.csv", 10)
    assert form["url"] == "https://a-bucket.s3.eu-central-1.amazonaws.com/"


class NarrowClient:
    """A client of a role that may list below a prefix alone: S3 denies it an object that does not exist."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def head_object(self, **_: str) -> Any:
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")

    def get_object(self, **_: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "GetObject")

    def list_objects_v2(self, **asked: Any) -> Any:
        found = sorted(key for key in self.keys if key.startswith(asked["Prefix"]))[: asked["MaxKeys"]]
        return {"Contents": [{"Key": key, "ETag": '"x"'} for key in found]}


def test_a_denied_object_that_does_not_exist_is_not_found() -> None:
    files = S3Files(cast("S3Client", NarrowClient("jobs/a/1.txt")), "files")
    for read in (files.read, files.size):
        with pytest.raises(NotFound):
            read("jobs/a/1")


def test_a_denied_object_that_exists_is_an_error() -> None:
    """A missing permission must not look like a missing journal, which would mean that nothing was written."""
    files = S3Files(cast("S3Client", NarrowClient("jobs/a/1")), "files")
    for read in (files.read, files.size):
        with pytest.raises(ClientError):
            read("jobs/a/1")
