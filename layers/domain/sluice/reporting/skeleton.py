"""The workbook of refused rows without its rows: sheets, cell formats, filters and comments, made by XlsxWriter."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from zipfile import ZipFile

from sluice.reporting.excel import SHEET_COLUMNS, SHEET_ROWS, fitting
from sluice.reporting.rowxml import NUMBER_FORMATS, Styles
from sluice.reporting.sheetname import sheet_name

_HEADER = {"bold": True, "bg_color": "#D9E1F2", "bottom": 1}
_REASONS = {"font_color": "#9C0006", "num_format": "@"}
_WRONG = {"font_color": "#9C0006", "bg_color": "#FFC7CE"}  # Excel's own style "Bad"
_STYLE = re.compile(rb'<c r="[A-Z]+1" s="(\d+)"/>')
_ROWS = re.compile(rb"<row\b.*(?=</sheetData>)", re.DOTALL)
_DIMENSION = re.compile(rb"<dimension [^>]*>")


@dataclass
class Sheet:
    """What the parts around a sheet's rows depend on.

    Parameters
    ----------
    rows
        Rows of the sheet, the header among them.
    comments
        By row and column, from 0.
    """

    rows: int = 1
    comments: dict[tuple[int, int], str] = field(default_factory=dict)


class Skeleton:
    """A workbook of some sheets; cheap enough (10 ms, and 50 µs a comment) to be made anew whenever a sheet ends.

    Parameters
    ----------
    name
        Of the first sheet.
    widths
        Of the columns, in characters.
    sheets
        Those there are.
    """

    def __init__(self, name: str, widths: Sequence[int], sheets: Sequence[Sheet]) -> None:
        import xlsxwriter  # noqa: PLC0415 - a fifth of a second that workers who only note refusals never need

        file = io.BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
            looks = [*_looks()]
            formats = [book.add_format(look) for look in looks]
            for number, this in enumerate(sheets, 1):
                sheet = book.add_worksheet(sheet_name(name, number, "Refused rows"))
                sheet.freeze_panes(1, 0)
                sheet.autofilter(0, 0, max(this.rows - 1, 1), len(widths) - 1)
                sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{SHEET_ROWS}"})
                for place, width in enumerate(widths):
                    sheet.set_column(place, place, width)
                for place, format_ in enumerate(formats):
                    sheet.write_blank(0, place, None, format_)  # so that the file has the format, and tells its index
                for (row, place), text in this.comments.items():
                    sheet.write_comment(row, place, fitting(text).encode("utf-8", "replace").decode())
        self._archive = ZipFile(file)
        self._sheets = len(sheets)

    @property
    def styles(self) -> Styles:
        """Where its cell formats are."""
        around = self._archive.read(part_of(1))
        indexes = iter([int(index) for index in _STYLE.findall(around)])
        right = dict(zip(NUMBER_FORMATS, indexes, strict=False))
        wrong = dict(zip(NUMBER_FORMATS, indexes, strict=False))
        return Styles(right, wrong, next(indexes), next(indexes))

    def around(self, number: int) -> tuple[bytes, bytes]:
        """What comes before and after the rows of a sheet."""
        xml = self._archive.read(part_of(number))
        head, tail = _ROWS.split(xml)
        return _DIMENSION.sub(b"", head), tail  # nobody knows how large the sheet is before it ends

    def rest(self) -> Iterator[tuple[str, bytes]]:
        """Names and bytes of all parts that are not sheets."""
        sheets = {part_of(number) for number in range(1, self._sheets + 1)}
        for name in self._archive.namelist():
            if name not in sheets:
                yield name, self._archive.read(name)


def part_of(number: int) -> str:
    """The name of a sheet's part in the zip."""
    return f"xl/worksheets/sheet{number}.xml"


def column_letters() -> list[str]:
    """Letters of all columns of a sheet."""
    from xlsxwriter.utility import xl_col_to_name  # noqa: PLC0415 - as above

    return [xl_col_to_name(place) for place in range(SHEET_COLUMNS)]


def _looks() -> Iterator[Mapping[str, object]]:
    """Cell formats in the order of `Styles`."""
    for more in ({}, _WRONG):
        yield from ({"num_format": code, **more} for code in NUMBER_FORMATS.values())
    yield _HEADER
    yield _REASONS
