"""The workbook of rejected rows without its rows: sheets, cell formats, filters and comments, made by XlsxWriter."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sluice.reporting.cellxml import NUMBER_FORMATS
from sluice.reporting.excel import SHEET_ROWS, fitting
from sluice.reporting.frame import HEADER, Frame, part_of
from sluice.reporting.rowxml import Styles
from sluice.reporting.sheetname import sheet_name

_REASONS = {"font_color": "#9C0006", "num_format": "@"}
_WRONG = {"font_color": "#9C0006", "bg_color": "#FFC7CE"}  # Excel's own style "Bad"


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


class Skeleton(Frame):
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
        import xlsxwriter  # noqa: PLC0415 - a fifth of a second that workers who only note rejections never need

        file = io.BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
            looks = [*_looks()]
            formats = [book.add_format(look) for look in looks]
            for number, this in enumerate(sheets, 1):
                sheet = book.add_worksheet(sheet_name(name, number, "Rejected rows"))
                sheet.freeze_panes(1, 0)
                sheet.autofilter(0, 0, max(this.rows - 1, 1), len(widths) - 1)
                sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{SHEET_ROWS}"})
                for place, width in enumerate(widths):
                    sheet.set_column(place, place, width)
                for place, format_ in enumerate(formats):
                    sheet.write_blank(0, place, None, format_)  # so that the file has the format, and tells its index
                for (row, place), text in this.comments.items():
                    sheet.write_comment(row, place, fitting(text).encode("utf-8", "replace").decode())
        super().__init__(file)
        self._sheets = len(sheets)

    @property
    def styles(self) -> Styles:
        """Where its cell formats are."""
        indexes = iter(self.formats(1))
        right = dict(zip(NUMBER_FORMATS, indexes, strict=False))
        wrong = dict(zip(NUMBER_FORMATS, indexes, strict=False))
        return Styles(right, wrong, next(indexes), next(indexes))

    def rest(self) -> Iterator[tuple[str, bytes]]:
        """Names and bytes of all parts that are not sheets."""
        sheets = {part_of(number) for number in range(1, self._sheets + 1)}
        yield from ((name, body) for name, body in self.parts() if name not in sheets)


def _looks() -> Iterator[Mapping[str, object]]:
    """Cell formats in the order of `Styles`."""
    for more in ({}, _WRONG):
        yield from ({"num_format": code, **more} for code in NUMBER_FORMATS.values())
    yield HEADER
    yield _REASONS
