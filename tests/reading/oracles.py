"""Other readers of the same files: openpyxl, calamine, xlrd and csv, each as rows of comparable cells."""

from __future__ import annotations

import csv
import io
import math
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import openpyxl
import xlrd
from python_calamine import CalamineWorkbook

from sluice.reading.types import FileLayout

#: Cells by row and column, both from 1; empty cells and blank rows are absent.
Cells = dict[tuple[int, int], Any]

_ERRORS: Final = frozenset({"#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA"})
_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_MIDNIGHT: Final = time()


class ErrorText(NamedTuple):
    """An error cell by its text, such as ``#N/A``."""

    text: str


def comparable(value: Any) -> Any:  # noqa: PLR0911 - a line for each type of a cell
    """Return a cell in the form in which all readers agree: days as times at midnight, numbers as floats."""
    if isinstance(value, bool | ErrorText):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return ErrorText(str(value))  # not equal to itself
    if isinstance(value, int | float):
        return float(f"{value:.15g}")  # a spreadsheet keeps 15 digits
    if isinstance(value, datetime):
        return (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    if isinstance(value, date):
        return datetime.combine(value, _MIDNIGHT)
    if isinstance(value, time):
        return timedelta(hours=value.hour, minutes=value.minute, seconds=round(value.second + value.microsecond / 1e6))
    if isinstance(value, timedelta):
        return timedelta(seconds=round(value.total_seconds()))
    return value or None


def cells_of(rows: Iterable[tuple[int, Sequence[Any]]]) -> Cells:
    """Collect the cells of numbered rows, without blank rows."""
    found: Cells = {}
    for number, row in rows:
        values = [comparable(value) for value in row]
        if all(value is None or (isinstance(value, str) and not value.strip()) for value in values):
            continue
        found.update({(number, place): value for place, value in enumerate(values, 1) if value is not None})
    return found


def by_openpyxl(body: bytes, layout: FileLayout) -> Cells:
    """Read a sheet of an .xlsx file with openpyxl."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(body), data_only=True)

    def shown(cell: Any) -> Any:
        if cell.data_type == "e":
            return ErrorText(str(cell.value))
        if isinstance(cell.value, str):  # ECMA-376 part 1, 22.9.2.19
            return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), cell.value)
        return cell.value

    rows = book[layout.sheet].iter_rows()
    return cells_of((number, [shown(cell) for cell in row]) for number, row in enumerate(rows, 1))


def by_calamine(body: bytes, layout: FileLayout) -> Cells:
    """Read a sheet of any workbook with calamine, which has errors as texts."""
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_name(layout.sheet)
    row, column = sheet.start or (0, 0)
    rows: Iterable[tuple[int, list[Any]]] = enumerate(sheet.to_python(skip_empty_area=True), row + 1)
    return cells_of(
        (number, [None] * column + [ErrorText(cell) if cell in _ERRORS else cell for cell in cells])
        for number, cells in rows
    )


def by_xlrd(body: bytes, layout: FileLayout) -> Cells:
    """Read a sheet of an .xls file with xlrd."""
    book = xlrd.open_workbook(file_contents=body, logfile=io.StringIO(), ragged_rows=True)

    def shown(cell: Any) -> Any:
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return ErrorText(xlrd.error_text_from_code[cell.value])
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        if cell.ctype == xlrd.XL_CELL_DATE:
            moment = xlrd.xldate_as_datetime(cell.value, book.datemode)
            return moment.time() if cell.value < 1 else moment
        return cell.value

    rows = book.sheet_by_name(layout.sheet).get_rows()
    return cells_of((number, [shown(cell) for cell in row]) for number, row in enumerate(rows, 1))


def by_csv(body: bytes, layout: FileLayout) -> Cells:
    """Read text with Python's own csv, in the encoding and with the delimiter that were found."""
    assert layout.encoding is not None
    text = body.decode(layout.encoding).removeprefix("\ufeff")
    return cells_of(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter or ","), 1))


Oracle = Callable[[bytes, FileLayout], Cells]
ORACLES: Final[Mapping[str, Mapping[str, Oracle]]] = {
    "xlsx": {"openpyxl": by_openpyxl, "calamine": by_calamine},
    "xls": {"xlrd": by_xlrd, "calamine": by_calamine},
    "ods": {"calamine": by_calamine},
    "text": {"csv": by_csv},
}
_COMPOUND: Final = b"\xd0\xcf\x11\xe0"


def kind_of(path: Path, body: bytes) -> str:
    """Return the kind of a file by its first bytes, and .ods by its media type."""
    if body.startswith(_COMPOUND):
        return "xls"
    if body.startswith(b"PK"):
        return "ods" if b"opendocument.spreadsheet" in body[:200] or path.suffix == ".ods" else "xlsx"
    return "text"
