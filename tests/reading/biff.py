"""Workbooks of .xls (BIFF8, texts of BIFF5) record by record, for what xlwt does not write; records as in [MS-XLS]."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

UNCALCED: Final = 0x5E
RECALCID: Final = 0x01C1
_GLOBALS, _WORKSHEET = 5, 16


def record(kind: int, data: bytes = b"") -> bytes:
    """Make a record."""
    return struct.pack("<HH", kind, len(data)) + data


def workbook_of(*cells: bytes, more: bytes = b"") -> bytes:
    """Make a workbook of one sheet, as a bare stream; ``more`` are further records of its globals."""
    start = _bof(_GLOBALS) + more
    name = b"Data"
    size = len(start) + 4 + 8 + len(name) + 4  # up to the end of the globals
    sheet = record(0x85, struct.pack("<IBBBB", size, 0, 0, len(name), 0) + name)
    return start + sheet + record(0x0A) + _bof(_WORKSHEET) + b"".join(cells) + record(0x0A)


def old_workbook_of(rows: Sequence[Sequence[bytes]], code_page: int | None) -> bytes:
    """Make a workbook of Excel 5 (BIFF5) of one sheet of texts, in bytes, that names a code page or none."""
    start = _bof(_GLOBALS, 0x500)
    start += b"" if code_page is None else record(0x42, struct.pack("<H", code_page))
    name = b"Data"
    size = len(start) + 4 + 7 + len(name) + 4
    sheet = record(0x85, struct.pack("<IHB", size, 0, len(name)) + name)
    cells = [
        record(0x204, struct.pack("<HHHH", row, column, 0, len(text)) + text)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    ]
    return start + sheet + record(0x0A) + _bof(_WORKSHEET, 0x500) + b"".join(cells) + record(0x0A)


def number(row: int, column: int, value: float) -> bytes:
    """Make a number cell; rows and columns count from 0."""
    return record(0x203, struct.pack("<HHHd", row, column, 0, value))


def label(row: int, column: int, text: str, *, wide: bool = False) -> bytes:
    """Make a cell with its own text, in Latin-1 or UTF-16."""
    return record(0x204, struct.pack("<HHH", row, column, 0) + _text(text, wide))


def formula(row: int, column: int, result: float | str, *, piece: int = 8_000) -> bytes:
    """Make a formula with a stored result; a text follows in records of ``piece`` letters."""
    stored = struct.pack("<d", result) if not isinstance(result, str) else b"\0\0\0\0\0\0\xff\xff"
    if result == "":
        stored = b"\x03\0\0\0\0\0\xff\xff"
    cell = record(0x06, struct.pack("<HHH", row, column, 0) + stored + struct.pack("<HIH", 0, 0, 3) + b"\x1e\1\0")
    if not isinstance(result, str) or not result:
        return cell
    pieces = [result[at : at + piece].encode("latin-1") for at in range(0, len(result), piece)]
    first = record(0x207, struct.pack("<HB", len(result), 0) + pieces[0])
    return cell + first + b"".join(record(0x3C, b"\0" + each) for each in pieces[1:])


def _text(text: str, wide: bool) -> bytes:
    return struct.pack("<HB", len(text), wide) + text.encode("utf-16-le" if wide else "latin-1")


def _bof(kind: int, version: int = 0x600) -> bytes:
    return record(0x809, struct.pack("<HHHHII", version, kind, 0x0DBB, 0x07CC, 0, 6))
