"""The kind of a file, by its content, and the table that reads it; the records of a segment."""

from __future__ import annotations

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
_OTHERS: Final = (
    (b"%PDF", "pdf"),
    (b"{\\rtf", "document"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"Rar!", "packed"),
    (b"7z\xbc\xaf", "packed"),
)


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
    start = file.read(512)
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
    raise FileRejected("not-a-spreadsheet", case="archive")


def _open_compound(file: BinaryIO, limits: Limits) -> TabularFile:
    file.seek(0)
    before = b""
    while piece := file.read(READ_BYTES):
        if _ENCRYPTED in before + piece:
            raise FileRejected("encrypted-workbook", case="workbook")
        before = piece[-len(_ENCRYPTED) :]
    file.seek(0)
    return CellTable(*read_whole(file), limits.max_rows)


def _open_gzip(file: BinaryIO, filename: str, limits: Limits) -> TabularFile:
    start = next(_unpacked(file, limits, 0), b"")
    if start.startswith((*_ZIP, _COMPOUND, _GZIP)):
        raise FileRejected("not-a-spreadsheet", case="packed-workbook")
    _reject_other_kinds(start)
    return CsvTable(partial(_unpacked, file, limits), False, filename.removesuffix(".gz"), limits)


def _reject_other_kinds(start: bytes) -> None:
    for magic, kind in _OTHERS:
        if start.startswith(magic):
            raise FileRejected("not-a-spreadsheet", case=kind)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta", b"<head", b"mime-version:")):
        raise FileRejected("not-a-spreadsheet", case="web-page")


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
