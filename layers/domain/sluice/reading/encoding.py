"""The encoding of a text, proved over the whole of it, or the candidates between which only a person can tell.

Structure proves UTF-8, UTF-16 and UTF-32. Windows-1252 is taken without a mark where all words read as a language that
is written in it, and as no other text in another encoding. Text is decoded strictly, so no character is made up.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final

from sluice.model.errors import FileRejected
from sluice.model.recipe import How
from sluice.reading.survey import TextSurvey
from sluice.reading.types import Reading
from sluice.reading.western import WINDOWS, is_usual, rivals_of, share_read

_Stream = Callable[[int], Iterator[bytes]]
"""Returns the bytes of a text from an offset on."""

UTF_8: Final = "utf-8"
_UTF_16: Final = ("utf-16-le", "utf-16-be")
_UTF_32: Final = ("utf-32-le", "utf-32-be")
_MARKS: Final = (  # that of UTF-32 begins as that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ONE_BYTE: Final = (
    *(f"windows-{number}" for number in (1252, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)),
    "cp874",  # before that of which it has all characters
    *(f"iso-8859-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
    *("cp437", "cp850", "cp852", "cp866", "koi8-r", "koi8-u", "mac_roman"),
)
#: Encodings in which the second byte of a character may be one of ASCII.
_TWO_BYTES: Final = ("cp932", "shift_jis", "gb18030", "cp950", "big5", "cp949")
_OF_MANY_BYTES: Final = (*_TWO_BYTES, "euc_jp", "euc_kr")
#: Encodings that a caller can name.
ENCODINGS: Final = (
    *(UTF_8, "utf-16", *_UTF_16, "utf-32", *_UTF_32),
    *(*_ONE_BYTE, *_OF_MANY_BYTES),
)
_BY_CODEC: Final = {codecs.lookup(name).name: name for name in ENCODINGS} | {codecs.lookup("utf-8-sig").name: UTF_8}
#: Names that no codec of Python has, or one that is in another list.
_BY_NAME: Final = {
    **{f"windows-{number}": f"cp{number}" for number in (874, 932, 949, 950)},
    "tis-620": "iso-8859-11",
    "windows-936": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
}
#: Control characters that occur in text files: tab, line feed, vertical tab, form feed, carriage return, end of text
#: of DOS, escape.
_HARMLESS: Final = b"\t\n\x0b\x0c\r\x1a\x1b"
_CONTROLS: Final = bytes(code for code in range(32) if code not in _HARMLESS)
#: One of these is in every table.
_USUAL: Final = frozenset("\r\n,;\t| 0123456789")
# A sample of which more is made up of control characters, and more than a few, is no text.
_MOST_CONTROLS: Final = 0.05
_FEW_CONTROLS: Final = 3
#: Encodings in which few bytes are usual letters: where all words are of these, no other encoding is as likely.
_NARROW: Final = ("windows-1255", "cp949")
# The sign × of Windows-1252: if a text has nothing else beyond ASCII, it may be a letter, Greek Χ or Cyrillic Ч or в.
_TIMES: Final = {0xD7}
# The share of words that a likely encoding reads, and candidates of a question.
_MOST: Final = 0.9
_CANDIDATES: Final = 6


def encoding_named(name: object) -> str | None:
    """Return our name of an encoding that a caller names in any usual way; ``None`` if it is not in `ENCODINGS`."""
    try:
        given = str(name)
        codec = codecs.lookup(_BY_NAME.get(given.lower().replace("_", "-"), given)).name
        return _BY_CODEC.get(_BY_NAME.get(codec, codec))
    except (LookupError, ValueError):
        return None


def is_sliced(encoding: str) -> bool:
    """Whether records are split after the text is transcoded, since a byte below 0x80 may not be ASCII."""
    return encoding in _TWO_BYTES or encoding.startswith(("utf-16", "utf-32"))


def reads_as(body: bytes, encoding: str) -> str:
    """Show a record as an encoding reads it, without control characters."""
    text = body.decode(encoding, "backslashreplace").strip()
    return "".join(letter if unicodedata.category(letter) != "Cc" else " " for letter in text)


def transcoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Transcode a stream into UTF-8; one that was searched for faults has none."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for block in blocks:
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", True).encode()


@dataclass(frozen=True)
class Found:
    """The encoding of a text.

    Parameters
    ----------
    encoding
        The most likely one.
    how
        How it was decided.
    mark
        Bytes of the byte order mark.
    candidates
        If it is open: encodings that read the text differently, likely ones first.
    doubtful
        Offsets of the first bytes that show the difference.
    faults
        Offsets of what cannot be read, by name; ``case`` and ``params`` of the problem are about them.
    """

    encoding: str
    how: How
    mark: int = 0
    candidates: tuple[str, ...] = ()
    doubtful: tuple[int, ...] = ()
    faults: Mapping[str, int] = field(default_factory=dict)
    case: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


def find_encoding(sample: bytes, survey: TextSurvey, reading: Reading, stream: _Stream) -> Found:
    """Find the encoding of a text.

    Parameters
    ----------
    sample
        Its first bytes.
    survey
        Of all of it.
    reading
        What a caller gave, and what is remembered.
    stream
        Returns the bytes from an offset on.

    Raises
    ------
    FileRejected
        ``not-a-spreadsheet`` for binary data.
    """
    mark, marked = next(((len(mark), name) for mark, name in _MARKS if sample.startswith(mark)), (0, ""))
    given = reading.given.get("encoding")
    structure = marked or _by_structure(sample)
    if given:
        name = structure or _UTF_16[0] if given == "utf-16" else structure or _UTF_32[0] if given == "utf-32" else given
        if marked and name != marked:
            raise FileRejected("unknown-encoding", case="marked", encoding=given, marked=marked)
        proven = survey.first_utf8 is not None and survey.first_other is None and name != UTF_8
        if proven and not is_sliced(name) and "encoding" not in reading.answered:
            doubtful = (survey.first_utf8 or 0,)
            return Found(UTF_8, "default", mark, (UTF_8, name), doubtful)
        return _checked(Found(name, "given", mark), stream)
    if structure and structure != UTF_8:
        return _checked(Found(structure, "proven", mark), stream)
    _reject_binary(sample)
    if survey.first_other is None and (marked or survey.first_high is None or survey.first_utf8 is not None):
        return Found(UTF_8, "proven", mark)
    if survey.first_other is not None and (marked or survey.is_mixed):
        faults = {"utf8": survey.first_utf8 or 0, "other": survey.first_other}
        return Found(UTF_8, "proven", mark, faults=faults, case="mixed")
    return _by_words(survey, reading, stream)


def _by_words(survey: TextSurvey, reading: Reading, stream: _Stream) -> Found:
    remembered = reading.remembered.get("encoding")
    if remembered in (*_ONE_BYTE, *_OF_MANY_BYTES):
        found = _checked(Found(remembered, "remembered"), stream)
        if not found.faults:
            return found
    words = list(survey.words)
    rivals = rivals_of(words)
    if survey.first_odd is None and not rivals and survey.high != _TIMES:
        return Found(WINDOWS, "default")
    likely = [*([WINDOWS] if survey.first_odd is None else []), *rivals]
    likely += [UTF_8] if survey.first_other is None else []
    candidates = tuple(name for name in _candidates(survey, words, likely) if _reads_all(name, stream))
    if UTF_8 in candidates:  # few texts are UTF-8 as a whole by chance
        candidates = (UTF_8, *(name for name in candidates if name != UTF_8))
    if not candidates:
        return Found(WINDOWS, "default", faults={"other": survey.first_other or 0}, case="none")
    return Found(candidates[0], "default", candidates=candidates, doubtful=_doubtful(survey, candidates, stream))


def _doubtful(survey: TextSurvey, candidates: Sequence[str], stream: _Stream) -> tuple[int, ...]:
    """Return the offsets of the first odd word, and of the first byte that the likeliest two read differently."""
    differing = survey.first_high or 0
    first, other = candidates[0], candidates[:2][-1]
    if first in _ONE_BYTE and other in _ONE_BYTE:
        high = [bytes([byte]) for byte in sorted(survey.high)]
        wanted = [byte for byte in high if _decoded(byte, first) != _decoded(byte, other)]
        differing = _first_of(wanted, stream)
    odd = () if survey.first_odd in (None, differing) else (survey.first_odd,)
    return (*odd, differing)


def _first_of(wanted: Sequence[bytes], stream: _Stream) -> int:
    """Return the offset of the first of some bytes that are in a text."""
    at = 0
    for block in stream(0):
        if places := [block.find(byte) for byte in wanted if byte in block]:
            return at + min(places)
        at += len(block)
    return 0


def _reads_all(name: str, stream: _Stream) -> bool:
    """Whether a candidate reads the whole text: one of many bytes was tried on its first lines only."""
    return name not in _OF_MANY_BYTES or not _checked(Found(name, "default"), stream).faults


def _candidates(survey: TextSurvey, words: list[bytes], likely: list[str]) -> tuple[str, ...]:
    """List the encodings that read the text, each differently: likely ones first, as the words and a library say.

    Two encodings of single bytes read a text alike if they read each of its bytes alike.
    """
    from charset_normalizer import from_bytes  # noqa: PLC0415 - few files need it, and it takes 30 ms to import

    readings: dict[str, str] = {}
    for name in (*likely, *_ONE_BYTE, *_OF_MANY_BYTES):
        text = _decoded(bytes(sorted(survey.high)) if name in _ONE_BYTE else survey.lines, name)
        if text is not None and text not in readings.values():
            readings[name] = text
    ranked = [encoding_named(match.encoding) for match in from_bytes(survey.lines, cp_isolation=[*readings])]
    shares = {name: share_read(words, name) for name in readings}
    is_likely = WINDOWS in likely or survey.high == _TIMES
    usual = WINDOWS if is_likely and is_usual(words, likely) else ""
    narrow = () if survey.is_latin else _NARROW

    def order(name: str) -> tuple[bool, bool, bool, bool, int, float]:
        place = ranked.index(name) if name in ranked else len(ranked)
        is_read = shares[name] >= _MOST
        return name != usual, not (is_read and name in narrow), name not in likely, not is_read, place, -shares[name]

    ordered = sorted(readings, key=order)
    others = (WINDOWS,) if survey.is_latin else (WINDOWS, *_OF_MANY_BYTES)
    return tuple(name for at, name in enumerate(ordered) if at < _CANDIDATES or name in others)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if any("\x80" <= letter < "\xa0" for letter in set(text)) else text


def _by_structure(sample: bytes) -> str:
    """Recognise UTF-16 and UTF-32 without a mark: with zero bytes, as only one of them gives assigned characters."""
    if 0 not in sample:
        return ""
    for name, size in (*((each, 4) for each in _UTF_32), *((each, 2) for each in _UTF_16)):
        whole = sample[: len(sample) - len(sample) % size]
        try:
            text = codecs.getincrementaldecoder(name)().decode(whole)
        except UnicodeDecodeError:
            continue
        letters = set(text)
        categories = {unicodedata.category(letter) for letter in letters - set(_HARMLESS.decode())}
        if categories.isdisjoint({"Cc", "Cn", "Co"}) and letters & _USUAL:
            return name
    return ""


def _reject_binary(sample: bytes) -> None:
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    zeros = sample.count(0)  # the row of a few is named where it is split
    if controls > max(_MOST_CONTROLS * len(sample), _FEW_CONTROLS) or zeros > max(0.01 * len(sample), _FEW_CONTROLS):
        raise FileRejected("not-a-spreadsheet", case="binary")


def _checked(found: Found, stream: _Stream) -> Found:
    """Look for the first byte that an encoding lacks, in the whole text."""
    decoder = codecs.getincrementaldecoder(found.encoding)()
    lacks_c1 = found.encoding.startswith("iso-8859")
    at = found.mark
    for block in chain(stream(found.mark), [None]):
        before = len(decoder.getstate()[0])
        try:
            decoder.decode(block or b"", block is None)
        except UnicodeDecodeError as error:
            return _faulty(found, at - before + error.start, error.object[error.start])
        if lacks_c1 and block and (high := re.search(rb"[\x80-\x9f]", block)):
            return _faulty(found, at + high.start(), block[high.start()])
        at += len(block or b"")
    return found


def _faulty(found: Found, offset: int, byte: int) -> Found:
    return replace(found, faults={"bad": offset}, case="lacks", params={"byte": f"{byte:02X}"})


# What programs have for a line end that no spreadsheet program takes for one: vertical tab, form feed, separators of
# ASCII, next line, the line and paragraph separators of Unicode, the escapes of JSON and shells, and HTML's. A text
# without other line ends would be one long header.
_LINE_END = re.compile(r"[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|\\r\\n|\\[nr]|(?i:<br ?/?>)")
_ROW_END = re.compile("\r\n?|\n")
# Titles of the importer by which its header is recognised in a line.
_TITLES: Final = 2


def other_line_end(text: str, delimiters: str, reading: Reading) -> str:
    """Return what ends the lines of a text in the place of a line end, if all rows are in its only or last line.

    A character is named by its code point. Written out, it may be a part of a title; so the header has to end there.
    """
    *above, last = _ROW_END.split(text.strip())
    found = _LINE_END.search(last)
    if found is None:
        return ""
    is_written_out = len(found[0]) > 1
    if above or is_written_out:
        fields = [last[: found.start()].split(mark) for mark in delimiters]
        if max(reading.fit([(1, [*cells])]).found for cells in fields) < _TITLES:
            return ""
    return found[0] if is_written_out else f"U+{ord(found[0]):04X}"
