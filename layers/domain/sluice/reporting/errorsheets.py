"""The sheets of an error workbook, row by row."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any, Final

import xlsxwriter

from sluice.reporting.celltext import text_of
from sluice.reporting.neutral import neutral
from sluice.reporting.refused import Arrangement, RefusedRow
from sluice.reporting.sheetname import sheet_name
from sluice.rows.cell import Cell, CellError

# Microsoft, "Excel specifications and limits".
SHEET_ROWS: Final = 1_048_576
SHEET_COLUMNS: Final = 16_384
CELL_CHARACTERS: Final = 32_767  # counted in UTF-16, as Excel counts

#: Cells that get a comment. XlsxWriter keeps comments in memory until the end (0.8 KB each), and Excel lays each out as
#: a drawing when it opens the file. Whoever corrects more cells than this reads the last column, which has all reasons.
MAX_COMMENTS: Final = 5_000

# Beyond it neighbouring whole numbers are one in a cell; as text they keep their digits.
_EXACT = 2**53
# Day 1 of Excel's calendar, and the first day after its end.
_FIRST_YEAR, _SPAN = 1900, timedelta(days=2_958_466)
_WRONG = {"bg_color": "#FFC7CE", "font_color": "#9C0006"}  # Excel's own style "Bad"
_FORMATS = {
    str: "@",  # else a telephone number that is corrected by hand loses its leading zero
    bool: "General",
    int: "General",
    float: "General",
    datetime: "yyyy-mm-dd hh:mm:ss",
    date: "yyyy-mm-dd",
    time: "hh:mm:ss",
    timedelta: "[h]:mm:ss",
    type(None): "General",
}


class ErrorSheets:
    """Writes refused rows into as many sheets as they need.

    Parameters
    ----------
    book
        The workbook, in constant-memory mode.
    name
        Of the first sheet.
    arrangement
        What goes into which column.
    widths
        Of the columns, in characters.
    """

    def __init__(self, book: Any, name: str, arrangement: Arrangement, widths: list[int]) -> None:
        self._book = book
        self._name = name
        self._arrangement = arrangement
        self._widths = widths
        self._header = book.add_format({"bold": True, "bg_color": "#D9E1F2", "bottom": 1})
        self._reasons = book.add_format({"font_color": "#9C0006", "num_format": "@"})
        self._right = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
        self._wrong = {kind: book.add_format({"num_format": code} | _WRONG) for kind, code in _FORMATS.items()}
        self._comments = 0
        self._sheets = 0
        self._begin()

    def add(self, row: RefusedRow) -> None:
        """Write a row below those before it."""
        if self._at == SHEET_ROWS:
            self.finish()
            self._begin()
        wrong = self._arrangement.wrong(row)
        own, beyond = self._arrangement.cells(row)
        width = len(self._arrangement.header)
        own += [None] * (max(wrong, default=0) - len(own))  # a cell that is missing is marked too
        cut = [place for place, cell in enumerate(own, 1) if self._put(place, cell, place in wrong)]
        for place, cell in enumerate(beyond, width):
            self._put(place, cell, False)
        for place, reason in wrong.items():
            self._comment(place, reason)
        notes = [f"{self._arrangement.header[place]}: was cut to {CELL_CHARACTERS:,} characters" for place in cut]
        self._sheet.write_number(self._at, 0, row.number)
        self._sheet.write_string(
            self._at, width - 1, _fitting(neutral("; ".join([row.reasons, *notes]))), self._reasons
        )
        self._at += 1

    def finish(self) -> None:
        """Complete the sheet, now that its last row is known."""
        self._sheet.autofilter(0, 0, max(self._at - 1, 1), len(self._arrangement.header) - 1)

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(sheet_name(self._name, self._sheets, "Refused rows"))
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{SHEET_ROWS}"})
        for place, width in enumerate(self._widths):
            self._sheet.set_column(place, place, width)
        for place, title in enumerate(self._arrangement.header):
            self._sheet.write_string(0, place, _fitting(neutral(title)), self._header)
        self._at = 1

    def _put(self, place: int, cell: Cell, wrong: bool) -> bool:
        """Write a cell; says whether it had to be cut."""
        if cell is None and not wrong:
            return False
        cell = _held(cell)
        format_ = (self._wrong if wrong else self._right)[type(cell)]
        match cell:
            case str():
                whole = neutral(cell)
                text = _fitting(whole)
                self._text(place, text, format_)
                return len(text) < len(whole)
            case None:
                self._sheet.write_blank(self._at, place, None, format_)
            case bool():
                self._sheet.write_boolean(self._at, place, cell, format_)
            case int() | float():
                self._sheet.write_number(self._at, place, cell, format_)
            case _:
                self._sheet.write_datetime(self._at, place, cell, format_)
        return False

    def _text(self, place: int, text: str, format_: Any) -> None:
        if text.startswith("<r>") and text.endswith("</r>"):
            # write_string would take it for XML of its own and put it into the file as it is
            self._sheet.write_rich_string(self._at, place, text[:1], format_, text[1:], format_)
        else:
            self._sheet.write_string(self._at, place, text, format_)

    def _comment(self, place: int, reason: str) -> None:
        if self._comments < MAX_COMMENTS:
            self._comments += 1
            self._sheet.write_comment(self._at, place, _fitting(reason))


def open_book(path: str, folder: str) -> Any:
    """Make a workbook that is written to files in a folder, one row at a time in memory."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": folder})
    book.use_zip64()  # taken only when a sheet has more than 4 GB of XML
    return book


def _held(cell: Cell) -> Cell:
    """The cell, or its text where Excel has no such value."""
    match cell:
        case CellError():
            held = False
        case bool() | str() | None:
            held = True
        case int():
            held = abs(cell) <= _EXACT
        case float():
            held = isfinite(cell)
        case date():
            held = cell.year >= _FIRST_YEAR
        case timedelta():
            held = timedelta() <= cell < _SPAN
        case _:
            held = True
    return cell if held else text_of(cell)


def _fitting(text: str) -> str:
    """Text that a cell can hold; half a surrogate pair becomes a question mark, for no file can hold it."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    if len(text) > CELL_CHARACTERS // 2:
        text = text.encode("utf-16-le")[: 2 * CELL_CHARACTERS].decode("utf-16-le", "ignore")
    return text
