"""Sheet XML cut at row ends, as bytes: nothing is parsed but the numbers of the rows at the seams."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from sluice.reading.errors import damaged
from sluice.reading.xlsx.workbook import reject_doctype

#: Bytes of a slice at most: what a worker parses within its memory. Wide rows make slices of fewer rows.
MAX_SLICE_BYTES: Final = 16 * 1024 * 1024
#: Rows are rejected beyond this size: 16,384 cells of Excel's longest formulas would not reach it.
MAX_ROW_BYTES: Final = 64 * 1024 * 1024

ROW_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?row(?=[\s/>])([^>]*)>")
_NUMBER = re.compile(rb'\sr="(\d+)"')
#: The root element starts within this many bytes, or the file is no spreadsheet.
_PROLOG_BYTES = 64 * 1024


@dataclass(frozen=True)
class RowSlice:
    """Whole ``<row>`` elements.

    Parameters
    ----------
    first_row
        Number of its first row.
    rows
        Rows with an end tag; self-closed ones are not counted.
    body
        The elements as the file has them.
    """

    first_row: int
    rows: int
    body: bytes


def row_number(attributes: bytes, otherwise: int) -> int:
    """Number that a row tag gives itself, or ``otherwise``."""
    match = _NUMBER.search(attributes)
    return int(match[1]) if match else otherwise


@dataclass
class RowSplitter:
    """Cuts the rows of a sheet below a row number.

    Parameters
    ----------
    part
        Name of the sheet's part, for rejections.
    start
        The part, after its root tag.
    after_row
        Rows up to this number are left out.
    chunk_rows
        Rows of a slice.

    Attributes
    ----------
    last_row
        Number of the last row that was cut; a reader that takes over goes on below it.
    """

    part: str
    start: Start
    after_row: int
    chunk_rows: int
    last_row: int = 0
    _pending: list[bytes] = field(default_factory=list)
    _rows: int = 0
    _bytes: int = 0

    def slices(self) -> Iterator[RowSlice]:
        """Cut.

        Raises
        ------
        Unknown
            At markup that cannot be cut as bytes; what was given before stays good.
        FileRejected
            ``damaged-file``.
        """
        close = b"</%srow>" % self.start.prefix
        for whole in self._below(self._whole_rows(close)):
            position, count = 0, whole.count(close)
            while self._rows + count >= self.chunk_rows:
                wanted = self.chunk_rows - self._rows
                end = _end_of(whole, close, wanted, position)
                self._take(whole[position:end], wanted)
                yield from self._give(close)
                position, count = end, count - wanted
            self._take(whole[position:], count)
            if self._bytes >= MAX_SLICE_BYTES:
                yield from self._give(close)
        yield from self._give(close)

    def _take(self, body: bytes, rows: int) -> None:
        self._pending.append(body)
        self._rows += rows
        self._bytes += len(body)

    def _give(self, close: bytes) -> Iterator[RowSlice]:
        body, rows = b"".join(self._pending), self._rows
        self._pending, self._rows, self._bytes = [], 0, 0
        first = ROW_TAG.search(body)
        if first is None:
            return
        first_row = row_number(first[1], self.last_row + 1)
        self.last_row = _last_row(body, first_row, self.start.prefix)
        kept = _without_blank_tail(body, close, self.start.prefix)
        if kept:
            yield RowSlice(first_row, rows if kept is body else kept.count(close), kept)

    def _whole_rows(self, close: bytes) -> Iterator[bytes]:
        """Blocks that begin and end between rows."""
        opening = b"<%srow" % self.start.prefix
        end_of_rows = b"</%ssheetData>" % self.start.prefix
        rest = b""
        for block in _sheet_data(self.part, self.start):
            data = rest + block
            # The sign is rare in cells and memchr is fast; only where it occurs is the markup looked for.
            if b"!" in data and b"<!" in data:
                raise Unknown("comments or CDATA among the rows")
            seam = data.rfind(close) + len(close)
            if seam < len(close):
                seam = max(data.rfind(opening), 0)
            end = data.find(end_of_rows, seam)
            if end >= 0:
                yield data[:end]
                return
            if seam:
                yield data[:seam]
            rest = data[seam:]
            if len(rest) > MAX_ROW_BYTES:
                raise damaged("one of its rows has no end")
        raise damaged(f"its part {self.part} ends in the middle of the rows")

    def _below(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Leave out rows up to `after_row`."""
        for block in blocks:
            for match in ROW_TAG.finditer(block):
                number = row_number(match[1], self.last_row + 1)
                if number > self.after_row:
                    yield block[match.start() :]
                    yield from blocks
                    return
                self.last_row = number


def _sheet_data(part: str, start: Start) -> Iterator[bytes]:
    """Blocks from the first row on; a sheet without rows gives its end tag alone."""
    data = b""
    tag = re.compile(rb"<" + start.prefix + rb"sheetData(\s[^>]*)?>")
    blocks = start.blocks()
    for block in blocks:
        data += block
        match = tag.search(data)
        if match is None and len(data) <= MAX_ROW_BYTES:
            continue
        if match is None or b"<!" in data[: match.start()]:
            raise Unknown("comments before the rows")
        if (match[1] or b"").endswith(b"/"):
            yield b"</%ssheetData>" % start.prefix
            return
        first = data[match.end() :]
        while len(first) < 4096 and (more := next(blocks, b"")):
            first += more
        _check_shape(first, start.prefix)
        yield first
        yield from blocks
        return
    raise damaged(f"its part {part} has no rows element")


def _check_shape(data: bytes, prefix: bytes) -> None:
    """Look at the first block: are its rows written as the cutter expects?"""
    known = re.compile(rb"\s*(?:<%srow[\s/>]|</%ssheetData>)" % (prefix, prefix))
    if not known.match(data):
        raise Unknown("something other than rows")
    sample = data[: 256 * 1024]
    if re.search(rb"</[\w.-]*:?row\s", sample) or re.search(rb"<[\w.:-]+(?:\s[^<>\"]*)?='", sample):
        raise Unknown("tags in an unusual spelling")


def _end_of(data: bytes, close: bytes, wanted: int, position: int) -> int:
    for _ in range(wanted):
        position = data.find(close, position) + len(close)
    return position


def _last_row(body: bytes, first_row: int, prefix: bytes) -> int:
    """Number of the last row; counted only where rows do not carry their numbers."""
    last = ROW_TAG.match(body, body.rfind(b"<%srow" % prefix))
    if last is not None and (match := _NUMBER.search(last[1])):
        return int(match[1])
    number = first_row - 1
    for tag in ROW_TAG.finditer(body):
        number = row_number(tag[1], number + 1)
    return number


def _without_blank_tail(body: bytes, close: bytes, prefix: bytes) -> bytes:
    """Drop trailing rows without a value: formatting down to row 1,048,576 is not data."""
    value, inline = b"</%sv>" % prefix, b"</%sis>" % prefix
    tail = body.rfind(b"<%srow" % prefix)
    if body.find(value, tail) >= 0 or body.find(inline, tail) >= 0:
        return body
    last = max(body.rfind(value), body.rfind(inline))
    return body[: body.find(close, last) + len(close)] if last >= 0 else b""


class Unknown(Exception):
    """The XML has a shape that is not cut as bytes; the streaming reader takes it."""


@dataclass(frozen=True)
class Start:
    """A part whose root element is known.

    Parameters
    ----------
    prefix
        Namespace prefix with its colon (``b"x:"``), empty for the default namespace.
    first
        What of the part was read, from the end of the root's start tag on.
    rest
        Blocks that follow.
    """

    prefix: bytes
    first: bytes
    rest: Iterator[bytes]

    def blocks(self) -> Iterator[bytes]:
        """All that follows the root's start tag."""
        return chain([self.first], self.rest)


def prolog(part: str, blocks: Iterator[bytes], root: bytes) -> Start:
    """Read up to the root element.

    Raises
    ------
    Unknown
        If it is not UTF-8, or its root is not ``root``.
    FileRejected
        ``unsafe-file`` for a document type declaration; ``damaged-file`` when there is no root.
    """
    data = b""
    tag = re.compile(rb"<([A-Za-z_][\w.-]*:)?" + root + rb"(?:\s[^>]*)?>")
    for block in blocks:
        data += block
        match = tag.search(data)
        head = data[: match.start() if match else _PROLOG_BYTES]
        if match or len(data) > _PROLOG_BYTES:
            reject_doctype(part, head)
        if match:
            _check_encoding(head)
            _check_quotes(match[0])
            return Start(match[1] or b"", data[match.end() :], blocks)
        if len(data) > _PROLOG_BYTES:
            break
    reject_doctype(part, data[:_PROLOG_BYTES])
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:64]:
        raise Unknown("not UTF-8")
    if re.search(rb"<(?:[A-Za-z_][\w.-]*:)?" + root + rb"\s*/>", data) or not data:
        return Start(b"", b"", blocks)
    raise damaged(f"its part {part} has no {root.decode()} element")


def _check_encoding(head: bytes) -> None:
    declared = re.search(rb"encoding\s*=\s*[\"']([^\"']+)", head)
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise Unknown("not UTF-8")


def _check_quotes(tag: bytes) -> None:
    if b"='" in tag:
        raise Unknown("attributes in single quotes")
