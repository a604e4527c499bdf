"""What the bytes of a whole text show of its encoding, collected in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import filterfalse
from typing import Final
from unicodedata import combining

from sluice.reading.western import amounts_in, is_western

_PART_BYTES: Final = 512 * 1024
# Parts in UTF-8 whose runs of bytes are kept, to be compared with what follows.
_UTF8_PARTS: Final = 8
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
#: Delimiters end a word. All digits are one, so that amounts are few words.
_WORD_FORM: Final = bytes.maketrans(b',;|^"123456789', b"     000000000")
#: A sign × of Windows-1252 is one word with the numbers beside it. Alone, it would be a letter in other encodings.
_TIMES: Final = (b"0 \xd7 0", b"0\xd70")
# Words by which encodings are compared, words that are kept so that none is looked at twice, and lines for candidates.
_WORDS: Final = 2_000
_SEEN: Final = 50_000
# Bytes of a word that are looked at, from its first beyond ASCII on; no language has longer words.
_WORD_BYTES: Final = 200
_LINE_BYTES: Final = 32 * 1024
#: Characters that a text in UTF-8 is likely to have: a run of bytes that gives others may be UTF-8 by chance.
_LIKELY: Final = re.compile(
    "[\xa0-\u017f\u0218-\u021b\u0300-\u036f\u0386-\u03ce\u0400-\u045f\u0490\u0491\u0531-\u058f\u05d0-\u05ea"
    "\u0600-\u06ff\u0900-\ud7ff\uf900-\U0010ffff]+"
)
# Characters that are a word in another encoding, too, and the last blocks of 256 with Latin letters, and of two bytes.
_FEW: Final = 3
_LATIN_BLOCKS: Final = 2
_TWO_BYTE_BLOCKS: Final = 7
#: Characters that stand alone in many texts.
_OFTEN_ALONE: Final = frozenset("\xa0°±²³½¼¾×÷§©®µΩ«»£¥ØÀàÈèÉéÅÖÄ")


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
        forms = lines.translate(_WORD_FORM)
        if b"\xd7" in forms:
            forms = forms.replace(*_TIMES).replace(*_TIMES)
        new = {*filterfalse(bytes.isascii, forms.split())} - self._seen
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
                forms = part.translate(_WORD_FORM)
                self.first_odd = self._at + max(forms.find(word), forms.find(word.replace(*_TIMES[::-1])), 0)
        if len(self.lines) < _LINE_BYTES:
            self.words |= dict.fromkeys(amounts_in(lines[:_LINE_BYTES]))
            self.lines += lines[: _LINE_BYTES + 1024 - len(self.lines)].rsplit(b"\n", 1)[0] + b"\n"

    def _add_runs(self, part: bytes, runs: set[bytes]) -> None:
        utf8 = {run for run in runs if _is_utf8(run)}
        likely = {run for run in utf8 if _is_likely(run.decode())}
        if self.first_utf8 is None:
            likely = {run for run in likely if not _may_be_chance(run.decode(), part)}
        if likely and self.first_utf8 is None:
            self.first_utf8 = self._first(part, likely)
        if utf8 != runs and self.first_other is None:
            self.first_other = self._first(part, runs - utf8)
        if len(self._other_runs) < _SEEN:
            self._other_runs |= {run[:_WORD_BYTES] for run in runs - utf8}  # they are merely counted
            self._utf8_runs |= {run[:_WORD_BYTES] for run in likely}

    def _first(self, part: bytes, runs: set[bytes]) -> int:
        return self._at + next(match.start() for match in _HIGH.finditer(part) if match[0] in runs)


def _is_likely(run: str) -> bool:
    """Whether a text in UTF-8 is likely to have these characters beyond ASCII."""
    return bool(_LIKELY.fullmatch(run))


def _may_be_chance(run: str, text: bytes) -> bool:
    """Whether a text has characters of UTF-8 only where their bytes are as many of another encoding.

    Few characters of two bytes are, unless they are of one script, beside a letter of ASCII, or between digits. An
    accent that is a character of its own stands behind its letter.
    """
    if max(run) <= "\xff":  # what most files in UTF-8 have of all that is beyond ASCII
        return False
    blocks = {ord(letter) >> 8 for letter in run}
    is_accent = bool(combining(run[0]))
    is_script = len(run) > 1 and len(blocks) == 1 and min(blocks) > _LATIN_BLOCKS
    if not is_accent and (len(run) > _FEW or max(blocks) > _TWO_BYTE_BLOCKS or is_script or run in _OFTEN_ALONE):
        return False
    its = run.encode()
    at = text.find(its)
    while at >= 0:
        behind = at + len(its)
        left, right = text[max(at - 1, 0) : at], text[behind : behind + 1]
        if left.isalpha() or (not is_accent and right.isalpha()) or (left.isdigit() and right.isdigit()):
            return False
        at = text.find(its, behind)
    return True


def _first_of(word: bytes) -> bytes:
    """Return so much of a long run without blanks as shows the language of its first letters beyond ASCII."""
    start = next(at for at, byte in enumerate(word) if byte > 0x7F)
    return word[max(0, start - _WORD_BYTES // 2) :][:_WORD_BYTES]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
