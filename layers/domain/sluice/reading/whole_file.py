"""Readers of whole files, where a file cannot be split as bytes: openpyxl row by row, calamine all at once."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, time
from typing import Any, BinaryIO, Final, cast

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from sluice.model.errors import FileRejected
from sluice.schema.cells import Cell, CellError, Record

_ZIP_ERRORS: Final = (zipfile.BadZipFile, zlib.error, EOFError)
#: What an OpenDocument sheet shows in a cell whose formula failed; calamine returns it as text.
_FAILED: Final = frozenset({"#N/A", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})


def stream_sheet(file: BinaryIO, sheet: str | None = None) -> Iterator[Record]:
    """Read a sheet of an .xlsx file with openpyxl's streaming reader, blank rows included.

    Slow (10,000 rows/s), but it reads every form of XML. Its cells equal those of calamine.

    Parameters
    ----------
    file
        The workbook.
    sheet
        Name of the sheet, the first one if ``None``.

    Raises
    ------
    FileRejected
        ``damaged-file``.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 - a third of a second that most functions never need

    number = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that it does not know
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        table = book[sheet] if sheet is not None else book.worksheets[0]
        table.reset_dimensions()  # what the file says of its own size is often wrong
        for number, cells in enumerate(table.iter_rows(), 1):
            yield number, [_cell(cell) for cell in cells]
    except (ValueError, TypeError, AttributeError, LookupError, SyntaxError, OSError, *_ZIP_ERRORS) as error:
        # SyntaxError: the class of XML parse errors in the standard library and in lxml.
        raise FileRejected("damaged-file", case="broken-row", at_row=number + 1) from error


def _cell(cell: Any) -> Cell:
    value = cell.value
    if cell.data_type == "e":
        return CellError(str(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return None if value == "" else cast(Cell, value)


def read_whole(file: BinaryIO) -> tuple[str, Iterator[Record], Callable[[], tuple[str, ...]]]:
    """Read the first visible sheet with data of an .xls or .ods file with calamine.

    The whole sheet is in memory; both formats are small (.xls ends at 65,536 rows).

    Returns
    -------
    tuple
        Name of the sheet, its records, blank rows included, and what names the other visible sheets with data.

    Raises
    ------
    FileRejected
        ``encrypted-workbook``, ``damaged-file`` or ``empty-file``.
    """
    sheets = _sheets_with_data(file)
    name, sheet = next(sheets, (None, None))
    if name is None or sheet is None or sheet.start is None:
        raise FileRejected("empty-file", case="no-sheet")
    row, column = sheet.start
    records = _records(sheet.to_python(skip_empty_area=True), row + 1, column)
    return name, records, lambda: tuple(other for other, _ in sheets)


def _sheets_with_data(file: BinaryIO) -> Iterator[tuple[str, CalamineSheet]]:
    try:
        book = CalamineWorkbook.from_filelike(file)
        for meta in book.sheets_metadata:
            if meta.visible == SheetVisibleEnum.Visible and meta.typ == SheetTypeEnum.WorkSheet:
                sheet = book.get_sheet_by_name(meta.name)
                if sheet.start is not None:
                    yield meta.name, sheet
    except PasswordError as error:
        raise FileRejected("encrypted-workbook", case="workbook") from error
    except CalamineError as error:
        raise FileRejected("damaged-file", case="not-a-workbook") from error


def _records(rows: list[list[Any]], first_row: int, column: int) -> Iterator[Record]:
    for number, cells in enumerate(rows, first_row):
        yield number, [None] * column + [_whole_cell(cell) for cell in cells]


def _whole_cell(value: Any) -> Cell:
    if isinstance(value, str):
        return CellError(value) if value in _FAILED else value or None
    return cast(Cell, value)
