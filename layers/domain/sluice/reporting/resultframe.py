"""The result workbook without its rows: the summary with its chart, and a frame for every sheet of a category."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sluice.reporting.categorised import Summary
from sluice.reporting.cellxml import NUMBER_FORMATS
from sluice.reporting.excel import SHEET_ROWS, fitting
from sluice.reporting.frame import HEADER, Frame
from sluice.reporting.neutral import neutral
from sluice.reporting.sheetname import sheet_name

#: Name of the first sheet.
SUMMARY: Final = "Summary"
#: Number of the first sheet that has rows.
FIRST: Final = 2

_OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
# General shows a whole number of more than 11 digits, such as an ID number, as 8.50102E+12.
_LONG = {"num_format": "0"}
_NONE = {"italic": True, "font_color": "#7F7F7F"}
_COLUMNS: Final = (("Category", 32), ("Rows", 12), ("Share", 10))
_CHART_COLUMN = 4


@dataclass(frozen=True)
class Looks:
    """Indexes of cell formats: of cells by their type, of long whole numbers, of the header, of the word for none."""

    cells: Mapping[type, int]
    long: Mapping[type, int]
    header: int
    none: int


@dataclass(frozen=True)
class SheetShape:
    """A sheet of rows.

    Parameters
    ----------
    title
        Of its category; sheets of the same category are numbered.
    rows
        The header among them.
    widths
        Of its columns, in characters.
    """

    title: str
    rows: int
    widths: Sequence[int]


class ResultFrame(Frame):
    """A workbook of a summary and some empty sheets.

    Parameters
    ----------
    content
        What the summary says.
    sheets
        Those that follow it, at least one.
    """

    def __init__(self, content: Summary, sheets: Sequence[SheetShape]) -> None:
        import xlsxwriter  # noqa: PLC0415 - a fifth of a second that workers who make no workbook never need

        file = io.BytesIO()
        with xlsxwriter.Workbook(file, _OPTIONS) as book:
            _write_summary(book, content)
            formats = [book.add_format(look) for look in _looks()]
            for name, this in zip(_names(sheet.title for sheet in sheets), sheets, strict=True):
                sheet = book.add_worksheet(name)
                sheet.freeze_panes(1, 0)
                sheet.autofilter(0, 0, max(this.rows - 1, 1), len(this.widths) - 1)
                sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{SHEET_ROWS}"})
                for place, width in enumerate(this.widths):
                    sheet.set_column(place, place, width)
                for place, format_ in enumerate(formats):
                    sheet.write_blank(0, place, None, format_)  # so that the file has the format, and tells its index
        super().__init__(file)

    @property
    def looks(self) -> Looks:
        """Where its cell formats are; the same for every content."""
        *by_type, long, header, none = self.formats(FIRST)
        cells = dict(zip(NUMBER_FORMATS, by_type, strict=True))
        return Looks(cells, {**cells, int: long, float: long}, header, none)


def _looks() -> Iterator[Mapping[str, object]]:
    """Cell formats in the order that `ResultFrame.looks` takes them."""
    yield from ({"num_format": code} for code in NUMBER_FORMATS.values())
    yield _LONG
    yield HEADER
    yield _NONE


def _names(titles: Iterable[str]) -> Iterator[str]:
    """Names that differ, in any case of letters: the second sheet of a title is ``title 2``."""
    taken = {SUMMARY.casefold()}
    for title in titles:
        number = 1
        while (name := sheet_name(title, number, "Rows", " {}")).casefold() in taken:
            number += 1
        taken.add(name.casefold())
        yield name


def _write_summary(book: Any, content: Summary) -> None:
    sheet = book.add_worksheet(SUMMARY)
    bold, header = book.add_format({"bold": True}), book.add_format(HEADER)
    rows, share = {"num_format": "#,##0"}, {"num_format": "0.0%"}
    last = {"bold": True, "top": 1}
    for place, (_, width) in enumerate(_COLUMNS):
        sheet.set_column(place, place, width)
    for at, (name, value) in enumerate(content["facts"].items()):
        sheet.write_string(at, 0, _safe(name), bold)
        sheet.write_string(at, 1, _safe(value))
    top = len(content["facts"]) + 1 if content["facts"] else 0
    sheet.write_row(top, 0, [title for title, _ in _COLUMNS], header)
    first, total = top + 1, top + 1 + len(content["categories"])
    formats = book.add_format(rows), book.add_format(share)
    for at, category in enumerate(content["categories"], first):
        sheet.write_string(at, 0, _safe(category["title"]))
        sheet.write_number(at, 1, category["count"], formats[0])
        sheet.write_number(at, 2, category["share"], formats[1])
    sheet.write_string(total, 0, "Total", book.add_format(last))
    sheet.write_number(total, 1, content["total"], book.add_format(rows | last))
    sheet.write_number(total, 2, 1 if content["total"] else 0, book.add_format(share | last))
    sheet.insert_chart(top, _CHART_COLUMN, _chart(book, first, total - 1), {"description": "Rows of each category"})


def _chart(book: Any, first: int, last: int) -> Any:
    """Bars in the order of the table; their numbers stand beside them instead of an axis."""
    chart = book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": "Rows",
            "categories": [SUMMARY, first, 0, last, 0],
            "values": [SUMMARY, first, 1, last, 1],
            "data_labels": {"value": True, "num_format": "#,##0"},
            "gap": 50,
        }
    )
    chart.set_title({"name": "Rows of each category", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    return chart


def _safe(text: str) -> str:
    return fitting(neutral(text)).encode("utf-8", "replace").decode()  # half a surrogate pair has no bytes
