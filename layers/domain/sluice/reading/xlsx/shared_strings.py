"""Shared strings of a workbook as two objects that a worker can read in parts.

``strings`` is every ``<si>`` element without its end tag, one after the other. ``strings.offsets`` holds the offset of
each as little-endian 64-bit integers, and the end of the last one. A worker finds string *i* by reading 16 bytes at
``8 * i``, and `plan` never holds more than a block of them.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape

from sluice.model.errors import FileRejected
from sluice.reading.types import Workspace
from sluice.reading.xlsx.splitter import Start, Unknown, prolog
from sluice.reading.xlsx.workbook import check_token

BLOB: Final = "strings"
OFFSETS: Final = "strings.offsets"
_WIDTH: Final = 8
#: Gaps up to this many bytes are read and dropped, because another range request would take longer.
GAP_BYTES: Final = 512 * 1024
#: Bytes of one read at most, so that a worker's memory stays bounded.
SPAN_BYTES: Final = 8 * 1024 * 1024
#: Excel allows 32,767 characters in a cell; rich text needs more room for its markup.
MAX_STRING_BYTES: Final = 16 * 1024 * 1024
# An element between two NULs: what begins at a NUL alone is searched for in linear time.
_PLAIN = re.compile('\0\\s*+<si><t(?: xml:space="preserve")?>([^<&\r\0]*)</t>\\s*+(?=\0)')
_STRING = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?si[\s>/]")
_ESCAPE = re.compile("_x([Dd][89ABab][0-9A-Fa-f]{2})__x([Dd][C-Fc-f][0-9A-Fa-f]{2})_|_x([0-9A-Fa-f]{4})_")


def store_strings(part: str, open_part: Callable[[], Iterator[bytes]], workspace: Workspace) -> tuple[int, str]:
    """Stream the strings part of a workbook into the workspace.

    Parameters
    ----------
    part
        Its name, for rejections.
    open_part
        Opens its XML; twice, if it has a form that cannot be split.
    workspace
        Gets the objects `BLOB` and `OFFSETS`.

    Returns
    -------
    tuple
        Number of strings, and the namespace prefix of their elements.

    Raises
    ------
    FileRejected
        ``damaged-file`` or ``unsafe-file``.
    """
    try:
        return _store(prolog(part, open_part(), b"sst"), workspace)
    except Unknown:
        return _store(prolog(part, _rewritten(part, open_part()), b"sst"), workspace)


def _store(start: Start, workspace: Workspace) -> tuple[int, str]:
    end_tag, empty = b"</%ssi>" % start.prefix, b"<%ssi/>" % start.prefix
    count = base = 0
    with workspace.create(BLOB) as blob, workspace.create(OFFSETS) as table:
        table.write(_packed([0]))
        for whole in _whole_strings(start, end_tag):
            pieces = whole.replace(empty, empty[:-2] + b">" + end_tag).split(end_tag)[:-1]
            if whole.count(b"<%ssi" % start.prefix) != len(pieces):
                raise Unknown("strings in an unusual spelling")
            blob.write(b"".join(pieces))
            ends = array("Q", islice(accumulate(map(len, pieces), initial=base), 1, None))
            table.write(_packed(ends))
            base = ends[-1]
            count += len(ends)
    return count, start.prefix.decode()


def _whole_strings(start: Start, end_tag: bytes) -> Iterator[bytes]:
    rest = b""
    for block in start.blocks():
        data = rest + block
        # these are rare in text and memchr is fast, so the markup is searched only where they occur
        if (b"!" in data and b"<!" in data) or (b"?" in data and b"<?" in data):
            raise Unknown("comments or CDATA among the strings")
        end = data.rfind(end_tag) + len(end_tag)
        if end < len(end_tag):
            rest = data
        else:
            yield data[:end]
            rest = data[end:]
        if len(rest) > MAX_STRING_BYTES:
            raise FileRejected("damaged-file", case="endless-text")
    if _STRING.search(rest):
        raise Unknown("strings in an unusual spelling")


def _rewritten(part: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Rewrite a part in another spelling, such as UTF-16 or with comments, into the one that is split."""
    reader = _TextReader(part)
    yield b"<sst>"
    for block in blocks:
        for text in reader.read(block):
            yield f'<si><t xml:space="preserve">{escape(text, {chr(13): "&#13;"})}</t></si>'.encode()
    reader.read(b"", final=True)


def read_strings(indexes: Iterable[int], count: int, prefix: str, workspace: Workspace) -> dict[int, str]:
    """Fetch strings by index.

    Parameters
    ----------
    indexes
        Each once, in any order.
    count, prefix
        What `store_strings` returned.
    workspace
        Where it stored them.

    Raises
    ------
    FileRejected
        ``damaged-file``, for an index beyond the table or a malformed string.
    """
    wanted = sorted(indexes)
    if wanted and wanted[-1] >= count:
        raise FileRejected("damaged-file", case="unknown-text", text=wanted[-1], count=count)
    found: dict[int, str] = {}
    for run in _runs(wanted, wanted, GAP_BYTES // _WIDTH, SPAN_BYTES // _WIDTH):
        first, last = run[0], run[-1]
        offsets = _unpacked(workspace.read(OFFSETS, first * _WIDTH, (last + 2) * _WIDTH))
        for group in _runs(run, [offsets[index - first] for index in run], GAP_BYTES, SPAN_BYTES):
            low, high = offsets[group[0] - first], offsets[group[-1] - first + 1]
            body = workspace.read(BLOB, low, high)
            elements = [body[offsets[index - first] - low : offsets[index - first + 1] - low] for index in group]
            found.update(zip(group, texts_of(elements, prefix), strict=True))
    return found


def _runs(indexes: Sequence[int], places: Sequence[int], gap: int, span: int) -> Iterator[Sequence[int]]:
    """Split indexes where their places, which rise, are more than ``gap`` apart or reach over ``span``."""
    if places and places[-1] - places[0] <= gap:
        yield indexes
        return
    start = 0
    for at in range(1, len(places)):
        if places[at] - places[at - 1] > gap or places[at] - places[start] > span:
            yield indexes[start:at]
            start = at
    if places:
        yield indexes[start:]


def _packed(values: Iterable[int]) -> bytes:
    numbers = array("Q", values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _unpacked(body: bytes) -> array[int]:
    numbers = array("Q")
    numbers.frombytes(body)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def texts_of(elements: Sequence[bytes], prefix: str = "") -> list[str]:
    """Texts of ``<si>`` elements that lack their end tags.

    Runs of rich text are joined, phonetic readings left out, escapes resolved.

    Raises
    ------
    FileRejected
        ``damaged-file``, when one is not well-formed.
    """
    try:
        joined = b"\0".join([b"", *elements, b""]).decode()
        if joined.count("\0") != len(elements) + 1:
            raise FileRejected("damaged-file", case="malformed-text")  # no text of XML has a NUL
        texts = _PLAIN.findall(joined)
        # in most files all are plain, and one search reads them all
        if len(texts) != len(elements):
            end = f"</{prefix}si>".encode()
            texts = [
                plain[1] if (plain := _PLAIN.match(f"\0{text}\0")) else _TextReader().read(element + end, True)[0]
                for text, element in zip(joined[1:-1].split("\0"), elements, strict=True)
            ]
    except (UnicodeDecodeError, IndexError) as error:
        raise FileRejected("damaged-file", case="malformed-text") from error
    return list(map(unescape, texts)) if "_x" in joined else texts


class _TextReader:
    """Parses XML and returns the texts of its ``<si>`` elements; phonetic readings are left out."""

    def __init__(self, part: str = "") -> None:
        self._part = part
        self._inside: list[str] = []
        self._pieces: list[str] = []
        self._texts: list[str] = []
        self._fed = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        self._parser.CharacterDataHandler, self._parser.StartDoctypeDeclHandler = self._characters, self._doctype

    def read(self, data: bytes, final: bool = False) -> list[str]:
        """Parse data, and return the texts that are whole."""
        try:
            self._parser.Parse(data, final)
            self._fed += len(data)
            check_token(self._parser, self._fed)
        except expat.ExpatError as error:
            raise FileRejected("damaged-file", case="malformed-text") from error
        texts, self._texts = self._texts, []
        return texts

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._inside.append(name.rpartition(":")[2])

    def _end(self, _: str) -> None:
        if self._inside.pop() == "si":
            self._texts.append("".join(self._pieces))
            self._pieces.clear()

    def _characters(self, data: str) -> None:
        if self._inside[-1] == "t" and "si" in self._inside and "rPh" not in self._inside:
            self._pieces.append(data)

    def _doctype(self, *_: object) -> None:
        raise FileRejected("unsafe-file", part=self._part)


def unescape(text: str) -> str:
    """Resolve the escapes of characters, such as ``_x000D_`` (ECMA-376 part 1, 22.9.2.19)."""
    return _ESCAPE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    if match[1]:  # a surrogate pair, UTF-16's form of one character
        return bytes.fromhex(match[1] + match[2]).decode("utf-16-be")
    code = int(match[3], 16)
    # half of a pair is no character by itself: the escape stays
    return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)
