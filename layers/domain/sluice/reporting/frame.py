"""A workbook that XlsxWriter made, taken apart so that rows can be streamed into its sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final
from zipfile import ZipFile

from sluice.reporting.excel import SHEET_COLUMNS

#: How the header of a report looks.
HEADER: Final[Mapping[str, object]] = {"bold": True, "bg_color": "#D9E1F2", "bottom": 1}

_STYLE = re.compile(rb'<c r="[A-Z]+1" s="(\d+)"/>')
_ROWS = re.compile(rb"<row\b.*(?=</sheetData>)", re.DOTALL)
_DIMENSION = re.compile(rb"<dimension [^>]*>")


class Frame:
    """The parts of a workbook.

    Parameters
    ----------
    file
        The workbook; its sheets that are to be filled have one row.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._archive = ZipFile(file)

    def formats(self, number: int) -> list[int]:
        """Indexes of the cell formats of the empty cells in row 1 of a sheet."""
        return [int(index) for index in _STYLE.findall(self._archive.read(part_of(number)))]

    def around(self, number: int) -> tuple[bytes, bytes]:
        """What comes before and after the rows of a sheet."""
        xml = self._archive.read(part_of(number))
        head, tail = _ROWS.split(xml)
        return _DIMENSION.sub(b"", head), tail  # nobody knows how large the sheet is before it ends

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of every part, in their order."""
        for name in self._archive.namelist():
            yield name, self._archive.read(name)


def part_of(number: int) -> str:
    """The name of a sheet's part in the zip."""
    return f"xl/worksheets/sheet{number}.xml"


def column_letters() -> list[str]:
    """Letters of all columns of a sheet."""
    from xlsxwriter.utility import xl_col_to_name  # noqa: PLC0415 - slow to import, and most workers never need it

    return [xl_col_to_name(place) for place in range(SHEET_COLUMNS)]
