"""The text of one string element of a workbook, plain or in runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.parsers import expat

from sluice.reading.refusals import damaged

_PLAIN = re.compile('\\s*<si><t(?: xml:space="preserve")?>([^<&\r\0]*)</t>\\s*\0')
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def texts_of(elements: Sequence[bytes], prefix: str = "") -> list[str]:
    """Texts of ``<si>`` elements that lack their end tags.

    Runs of rich text are joined, phonetic readings left out, ``_x000D_`` escapes resolved
    (ECMA-376 part 1, 22.9.2.19).

    Raises
    ------
    FileRefused
        ``damaged-file``, when one is not well-formed.
    """
    try:
        joined = b"\0".join([*elements, b""]).decode()
        texts = _PLAIN.findall(joined)
        # All plain, as they are in most files: one search read them all.
        if len(texts) != len(elements):
            end = f"</{prefix}si>".encode()
            texts = [
                plain[1] if (plain := _PLAIN.fullmatch(text + "\0")) else _parsed(element + end)
                for text, element in zip(joined.split("\0"), elements, strict=False)
            ]
    except (expat.ExpatError, UnicodeDecodeError, IndexError) as error:
        raise damaged("one of its texts is not well-formed XML") from error
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
    # Half of a surrogate pair is no character by itself: leave the escape as it stands.
    return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)
