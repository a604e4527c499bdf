"""The records of a slice of sheet XML: calamine parses a minimal workbook that is built around the slice.

Two kinds of cells are marked first, because calamine would need the whole string table and returns nothing for an
error: ``t="s"`` becomes text ``TEXT_MARK + index``, ``t="e"`` becomes text ``ERROR_MARK + code``. One dictionary access
per cell then replaces the marks by strings, errors and ``None``.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any, Final
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr, unescape

from python_calamine import CalamineError, CalamineWorkbook

from sluice.model.errors import FileRejected
from sluice.reading.cells import is_blank, read_cells
from sluice.reading.types import FileLayout, Workspace
from sluice.reading.whole_file import stream_sheet
from sluice.reading.xlsx.shared_strings import read_strings
from sluice.reading.xlsx.splitter import row_number
from sluice.reading.xlsx.workbook import local, parse_xml
from sluice.schema.cells import Cell, CellError, Record

STYLES: Final = "styles.xml"

# Private-use characters (Unicode, U+E000 to U+F8FF): no cell of a real file starts with three of them.
TEXT_MARK: Final = "\ue000\ue001\ue002"
ERROR_MARK: Final = "\ue002\ue001\ue000"
_TEXT = TEXT_MARK.encode()
_ERROR = ERROR_MARK.encode()

#: Cells of the rectangle that calamine lays out, at most; one cell in column XFD must not cost gigabytes.
MAX_AREA: Final = 2_000_000
#: Column XFD, the last of a sheet (Microsoft, "Excel specifications and limits").
LAST_COLUMN: Final = 16_384
#: Columns that are assumed where cells do not carry their references.
UNNAMED_WIDTH: Final = 64

_ROW = re.compile(rb"<row(?=[\s/>])([^>]*)>")
_REFERENCE = re.compile(rb'<c\b[^>]*?\sr="([A-Za-z]+)(\d+)"')
_ENTITY = re.compile(rb"&(?!amp;|lt;|gt;|quot;|apos;|#)")  # calamine returns nothing for such a cell
_INDEX = re.compile(re.escape(_TEXT) + rb"(\d+)")
_SHARED = re.compile(rb'(<c\b[^>]*\bt=")s("[^>]*>\s*<v[^>]*>)\s*(\d+)')
_FAILED = re.compile(rb'(<c\b[^>]*\bt=")e("[^>]*>(?:(?!</c>).)*?<v[^>]*>)([^<]*)', re.DOTALL)
# A formula that no spreadsheet program has computed: openpyxl writes one of any text that begins with "=". Empty text
# is a value, of type "str".
_UNCOMPUTED = re.compile(rb"<c\b([^>]*)>\s*<f\b[^>]*?(?:/>|>([^<]*)</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
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


def read_slice(layout: FileLayout, first_row: int, body: bytes | None, workspace: Workspace) -> Iterator[Record]:
    """Read a slice of a workbook in either of its two forms: sheet XML, or cells of the streaming reader."""
    if body is None:
        return iter(())
    cells = layout.format == "cells" or body.startswith(b"[")
    return read_cells(body) if cells else read_rows(layout, body, first_row, workspace)


def read_rows(layout: FileLayout, body: bytes, first_row: int, workspace: Workspace) -> Iterator[Record]:
    """Read the records of a slice of sheet XML; see `sluice.reading.read_segment`."""
    prefix = str(layout.details["prefix"])
    if prefix:
        # "<" in text is always escaped, so this replaces in tags only
        body = body.replace(b"<" + prefix.encode(), b"<").replace(b"</" + prefix.encode(), b"</")
    if _ENTITY.search(body):
        raise FileRejected("damaged-file", case="unknown-entity", first_row=first_row)
    _in_order(body, first_row)
    body = _numbered(body, first_row)
    body, values = _marked(body)
    indexes = [int(index) for index in set(_INDEX.findall(body))]
    strings = read_strings(indexes, int(layout.details["strings"]), str(layout.details["strings_prefix"]), workspace)
    values.update(zip(map(TEXT_MARK.__add__, map(str, strings)), strings.values(), strict=True))
    values.update((f"{TEXT_MARK}{index}", None) for index, text in strings.items() if not text)
    styles = workspace.read(STYLES)
    date1904 = bool(layout.details["date1904"])
    for part in _areas(body):
        for number, cells in _parsed(part, styles, date1904):
            record = [values.get(cell, cell) for cell in cells]
            if not is_blank(record):
                yield number, record


def _in_order(body: bytes, first_row: int) -> None:
    """Reject rows that share a number or go backwards: calamine would keep one of them and lose the others."""
    last = 0
    for tag in _ROW.finditer(body):
        number = row_number(tag[1], 0)
        if number and number <= last:
            raise FileRejected("damaged-file", case="repeated-row", at_row=number, first_row=first_row)
        last = number or last


def _numbered(body: bytes, first_row: int) -> bytes:
    """Write the number of the first row where rows have none: calamine counts on from it."""
    first = _ROW.search(body)
    if first is None or row_number(first[1], 0):
        return body
    return body[: first.start()] + b'<row r="%d"' % first_row + body[first.start() + 4 :]


def _marked(body: bytes) -> tuple[bytes, dict[Any, Cell]]:
    """Mark shared strings, errors and uncomputed formulas; also return the values of error marks and of empty text."""
    values: dict[Any, Cell] = {"": None}
    if b' t="e"' in body:
        for _, _, code in _FAILED.findall(body):
            text = code.decode("utf-8", "replace")
            values[ERROR_MARK + text] = CellError(text)
        body = _FAILED.sub(rb"\1str\2" + _ERROR + rb"\3", body)
    if b"<f" in body:
        body = _UNCOMPUTED.sub(partial(_uncomputed, values), body)
    if b"<t>" in body:
        body = body.replace(b"<t>", b'<t xml:space="preserve">')  # else calamine trims inline strings
    body = body.replace(b' t="s"><v>', b' t="str"><v>' + _TEXT)
    if b't="s"' in body:  # with other attributes or spaces in between
        body = _SHARED.sub(rb"\1str\2" + _TEXT + rb"\3", body)
    return body, values


def _uncomputed(values: dict[Any, Cell], cell: re.Match[bytes]) -> bytes:
    """Write an uncomputed formula as an error: its value is unknown, not empty."""
    attributes, formula = cell[1].replace(b' t="n"', b""), cell[2] or b""
    if b" t=" in attributes:
        return cell[0]
    mark = f"{ERROR_MARK}={len(values)}"  # not the formula, whose text may have character references
    values[mark] = CellError("=" + unescape(formula.decode("utf-8", "replace"), {"&quot;": '"', "&apos;": "'"}))
    return b'<c%s t="str"><v>%s</v></c>' % (attributes, mark.encode())


def _areas(body: bytes) -> Iterator[bytes]:
    """Split rows into runs whose bounding rectangle stays small: at gaps, and every few rows of a wide sheet."""
    if _is_narrow(body):
        yield body
        return
    references = _REFERENCE.findall(body)
    width = max(map(column_number, {column for column, _ in references}), default=UNNAMED_WIDTH)
    if width > LAST_COLUMN:
        raise FileRejected("damaged-file", case="unknown-column")
    rows = {int(row) for _, row in references} | set(_ends(body))
    if (max(rows) - min(rows) + 1) * width <= MAX_AREA:
        yield body
    else:
        yield from _split(body, max(1, MAX_AREA // width))


def _ends(body: bytes) -> tuple[int, int]:
    """Return the numbers that the first and the last row carry, 0 where they carry none."""
    first, last = _ROW.search(body), _ROW.match(body, body.rfind(b"<row"))
    return row_number(first[1], 0) if first else 0, row_number(last[1], 0) if last else 0


def _is_narrow(body: bytes) -> bool:
    """Whether every cell is in columns A to Z of the rows between the first and the last, checked in one pass."""
    first, last = _ends(body)
    if not 0 < first <= last < first + MAX_AREA // 26 - 20_000 or body.count(b"<c ") != body.count(b'<c r="'):
        return False
    tens = "|".join(rf"{number}\d{{4}}" for number in range(max(first // 10_000, 1), last // 10_000 + 1))
    low = r"\d{1,4}" if first < 10_000 else ""
    return re.search(rf'<c r="(?![A-Z](?:{"|".join(filter(None, (low, tens)))})")'.encode(), body) is None


def _split(body: bytes, height: int) -> Iterator[bytes]:
    tags = list(_ROW.finditer(body))
    start, first, number = tags[0].start(), None, 0
    for tag, end in zip(tags, [*(tag.start() for tag in tags[1:]), len(body)], strict=True):
        named = {int(row) for _, row in _REFERENCE.findall(body, tag.start(), end)}
        number = row_number(tag[1], min(named, default=number + 1))
        if named - {number}:
            raise FileRejected("damaged-file", case="wrong-row-numbers", at_row=number)
        if first is not None and not 0 <= number - first < height:
            yield body[start : tag.start()]
            start, first = tag.start(), None
        first = number if first is None else first
    yield body[start:]


def column_number(letters: bytes) -> int:
    """Return the number of a column from its letters; A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _parsed(rows: bytes, styles: bytes, date1904: bool) -> Iterator[tuple[int, list[Any]]]:
    try:
        sheet = CalamineWorkbook.from_filelike(build_minimal_workbook(rows, styles, date1904)).get_sheet_by_index(0)
    except CalamineError:
        # one odd cell, such as a number with spaces around it, fails the whole sheet in calamine
        yield from stream_sheet(build_minimal_workbook(rows, styles, date1904))
        return
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
