"""The plain spelling of sheet XML, and the rewriting of any other legal spelling into it.

XML lets a writer spell one cell in many ways: attributes in any order and in either quote, white space in tags and
around values, character references, comments, CDATA, UTF-16. Programs that write spreadsheets use a few of them, which
are the *plain spelling*. `plain_width` checks a slice for it with one regular expression, and `Rewriter` parses
anything else as XML and writes the same cells in the plain spelling. So all that is read behind this module has one
form.

A cell without a usable value becomes an error cell on the way: a formula that no program has computed, a number that is
not finite, 29 February 1900.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape

from sluice.model.errors import FileRejected
from sluice.reading.number_formats import moment_of
from sluice.reading.xlsx.splitter import Marks, is_hidden
from sluice.reading.xlsx.workbook import check_token
from sluice.schema.cells import NO_DAY

#: Serial numbers from here on are no dates: 31 December 9999 is the last one (Microsoft, "DATE function").
LAST_SERIAL: Final = 2_958_466
_SECONDS: Final = 86_400
#: Column XFD, the last of a sheet (Microsoft, "Excel specifications and limits").
LAST_COLUMN: Final = 16_384
#: The text of an error cell that has none.
NO_TEXT: Final = "#VALUE!"
_LETTERS: Final = 26
_FEW: Final = 50
#: Row numbers have at most so many digits; a sheet ends at 1,048,576.
_LAST_ROW: Final = 9_999_999
# Digits of a number in an attribute at most.
_DIGITS: Final = 10
_NARROW, _WIDE = "[A-Z]", "[A-Z]{1,3}+"
_WIDE_REFERENCE = re.compile(rb'<c r="([A-Z]{2,3})')

_REFERENCES = r"&(?:amp|lt|gt|quot|apos|#(?:9|10|13|34|38|39|60|62|x[9aAdD]));"
_TEXT = rf"(?:[^<&\x00-\x1f]|[\t\n]|{_REFERENCES})*+"
# Positive exponents of at most two digits: what has more may be infinite.
_NUMBER = r"-?+\d{1,30}+(?:\.\d{1,30}+)?+(?:[eE](?:-\d{1,3}+|\+?+\d\d?+))?+"
# A number under a date's format. Day 60 may be 29 February 1900; where it is not, it is written with a leading zero.
_DAY = r"(?!60[.<]|59\.9)(?:[12]\d{6}|\d{1,6}+)(?:\.\d{1,30}+)?+"
_ISO = r"(?:\d{4}-\d\d-\d\d(?:T(?!24)\d\d:\d\d:\d\d)?+|\d\d:\d\d:\d\d)"
_F = rf'<f(?: [A-Za-z0-9:]++="[^"<&]*+")*+(?:/>|>{_TEXT}</f>)'
_FORMULA = f"(?:{_F})?+"
_STYLE = r"\d{1,9}+"
_INLINE = rf'<is><t(?: xml:space="preserve")?+>{_TEXT}</t></is>'
# What follows the style of a cell. A formula has a value, else it is uncomputed.
_TYPED = (
    rf'(?: t="(?:s"(?: s="{_STYLE}")?+(?:/>|><v>(?:0|[1-9]\d{{0,8}}+)</v></c>)|str"(?:/>|>{_FORMULA}<v>{_TEXT}</v></c>)'
    rf'|inlineStr"(?:/>|>{_INLINE}</c>)|b"(?:/>|>{_FORMULA}<v>[01]</v></c>)'
    rf'|e">{_FORMULA}<v>{_TEXT}</v></c>|d">{_FORMULA}<v>{_ISO}</v></c>))'
)


class Formats(NamedTuple):
    """What of a workbook makes the numbers of cells something else; formats by their indexes.

    Parameters
    ----------
    days
        Those that show a date, a time of day or both.
    spans
        Those that show hours beyond 24.
    date1904
        Whether day 0 is 1 January 1904.
    recalculates
        Whether the workbook asks to compute its formulas when it is opened. Libraries that write formulas do, and give
        each the value 0. So a formula has no value if it has this one.
    shown
        Formats that may show a number as something else than its digits.
    """

    days: frozenset[int]
    spans: frozenset[int]
    date1904: bool = False
    recalculates: bool = False
    shown: frozenset[int] = frozenset()


@lru_cache(maxsize=16)
def _grammar(formats: Formats, column: str) -> re.Pattern[bytes]:
    dates = formats.days | formats.spans
    # to search a long list for each cell takes longer than to rewrite the rows that are not plain under any date
    dated = "|".join(map(str, sorted(dates))) or "(?!)" if len(dates) <= _FEW else r"\d++"
    numeric = '(?: t="n")?+(?:/>|>{formula}<v>{value}</v></c>)'
    formula = f"(?:{_F}{'(?!<v>0</v>)' if formats.recalculates else ''})?+"
    number = numeric.format(formula=formula, value=_NUMBER)
    day = numeric.format(formula=formula, value=_DAY)
    plain = rf'(?: s="(?!(?:{dated})"){_STYLE}")?+(?:{_TYPED}|{number})'
    cell = rf'<c r="{column}\1"(?:{plain}| s="(?:{dated})"(?:{_TYPED}|{day}))'
    row = rf'<row r="([1-9]\d{{0,6}}+)"(?: [\w:.-]++="[^"<&]*+")*+(?:/>|>(?:{cell})*+</row>)[ \r\n\t]*+'
    return re.compile(rf"\s*+(?:{row})*+\Z".encode())


def plain_width(rows: bytes, formats: Formats) -> int | None:
    """Return the width of ``<row>`` elements, 26 at least; ``None`` if they are not in the plain spelling."""
    if _grammar(formats, _NARROW).match(rows):
        return _LETTERS
    if _grammar(formats, _WIDE).match(rows):
        return max(map(column_number, {each.decode() for each in _WIDE_REFERENCE.findall(rows)}), default=_LETTERS)
    return None


class Row(NamedTuple):
    """A row in the plain spelling; ``has_value`` is false if all of its cells are empty."""

    number: int
    body: bytes
    has_value: bool


class Rewriter:
    """Parses sheet XML and writes its rows in the plain spelling.

    Parameters
    ----------
    formats
        Of the workbook.
    first_row
        Number of the first row, if it carries none.
    marks
        Gets what the sheet says beside its rows.

    Raises
    ------
    FileRejected
        ``damaged-file`` if it is not well-formed, or its rows or cells do not follow each other; ``unsafe-file`` if it
        declares a document type.
    """

    def __init__(self, part: str, formats: Formats, first_row: int = 1, marks: Marks | None = None) -> None:
        self._part, self._formats, self._marks = part, formats, marks
        self._number = first_row - 1
        self._column = 0
        self._inside: list[str] = []
        self._texts: dict[str, list[str]] = {}
        self._cell: dict[str, str] = {}
        self._cells: dict[int, str] = {}
        self._tag = ""
        self._fed = 0
        self._rows: list[Row] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def rows(self, blocks: Iterable[bytes]) -> Iterator[Row]:
        """Rewrite the rows of a whole part, as its blocks come."""
        for block in blocks:
            self._parse(block)
            yield from self._rows
            self._rows.clear()
        self._parse(b"", final=True)

    def slice(self, body: bytes) -> bytes:
        """Rewrite ``<row>`` elements; rows without a value are left out."""
        return b"".join(row.body for row in self.rows([b"<sheetData>", body, b"</sheetData>"]) if row.has_value)

    def _parse(self, data: bytes, final: bool = False) -> None:
        try:
            self._parser.Parse(data, final)
            self._fed += len(data)
            check_token(self._parser, self._fed)
        except (expat.ExpatError, ValueError, LookupError) as error:  # an encoding that is not there, too
            at_row = self._number if "row" in self._inside else self._number + 1
            raise FileRejected("damaged-file", case="broken-row", at_row=at_row) from error

    def _doctype(self, *_: object) -> None:
        raise FileRejected("unsafe-file", part=self._part)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        above = self._inside[-1] if self._inside else ""
        self._inside.append(name)
        if name == "row" and above == "sheetData":
            self._begin_row(attributes)
        elif name == "c" and above == "row":
            self._cell, self._texts = attributes, {}
        elif above == "c" and name in {"v", "f", "is"}:
            if name == "v" and name in self._texts:
                self._cell = {**self._cell, "t": "e"}  # which of two values is meant is not known
            self._texts.setdefault(name, [])
        elif self._marks is not None:
            self._marks.add(name, attributes)

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        self._inside.pop()
        above = self._inside[-1] if self._inside else ""
        if name == "row" and above == "sheetData":
            cells = "".join(self._cells[column] for column in sorted(self._cells))
            self._rows.append(Row(self._number, f"{self._tag}{cells}</row>".encode(), bool(cells)))
        elif name == "c" and above == "row":
            self._end_cell()

    def _characters(self, data: str) -> None:
        inside = self._inside
        if inside[-1] in {"v", "f"} and inside[-2] == "c":
            self._texts[inside[-1]].append(data)
        elif inside[-1] == "t" and "is" in inside and "rPh" not in inside:
            self._texts["is"].append(data)

    def _begin_row(self, attributes: dict[str, str]) -> None:
        written = str(attributes.get("r", self._number + 1)).strip(_SPACES)
        number = int(written) if len(written) <= _DIGITS else _LAST_ROW + 1
        if number > _LAST_ROW:
            raise FileRejected("damaged-file", case="wrong-row-numbers", at_row=self._number + 1)
        if number <= self._number:
            raise FileRejected("damaged-file", case="repeated-row", at_row=number, first_row=number)
        self._number, self._column, self._cells = number, 0, {}
        hidden = ' hidden="1"' if is_hidden(attributes, "ht") else ""
        self._tag = f'<row r="{number}"{hidden}>'

    def _end_cell(self) -> None:
        letters, self._column = self._place(self._cell.get("r"))
        texts = {name: "".join(pieces) for name, pieces in self._texts.items()}
        self._cells.pop(self._column, None)  # of two cells in one place, the last one counts
        if cell := self._rewritten(texts):
            self._cells[self._column] = f'<c r="{letters}{self._number}"{cell}</c>'

    def _place(self, reference: str | None) -> tuple[str, int]:
        if reference is None:
            return column_letters(self._column + 1), self._column + 1
        found = _REFERENCE.fullmatch(reference)
        column = column_number(found[1]) if found else 0
        if found is None or not 0 < column <= LAST_COLUMN:
            raise FileRejected("damaged-file", case="unknown-column")
        if int(found[2]) != self._number:
            raise FileRejected("damaged-file", case="wrong-row-numbers", at_row=self._number)
        return found[1].upper(), column

    def _rewritten(self, texts: dict[str, str]) -> str:
        """Return what follows a cell's reference, up to its end tag; nothing if the cell is empty."""
        kind, value, formula = self._cell.get("t", "n"), texts.get("v"), texts.get("f")
        if "is" in texts and (kind == "inlineStr" or value is None):
            return _text(texts["is"])
        if kind in {"str", "inlineStr"} and (value is not None or formula is None):
            return _text(value or "")
        if not (value := (value or "").strip(_SPACES)):
            if kind == "e":
                return _error(NO_TEXT)
            return "" if formula is None else _error(f"={formula}")
        if formula is not None and self._formats.recalculates and (kind, value) == ("n", "0"):
            return _error(f"={formula}")
        return self._typed(kind, value)

    def _typed(self, kind: str, value: str) -> str:
        match kind:
            case "n":
                return self._number_cell(value)
            case "s" if _INTEGER.fullmatch(value):
                return f' t="s"><v>{int(value)}</v>'
            case "b" if (word := value.lower()) in _WORDS:
                return f' t="b"><v>{_WORDS[word]}</v>'
            case "d":
                return _iso(value)
        return _error(value)

    def _number_cell(self, text: str) -> str:
        value = float(text) if _FLOAT.fullmatch(text) else math.nan
        if not abs(value) < _HUGE:
            return _error(text)
        style = self._style()
        if style not in self._formats.days | self._formats.spans or not 0 <= value < LAST_SERIAL:
            shown = f' s="{style}"' if style in self._formats.shown else ""
            return f"{shown}><v>{text if _PLAIN_NUMBER.fullmatch(text) else repr(value)}</v>"
        if style in self._formats.days and not self._formats.date1904 and int(value * _SECONDS + 0.5) // _SECONDS == 60:
            return _error(NO_DAY)
        return f' s="{style}"><v>{"0" if value < 100 else ""}{value:.12f}</v>'

    def _style(self) -> int:
        text = self._cell.get("s", "0").strip(_SPACES)
        return int(text) if text.isdecimal() and len(text) <= _DIGITS else 0


_SPACES = " \t\r\n"
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_ZONE = re.compile(r"(?:Z|[+-]\d\d:?(?:\d\d)?)\Z")
_INTEGER = re.compile(r"\+?[0-9]{1,9}")
_FLOAT = re.compile(r"[+-]?(?:[0-9]++\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PLAIN_NUMBER = re.compile(_NUMBER)
#: No column takes a number as large as this, and digits of its exponent are those of infinity.
_HUGE: Final = 1e99
_WORDS: Final = {"1": 1, "true": 1, "0": 0, "false": 0}


def _text(text: str) -> str:
    return f' t="str"><v>{escape(text, {chr(13): "&#13;"})}</v>' if text else ""


def _error(text: str) -> str:
    return f' t="e"><v>{escape(text, {chr(13): "&#13;"})}</v>'


def _iso(text: str) -> str:
    """Rewrite a date of type ``d``, whose form ISO 8601 leaves open; its time zone is dropped."""
    for read in (date.fromisoformat, _moment, time.fromisoformat):
        try:
            found = read(text)
        except (ValueError, OverflowError):
            continue
        if not isinstance(found, date) or isinstance(found, datetime):
            found = found.replace(microsecond=0, tzinfo=None)
        return f' t="d"><v>{found.isoformat()}</v>'
    return _error(text)


def _moment(text: str) -> datetime:
    day, _, hours = text.partition("T")
    return moment_of(day, _ZONE.sub("", hours)) if "T" in text else datetime.fromisoformat(text)


def column_number(letters: str) -> int:
    """Return the number of a column from its letters; A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Return the letters of a column from its number."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
