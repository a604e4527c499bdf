"""Zip archives from untrusted senders: limits are checked before anything is inflated, and while it is."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from sluice.model.errors import FileRejected
from sluice.reading.types import Limits

#: Compressed bytes per read: one S3 range request takes as long as reading about this much.
READ_BYTES: Final = 512 * 1024
#: Inflated bytes per block.
BLOCK_BYTES: Final = 256 * 1024
#: Workbooks have tens of parts; those with a chart or a comment part per sheet, hundreds.
MAX_ENTRIES: Final = 10_000
#: A central directory is read whole; 10,000 entries with long names need less than this.
MAX_DIRECTORY_BYTES: Final = 4 * 1024 * 1024
#: Sheet XML of equal rows reaches 1:100. The limit of deflate is 1:1032, which bombs come close to.
MAX_RATIO: Final = 400
#: Below this many inflated bytes a ratio does no harm.
RATIO_FREE_BYTES: Final = 32 * 1024 * 1024

_END, _END_64, _LOCATOR_64, _ENTRY = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02"
# Bytes of the end record, of the record and the locator of zip64 before it, and of an entry without its names.
_END_BYTES, _END_64_BYTES, _LOCATOR_BYTES, _ENTRY_BYTES = 22, 56, 20, 46
_BEFORE_END = _END_64_BYTES + _LOCATOR_BYTES
_END_SPAN = _BEFORE_END + _END_BYTES + 65_535


class Archive:
    """The parts of a zip file, by name.

    Parameters
    ----------
    file
        Seekable; read in pieces of `READ_BYTES`.
    limits
        Of which ``max_inflated_bytes`` bounds all parts together.

    Raises
    ------
    FileRejected
        ``damaged-file``, ``zip-bomb`` or ``encrypted-workbook``.
    """

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file = file
        self._budget = limits.max_inflated_bytes
        self._check_directory()
        try:
            with zipfile.ZipFile(file) as directory:
                self._entries = {entry.filename: entry for entry in directory.infolist()}
                self._check_entries(directory.infolist())
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
            raise FileRejected("damaged-file", case="zip-directory") from error
        self._folded = {_fold(name): name for name in reversed(self._entries)}

    def find(self, name: str) -> str | None:
        """Resolve a part name; some writers change its case, use backslashes or a leading slash."""
        return self._folded.get(_fold(name))

    @property
    def names(self) -> list[str]:
        """Names of all parts, in the order of the directory."""
        return list(self._entries)

    def size(self, name: str) -> int:
        """Declared inflated bytes of a part."""
        return self._entries[name].file_size

    def read(self, name: str, most: int = 64 * 1024 * 1024) -> bytes:
        """Inflate a small part whole; one of more than ``most`` bytes is rejected."""
        if self.size(name) > most:
            raise FileRejected("zip-bomb", case="large-part", part=name, size=self.size(name))
        return b"".join(self.stream(name))

    def stream(self, name: str) -> Iterator[bytes]:
        """Inflate a part in blocks of at most `BLOCK_BYTES`; count what comes out and check its CRC."""
        entry = self._entries[name]
        checksum = total = 0
        for block in _inflate(self._compressed(entry), entry):
            total += len(block)
            if total > entry.file_size or total > self._budget:
                raise FileRejected("zip-bomb", case="lying-part", part=name)
            checksum = zlib.crc32(block, checksum)
            yield block
        if total != entry.file_size or checksum != entry.CRC:
            raise FileRejected("damaged-file", case="wrong-checksum", part=name)

    def _compressed(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        self._file.seek(entry.header_offset)
        header = self._file.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise FileRejected("damaged-file", case="misplaced-part", part=entry.filename)
        at = entry.header_offset + 30 + _integer(header, 26, 2) + _integer(header, 28, 2)
        end = at + entry.compress_size
        while at < end:
            self._file.seek(at)
            piece = self._file.read(min(READ_BYTES, end - at))
            if not piece:
                raise FileRejected("damaged-file", case="cut-off")
            at += len(piece)
            yield piece

    def _check_directory(self) -> None:
        """Count the entries of the directory before `zipfile` makes an object of each.

        The record of zip64 is read where its locator, right before the end record, says that it is: any other bytes
        that look like one may stand in a comment.
        """
        size = self._file.seek(0, 2)
        self._file.seek(max(0, size - _END_SPAN))
        tail = self._file.read(_END_SPAN)
        end = tail.rfind(_END)
        if end < 0 or len(tail) < end + _END_BYTES:
            raise FileRejected("damaged-file", case="cut-off")
        count, length = _integer(tail, end + 10, 2), _integer(tail, end + 12, 4)
        before, record = end, end - _BEFORE_END
        if record >= 0 and tail[end - _LOCATOR_BYTES :].startswith(_LOCATOR_64) and tail[record:].startswith(_END_64):
            count, length, before = _integer(tail, record + 32, 8), _integer(tail, record + 40, 8), record
        if count > MAX_ENTRIES or length > MAX_DIRECTORY_BYTES:
            raise FileRejected("zip-bomb", case="entries", entries=count)
        self._file.seek(max(0, size - len(tail) + before - length))
        found = _count_entries(self._file.read(length))
        if found > MAX_ENTRIES:
            raise FileRejected("zip-bomb", case="entries", entries=found)

    def _check_entries(self, entries: list[zipfile.ZipInfo]) -> None:
        total = sum(entry.file_size for entry in entries)
        if len(entries) > MAX_ENTRIES:
            raise FileRejected("zip-bomb", case="entries", entries=len(entries))
        if total > self._budget:
            raise FileRejected("zip-bomb", case="total", unpacked=total)
        end = 0
        for entry in sorted(entries, key=lambda entry: entry.header_offset):
            if entry.flag_bits & 1:
                raise FileRejected("encrypted-workbook", case="archive")
            if entry.file_size > RATIO_FREE_BYTES and entry.file_size > MAX_RATIO * entry.compress_size:
                raise FileRejected("zip-bomb", case="ratio", packed=entry.compress_size, unpacked=entry.file_size)
            if entry.header_offset < end:
                raise FileRejected("zip-bomb", case="overlap")
            end = entry.header_offset + 30 + len(entry.orig_filename) + entry.compress_size


def _count_entries(directory: bytes) -> int:
    """Count the entries of a central directory: what the archive says of their number may be a lie."""
    at = count = 0
    while directory.startswith(_ENTRY, at):
        count += 1
        at += _ENTRY_BYTES + sum(_integer(directory, at + place, 2) for place in (28, 30, 32))
    return count


def _fold(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _integer(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _inflate(pieces: Iterator[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
    if entry.compress_type == zipfile.ZIP_STORED:
        yield from pieces
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise FileRejected("damaged-file", case="unknown-packing", part=entry.filename)
    inflater = zlib.decompressobj(-15)
    try:
        for piece in pieces:
            rest = piece
            while rest:
                block = inflater.decompress(rest, BLOCK_BYTES)
                rest = inflater.unconsumed_tail
                if block:
                    yield block
        if block := inflater.flush():
            yield block
    except zlib.error as error:
        raise FileRejected("damaged-file", case="garbled-part", part=entry.filename) from error
    if not inflater.eof:
        raise FileRejected("damaged-file", case="cut-off")
