"""The kind of a file, by its content, and the table that reads it; the records of a segment."""

from __future__ import annotations

import codecs
import json
import re
import zlib
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, Final

from sluice.model.errors import FileRejected
from sluice.reading.cells import CellTable
from sluice.reading.csv_table import CsvTable, read_records
from sluice.reading.types import FileLayout, Limits, Segment, TabularFile, Workspace
from sluice.reading.whole_file import read_whole
from sluice.reading.xlsx.archive import BLOCK_BYTES, MAX_RATIO, RATIO_FREE_BYTES, READ_BYTES, Archive
from sluice.reading.xlsx.parser import read_slice
from sluice.reading.xlsx.table import XlsxTable
from sluice.reading.xlsx.workbook import read_workbook
from sluice.schema.cells import Record

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_GZIP: Final = b"\x1f\x8b"
#: Name of the stream that holds a workbook under a password, as the directory of a compound file spells it.
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
#: Streams of other compound files than workbooks, which have none of the names in `_BOOKS`.
_COMPOUND_KINDS: Final = {
    "word": "WordDocument".encode("utf-16-le"),
    "slides": "PowerPoint Document".encode("utf-16-le"),
    "mail": "__substg1.0_".encode("utf-16-le"),
}
_BOOKS: Final = ("Workbook".encode("utf-16-le"), b"B\0o\0o\0k\0\0\0")
#: First parts of other archives than workbooks.
_ARCHIVE_KINDS: Final = {
    "word": "word/document.xml",
    "slides": "ppt/presentation.xml",
    "numbers": "Index/Document.iwa",
    "book": "META-INF/container.xml",
}
_TABLES: Final = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv", ".csv.gz")
#: Beginnings of other kinds of files. What could begin a table of text has a byte that no text has.
_KINDS: Final = {
    "pdf": rb"%PDF-",
    "rtf": rb"\{\\rtf",
    "picture": rb"\x89PNG|\xff\xd8\xff|GIF8[79]a.{0,99}?\0|BM.{4}\0{4}|II\*\0|MM\0\*|RIFF.{4}WEBP|\0\0\x01\0",
    "film": rb"\0.{3}ftyp|RIFF.{4}(AVI |WAVE)|ID3.{0,99}?\0|OggS\0",
    "packed": rb"Rar!\x1a|7z\xbc\xaf|\xfd7zXZ\0|BZh[1-9]1AY&SY|\x28\xb5\x2f\xfd|.{257}ustar",
    "parquet": rb"PAR1.{0,500}?\0",
    "avro": rb"Obj\x01",
    "arrow": rb"ARROW1\0|\xff\xff\xff\xff.{3}\0",
    "sqlite": rb"SQLite format 3\0",
    "hdf": rb"\x89HDF\r\n",
    "program": rb"MZ.{0,99}?\0|\x7fELF|\xca\xfe\xba\xbe|#!/",
    "xml": rb"<\?xml\b",
    "web-page": rb"(?i)<!doctype html|<(html|head|meta|body|table|script|style)[\s>/]|mime-version:",
}
_BEGINNINGS: Final = {kind: re.compile(pattern, re.DOTALL) for kind, pattern in _KINDS.items()}
_SAMPLE_BYTES: Final = 64 * 1024
#: Longest token, ``false``, whose cut-off end the decoder of JSON takes for an error.
_TOKEN: Final = 5
_BLANK: Final = re.compile(r"\s*")


def open_table(file: BinaryIO, filename: str, limits: Limits, workspace: Workspace) -> TabularFile:
    """Open an uploaded file: .xlsx, .xlsm, .xls, .ods, .csv, .tsv, or text packed with gzip.

    Parameters
    ----------
    file
        Seekable; read forwards in pieces of half a megabyte.
    filename
        For messages, and to break ties between delimiters; the content decides.
    limits
        What the importer takes.
    workspace
        Where the table stores what the workers need.

    Raises
    ------
    FileRejected
        See `sluice.reading`. Some damage is found only while the table is split.
    """
    size = file.seek(0, 2)
    if size == 0:
        raise FileRejected("empty-file", case="no-bytes")
    if size > limits.max_bytes:
        raise FileRejected("too-large", case="uploaded", limit=limits.max_bytes, bytes=size)
    file.seek(0)
    start = file.read(_SAMPLE_BYTES)
    if start.startswith(_ZIP):
        return _open_archive(file, limits, workspace)
    if start.startswith(_COMPOUND):
        return _open_compound(file, limits)
    if start.startswith(_GZIP):
        return _open_gzip(file, filename, limits)
    _reject_other_kinds(start)
    return CsvTable(partial(_plain, file), True, filename, limits)


def _open_archive(file: BinaryIO, limits: Limits, workspace: Workspace) -> TabularFile:
    archive = Archive(file, limits)
    book = read_workbook(archive)
    if book is not None:
        return XlsxTable(file, archive, book, limits, workspace)
    if archive.find("content.xml") and archive.find("mimetype") and b"spreadsheet" in archive.read("mimetype"):
        if archive.find("META-INF/manifest.xml") and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise FileRejected("encrypted-workbook", case="workbook")
        file.seek(0)
        return CellTable(*read_whole(file), limits.max_rows)
    raise _archive_of_another_kind(archive)


def _archive_of_another_kind(archive: Archive) -> FileRejected:
    for kind, part in _ARCHIVE_KINDS.items():
        if archive.find(part):
            return FileRejected("not-a-spreadsheet", case=kind)
    tables = [name for name in archive.names if name.lower().endswith(_TABLES) and not name.startswith("__MACOSX/")]
    if tables:
        return FileRejected("not-a-spreadsheet", case="archive-of-tables", count=len(tables), first=tables[0][:200])
    return FileRejected("not-a-spreadsheet", case="archive")


def _open_compound(file: BinaryIO, limits: Limits) -> TabularFile:
    file.seek(0)
    before = b""
    names: set[bytes] = set()
    while piece := file.read(READ_BYTES):
        names |= {name for name in (_ENCRYPTED, *_BOOKS, *_COMPOUND_KINDS.values()) if name in before + piece}
        before = piece[-len(_ENCRYPTED) - 8 :]
    if _ENCRYPTED in names:
        raise FileRejected("encrypted-workbook", case="workbook")
    for kind, name in _COMPOUND_KINDS.items():
        if name in names and names.isdisjoint(_BOOKS):
            raise FileRejected("not-a-spreadsheet", case=kind)
    file.seek(0)
    return CellTable(*read_whole(file), limits.max_rows)


def _open_gzip(file: BinaryIO, filename: str, limits: Limits) -> TabularFile:
    start = next(_unpacked(file, limits, 0), b"")
    if start.startswith((*_ZIP, _COMPOUND, _GZIP)):
        raise FileRejected("not-a-spreadsheet", case="packed-workbook")
    _reject_other_kinds(start[:_SAMPLE_BYTES])
    return CsvTable(partial(_unpacked, file, limits), False, filename.removesuffix(".gz"), limits)


def _reject_other_kinds(start: bytes) -> None:
    """Reject a file whose first bytes, `_SAMPLE_BYTES` unless it is shorter, are those of another kind."""
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    for kind, pattern in _BEGINNINGS.items():
        if pattern.match(start) or pattern.match(text):
            raise FileRejected("not-a-spreadsheet", case=kind)
    if text.startswith((b"{", b"[")) and _is_json(text.decode("utf-8", "ignore"), len(start) == _SAMPLE_BYTES):
        raise FileRejected("not-a-spreadsheet", case="json")


def _is_json(text: str, cut_off: bool) -> bool:
    """Whether text is an object or array of JSON, the beginning of one if it is cut off, or one object a line.

    A table whose first header begins with a brace or a bracket is none: it breaks the grammar of JSON.
    """
    decoder, at, values = json.JSONDecoder(), 0, []
    try:
        while at < len(text):
            value, end = decoder.raw_decode(text, at)
            values.append(value)
            at = end + len(_BLANK.match(text, end)[0])  # type: ignore[index]  # it matches nothing at least
    except json.JSONDecodeError as error:
        in_the_last_token = error.pos >= len(text) - _TOKEN or error.msg.startswith("Unterminated string")
        return cut_off and in_the_last_token and all(isinstance(value, dict) for value in values)
    except RecursionError:
        return False
    return len(values) == 1 or all(isinstance(value, dict) for value in values)


def _plain(file: BinaryIO, start: int) -> Iterator[bytes]:
    while True:
        file.seek(start)
        piece = file.read(READ_BYTES)
        if not piece:
            return
        start += len(piece)
        yield piece


def _unpacked(file: BinaryIO, limits: Limits, start: int) -> Iterator[bytes]:
    """Inflate all members of a gzip file from an offset in its text on, and count what comes out."""
    taken = given = 0
    inflater = zlib.decompressobj(31)
    try:
        for piece in _pieces(file):
            taken += len(piece)
            rest = piece
            while rest:
                block = inflater.decompress(rest, BLOCK_BYTES)
                rest = inflater.unconsumed_tail or inflater.unused_data.lstrip(b"\0")
                if inflater.eof and rest:
                    inflater = zlib.decompressobj(31)
                given += len(block)
                _reject_bomb(taken, given, limits)
                if visible := block[max(0, len(block) - (given - start)) :] if given > start else b"":
                    yield visible
    except zlib.error as error:
        raise FileRejected("damaged-file", case="garbled-gzip") from error
    if not inflater.eof:
        raise FileRejected("damaged-file", case="cut-off")


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    at = 0
    while True:
        file.seek(at)
        piece = file.read(READ_BYTES)
        if not piece:
            return
        at += len(piece)
        yield piece


def _reject_bomb(taken: int, given: int, limits: Limits) -> None:
    if given > limits.max_inflated_bytes or (given > RATIO_FREE_BYTES and given > MAX_RATIO * taken):
        raise FileRejected("zip-bomb", case="gzip", packed=taken, unpacked=given)


def read_segment(layout: FileLayout, segment: Segment, body: bytes, workspace: Workspace) -> Iterator[Record]:
    """Read the records of one segment; blank rows are dropped.

    Parameters
    ----------
    layout
        Of the table, once `TabularFile.split` was exhausted.
    segment
        Only its ``first_row`` matters.
    body
        The slice as it was stored, or bytes ``start`` to ``end`` of the upload.
    workspace
        The one that the table was opened with.

    Yields
    ------
    Record
        Row number as a person sees it in the file, and its cells from column A on; trailing empty cells may be absent.

    Raises
    ------
    FileRejected
        ``damaged-file``, when a row of the slice breaks its format.
    """
    if layout.format == "csv":
        return read_records(layout, segment.first_row, body)
    return read_slice(layout, segment.first_row, body, workspace)
