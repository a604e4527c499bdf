"""The records of a slice of sheet XML: calamine parses a minimal workbook that is built around the slice.

A slice is in the plain spelling, or is rewritten into it, see `sluice.reading.xlsx.spelling`. Then some cells are
marked, because calamine would need the whole string table and returns nothing for an error: shared strings become
text of a mark and the index, errors text of another mark and the error. So do numbers that their cells show as
something else, because calamine knows dates only. One dictionary access per cell of text then replaces the marks.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from secrets import token_hex
from typing import Any, Final
from xml.sax.saxutils import unescape as unescaped

from python_calamine import CalamineError, CalamineWorkbook

from sluice.model.errors import FileRejected
from sluice.reading.cells import is_blank
from sluice.reading.number_formats import CALENDAR, CURRENCY, DECIMALS, OTHERWISE, SPAN, format_kind, formatted
from sluice.reading.types import FileLayout, Workspace
from sluice.reading.xlsx.shared_strings import read_strings, unescape
from sluice.reading.xlsx.spelling import LAST_COLUMN, NO_TEXT, Formats, Rewriter, column_number, plain_width
from sluice.reading.xlsx.workbook import visit_elements
from sluice.schema.cells import BrokenRow, Cell, CellError, Record

STYLES: Final = "styles.xml"

#: Cells of the rectangle that calamine lays out, at most; one cell in column XFD must not cost gigabytes.
MAX_AREA: Final = 2_000_000
_ROW_NUMBER = re.compile(rb'<row r="(\d+)"')
_INDEX = re.compile(rb't="s"(?: s="\d+")?><v>(\d+)')
_STYLED = re.compile(rb't="s" s="\d+"><v>')
_FAILED = re.compile(rb't="e"((?: s="\d+")?>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v>)')
_FORMULA = "(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)?+"
_NUMBER_CELL = rb' s="(?=%WANTED)(\d++)"(?: t="n")?+>(%FORMULA)<v>([^<]*+)</v>'.replace(b"%FORMULA", _FORMULA.encode())
_ESCAPES = re.compile(rb"_x00[0-9A-Fa-f]{2}_|((?:_x(?!00)[0-9A-Fa-f]{4}_)+)")
_TEXT_OF_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})\d{1,7}"[^<>]*>(?:<f[^<>]*>(?:[^<]*</f>)?)?(?:<v>|<is><t[^<>]*>)([^<]*)'
)
_FORMAT = re.compile(rb'<xf numFmtId="(\d+)"/>')
#: Formats of a workbook at most, of cells and of numbers; Excel takes 65,490 of cells.
MAX_FORMATS: Final = 200_000
# Formats that are looked for one by one.
_FEW: Final = 50
# Characters of a format code that are looked at; Excel takes 255.
_CODE_CHARACTERS: Final = 1_000
# Digits of the number of a format at most; what has more names none.
_DIGITS: Final = 9
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

    def __init__(self, token: str, strings: Mapping[int, str]) -> None:
        self.text_mark, self.error_mark, self._number_mark = f"{token}.", f"{token}!", f"{token}#"
        super().__init__({f"{self.text_mark}{index}": text or None for index, text in strings.items()})
        self[""] = None
        self._token = token

    def mark_number(self, kinds: Sequence[int], cell: re.Match[bytes]) -> bytes:
        """Mark a number that its cell shows as something else than its digits."""
        style, formula, written = cell.groups()
        place = int(style)
        number = formatted(float(written), kinds[place]) if place < len(kinds) else 0.0
        if type(number) is float:
            return cell[0]
        mark = f"{self._number_mark}{place}:{written.decode()}"
        self[mark] = number
        return b' t="str">%b<v>%b</v>' % (formula, mark.encode())

    def __missing__(self, text: str) -> Cell:
        if text.startswith(self.error_mark):
            return CellError(text.removeprefix(self.error_mark) or NO_TEXT)
        if self._token in text:
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
    body, values = _marked(body, styles, layout, workspace)
    for area in _areas(body, width, first_row):
        for number, cells in _parsed(area, styles, formats.date1904):
            record = [values[cell] if type(cell) is str else cell for cell in cells]
            if type(cells) is BrokenRow:
                record = BrokenRow(cells.code, record)
            if not is_blank(record):
                yield number, record


def formats_of(styles: bytes, layout: FileLayout) -> Formats:
    """Return what the formats are in what `number_formats` returned; an earlier version knew dates and spans only."""
    days, spans, shown = _indexes(styles)
    return Formats(days, spans, layout.details["date1904"], layout.details["recalculates"], shown)


@lru_cache(maxsize=16)
def _indexes(styles: bytes) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    kinds = _kinds(styles)
    days = frozenset(at for at, kind in enumerate(kinds) if kind == CALENDAR)
    spans = frozenset(at for at, kind in enumerate(kinds) if kind == SPAN)
    return days, spans, frozenset(at for at, kind in enumerate(kinds) if kind >= OTHERWISE)


@lru_cache(maxsize=16)
def _kinds(styles: bytes) -> tuple[int, ...]:
    return tuple(map(int, _FORMAT.findall(styles)))


@lru_cache(maxsize=16)
def _formatted_cells(styles: bytes) -> re.Pattern[bytes] | None:
    """Find the numbers that their cells may show as something else; ``None`` if there are no such formats.

    Most numbers with decimals have as many as they are shown with.
    """
    by_kind: dict[int, list[int]] = {}
    for at, kind in enumerate(_kinds(styles)):
        if kind >= OTHERWISE:
            by_kind.setdefault(kind, []).append(at)
    if not by_kind:
        return None
    wanted = "|".join(
        f'(?:{"|".join(map(str, places))})"(?: t="n")?+>{_FORMULA}<v>{_usual_number(kind)}'
        for kind, places in by_kind.items()
    )
    if len(by_kind) > _FEW or max(map(len, by_kind.values())) > _FEW:
        wanted = r"\d++"
    return re.compile(_NUMBER_CELL.replace(b"%WANTED", wanted.encode()))


def _usual_number(kind: int) -> str:
    """Return a look-ahead that leaves out the numbers that a format with decimals shows as they are."""
    if not DECIMALS <= kind < CURRENCY:
        return ""
    least, most = divmod(kind - DECIMALS, 100)
    decimals = rf"(?:\.\d{{{max(least, 1) - 1},{most - 1}}}[1-9])?" if most else ""
    return rf"(?!-?\d+{decimals}<)"


def _marked(body: bytes, styles: bytes, layout: FileLayout, workspace: Workspace) -> tuple[bytes, _Values]:
    """Mark shared strings, errors and numbers that are shown as something else; also return what each mark means."""
    indexes = [int(index) for index in set(_INDEX.findall(body))]
    strings = read_strings(indexes, int(layout.details["strings"]), str(layout.details["strings_prefix"]), workspace)
    token = token_hex(8)
    values = _Values(token, strings)
    if wanted := _formatted_cells(styles):
        body = wanted.sub(partial(values.mark_number, _kinds(styles)), body)
    text, error = values.text_mark.encode(), values.error_mark.encode()
    body = body.replace(b't="s"><v>', b't="str"><v>' + text)
    if b't="s"' in body:  # the style comes behind the type, or the cell is empty
        body = _STYLED.sub(b't="str"><v>' + text, body)
    if b't="e"' in body:
        body = _FAILED.sub(rb't="str"\g<1>' + error, body)
    if b"_" in body:
        body = _ESCAPES.sub(_unescaped, body)
    if b"<t>" in body:
        body = body.replace(b"<t>", b'<t xml:space="preserve">')  # else calamine trims inline strings
    return body, values


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
    """Read rows; one that calamine cannot read is a `BrokenRow`, and costs none of the others."""
    try:
        first, column, records = _by_calamine(rows, styles, date1904)
    except BaseException as error:  # calamine's panics are no `Exception`
        if not _is_of_calamine(error):
            raise
        Rewriter(SHEET, Formats(frozenset(), frozenset())).slice(rows)  # says which row is not well-formed
        starts = [tag.start() for tag in _ROW_NUMBER.finditer(rows)]
        if len(starts) > 1:
            middle = starts[len(starts) // 2]
            yield from _parsed(rows[:middle], styles, date1904)
            yield from _parsed(rows[middle:], styles, date1904)
        else:
            yield _unreadable(rows)
        return
    before = [None] * column
    for number, cells in enumerate(records, first):
        yield number, before + cells if column else cells


def _by_calamine(rows: bytes, styles: bytes, date1904: bool) -> tuple[int, int, list[list[Any]]]:
    """Return the number of the first row, the place of the first column, and the cells from there on."""
    sheet = CalamineWorkbook.from_filelike(build_minimal_workbook(rows, styles, date1904)).get_sheet_by_index(0)
    if sheet.start is None:
        return 1, 0, []
    row, column = sheet.start
    # `iter_rows` would begin at row 1, not at the first row's number
    return row + 1, column, sheet.to_python(skip_empty_area=True)


def _is_of_calamine(error: BaseException) -> bool:
    """Whether an error says that calamine, or what makes Python values of its cells, cannot read a file."""
    is_panic = type(error).__name__ == "PanicException"  # pyo3 makes the class, which no module offers
    return is_panic or isinstance(error, CalamineError | OverflowError | ValueError)


def _unreadable(row: bytes) -> tuple[int, BrokenRow]:
    """Return a row in the plain spelling with the texts of its cells, for a report."""
    number = _ROW_NUMBER.search(row)
    cells: dict[int, str] = {}
    for letters, text in _TEXT_OF_CELL.findall(row):
        cells[column_number(letters.decode())] = unescaped(text.decode())
    found = [cells.get(column) for column in range(1, max(cells, default=0) + 1)]
    return int(number[1]) if number else 0, BrokenRow("unreadable-row", found)


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
    """Reduce a styles part to the kinds of its cell formats, see `sluice.reading.number_formats`.

    Fonts, fills and names, which can be megabytes and are invalid in many files, never reach a worker.

    Raises
    ------
    FileRejected
        ``damaged-file`` or ``unsafe-file``.
    """
    codes: dict[int, str] = {}
    formats: list[int] = []
    group = ""

    def visit(depth: int, name: str, attributes: dict[str, str]) -> None:
        nonlocal group
        if depth == 1:
            group = name
        elif depth == 2 and group == "numFmts":
            codes[_number(attributes)] = attributes.get("formatCode", "")[:_CODE_CHARACTERS]
        elif depth == 2 and group == "cellXfs":
            formats.append(_number(attributes))
        if len(codes) + len(formats) > MAX_FORMATS:
            raise FileRejected("damaged-file", case="formats", limit=MAX_FORMATS)

    visit_elements(part, body, visit)
    kinds = "".join(f'<xf numFmtId="{format_kind(each, codes)}"/>' for each in formats)
    return f'<styleSheet xmlns="{_MAIN}"><cellXfs count="{len(formats)}">{kinds}</cellXfs></styleSheet>'.encode()


def _number(attributes: dict[str, str]) -> int:
    text = attributes.get("numFmtId", "0").strip()
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else 0
