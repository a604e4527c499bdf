"""The encoding of a text file, found from its first bytes and checked as the rest is read."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

from sluice.model.errors import FileRejected

UTF_8: Final = "utf-8"
WINDOWS: Final = "windows-1252"
_MARKS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Control characters that occur in text files: tab, line feed, vertical tab, form feed, carriage return, escape.
_HARMLESS: Final = b"\t\n\x0b\x0c\r\x1a\x1b"
_CONTROLS: Final = bytes(code for code in range(32) if code not in _HARMLESS)


def sniff_encoding(sample: bytes) -> tuple[str, int]:
    """Find the encoding and the length of the byte order mark.

    Text that decodes as UTF-8 is UTF-8 (the last character may be cut off); UTF-16 without a mark is recognised by its
    zero bytes; any other text is Windows-1252, which Excel writes on Western systems.

    Raises
    ------
    FileRejected
        ``not-a-spreadsheet`` for binary data, ``unknown-encoding`` for UTF-32 and for a mixture.
    """
    if sample.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FileRejected("unknown-encoding", case="utf-32")
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding, len(mark)
    if zeros := sample.count(0):
        odd = sample[1::2].count(0)
        if max(odd, zeros - odd) > len(sample) * 0.3 and min(odd, zeros - odd) <= len(sample) * 0.02:
            return ("utf-16-le" if odd * 2 > zeros else "utf-16-be"), 0
    if len(sample.translate(None, _CONTROLS)) != len(sample):
        raise FileRejected("not-a-spreadsheet", case="binary")
    if is_utf8(sample, final=False):
        return UTF_8, 0
    if _begins_as_utf8(sample):
        raise mixed()
    return WINDOWS, 0


def is_utf8(data: bytes, final: bool = True) -> bool:
    """Whether bytes are UTF-8; with ``final=False`` the last character may be cut off."""
    if data.isascii():
        return True
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(data, final)
    except UnicodeDecodeError:
        return False
    return True


def mixed(row: int | None = None) -> FileRejected:
    """Reject a file that is UTF-8 down to a place, near ``row`` if known, and something else below."""
    return FileRejected("unknown-encoding", case="mixed", row=row)


def _begins_as_utf8(data: bytes) -> bool:
    """Whether characters beyond ASCII stand before the first byte that is not UTF-8."""
    try:
        data.decode(UTF_8)
    except UnicodeDecodeError as error:
        return not data[: error.start].isascii()
    return True


def transcoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Transcode a stream of UTF-16 into UTF-8.

    Raises
    ------
    FileRejected
        ``unknown-encoding`` at bytes that are not UTF-16.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in blocks:
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", True).encode()
    except UnicodeError as error:
        raise FileRejected("unknown-encoding", case="utf-16") from error
