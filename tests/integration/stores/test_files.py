"""The contract of the `Files` port."""

from __future__ import annotations

import hashlib
import os

import pytest

from sluice.model.errors import FileRefused, NotFound
from sluice.stores.files import S3Files
from tests.fakes.stores import MemoryFiles

LARGE = os.urandom(20 * 1024 * 1024)


def test_what_is_written_is_read(files: MemoryFiles | S3Files) -> None:
    files.write("a/b", b"0123456789")
    assert files.read("a/b") == b"0123456789"
    assert files.size("a/b") == 10


@pytest.mark.parametrize(("start", "end", "found"), [(2, 5, b"234"), (7, None, b"789"), (0, 1, b"0"), (3, 3, b"")])
def test_a_range_is_read(files: MemoryFiles | S3Files, start: int, end: int | None, found: bytes) -> None:
    files.write("a", b"0123456789")
    assert files.read("a", start, end) == found


def test_what_is_not_there_is_not_found(files: MemoryFiles | S3Files) -> None:
    with pytest.raises(NotFound):
        files.read("none")
    with pytest.raises(NotFound):
        files.size("none")
    with pytest.raises(NotFound), files.open("none"):
        pass


def test_write_once_keeps_the_first(files: MemoryFiles | S3Files) -> None:
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
            raise OSError("cut off")

    with pytest.raises(OSError, match="cut off"):
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


def test_names_are_those_below_the_prefix_in_order(files: MemoryFiles | S3Files) -> None:
    for name in ("a/2", "a/1", "b/1", "a/10"):
        files.write(name, b"")
    assert files.names("a/") == ["a/1", "a/10", "a/2"]
    assert files.names("c/") == []


def test_a_file_that_was_overwritten_is_not_read_on(files: MemoryFiles | S3Files) -> None:
    files.write("a", b"first")
    etag = hashlib.md5(b"first", usedforsecurity=False).hexdigest()
    assert files.read("a", 0, 3, etag) == b"fir"
    files.write("a", b"other")
    with pytest.raises(FileRefused) as refused:
        files.read("a", 0, 3, etag)
    assert refused.value.problem.type == "file-changed"
    with pytest.raises(FileRefused), files.open("a", etag) as file:
        file.read()
