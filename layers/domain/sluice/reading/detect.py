"""The kind of a file, by its content, and the table that reads it; the records of a segment."""

from __future__ import annotations

import codecs
import csv
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO, Final

from sluice.model.errors import FileRejected
from sluice.reading.cells import read_cells
from sluice.reading.csv_table import CsvTable
from sluice.reading.opendocument import CONTENT
from sluice.reading.records import read_records
from sluice.reading.sandbox import read_in_sandbox
from sluice.reading.types import FileLayout, Limits, Reading, Segment, TabularFile, Workspace
from sluice.reading.xlsx.archive import BLOCK_BYTES, MAX_RATIO, RATIO_FREE_BYTES, READ_BYTES, Archive
from sluice.reading.xlsx.parser import read_slice
from sluice.reading.xlsx.table import XlsxBook
from sluice.reading.xlsx.workbook import read_workbook
from sluice.schema.cells import Record

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: BOF record of BIFF5 and BIFF8: a workbook that some writers store without a compound file around it.
_BARE_BOOK: Final = (b"\x09\x08\x08\0", b"\x09\x08\x10\0")
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
#: Beginnings of the names of parts that other archives than workbooks have.
_ARCHIVE_KINDS: Final = {
    "binary-workbook": ("xl/workbook.bin",),
    "word": ("word/document.xml",),
    "slides": ("ppt/presentation.xml",),
    "numbers": ("Index/Document.iwa", "Index/Tables/", "Index.zip"),
    "book": ("META-INF/container.xml",),
    "program": ("META-INF/MANIFEST.MF", "AndroidManifest.xml"),
}
#: Media types of other OpenDocument files than spreadsheets, by their last part.
_DOCUMENT_KINDS: Final = {
    b"opendocument.text": "opendocument-text",
    b"opendocument.presentation": "slides",
    b"opendocument.graphics": "picture",
    b"opendocument.database": "opendocument-base",
}
_MEDIA_TYPE: Final = "mimetype"
_MANIFEST: Final = "META-INF/manifest.xml"
_TABLES: Final = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv", ".csv.gz")
#: Beginnings of other kinds of files. What could begin a table of text has a byte that no text has.
_KINDS: Final = {
    "pdf": rb"%PDF-",
    "rtf": rb"\{\\rtf",
    # BIFF2, 3 and 4 are no compound files; their BOF record is four to six bytes long
    "old-workbook": rb"\x09[\0\x02\x04][\x04\x06]\0",
    "lotus": rb"\0\0\x02\0[\x04-\x06]\x04|\0\0\x1a\0[\0-\x05]\x10",
    "access": rb"\0\x01\0\0Standard (Jet|ACE) DB",
    "picture": rb"\0.{3}ftyp(hei[cx]|hevc|mif1|avif)|<svg[\s>]|\x89PNG|\xff\xd8\xff|GIF8[79]a.{0,99}?\0"
    rb"|BM.{4}\0{4}|II\*\0|MM\0\*|RIFF.{4}WEBP|\0\0\x01\0",
    "film": rb"\0.{3}ftyp|RIFF.{4}(AVI |WAVE)|ID3.{0,99}?\0|OggS\0",
    "packed": rb"Rar!\x1a|7z\xbc\xaf|\xfd7zXZ\0|BZh[1-9]1AY&SY|\x28\xb5\x2f\xfd|.{257}ustar",
    "parquet": rb"PAR1.{0,500}?\0",
    "avro": rb"Obj\x01",
    "arrow": rb"ARROW1\0|\xff\xff\xff\xff.{3}\0",
    "sqlite": rb"SQLite format 3\0",
    "hdf": rb"\x89HDF\r\n",
    "program": rb"MZ.{0,99}?\0|\x7fELF|\xca\xfe\xba\xbe|#!/",
    "sylk": rb"ID;P\w*(;[NE])*\r?\n(P;P|B;[XY]\d|O;|C;[XY]\d)",  # a table can begin with "ID;Price"
    "dif": rb'TABLE\r?\n0,1\r?\n"',
    "sql": rb"(?i)-- (mysql|mariadb|postgresql|pgdump|sqlite)|(create table|insert into|drop table)\s",
    "xml-workbook": rb"<(?=.*urn:schemas-microsoft-com:office:spreadsheet)(?!(.*<)?(?i:html|body)[\s>])",
    "flat-opendocument": rb"<(?=.*<office:document[\s>])",
    "web-page": rb"(?i)<!doctype html|<(html|head|meta|body|table|script|style)[\s>/]|<\?xml(?=.*<(html|body)[\s>])"
    # a header may be in angle brackets: more has to follow
    rb"|<(?!\?xml)(?=.*<(html|body|table|tr|td)[\s>])"
    rb"|mime-version:|content-type: (multipart/related|text/html)|from: <saved by",
    "xml": rb"<\?xml\b",
}
_BEGINNINGS: Final = {kind: re.compile(pattern, re.DOTALL) for kind, pattern in _KINDS.items()}
_SAMPLE_BYTES: Final = 64 * 1024
# Members of a gzip file from which on they must have some text, and the least bytes of it on average.
_MEMBERS, _MEMBER_BYTES = 10_000, 1024
#: Longest token, ``false``, whose cut-off end the decoder of JSON takes for an error.
_TOKEN: Final = 5
_BLANK: Final = re.compile(r"\s*")
_DELIMITERS: Final = ",;\t|"
#: A line in one pair of quotes; those within are doubled.
_WRAPPED: Final = re.compile('"(?:[^"]|"")*"')
#: Lines of a text that are looked at, and characters of a line that a rejection shows.
_LINES: Final = 20
_SHOWN: Final = 100


def open_table(
    file: BinaryIO, filename: str, limits: Limits, workspace: Workspace, reading: Reading | None = None
) -> TabularFile:
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
    reading
        What holds already, and how the importer's header is recognised.

    Raises
    ------
    FileRejected
        See `sluice.reading`. Some damage is found only while the table is split.
    """
    reading = reading or Reading()
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
    if start.startswith(_BARE_BOOK):
        return read_in_sandbox(file, "xls", limits)
    if start.startswith(_GZIP):
        return _open_gzip(file, filename, limits, reading)
    _reject_other_kinds(start)
    end = _end_of_text(file, start, size)
    if end < size:
        reading = replace(reading, survey=None)  # it ended where zeros began
    return CsvTable(partial(_plain, file, end), True, filename, limits, reading)


def _open_archive(file: BinaryIO, limits: Limits, workspace: Workspace) -> TabularFile:
    archive = Archive(file, limits)
    book = read_workbook(archive)
    if book is not None:
        return XlsxBook(file, archive, book, limits, workspace)
    content = archive.find(CONTENT)
    if content is not None and _is_spreadsheet(archive):
        return read_in_sandbox(file, "ods", limits)
    raise _archive_of_another_kind(archive)


def _is_spreadsheet(archive: Archive) -> bool:
    """Whether an OpenDocument file says that it is a spreadsheet; some writers leave out one of the two places."""
    places = [archive.read(name) for name in map(archive.find, (_MEDIA_TYPE, _MANIFEST)) if name]
    if any(b"encryption-data" in place for place in places):
        raise FileRejected("encrypted-workbook", case="workbook")
    return any(b"opendocument.spreadsheet" in place for place in places)


def _archive_of_another_kind(archive: Archive) -> FileRejected:
    names = [name.replace("\\", "/").lower() for name in archive.names]
    for kind, parts in _ARCHIVE_KINDS.items():
        if any(name.startswith(part.lower()) for name in names for part in parts):
            return FileRejected("not-a-spreadsheet", case=kind)
    media_type = archive.find(_MEDIA_TYPE)
    for part, kind in _DOCUMENT_KINDS.items() if media_type else ():
        if part in archive.read(media_type or ""):
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
    return read_in_sandbox(file, "xls", limits)


def _open_gzip(file: BinaryIO, filename: str, limits: Limits, reading: Reading) -> TabularFile:
    start = next(_unpacked(file, limits, 0), b"")
    if start.startswith((*_ZIP, _COMPOUND, _GZIP)):
        raise FileRejected("not-a-spreadsheet", case="packed-workbook")
    _reject_other_kinds(start[:_SAMPLE_BYTES])
    reading = replace(reading, survey=None)  # what was seen are the packed bytes
    return CsvTable(partial(_unpacked, file, limits), False, filename.removesuffix(".gz"), limits, reading)


def _reject_other_kinds(start: bytes) -> None:
    """Reject a file whose first bytes, `_SAMPLE_BYTES` unless it is shorter, are those of another kind."""
    text = _as_utf8(start).lstrip()
    for kind, pattern in _BEGINNINGS.items():
        if pattern.match(start) or pattern.match(text):
            raise FileRejected("not-a-spreadsheet", case=kind)
    is_cut_off = len(start) == _SAMPLE_BYTES
    if text.startswith((b"{", b"[")) and _is_json(text.decode("utf-8", "ignore"), is_cut_off):
        raise FileRejected("not-a-spreadsheet", case="json")
    if text.startswith(b'"') and (line := _wrapped_line(text.decode("utf-8", "replace"))):
        raise FileRejected("not-a-spreadsheet", case="quoted-lines", line=line[:_SHOWN])


def _as_utf8(start: bytes) -> bytes:
    """Return text without its mark, and UTF-16 with a mark as UTF-8."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start.decode("utf-16", "ignore").encode()
    return start.removeprefix(codecs.BOM_UTF8)


def _wrapped_line(text: str) -> str | None:
    """Return the first line if each line is in one pair of quotes, with as many delimiters in it as in the others.

    A table that was saved as text twice is so: ``"Part Number,Price"``.
    """
    lines = [line.rstrip(_DELIMITERS + " ") for line in text.splitlines()[:_LINES] if line.strip()]
    if len(lines) < 2 or not all(_WRAPPED.fullmatch(line) for line in lines):
        return None
    inner = [line[1:-1].replace('""', '"') for line in lines]
    for delimiter in _DELIMITERS:
        widths = {len(fields) for fields in csv.reader(inner, delimiter=delimiter)}
        if len(widths) == 1 and widths != {1}:
            return inner[0]
    return None


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
    except (RecursionError, ValueError):  # an integer of more digits than Python reads
        return False
    return len(values) == 1 or all(isinstance(value, dict) for value in values)


def _end_of_text(file: BinaryIO, start: bytes, size: int) -> int:
    """Return where a text ends: zeros behind its last line end, with which a program has filled up a block, are none.

    Behind a part of a line they may stand for the rest of it. Text of some encodings has zeros in it.
    """
    if 0 in start.rstrip(b"\0"):
        return size
    end = size
    while end:
        at = max(0, end - READ_BYTES)
        file.seek(at)
        if text := file.read(end - at).rstrip(b"\0"):
            return at + len(text) if text.endswith((b"\n", b"\r", b"\x1a")) else size
        end = at
    return size


def _plain(file: BinaryIO, end: int, start: int) -> Iterator[bytes]:
    while start < end:
        file.seek(start)
        piece = file.read(min(READ_BYTES, end - start))
        if not piece:
            return
        start += len(piece)
        yield piece


def _unpacked(file: BinaryIO, limits: Limits, start: int) -> Iterator[bytes]:
    """Inflate all members of a gzip file from an offset in its text on, and count what comes out."""
    taken = given = 0
    members, inflater = 1, zlib.decompressobj(31)
    try:
        for piece in _plain(file, file.seek(0, 2), 0):
            taken += len(piece)
            rest = piece
            while rest := rest.lstrip(b"\0") if inflater.eof else rest:  # zeros may stand behind a member
                if inflater.eof:
                    members, inflater = members + 1, zlib.decompressobj(31)
                    _reject_members(members, given)
                block = inflater.decompress(rest, BLOCK_BYTES)
                rest = inflater.unconsumed_tail or inflater.unused_data
                given += len(block)
                _reject_bomb(taken, given, limits)
                if visible := block[max(0, len(block) - (given - start)) :] if given > start else b"":
                    yield visible
    except zlib.error as error:
        raise FileRejected("damaged-file", case="garbled-gzip") from error
    if not inflater.eof:
        raise FileRejected("damaged-file", case="cut-off")


def _reject_members(members: int, given: int) -> None:
    """Reject a file of very many tiny members, of which each takes a window of 32 KB; bgzip's have 64 KB of text."""
    if members > _MEMBERS and given < members * _MEMBER_BYTES:
        raise FileRejected("zip-bomb", case="members", members=members)


def _reject_bomb(taken: int, given: int, limits: Limits) -> None:
    if given > limits.max_inflated_bytes or (given > RATIO_FREE_BYTES and given > MAX_RATIO * taken):
        raise FileRejected("zip-bomb", case="gzip", packed=taken, unpacked=given)


def read_segment(
    layout: FileLayout, segment: Segment, body: bytes, workspace: Workspace, titles: Sequence[str] | None = None
) -> Iterator[Record]:
    """Read the records of one segment; blank rows are dropped.

    Parameters
    ----------
    layout
        Of the table, once `Table.split` was exhausted.
    segment
        Only its ``first_row`` matters.
    body
        The slice as it was stored, or bytes ``start`` to ``end`` of the upload.
    workspace
        The one that the table was opened with.
    titles
        The header row; a row of CSV with a value behind it is a `BrokenRow`. ``None`` if any width will do.

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
        return read_records(layout, segment.first_row, body, titles)
    if layout.format == "cells":
        return read_cells(body)
    return read_slice(layout, segment.first_row, body, workspace)
