"""Reader of .xls files (BIFF5 and BIFF8), which cannot be split as bytes: xlrd reads them whole.

xlrd knows the cells, their formats and errors. Whether a formula was ever calculated is read from the records
themselves, by their names in [MS-XLS].
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import xlrd
import xlrd.biffh
import xlrd.book
import xlrd.sheet
from xlrd.book import Book
from xlrd.sheet import Sheet

from sluice.model.errors import FileRejected
from sluice.reading.number_formats import OTHERWISE, SPAN, format_kind, formatted
from sluice.schema.cells import NO_DAY, Cell, CellError, Record
from sluice.schema.dates import DAYS_TO_1904

if TYPE_CHECKING:
    from sluice.reading.sandbox import SheetWriter
    from sluice.reading.types import Limits

_EOF, _FORMULA, _UNCALCED, _BOUND_SHEET, _RECALC_ID, _BOF = 0x0A, 0x06, 0x5E, 0x85, 0x01C1, 0x0809
_HEADER: Final = struct.Struct("<HH")
_WORKSHEET: Final = 0
#: Results of formulas that programs store which do not calculate: the number 0 and the empty text.
_ZERO, _EMPTY = bytes(8), b"\x03"
_NOT_A_NUMBER: Final = b"\xff\xff"
_UNCOMPUTED: Final = CellError("=")

# The first version of the format whose texts are Unicode; and what xlrd reads those before it as without a code page,
# and with that of Western Windows, which some writers name for all others, too.
_UNICODE_SINCE: Final = 80
_BY_DEFAULT, _WESTERN = "iso-8859-1", "cp1252"
_BETWEEN_WORDS = re.compile(r'[\s,;|^"]+')
# Words by which code pages are compared.
_WORDS: Final = 2_000

_DAY_SECONDS: Final = 86_400
_DAY_ZERO_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001 - a spreadsheet knows no time zones
_DAY_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - as above
_LAST_DAY: Final = 2_958_465  # 31 December 9999
_FALSE_DAY: Final = 60  # 29 February 1900


def _decoded(data: bytes, encoding: str) -> str:
    """Decode a text; half a pair of UTF-16 becomes the mark of a lost character, which costs its row, not the file."""
    return data.decode(encoding, "replace" if encoding == "utf_16_le" else "strict")


for _module in (xlrd.biffh, xlrd.book, xlrd.sheet):
    vars(_module)["unicode"] = _decoded  # xlrd has no option for it


def read_xls(file: BinaryIO, sheets: SheetWriter, _limits: Limits) -> None:
    """Read the worksheets of an .xls file; the format ends at 65,536 rows.

    Raises
    ------
    FileRejected
        ``encrypted-workbook`` or ``damaged-file``; what the writer rejects.
    """
    with _errors_of_xlrd():
        book = xlrd.open_workbook(
            file_contents=file.read(),
            logfile=io.StringIO(),
            formatting_info=True,
            on_demand=True,
            ragged_rows=True,
            ignore_workbook_corruption=True,  # a sector that two streams share; chains that run in a circle still end
        )
        formulas = _uncomputed(book)
        if len(formulas) != book.nsheets:
            raise FileRejected("damaged-file", case="not-a-workbook")
    kinds, is_since_1904 = _format_kinds(book), bool(book.datemode)
    sheets.days_later = DAYS_TO_1904 if is_since_1904 else 0
    is_unproven = book.biff_version < _UNICODE_SINCE and book.encoding in {_BY_DEFAULT, _WESTERN}
    if is_unproven:
        book.encoding = _WESTERN
    words: set[str] = set()
    for index, uncomputed in enumerate(formulas):
        with _errors_of_xlrd():
            sheet = book.sheet_by_index(index)
        records = _records(sheet, is_since_1904, kinds, uncomputed)
        _write(sheet, _noting(records, words) if is_unproven else records, sheets)
        book.unload_sheet(index)
    _check_western(words)


@contextmanager
def _errors_of_xlrd() -> Iterator[None]:
    """Reject a file that xlrd cannot read; what goes wrong with its cells later is an error of this module."""
    try:
        yield
    except (MemoryError, FileRejected):
        raise
    except UnicodeDecodeError as error:
        raise FileRejected("damaged-file", case="unknown-code-page") from error
    except Exception as error:  # xlrd looks up what the file names, so that any error of it is damage of the file
        if "encrypted" in str(error):
            raise FileRejected("encrypted-workbook", case="workbook") from error
        raise FileRejected("damaged-file", case="not-a-workbook") from error


def _noting(records: Iterable[Record], words: set[str]) -> Iterator[Record]:
    """Add the words of the records that have characters beyond ASCII."""
    for number, cells in records:
        for cell in cells:
            if isinstance(cell, str) and not cell.isascii():
                words.update(word for word in _BETWEEN_WORDS.split(cell) if not word.isascii())
        yield number, cells


def _check_western(words: Iterable[str]) -> None:
    """Reject a file whose words are those of another code page than Western Windows, as a text file would be asked."""
    from sluice.reading.western import is_western, rivals_of  # noqa: PLC0415 - few files need it

    found = [word.encode(_WESTERN) for word in sorted(words)]
    if not is_western(found) or rivals_of(found[:_WORDS]):
        raise FileRejected("damaged-file", case="unknown-code-page")


def _write(sheet: Sheet, records: Iterable[Record], sheets: SheetWriter) -> None:
    sheets.begin(sheet.name, is_hidden=bool(sheet.visibility))
    hidden = {row + 1 for row, each in sheet.rowinfo_map.items() if each.hidden}
    for number, cells in records:
        sheets.add(number, cells, is_hidden=number in hidden)
    sheets.hidden_columns += [(column, column) for column, each in sheet.colinfo_map.items() if each.hidden]
    for first, end, left, right in sheet.merged_cells:
        sheets.merge((first + 1, end, left, right - 1))
    sheets.end()


def _format_kinds(book: Book) -> list[int]:
    """Return what each cell format (XF) shows."""
    codes = {key: each.format_str for key, each in book.format_map.items() if each.format_str}
    return [format_kind(each.format_key, codes) for each in book.xf_list]


def _records(
    sheet: Sheet, since_1904: bool, kinds: Sequence[int], uncomputed: set[tuple[int, int]]
) -> Iterator[Record]:
    for row in range(sheet.nrows):
        cells: list[Cell] = []
        values: Sequence[Any] = sheet.row_values(row)
        for column, (kind, value) in enumerate(zip(sheet.row_types(row), values, strict=True)):
            if uncomputed and (row, column) in uncomputed:
                cells.append(_UNCOMPUTED)
            elif kind in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE}:
                index = sheet.cell_xf_index(row, column)  # small files of other writers name formats that they lack
                shown = kinds[index] if index < len(kinds) else 0
                is_number = not shown or shown >= OTHERWISE
                cells.append(formatted(value, shown) if is_number else _moment(value, shown, since_1904))
            else:
                cells.append(_cell(kind, value))
        if any(cell is not None for cell in cells):
            yield row + 1, cells


def _cell(kind: int, value: Any) -> Cell:
    if kind == xlrd.XL_CELL_ERROR:
        return CellError(xlrd.error_text_from_code.get(value, f"#{value}"))
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    return cast(str, value) or None


def _moment(number: float, kind: int, since_1904: bool) -> Cell:
    """Return a number as the date, the time or the span that its cell shows, to the second."""
    seconds = round(number * _DAY_SECONDS) if 0 <= number <= _LAST_DAY + 1 else -1
    last = _LAST_DAY - (DAYS_TO_1904 if since_1904 else 0)
    if not 0 <= seconds // _DAY_SECONDS <= last:
        return number  # no day of the calendar: a column of dates rejects it, as in .xlsx
    if kind == SPAN:
        return timedelta(seconds=seconds)
    days, rest = divmod(seconds, _DAY_SECONDS)
    if number < 1 and not days:
        return (_DAY_ZERO + timedelta(seconds=rest)).time()
    if not since_1904 and days == _FALSE_DAY:
        return CellError(NO_DAY)
    if not since_1904 and days < _FALSE_DAY:
        days += 1
    moment = (_DAY_ZERO_1904 if since_1904 else _DAY_ZERO) + timedelta(days=days, seconds=rest)
    return _day_or_moment(moment)


def _day_or_moment(moment: datetime) -> date | datetime:
    return moment.date() if moment.time() == time() else moment


def _uncomputed(book: Book) -> list[set[tuple[int, int]]]:
    """Find the formulas of each worksheet that no program has calculated, by row and column.

    A sheet can say so (UNCALCED). A program that cannot calculate stores 0 or an empty text for every formula, and
    leaves out the version of the engine that did (RECALCID).
    """
    offsets, is_calculated = [], False
    for kind, data in _substream(book, 0):
        if kind == _BOUND_SHEET and data[5] == _WORKSHEET:
            offsets.append(int.from_bytes(data[:4], "little"))
        elif kind == _RECALC_ID:
            is_calculated |= any(data[4:8])
    stale: list[set[tuple[int, int]]] = []
    empty: list[set[tuple[int, int]]] = []
    for offset in offsets:
        formulas, blank, is_stale = set(), set(), False
        for kind, data in _substream(book, offset):
            if kind == _UNCALCED:
                is_stale = True
            elif kind == _FORMULA:
                place = (int.from_bytes(data[:2], "little"), int.from_bytes(data[2:4], "little"))
                result = data[6:14]
                formulas.add(place)
                if result == _ZERO or (result[6:] == _NOT_A_NUMBER and result[:1] == _EMPTY):
                    blank.add(place)
                else:
                    is_calculated = True
        stale.append(formulas if is_stale else set())
        empty.append(blank)
    return stale if is_calculated else [one | other for one, other in zip(stale, empty, strict=True)]


def _substream(book: Book, offset: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of the globals or of a sheet that say whether formulas were calculated, to its end."""
    stream: bytes = book.mem or b""
    at, end, depth = book.base + offset, book.base + book.stream_len, 0
    while at + _HEADER.size <= end:
        kind, size = _HEADER.unpack_from(stream, at)
        at += _HEADER.size
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif kind in _TAKEN and depth == 1:  # charts in a sheet are substreams of their own
            yield kind, bytes(stream[at : at + size])
        at += size


_TAKEN: Final = frozenset({_FORMULA, _UNCALCED, _BOUND_SHEET, _RECALC_ID})
