"""The start of an XML part that is cut as bytes: is its shape one that the cutter knows?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from sluice.reading.refusals import damaged
from sluice.reading.workbook import refuse_doctype

#: The root element starts within this many bytes, or the file is no spreadsheet.
_PROLOG_BYTES = 64 * 1024


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
    FileRefused
        ``unsafe-file`` for a document type declaration; ``damaged-file`` when there is no root.
    """
    data = b""
    tag = re.compile(rb"<([A-Za-z_][\w.-]*:)?" + root + rb"(?:\s[^>]*)?>")
    for block in blocks:
        data += block
        match = tag.search(data)
        head = data[: match.start() if match else _PROLOG_BYTES]
        if match or len(data) > _PROLOG_BYTES:
            refuse_doctype(part, head)
        if match:
            _check_encoding(head)
            _check_quotes(match[0])
            return Start(match[1] or b"", data[match.end() :], blocks)
        if len(data) > _PROLOG_BYTES:
            break
    refuse_doctype(part, data[:_PROLOG_BYTES])
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
