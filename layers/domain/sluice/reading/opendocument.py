"""Reader of OpenDocument spreadsheets (.ods): the cells of content.xml as a person sees them, sheet by sheet.

Names of elements and attributes, and the rule for white space, are of OpenDocument 1.3, part 3 (OASIS).
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, Final
from xml.parsers import expat

from sluice.model.errors import FileRejected
from sluice.reading.number_formats import formatted_as, moment_of
from sluice.reading.xlsx.archive import Archive
from sluice.schema.cells import Cell, CellError, FormattedNumber, InvalidValue
from sluice.schema.text import is_error

if TYPE_CHECKING:
    from sluice.reading.sandbox import SheetWriter
    from sluice.reading.types import Limits

CONTENT: Final = "content.xml"

#: XML_ERROR_NO_MEMORY of expat.
_NO_MEMORY: Final = 1

_PREFIXES: Final = {
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext",
}
_CELLS: Final = frozenset({"table:table-cell", "table:covered-table-cell"})
_PARAGRAPHS: Final = frozenset({"text:p", "text:h"})
#: Elements whose texts and tables are none of the sheet: comments, drawings, links, changes, and readings of ruby.
_OTHER: Final = frozenset({
    "office:annotation", "office:forms", "table:shapes", "table:tracked-changes", "table:dde-links", "text:note",
    "text:ruby-text",
})  # fmt: skip
_SPACE: Final = re.compile("[ \t\r\n]+")
_DURATION: Final = re.compile(
    r"(-)?P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d*)?S)?"  # xsd:duration, without years and months
)
#: Years in which a calendar may begin: LibreOffice offers 1899, 1900 and 1904.
_FIRST_YEARS: Final = range(1_800, 2_100)
#: A time zone, which XML Schema allows behind a date and a time. It is dropped: a cell has the day as it is written.
_ZONE: Final = re.compile(r"(?:Z|[+-]\d\d:\d\d)\Z")
#: Why a value that is none of its type cannot be used.
_UNREADABLE: Final = {"boolean": "not-yes-or-no", "date": "not-a-date", "time": "not-a-date"}
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
#: The last column of a sheet (LibreOffice, "Limits in LibreOffice Calc").
_LAST_COLUMN: Final = 16_384
_LAST_ROW: Final = 1_048_576
_DAY: Final = timedelta(days=1)
_MIDNIGHT: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet knows no time zones


def read_ods(file: BinaryIO, sheets: SheetWriter, limits: Limits) -> None:
    """Read the sheets of a spreadsheet.

    Raises
    ------
    FileRejected
        ``damaged-file``, ``unsafe-file`` or ``zip-bomb``; what the writer rejects.
    """
    reader, archive = _Reader(sheets), Archive(file, limits)
    for block in archive.stream(archive.find(CONTENT) or CONTENT):
        reader.parse(block)
    reader.parse(b"", final=True)


class _Reader:
    """Handles the elements of content.xml."""

    def __init__(self, sheets: SheetWriter) -> None:
        self._sheets = sheets
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._is_inside = False
        self._row = 0
        self._repeat = 1
        self._cells: list[Cell] = []
        self._blanks = 0
        self._cell: dict[str, str] | None = None
        self._covered = self._is_hidden = False
        self._paragraphs: list[str] = []
        self._text: list[str] | None = None
        self._skipped = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def parse(self, block: bytes, final: bool = False) -> None:
        try:
            self._parser.Parse(block, final)
        except (expat.ExpatError, ValueError, LookupError) as error:  # an encoding that is not there, too
            if getattr(error, "code", 0) == _NO_MEMORY:
                raise MemoryError from error
            raise FileRejected("damaged-file", case="malformed-part", part=CONTENT) from error

    def _doctype(self, *_: object) -> None:
        raise FileRejected("unsafe-file", part=CONTENT)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _short(name)
        if self._skipped or name in _OTHER or name.startswith("draw:") or (name == "table:table" and self._is_inside):
            self._skipped += 1
        elif self._text is not None:
            self._in_paragraph(name, attributes)
        elif name in _PARAGRAPHS:
            self._text = []
        else:
            self._in_sheet(name, {_short(key): value for key, value in attributes.items()})

    def _in_sheet(self, name: str, attributes: dict[str, str]) -> None:
        if name in _CELLS:
            self._cell, self._covered, self._paragraphs = attributes, name == "table:covered-table-cell", []
        elif name == "table:table-row":
            self._repeat = _count(attributes.get("table:number-rows-repeated"))
            self._cells, self._blanks = [], 0
            self._is_hidden = attributes.get("table:visibility") in {"collapse", "filter"}
        elif name == "table:table":
            is_hidden = attributes.get("table:style-name") in self._hidden_styles
            self._sheets.begin(attributes.get("table:name", ""), is_hidden=is_hidden)
            self._row, self._is_inside = 0, True
        elif name == "table:null-date" and "table:date-value" in attributes:
            self._sheets.days_later = _days_later(attributes["table:date-value"])
        elif name == "table:table-source":
            self._sheets.drop()  # values of another file that formulas name, not a sheet of this one
        elif name == "style:style":
            self._style = attributes.get("style:name", "")
        elif name == "style:table-properties" and attributes.get("table:display") == "false":
            self._hidden_styles.add(self._style)

    def _in_paragraph(self, name: str, attributes: dict[str, str]) -> None:
        if self._text is None:
            return
        if name == "text:s":
            count = next((value for key, value in attributes.items() if _short(key) == "text:c"), None)
            self._text.append("\0" * min(_count(count), 32_767))  # kept apart from white space, which is collapsed
        elif name == "text:tab":
            self._text.append("\1")
        elif name == "text:line-break":
            self._text.append("\2")

    def _end(self, name: str) -> None:
        name = _short(name)
        if self._skipped:
            self._skipped -= 1
        elif name in _PARAGRAPHS and self._text is not None:
            text = _SPACE.sub(" ", "".join(self._text)).lstrip(" ")  # LibreOffice keeps one space at the end
            self._paragraphs.append(text.replace("\0", " ").replace("\1", "\t").replace("\2", "\n"))
            self._text = None
        elif name in _CELLS and self._cell is not None:
            self._end_cell(self._cell)
        elif name == "table:table-row":
            self._end_row()
        elif name == "table:table" and self._is_inside:
            self._sheets.end()
            self._is_inside = False

    def _characters(self, data: str) -> None:
        if self._text is not None and not self._skipped:
            self._text.append(data)

    def _end_cell(self, attributes: dict[str, str]) -> None:
        count = _count(attributes.get("table:number-columns-repeated"))
        value = None if self._covered else _value(attributes, "\n".join(self._paragraphs))
        self._add_merged(attributes)
        self._cell = None
        if value is None:
            self._blanks += count
            return
        if len(self._cells) + self._blanks + count > _LAST_COLUMN:
            raise FileRejected("damaged-file", case="unknown-column")
        self._cells += [None] * self._blanks + [value] * count
        self._blanks = 0

    def _add_merged(self, attributes: dict[str, str]) -> None:
        height, width = (_count(attributes.get(f"table:number-{each}-spanned")) for each in ("rows", "columns"))
        if self._is_inside and (height > 1 or width > 1):
            first, left = self._row + 1, len(self._cells) + self._blanks
            last, right = min(first + height, _LAST_ROW + 1) - 1, min(left + width, _LAST_COLUMN) - 1
            self._sheets.merge((first, last, left, right))

    def _end_row(self) -> None:
        if self._is_inside and self._cells:
            self._sheets.add(self._row + 1, self._cells, self._repeat, is_hidden=self._is_hidden)
        self._row += self._repeat


@lru_cache(maxsize=1_000)
def _short(name: str) -> str:
    """Return the name of an element or attribute with the usual prefix of its namespace."""
    space, _, local = name.rpartition(" ")
    return f"{_PREFIXES.get(space, 'draw' if ':drawing:' in space else '?')}:{local}"


def _count(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 1


def _value(attributes: dict[str, str], text: str) -> Cell:
    """Return what a cell holds; ``text`` is what it shows."""
    kind, formula = attributes.get("office:value-type"), attributes.get("table:formula")
    bare = text.strip()
    is_failed = is_error(bare) and (formula is not None or bare.strip("#") != "")  # or its column is too narrow
    if is_failed or attributes.get("calcext:value-type") == "error":
        return CellError(bare or "#VALUE!")
    if kind is None or kind == "void":
        return CellError(f"={formula.partition('=')[2]}") if formula is not None and not text else text or None
    if kind == "string":
        text = attributes.get("office:string-value") or text
        return CellError(text.strip()) if is_error(text.strip()) else text or None
    stored = attributes.get(_STORED.get(kind, "office:value"))
    if stored is None:  # what it shows is all that there is
        return CellError(f"={formula.partition('=')[2]}") if formula is not None and not text else text or None
    value = _typed(kind, stored)
    if type(value) is not float or kind not in {"currency", "float"}:
        return value
    currency = attributes.get("office:currency", "").strip() if kind == "currency" else ""
    return FormattedNumber(value, None, currency) if currency else formatted_as(value, text.strip())


#: Attribute that holds a value, by its type; that of all others is ``office:value``.
_STORED: Final = {
    "boolean": "office:boolean-value",
    "date": "office:date-value",
    "time": "office:time-value",
}


def _typed(kind: str, stored: str) -> Cell:
    try:
        if kind == "boolean":
            return _FLAGS[stored.strip().lower()]
        if kind == "date":
            return _moment(stored.strip())
        return _span(stored.strip()) if kind == "time" else float(stored)
    except (ValueError, LookupError, OverflowError):
        return CellError(stored, InvalidValue(_UNREADABLE.get(kind, "not-a-number")))


def _moment(text: str) -> date | datetime:
    day, mark, hours = text.partition("T")
    if not mark:
        return date.fromisoformat(_ZONE.sub("", day))
    moment = moment_of(day, _ZONE.sub("", hours)) + timedelta(milliseconds=500)
    moment = moment.replace(microsecond=0)
    return moment.date() if moment.time() == time() else moment


def _days_later(text: str) -> int:
    """Return how many days a calendar begins behind 30 December 1899."""
    first = date.min
    with suppress(ValueError):
        first = date.fromisoformat(text.strip().removesuffix("T00:00:00"))
    if first.year not in _FIRST_YEARS:
        raise FileRejected("damaged-file", case="malformed-part", part=CONTENT)
    return (first - _MIDNIGHT.date()).days


def _span(text: str) -> time | timedelta:
    """Return a span of time; below a day it is a time of the day, as spreadsheets do not tell the two apart."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if found[1]:
        return -span
    return span if span >= _DAY else (_MIDNIGHT + span).time()
