"""The records of a slice of sheet XML: calamine parses a minimal workbook that is built around the slice.

A slice is in the plain spelling, or is rewritten into it, see `sluice.reading.xlsx.spelling`. Then two kinds of cells
are marked, because calamine would need the whole string table and returns nothing for an error: shared strings become
text of a mark and the index, errors text of another mark and the error. One dictionary access per cell of text then
replaces the marks.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from secrets import token_hex
from typing import Any, Final
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook

from sluice.model.errors import FileRejected
from sluice.reading.cells import is_blank
from sluice.reading.types import FileLayout, Workspace
from sluice.reading.xlsx.shared_strings import read_strings, unescape
from sluice.reading.xlsx.spelling import LAST_COLUMN, Formats, Rewriter, plain_width
from sluice.reading.xlsx.workbook import local, parse_xml
from sluice.schema.cells import Cell, CellError, Record

STYLES: Final = "styles.xml"

#: Cells of the rectangle that calamine lays out, at most; one cell in column XFD must not cost gigabytes.
MAX_AREA: Final = 2_000_000
_ROW_NUMBER = re.compile(rb'<row r="(\d+)"')
_INDEX = re.compile(rb't="s"(?: s="\d+")?><v>(\d+)')
_STYLED = re.compile(rb't="s" s="\d+"><v>')
_FAILED = re.compile(rb't="e"((?: s="\d+")?>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v>)')
_ESCAPES = re.compile(rb"_x00[0-9A-Fa-f]{2}_|((?:_x(?!00)[0-9A-Fa-f]{4}_)+)")
_FORMAT = re.compile(rb'<xf numFmtId="(\d+)"/>')
CALENDAR, SPAN = 14, 46
# Builtin formats of dates and times (ECMA-376 part 1, 18.8.30; 27 to 36 and 50 to 58 in East Asian spreadsheets).
_DATES: Final = frozenset({*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)})
_QUOTED = re.compile(r'"[^"]*"?|\\.|[_*].')
_BRACKETS = re.compile(r"\[[^\]]*\]?")
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_SECONDS = re.compile(r"s\\?[.,]0+", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_UNITS: Final = frozenset("ymdhs")
#: With the marks of AM and PM, of eras and of weeks, and the T of ISO 8601.
_DATE_LETTERS: Final = _UNITS | frozenset("apebgt")
#: Name of the one sheet of the minimal workbook.
SHEET: Final = "rows"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_TYPES = f"""<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" \
ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>\
<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>\
<Override PartName="/xl/sheet.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>"""
_TOP = f"""<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="a" \
Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""
_RELATIONS = f"""<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="a" \
Type="{_OFFICE}/worksheet" Target="sheet.xml"/><Relationship Id="b" \
Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>"""
_WORKBOOK = f"""<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><workbookPr date1904="%d"/><sheets>\
<sheet name="{SHEET}" sheetId="1" r:id="a"/></sheets></workbook>"""
_BEFORE = f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode()
_AFTER = b"</sheetData></worksheet>"

#: For a workbook without styles: every number is a number.
NO_FORMATS: Final = f'<styleSheet xmlns="{_MAIN}"/>'.encode()


class LeakedMark(AssertionError):
    """A cell still has a mark of this module: an error of the reader, so its value is not known."""


class _Values(dict[Any, Cell]):
    """The values of all text that calamine returned.

    Text that has no mark is its own value. The marks are random, so no file can contain one.
    """

    def __init__(self, text_mark: str, error_mark: str, strings: dict[int, str]) -> None:
        super().__init__({f"{text_mark}{index}": text or None for index, text in strings.items()})
        self[""] = None
        self._text_mark, self._error_mark = text_mark, error_mark

    def __missing__(self, text: str) -> Cell:
        if text.startswith(self._error_mark):
            return CellError(text.removeprefix(self._error_mark))
        if self._text_mark in text or self._error_mark in text:
            raise LeakedMark("a mark of the reader is left in a cell")
        return text


def read_slice(layout: FileLayout, first_row: int, body: bytes | None, workspace: Workspace) -> Iterator[Record]:
    """Read the records of a slice of sheet XML; see `sluice.reading.read_segment`."""
    if not body:
        return
    prefix = str(layout.details["prefix"])
    if prefix:
        # "<" in text is always escaped, so this replaces in tags only
        body = body.replace(b"<" + prefix.encode(), b"<").replace(b"</" + prefix.encode(), b"</")
    styles = workspace.read(STYLES)
    formats = formats_of(styles, layout)
    width = plain_width(body, formats)
    if width is None:
        body = Rewriter(layout.sheet, formats, first_row).slice(body)
        width = plain_width(body, formats)
    if width is None:
        raise AssertionError("rows were rewritten in a spelling that is not read")
    if width > LAST_COLUMN:
        raise FileRejected("damaged-file", case="unknown-column")
    body, values = _marked(body, layout, workspace)
    for area in _areas(body, width, first_row):
        for number, cells in _parsed(area, styles, formats.date1904):
            record = [values[cell] if type(cell) is str else cell for cell in cells]
            if not is_blank(record):
                yield number, record


def formats_of(styles: bytes, layout: FileLayout) -> Formats:
    """Return the formats of dates and of spans of time in what `number_formats` returned."""
    days, spans = _indexes(styles)
    return Formats(days, spans, layout.details["date1904"], layout.details["recalculates"])


@lru_cache(maxsize=16)
def _indexes(styles: bytes) -> tuple[frozenset[int], frozenset[int]]:
    kinds = list(map(int, _FORMAT.findall(styles)))
    days = frozenset(at for at, kind in enumerate(kinds) if kind == CALENDAR)
    return days, frozenset(at for at, kind in enumerate(kinds) if kind == SPAN)


def _marked(body: bytes, layout: FileLayout, workspace: Workspace) -> tuple[bytes, _Values]:
    """Mark shared strings and errors; also return what each mark stands for."""
    indexes = [int(index) for index in set(_INDEX.findall(body))]
    strings = read_strings(indexes, int(layout.details["strings"]), str(layout.details["strings_prefix"]), workspace)
    token = token_hex(8)
    text, error = f"{token}.", f"{token}!"
    body = body.replace(b't="s"><v>', b't="str"><v>' + text.encode())
    if b't="s"' in body:  # the style comes behind the type, or the cell is empty
        body = _STYLED.sub(b't="str"><v>' + text.encode(), body)
    if b't="e"' in body:
        body = _FAILED.sub(rb't="str"\g<1>' + error.encode(), body)
    if b"_" in body:
        body = _ESCAPES.sub(_unescaped, body)
    if b"<t>" in body:
        body = body.replace(b"<t>", b'<t xml:space="preserve">')  # else calamine trims inline strings
    return body, _Values(text, error, strings)


def _unescaped(found: re.Match[bytes]) -> bytes:
    """Write the escapes of characters beyond U+00FF as these, which calamine does not; the others are left to it."""
    return unescape(found[0].decode()).encode() if found[1] else found[0]


def _areas(body: bytes, width: int, first_row: int) -> Iterator[bytes]:
    """Split rows into runs whose bounding rectangle stays small: at gaps, and every few rows of a wide sheet."""
    numbers = list(map(int, _ROW_NUMBER.findall(body)))
    if not numbers:
        return
    for last, number in pairwise(numbers):
        if number <= last:  # calamine would keep one of the rows and lose the other
            raise FileRejected("damaged-file", case="repeated-row", at_row=number, first_row=first_row)
    height = max(1, MAX_AREA // width)
    if numbers[-1] - numbers[0] < height:
        yield body
        return
    start, first = 0, numbers[0]
    for tag, number in zip(_ROW_NUMBER.finditer(body), numbers, strict=True):
        if number - first >= height:
            yield body[start : tag.start()]
            start, first = tag.start(), number
    yield body[start:]


def _parsed(rows: bytes, styles: bytes, date1904: bool) -> Iterator[tuple[int, list[Any]]]:
    try:
        sheet = CalamineWorkbook.from_filelike(build_minimal_workbook(rows, styles, date1904)).get_sheet_by_index(0)
    except CalamineError as error:
        Rewriter(SHEET, Formats(frozenset(), frozenset())).slice(rows)  # says which row is not well-formed
        raise AssertionError("rows in the plain spelling were not read") from error
    if sheet.start is None:
        return
    row, column = sheet.start
    before = [None] * column
    # `iter_rows` would begin at row 1, not at the first row's number
    for number, cells in enumerate(sheet.to_python(skip_empty_area=True), row + 1):
        yield number, before + cells if column else cells


def build_minimal_workbook(rows: bytes, styles: bytes, date1904: bool) -> io.BytesIO:
    """Build an .xlsx file, stored without compression, around ``<row>`` elements without namespace prefix.

    Parameters
    ----------
    rows
        The elements; their shared strings must have been replaced.
    styles
        What `number_formats` returned.
    date1904
        Whether its dates count from 1904.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _TOP)
        archive.writestr("xl/_rels/workbook.xml.rels", _RELATIONS)
        archive.writestr("xl/workbook.xml", _WORKBOOK % date1904)
        archive.writestr("xl/styles.xml", styles)
        archive.writestr("xl/sheet.xml", b"".join((_BEFORE, rows, _AFTER)))
    file.seek(0)
    return file


def number_formats(part: str, body: bytes) -> bytes:
    """Reduce a styles part to what distinguishes dates from numbers: cell formats and their number formats.

    Fonts, fills and names, which can be megabytes and are invalid in many files, never reach a worker.

    Raises
    ------
    FileRejected
        ``damaged-file`` or ``unsafe-file``.
    """
    codes: dict[int, str] = {}
    formats: list[int] = []
    for group in parse_xml(part, body):
        if local(group.tag) == "numFmts":
            codes |= {_number(each): each.get("formatCode", "") for each in group}
        elif local(group.tag) == "cellXfs":
            formats = [_number(each) for each in group]
    kinds = "".join(f'<xf numFmtId="{format_kind(each, codes)}"/>' for each in formats)
    return f'<styleSheet xmlns="{_MAIN}"><cellXfs count="{len(formats)}">{kinds}</cellXfs></styleSheet>'.encode()


def _number(element: ElementTree.Element) -> int:
    text = element.get("numFmtId", "0").strip()
    return int(text) if text.isdecimal() else 0


def format_kind(number: int, codes: dict[int, str]) -> int:
    """Reduce a number format to one of three: General, a date, or a span of time."""
    if number in codes:
        return kind_of_code(codes[number])
    if number == SPAN:
        return SPAN
    return CALENDAR if number in _DATES else 0


def kind_of_code(code: str) -> int:
    """Tell what a format code makes of a number, from its section for positive numbers.

    Letters of a date count where they are not quoted, escaped or in brackets, and stand by themselves: General has
    other names in other languages, and some writers store them, such as "Standard". A code with digits formats a
    number.
    """
    if _ELAPSED.search(_QUOTED.sub("", code).partition(";")[0]):
        return SPAN
    bare = _QUOTED.sub("", _BRACKETS.sub("", _SECONDS.sub("s", code))).partition(";")[0]
    if any(digit in bare for digit in "0#?"):
        return 0
    words = _WORD.findall(bare.lower())
    return CALENDAR if any(_DATE_LETTERS.issuperset(word) and not _UNITS.isdisjoint(word) for word in words) else 0
