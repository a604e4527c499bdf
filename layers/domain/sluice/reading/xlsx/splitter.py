"""Sheet XML split at row ends, as bytes: only the numbers of the rows at the boundaries are parsed.

`prolog` reads a part up to its root element, `RowSplitter` splits the rows below it. Both raise `Unknown` at XML in a
form that they do not know; the caller then has the part parsed and rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from sluice.model.errors import FileRejected
from sluice.reading.types import MAX_SLICE_BYTES, MergedRange
from sluice.reading.xlsx.workbook import reject_doctype

#: A longer row is rejected: 16,384 cells of Excel's longest formulas do not reach this.
MAX_ROW_BYTES: Final = 64 * 1024 * 1024

ROW_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?row(?=[\s/>])([^<>]*)>")
_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d+)[\"']")
#: The root element starts within this many bytes, or the file is no spreadsheet.
_PROLOG_BYTES = 64 * 1024


#: Merged ranges of a sheet at most; their number is bounded by what `plan` can hold.
MAX_MERGED: Final = 200_000
#: Ranges of hidden columns at most, as many as a sheet has columns.
MAX_HIDDEN: Final = 16_384
# Digits of a row's or a column's number at most: a sheet ends at row 1,048,576.
_DIGITS: Final = 10
_MARK = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(mergeCell|col|filterColumn)(?=[\s/>])([^<>]*)>")
_ATTRIBUTE = re.compile(rb"\s([A-Za-z]++)\s*=\s*[\"']([^\"']*)[\"']")
_RANGE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})")
# a height of 0 hides a row, too
_HIDDEN = re.compile(rb"\s(?:hidden\s*=\s*[\"'](?:1|true|on)|ht\s*=\s*[\"']0(?:\.0*)?)[\"']")
_END_OF_ROW = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?row\s*>")
_FILLED = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:v|is|f)[\s>]")


class Unknown(Exception):
    """The XML has a form that is not split as bytes; it is parsed and rewritten."""


@dataclass(frozen=True)
class Start:
    """A part whose root element is known.

    Parameters
    ----------
    prefix
        Namespace prefix with its colon (``b"x:"``), empty for the default namespace.
    first
        Bytes that were read already, from the end of the root's start tag on.
    rest
        Blocks that follow.
    """

    prefix: bytes
    first: bytes
    rest: Iterator[bytes]

    def blocks(self) -> Iterator[bytes]:
        """Yield all that follows the root's start tag."""
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
    tag = re.compile(rb"<([A-Za-z_][\w.-]*:)?" + root + rb"(?:\s[^<>]*)?>")
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
    raise FileRejected("damaged-file", case="no-root", part=part, element=root.decode())


def _check_encoding(head: bytes) -> None:
    declared = re.search(rb"encoding\s*=\s*[\"']([^\"']+)", head)
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise Unknown("not UTF-8")


def _check_quotes(tag: bytes) -> None:
    if b"='" in tag:
        raise Unknown("attributes in single quotes")


@dataclass
class Marks:
    """What the XML of a sheet says beside its rows: see `sluice.reading.types.SheetFacts`."""

    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[MergedRange] = field(default_factory=list)
    is_filtered: bool = False

    def add(self, name: str, attributes: Mapping[str, str]) -> None:
        """Add an element by its local name and its attributes."""
        if name == "mergeCell" and (found := _RANGE.fullmatch(attributes.get("ref", ""))):
            first, last = sorted((int(found[2]), int(found[4])))
            left, right = sorted((_place(found[1]), _place(found[3])))
            self.merged.append((first, last, left, right))
            if len(self.merged) > MAX_MERGED:
                raise FileRejected("damaged-file", case="merged-ranges", limit=MAX_MERGED)
        elif name == "col" and is_hidden(attributes, "width"):
            places = attributes.get("min", ""), attributes.get("max", "")
            if all(each.isdecimal() and len(each) <= _DIGITS for each in places):
                self.hidden_columns.append((int(places[0]) - 1, int(places[1]) - 1))
            if len(self.hidden_columns) > MAX_HIDDEN:
                raise FileRejected("damaged-file", case="hidden-columns", limit=MAX_HIDDEN)
        elif name == "filterColumn":
            self.is_filtered = True

    def read(self, blocks: Iterable[bytes]) -> None:
        """Add the elements of a stretch of XML, as its blocks come."""
        rest = b""
        for block in blocks:
            data = rest + block
            end = data.rfind(b"<")
            rest = data[end:] if end >= 0 and len(data) - end < _PROLOG_BYTES else b""
            for name, attributes in _MARK.findall(data, 0, len(data) - len(rest)):
                found = {
                    key.decode(): value.decode("utf-8", "replace") for key, value in _ATTRIBUTE.findall(attributes)
                }
                self.add(name.decode(), found)


def is_hidden(attributes: Mapping[str, str], size: str) -> bool:
    """Whether a row or a column is hidden: it says so, or its ``size`` (``ht`` or ``width``) is 0."""
    extent = attributes.get(size)
    return attributes.get("hidden") in {"1", "true", "on"} or (bool(extent) and not str(extent).strip("0."))


def _place(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def filled_rows(body: bytes) -> Iterator[tuple[int, bool, bytes]]:
    """Yield the rows of a slice that have a value or a formula: number, whether it is hidden, and its XML.

    A row that carries no number has that of the row before it, plus one.
    """
    number = 0
    for piece in _END_OF_ROW.split(body):
        tags = list(ROW_TAG.finditer(piece))
        for tag in tags:
            number = row_number(tag[1], number + 1)
        if tags and _FILLED.search(piece, tags[-1].start()):
            yield number, _HIDDEN.search(tags[-1][1]) is not None, piece[tags[-1].start() :]


def hidden_rows(body: bytes) -> list[int]:
    """Return the numbers of the hidden rows of a slice that have a value or a formula."""
    # it is rare, and to search for bytes is fast
    if b"hidden" not in body and b' ht="0' not in body:
        return []
    return [number for number, hides, _ in filled_rows(body) if hides]


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
    """Return the number in the attributes of a row tag, or ``otherwise``."""
    match = _NUMBER.search(attributes)
    return _bounded(match[1], otherwise) if match else otherwise


def _bounded(digits: bytes, expected: int) -> int:
    if len(digits) > _DIGITS:
        raise FileRejected("damaged-file", case="wrong-row-numbers", at_row=expected)
    return int(digits)


@dataclass
class RowSplitter:
    """Splits the rows of a sheet below a row number.

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
        Number of the last row of the slices so far; the rewriting goes on below it.
    marks
        What the sheet says beside its rows; complete once `slices` is exhausted.
    """

    part: str
    start: Start
    after_row: int
    chunk_rows: int
    last_row: int = 0
    marks: Marks = field(default_factory=Marks)
    _pending: list[bytes] = field(default_factory=list)
    _rows: int = 0
    _bytes: int = 0

    def slices(self) -> Iterator[RowSlice]:
        """Split the rows into slices.

        Raises
        ------
        Unknown
            At markup that cannot be split as bytes; the slices before it stay valid.
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
        blocks = _sheet_data(self.part, self.start, self.marks)
        for block in blocks:
            data = rest + block
            # these are rare in cells and memchr is fast, so the markup is searched only where they occur
            if (b"!" in data and b"<!" in data) or (b"?" in data and b"<?" in data):
                raise Unknown("comments or CDATA among the rows")
            boundary = data.rfind(close) + len(close)
            if boundary < len(close):
                boundary = max(data.rfind(opening), 0)
            end = data.find(end_of_rows, boundary)
            if end >= 0:
                yield data[:end]
                self.marks.read(chain([data[end:]], blocks))
                return
            if boundary:
                yield data[:boundary]
            rest = data[boundary:]
            if len(rest) > MAX_ROW_BYTES:
                raise FileRejected("damaged-file", case="endless-row")
        raise FileRejected("damaged-file", case="unfinished-rows", part=self.part)

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


def _sheet_data(part: str, start: Start, marks: Marks) -> Iterator[bytes]:
    """Yield blocks from the first row on; of a sheet without rows, its end tag alone.

    Parameters
    ----------
    marks
        Gets what stands before the rows.
    """
    data = b""
    tag = re.compile(rb"<" + start.prefix + rb"sheetData(\s[^<>]*)?>")
    blocks = start.blocks()
    for block in blocks:
        data += block
        match = tag.search(data)
        if match is None and len(data) <= MAX_ROW_BYTES:
            continue
        if match is None or b"<!" in data[: match.start()]:
            raise Unknown("comments before the rows")
        marks.read([data[: match.end()]])
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
    raise FileRejected("damaged-file", case="no-rows-element", part=part)


def _check_shape(data: bytes, prefix: bytes) -> None:
    """Check in the first block that rows are written as the splitter expects."""
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
    """Return the number of the last row; rows are counted only where they have no numbers."""
    last = ROW_TAG.match(body, body.rfind(b"<%srow" % prefix))
    if last is not None and (match := _NUMBER.search(last[1])):
        return _bounded(match[1], first_row)
    number = first_row - 1
    for tag in ROW_TAG.finditer(body):
        number = row_number(tag[1], number + 1)
    return number


def _without_blank_tail(body: bytes, close: bytes, prefix: bytes) -> bytes:
    """Drop trailing rows without a value or a formula: formatting down to row 1,048,576 is not data."""
    # the beginnings of tags, which have white space behind them in some files
    marks = [tag % prefix for tag in (b"</%sv", b"</%sis", b"<%sf")]
    tail = body.rfind(b"<%srow" % prefix)
    if any(body.find(mark, tail) >= 0 for mark in marks):
        return body
    last = max(map(body.rfind, marks))
    return body[: body.find(close, last) + len(close)] if last >= 0 else b""
