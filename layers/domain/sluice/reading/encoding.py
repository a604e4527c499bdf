"""Which encoding a text file has, told from its first bytes."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

from sluice.model.errors import FileRejected
from sluice.reading.errors import rejection

UTF_8: Final = "utf-8"
WINDOWS: Final = "windows-1252"
_MARKS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Control characters that text files do contain: tab, line feed, vertical tab, form feed, carriage return, escape.
_HARMLESS: Final = b"\t\n\x0b\x0c\r\x1a\x1b"
_CONTROLS: Final = bytes(code for code in range(32) if code not in _HARMLESS)


def sniff_encoding(sample: bytes) -> tuple[str, int]:
    """Tell the encoding and the length of the byte order mark.

    UTF-8 is what decodes as such (the last character may be cut off); UTF-16 without a mark shows by its zero bytes;
    anything else of text is taken as Windows-1252, whose characters Western Excel writes.

    Raises
    ------
    FileRejected
        ``not-a-spreadsheet`` for binary data, ``unknown-encoding`` for UTF-32 and for a mixture.
    """
    if sample.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise rejection("unknown-encoding", "The text is in UTF-32, which is not read. Save it as CSV UTF-8.")
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding, len(mark)
    if zeros := sample.count(0):
        odd = sample[1::2].count(0)
        if max(odd, zeros - odd) > len(sample) * 0.3 and min(odd, zeros - odd) <= len(sample) * 0.02:
            return ("utf-16-le" if odd * 2 > zeros else "utf-16-be"), 0
    if len(sample.translate(None, _CONTROLS)) != len(sample):
        raise rejection("not-a-spreadsheet", "The file holds binary data. Upload an .xlsx, .xls, .ods or CSV file.")
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
    return rejection(
        "unknown-encoding",
        f"The text begins as UTF-8 and goes on as something else{f' near row {row:,}' if row else ''}. "
        "Save it as CSV UTF-8.",
        row=row,
    )


def _begins_as_utf8(data: bytes) -> bool:
    """Whether characters beyond ASCII stand before the first byte that is not UTF-8."""
    try:
        data.decode(UTF_8)
    except UnicodeDecodeError as error:
        return not data[: error.start].isascii()
    return True


def transcoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Turn a UTF-16 stream into UTF-8.

    Raises
    ------
    FileRejected
        ``unknown-encoding`` where it stops being UTF-16.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in blocks:
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", True).encode()
    except UnicodeError as error:
        raise rejection("unknown-encoding", "The text begins as UTF-16 but is not. Save it as CSV UTF-8.") from error
