"""The form of a sample, and writers of the file formats that users send."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import xlsxwriter
import xlwt

Row = Sequence[Any]
#: Cells that are merged into one: first row, first column, last row, last column, from 0, and the text.
Merged = tuple[int, int, int, int, str]
#: A rejected cell: row number in the sheet, title of the column, reason.
Rejected = tuple[int, str | None, str]

_WRITTEN = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - XlsxWriter takes a naive time; a constant one makes files equal


@dataclass(frozen=True)
class Sample:
    """A file as a user sends it, and the records and rejections that it must become.

    Parameters
    ----------
    importer
        Name of the importer.
    filename
        Name at the upload; distinct among the samples of an importer.
    title
        Its peculiarities, in a few words.
    body
        Function that makes its bytes, the same each time.
    good
        Key to the record's values, as the API shows them.
    rejected
        The rejected cells, by row and then in the order of the columns.
    ignored
        Rows that are no records: totals.
    """

    importer: str
    filename: str
    title: str
    body: Callable[[], bytes]
    good: dict[str, dict[str, Any]]
    rejected: list[Rejected]
    ignored: int = 0

    @property
    def total(self) -> int:
        """Return the number of rows that are counted: good and rejected ones."""
        return len(self.good) + len({row for row, _, _ in self.rejected})


def by_key(key: str, *records: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return records by the field that names them."""
    assert len({tuple(record) for record in records}) == 1, "a field is misspelled"
    return {record[key]: record for record in records}


def xlsx(rows: Iterable[Row], merged: Sequence[Merged] = ()) -> bytes:
    """Make a workbook as spreadsheet programs write it: dates are numbers with a format."""
    file = io.BytesIO()
    options = {"in_memory": True, "default_date_format": "dd/mm/yyyy", "strings_to_formulas": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": _WRITTEN})
        sheet = book.add_worksheet("Data")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        for first_row, first_column, last_row, last_column, text in merged:
            sheet.merge_range(first_row, first_column, last_row, last_column, text)
    return file.getvalue()


def xls(rows: Iterable[Row], merged: Sequence[Merged] = ()) -> bytes:
    """Make a workbook of Excel 97."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for at, row in enumerate(rows):
        for place, value in enumerate(row):
            if value is not None:
                sheet.write(at, place, value, *([day] if isinstance(value, date) else []))
    for first_row, first_column, last_row, last_column, text in merged:
        sheet.write_merge(first_row, last_row, first_column, last_column, text)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def text(rows: Iterable[Row], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Make a text file with the line ends of Windows."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return stream.getvalue().encode(encoding)
