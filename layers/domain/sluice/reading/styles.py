"""The number formats of a workbook, and nothing else of its styles."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from sluice.reading.workbook import local, parse_xml

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

#: For a workbook without styles: every number is a number.
NO_FORMATS: Final = f'<styleSheet xmlns="{_MAIN}"/>'.encode()


def number_formats(part: str, body: bytes) -> bytes:
    """Reduce a styles part to what tells dates from numbers: cell formats and their number formats.

    Fonts, fills and names, which may be megabytes and are odd in many files, never reach a worker.

    Raises
    ------
    FileRefused
        ``damaged-file`` or ``unsafe-file``.
    """
    codes: list[str] = []
    formats: list[str] = []
    for group in parse_xml(part, body):
        if local(group.tag) == "numFmts":
            codes = [_code(element) for element in group]
        elif local(group.tag) == "cellXfs":
            formats = [f'<xf numFmtId="{_number(element)}"/>' for element in group]
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(codes)}">{"".join(codes)}</numFmts>'
        f'<cellXfs count="{len(formats)}">{"".join(formats)}</cellXfs></styleSheet>'
    ).encode()


def _code(element: ElementTree.Element) -> str:
    return f'<numFmt numFmtId="{_number(element)}" formatCode={quoteattr(element.get("formatCode", ""))}/>'


def _number(element: ElementTree.Element) -> int:
    text = element.get("numFmtId", "0")
    return int(text) if text.isdecimal() else 0
