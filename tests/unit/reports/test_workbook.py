"""The streaming writer that both workbooks use."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from sluice.reports import workbook
from sluice.reports.workbook import SheetNaming, SheetSeries, StreamingWorkbook

NAMING = SheetNaming(fallback="Rows", numbered=" {}")


def add(book: StreamingWorkbook, series: SheetSeries, value: float, comment: str | None = None) -> None:
    """Add a row of one number."""
    row = series.next_row()
    if comment:
        series.comment(row, 0, comment)
    series.add(row, [book.cells.cell(0, row, value, book.formats.plain)])


def test_rows_of_several_sheets_may_come_interleaved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is on its sheet in order, with its comment; a full sheet is followed by one of the same header."""
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    out = io.BytesIO()
    with StreamingWorkbook(NAMING) as book:
        odd, even = book.add_series("Odd", ["Number"]), book.add_series("Even", ["Number"])
        for number in range(1, 8):
            add(book, odd if number % 2 else even, float(number), "last" if number == 7 else None)
        book.write(out)
    made = openpyxl.load_workbook(out)
    assert {sheet.title: [row[0].value for row in sheet.iter_rows()] for sheet in made} == {
        "Odd": ["Number", 1, 3],
        "Odd 2": ["Number", 5, 7],
        "Even": ["Number", 2, 4],
        "Even 2": ["Number", 6],
    }
    assert [sheet.cell(3, 1).comment is not None for sheet in made] == [False, True, False, False]


def test_a_column_that_is_added_late_has_its_header_above_all_rows() -> None:
    """The header is written when all rows are known."""
    out = io.BytesIO()
    with StreamingWorkbook(NAMING) as book:
        series = book.add_series("Numbers", ["Number"])
        add(book, series, 1.0)
        assert series.add_column("Reason") == 1
        book.write(out)
    assert [cell.value for cell in openpyxl.load_workbook(out)["Numbers"][1]] == ["Number", "Reason"]


def test_no_sheet_has_the_name_of_the_cover() -> None:
    """The cover that `write` gets takes the place of the first one."""

    def cover(book: Any, text: str = "empty") -> None:
        book.add_worksheet("Summary").write_string(0, 0, text)

    out = io.BytesIO()
    with StreamingWorkbook(NAMING, cover) as book:
        add(book, book.add_series("summary", ["Number"]), 1.0)
        book.write(out, lambda made: cover(made, "full"))
    made = openpyxl.load_workbook(out)
    assert made.sheetnames == ["Summary", "summary 2"]
    assert made["Summary"]["A1"].value == "full"
    assert made["summary 2"]["A2"].number_format == "General"
