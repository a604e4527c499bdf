"""The encoding of a text, proved over the whole of it, or the candidates between which only a person can tell.

Structure proves UTF-8, UTF-16 and UTF-32. Windows-1252 is taken without a mark where all words read as a language that
is written in it, and as no other text in another encoding. Text is decoded strictly, so no character is made up.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, filterfalse
from typing import Any, Final

from sluice.model.errors import FileRejected
from sluice.model.recipe import How
from sluice.reading.types import Reading
from sluice.reading.western import WINDOWS, is_likely, is_western, may_be_chance, rivals_of, share_read

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
    *(f"iso-8859-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
    *("cp437", "cp850", "cp852", "cp866", "koi8-r", "koi8-u", "mac_roman"),
)
#: Encodings in which the second byte of a character may be one of ASCII.
_TWO_BYTES: Final = ("shift_jis", "cp932", "gb18030", "big5")
_OF_MANY_BYTES: Final = (*_TWO_BYTES, "euc_jp", "euc_kr")
#: Encodings that a caller can name.
ENCODINGS: Final = (
    *(UTF_8, "utf-16", *_UTF_16, "utf-32", *_UTF_32),
    *(*_ONE_BYTE, *_OF_MANY_BYTES),
)
_BY_CODEC: Final = {codecs.lookup(name).name: name for name in ENCODINGS} | {codecs.lookup("utf-8-sig").name: UTF_8}
#: Control characters that occur in text files: tab, line feed, vertical tab, form feed, carriage return, end of text
#: of DOS, escape.
_HARMLESS: Final = b"\t\n\x0b\x0c\r\x1a\x1b"
_CONTROLS: Final = bytes(code for code in range(32) if code not in _HARMLESS)
#: One of these is in every table.
_USUAL: Final = frozenset("\r\n,;\t| 0123456789")
# A sample of which more is made up of control characters, and more than a few, is no text.
_MOST_CONTROLS: Final = 0.05
_FEW_CONTROLS: Final = 3
_PART_BYTES: Final = 512 * 1024
# Parts in UTF-8 whose runs of bytes are kept, to be compared with what follows.
_UTF8_PARTS: Final = 8
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_DELIMITERS: Final = bytes.maketrans(b',;|^"', b"     ")
# Words by which encodings are compared, words that are kept so that none is looked at twice, and lines for candidates.
_WORDS: Final = 2_000
_SEEN: Final = 50_000
# Bytes of a word that are looked at, from its first beyond ASCII on; no language has longer words.
_WORD_BYTES: Final = 200
_LINE_BYTES: Final = 32 * 1024
# Candidates of a question.
_CANDIDATES: Final = 6


def encoding_named(name: object) -> str | None:
    """Return our name of an encoding that a caller names in any usual way; ``None`` if it is not in `ENCODINGS`."""
    try:
        return _BY_CODEC.get(codecs.lookup(str(name)).name)
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


class TextSurvey:
    """Collects what the bytes of a text show of its encoding, whole lines at a time.

    Parameters
    ----------
    first_high, first_utf8, first_other, first_odd
        Offsets of the first bytes beyond ASCII; of the first that are UTF-8, and that are not; and of the first word
        that does not read as Windows-1252. ``None`` if there are none.
    """

    def __init__(self) -> None:
        self.first_high: int | None = None
        self.first_utf8: int | None = None
        self.first_other: int | None = None
        self.first_odd: int | None = None
        self.words: dict[bytes, None] = {}
        self.high: set[int] = set()
        self.lines = b""
        self._utf8_runs: set[bytes] = set()
        self._other_runs: set[bytes] = set()
        self._seen: set[bytes] = set()
        self._rest = b""
        self._at = 0
        self._is_text = True
        self._utf8_parts = 0

    @classmethod
    def of(cls, blocks: Iterable[bytes]) -> TextSurvey:
        """Survey a whole stream."""
        survey = cls()
        for block in blocks:
            survey.feed(block)
        survey.finish()
        return survey

    def feed(self, block: bytes) -> None:
        """Take the next bytes of the text; what holds a zero is no text, or one whose structure shows its encoding."""
        self._is_text = self._is_text and 0 not in block
        if not self._is_text:
            return
        for start in range(0, len(block), _PART_BYTES):
            data = self._rest + block[start : start + _PART_BYTES]
            end = data.rfind(b"\n") + 1 or (len(data) if len(data) > _PART_BYTES else 0)
            self._add(data[:end])
            self._rest = data[end:]

    def finish(self) -> None:
        """Take what follows the last line end."""
        self._add(self._rest)
        self._rest = b""

    @property
    def is_latin(self) -> bool:
        """Whether most words beyond ASCII have letters of ASCII, too."""
        return 2 * sum(bool(re.search(rb"[A-Za-z]", word)) for word in self.words) >= len(self.words)

    @property
    def is_mixed(self) -> bool:
        """Whether some runs of bytes beyond ASCII are UTF-8 and others are not, and that not by chance.

        In texts without Latin letters, which consist of such runs, a few are.
        """
        if not self._utf8_runs or self.first_other is None:
            return False
        return self.is_latin or 5 * len(self._utf8_runs) >= len(self._other_runs)

    def _add(self, part: bytes) -> None:
        if not part.isascii():
            if self.first_high is None:
                self.first_high = self._at + _HIGH.search(part).start()  # type: ignore[union-attr]  # it is not ASCII
            if self.first_other is not None or not _is_utf8(part):
                self._add_words(part)
            elif self._utf8_parts < _UTF8_PARTS:
                self._utf8_parts += 1
                self._add_runs(part, set(_HIGH.findall(part)))
                if self.first_utf8 is None:  # these bytes may be UTF-8 by chance
                    self._add_words(part)
        self._at += len(part)

    def _add_words(self, part: bytes) -> None:
        lines = b"".join([line for line in part.splitlines(keepends=True) if not line.isascii()])  # faster than words
        new = {*filterfalse(bytes.isascii, lines.translate(_DELIMITERS).split())} - self._seen
        if len(self._seen) > _SEEN:
            self._seen.clear()
        self._seen |= {word for word in new if len(word) <= _WORD_BYTES}
        self.high.update(byte for byte in b"".join(new) if byte > 0x7F)
        self._add_runs(part, {run for word in new for run in _HIGH.findall(word)})
        for word in sorted(new):
            shown = word if len(word) <= _WORD_BYTES else _first_of(word)
            if len(self.words) < _WORDS:
                self.words[shown] = None
            if self.first_odd is None and not is_western([shown]):
                self.first_odd = self._at + part.translate(_DELIMITERS).find(word)
        if len(self.lines) < _LINE_BYTES:
            self.lines += lines[: _LINE_BYTES + 1024 - len(self.lines)].rsplit(b"\n", 1)[0] + b"\n"

    def _add_runs(self, part: bytes, runs: set[bytes]) -> None:
        utf8 = {run for run in runs if _is_utf8(run)}
        likely = {run for run in utf8 if is_likely(run.decode())}
        if self.first_utf8 is None:
            likely = {run for run in likely if not may_be_chance(run.decode(), part)}
        if likely and self.first_utf8 is None:
            self.first_utf8 = self._first(part, likely)
        if utf8 != runs and self.first_other is None:
            self.first_other = self._first(part, runs - utf8)
        if len(self._other_runs) < _SEEN:
            self._other_runs |= {run[:_WORD_BYTES] for run in runs - utf8}  # they are merely counted
            self._utf8_runs |= {run[:_WORD_BYTES] for run in likely}

    def _first(self, part: bytes, runs: set[bytes]) -> int:
        return self._at + next(match.start() for match in _HIGH.finditer(part) if match[0] in runs)


def _first_of(word: bytes) -> bytes:
    """Return so much of a long run without blanks as shows the language of its first letters beyond ASCII."""
    start = next(at for at, byte in enumerate(word) if byte > 0x7F)
    return word[max(0, start - _WORD_BYTES // 2) :][:_WORD_BYTES]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode(UTF_8)
    except UnicodeDecodeError:
        return False
    return True


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
    if survey.first_odd is None and not rivals:
        return Found(WINDOWS, "default")
    likely = [*([WINDOWS] if survey.first_odd is None else []), *rivals]
    likely += [UTF_8] if survey.first_other is None else []
    doubtful = sorted({offset for offset in (survey.first_high, survey.first_odd) if offset is not None})
    candidates = tuple(name for name in _candidates(survey, words, likely) if _reads_all(name, stream))
    if UTF_8 in candidates:  # few texts are UTF-8 as a whole by chance
        candidates = (UTF_8, *(name for name in candidates if name != UTF_8))
    if not candidates:
        return Found(WINDOWS, "default", faults={"other": survey.first_other or 0}, case="none")
    return Found(candidates[0], "default", candidates=candidates, doubtful=tuple(doubtful))


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
    shares = {name: share_read(words, name) if name in _ONE_BYTE else 0.0 for name in readings}

    def order(name: str) -> tuple[bool, bool, int, float]:
        place = ranked.index(name) if name in ranked else len(ranked)
        return name not in likely, shares[name] < 0.9, place, -shares[name]

    ordered = sorted(readings, key=order)
    others = () if survey.is_latin else _OF_MANY_BYTES
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
    if controls > max(_MOST_CONTROLS * len(sample), _FEW_CONTROLS) or sample.count(0) > 0.01 * len(sample):
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
