"""Shared strings of a workbook as two objects that a worker can read in parts.

``strings`` is every ``<si>`` element without its end tag, one after the other. ``strings.offsets`` holds the offset of
each as little-endian 64-bit integers, and the end of the last one. A worker finds string *i* by reading 16 bytes at
``8 * i``, and `plan` never holds more than a block of them.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Final
from xml.parsers import expat

from sluice.model.errors import FileRejected
from sluice.reading.types import Workspace
from sluice.reading.xlsx.splitter import Unknown, prolog

BLOB: Final = "strings"
OFFSETS: Final = "strings.offsets"
_WIDTH: Final = 8
#: Gaps up to this many bytes are read and dropped, because another range request would take longer.
GAP_BYTES: Final = 512 * 1024
#: Bytes of one read at most, so that a worker's memory stays bounded.
SPAN_BYTES: Final = 8 * 1024 * 1024
#: Excel allows 32,767 characters in a cell; rich text needs more room for its markup.
MAX_STRING_BYTES: Final = 16 * 1024 * 1024
_PLAIN = re.compile('\\s*<si><t(?: xml:space="preserve")?>([^<&\r\0]*)</t>\\s*\0')
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def store_strings(part: str, blocks: Iterator[bytes], workspace: Workspace) -> tuple[int, str]:
    """Stream the strings part of a workbook into the workspace.

    Parameters
    ----------
    part
        Its name, for rejections.
    blocks
        Its XML.
    workspace
        Gets the objects `BLOB` and `OFFSETS`.

    Returns
    -------
    tuple
        Number of strings, and the namespace prefix of their elements.

    Raises
    ------
    Unknown
        When the XML has a form that cannot be split.
    FileRejected
        ``damaged-file`` or ``unsafe-file``.
    """
    start = prolog(part, blocks, b"sst")
    end_tag, empty = b"</%ssi>" % start.prefix, b"<%ssi/>" % start.prefix
    count = base = 0
    with workspace.create(BLOB) as blob, workspace.create(OFFSETS) as table:
        table.write(_packed([0]))
        for whole in _whole_strings(start.blocks(), end_tag):
            pieces = whole.replace(empty, empty[:-2] + b">" + end_tag).split(end_tag)[:-1]
            blob.write(b"".join(pieces))
            ends = array("Q", islice(accumulate(map(len, pieces), initial=base), 1, None))
            table.write(_packed(ends))
            base = ends[-1]
            count += len(ends)
    return count, start.prefix.decode()


def _whole_strings(blocks: Iterator[bytes], end_tag: bytes) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        data = rest + block
        # "!" is rare in text and memchr is fast, so the markup is searched only where it occurs
        if b"!" in data and b"<!" in data:
            raise Unknown("comments or CDATA among the strings")
        end = data.rfind(end_tag) + len(end_tag)
        if end < len(end_tag):
            rest = data
        else:
            yield data[:end]
            rest = data[end:]
        if len(rest) > MAX_STRING_BYTES:
            raise FileRejected("damaged-file", case="endless-text")


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

    Runs of rich text are joined, phonetic readings left out, ``_x000D_`` escapes resolved
    (ECMA-376 part 1, 22.9.2.19).

    Raises
    ------
    FileRejected
        ``damaged-file``, when one is not well-formed.
    """
    try:
        joined = b"\0".join([*elements, b""]).decode()
        texts = _PLAIN.findall(joined)
        # in most files all are plain, and one search reads them all
        if len(texts) != len(elements):
            end = f"</{prefix}si>".encode()
            texts = [
                plain[1] if (plain := _PLAIN.fullmatch(text + "\0")) else _parsed(element + end)
                for text, element in zip(joined.split("\0"), elements, strict=False)
            ]
    except (expat.ExpatError, UnicodeDecodeError, IndexError) as error:
        raise FileRejected("damaged-file", case="malformed-text") from error
    return [_ESCAPE.sub(_character, text) for text in texts] if "_x" in joined else texts


def _parsed(element: bytes) -> str:
    pieces: list[str] = []
    inside: list[str] = []

    def start(name: str, _: dict[str, str]) -> None:
        inside.append(name.rpartition(":")[2])

    def end(_: str) -> None:
        inside.pop()

    def characters(data: str) -> None:
        if inside[-1] == "t" and "rPh" not in inside:
            pieces.append(data)

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    parser.Parse(element, True)
    return "".join(pieces)


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    # half of a surrogate pair is no character by itself: the escape stays
    return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)
