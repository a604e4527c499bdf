"""Writes workbooks of any size: rows wait on disk, then stream into a workbook that XlsxWriter made without them.

XlsxWriter could write the rows too, but took 875 MB of disk for 700,000 rows of 10 columns, where a Lambda function has
512 MB, and 2.5 times the processor time.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from gzip import GzipFile
from tempfile import TemporaryFile
from types import MappingProxyType, TracebackType
from typing import IO, Any, BinaryIO, Final, Self, cast
from zipfile import ZIP_DEFLATED, ZipFile

from sluice.reports.cells import (
    NUMBER_FORMATS,
    SHEET_ROWS,
    CellWriter,
    column_letters,
    truncate,
)

#: Bytes of a sheet's XML after which the next sheet begins: one of more than 2 GiB would need the zip64 form.
SHEET_BYTES: Final = 2 * 1024**3 - 64 * 1024**2
#: Format of the header of a sheet.
HEADER: Final[Mapping[str, object]] = {"bold": True, "bg_color": "#D9E1F2", "bottom": 1, "num_format": "@"}

#: Adds the first sheet to an XlsxWriter workbook; that sheet has no streamed rows.
Cover = Callable[[Any], None]

_WRONG: Final = {"font_color": "#9C0006", "bg_color": "#FFC7CE"}  # Excel's own style "Bad"
_REASONS: Final = {"font_color": "#9C0006", "num_format": "@"}
_LONG: Final = {"num_format": "0"}  # General shows a whole number of more than 11 digits as 8.50102E+12
_NOTE: Final = {"italic": True, "font_color": "#7F7F7F", "num_format": "@"}

_OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_FORMAT_INDEX = re.compile(rb'<c r="[A-Z]+1" s="(\d+)"/>')
_ROWS = re.compile(rb"<row\b.*(?=</sheetData>)", re.DOTALL)
_DIMENSION = re.compile(rb"<dimension [^<>]*>")
_BLOCK_CHARACTERS = 256 * 1024
_COPY_BYTES = 1024**2
# Rows that column widths are taken from, and the widths themselves, in characters.
_SAMPLE = 200
_NARROWEST, _WIDEST, _WIDEST_REASONS = 8, 40, 80
_FILTER_BUTTON = 3
# Rules of Excel on the names of sheets.
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_NAME_LENGTH = 31
_RESERVED = "history"  # in any case of letters


def sheet_name(title: str, number: int = 1, *, fallback: str = "Sheet", numbered: str = " ({})") -> str:
    """Make a name that Excel accepts; the second sheet of the same title is ``title (2)``."""
    suffix = numbered.format(number) if number > 1 else ""
    room = _NAME_LENGTH - len(suffix)
    while len(title.encode("utf-16-le", "replace")) > 2 * room:
        title = title[:-1]
    title = _FORBIDDEN.sub("_", title).strip("' ")
    return (title if title and title.casefold() != _RESERVED else fallback) + suffix


@dataclass(frozen=True)
class SheetNaming:
    """How the sheets of a workbook are named.

    Parameters
    ----------
    fallback
        Name of a sheet whose title makes none.
    numbered
        What follows the title on its second sheet, with ``{}`` in the place of 2.
    """

    fallback: str
    numbered: str

    def unused(self, title: str, taken: Container[str]) -> str:
        """Make a name of a title; ``taken`` are the names of other sheets, casefolded as Excel compares them."""
        number = 1
        while (name := sheet_name(title, number, fallback=self.fallback, numbered=self.numbered)).casefold() in taken:
            number += 1
        return name


@dataclass(frozen=True)
class CellFormats:
    """Indexes of the cell formats of a workbook.

    Parameters
    ----------
    plain, wrong, long
        By type of cell: of ordinary cells, of rejected ones, and of long whole numbers such as ID numbers.
    header, reasons, note
        Of text in the header, of reasons of rejected rows, and of what the report says in the place of rows.
    """

    plain: Mapping[type, int]
    wrong: Mapping[type, int]
    long: Mapping[type, int]
    header: int
    reasons: int
    note: int

    @staticmethod
    def properties() -> Iterator[Mapping[str, object]]:
        """Properties of the formats as XlsxWriter takes them, in the order of `of_indexes`."""
        for colours in ({}, _WRONG):
            yield from ({"num_format": code, **colours} for code in NUMBER_FORMATS.values())
        yield from (HEADER, _REASONS, _LONG, _NOTE)

    @classmethod
    def of_indexes(cls, indexes: Sequence[int]) -> Self:
        """Make the formats of the indexes that they have in a workbook."""
        numbers = iter(indexes)
        plain = dict(zip(NUMBER_FORMATS, numbers, strict=False))
        wrong = dict(zip(NUMBER_FORMATS, numbers, strict=False))
        header, reasons, long, note = numbers
        return cls(plain, wrong, {**plain, int: long, float: long}, header, reasons, note)


@dataclass(frozen=True)
class SheetShape:
    """What XlsxWriter has to know of a sheet.

    Parameters
    ----------
    title
        From which its name is made.
    rows
        The number of rows, the header included.
    widths
        Widths of its columns, in characters.
    comments
        By row and column, from 0.
    """

    title: str
    rows: int
    widths: Sequence[int]
    comments: Mapping[tuple[int, int], str]


class WorkbookShell:
    """A workbook without its rows: sheets, cell formats, widths, filters and comments, made by XlsxWriter.

    It is cheap enough (10 ms, and 50 µs a comment) to be made twice: once to learn the indexes of cell formats, and
    once when all rows are known.

    Parameters
    ----------
    sheets
        The sheets that get rows.
    naming
        How they are named.
    cover
        Adds the sheet before them.
    properties
        Custom properties of the workbook.
    """

    def __init__(
        self,
        sheets: Sequence[SheetShape],
        naming: SheetNaming,
        cover: Cover | None,
        properties: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        import xlsxwriter  # noqa: PLC0415 - a fifth of a second that workers who make no workbook never need

        file = io.BytesIO()
        with xlsxwriter.Workbook(file, _OPTIONS) as book:
            for name, value in properties.items():
                book.set_custom_property(name, value)
            if cover:
                cover(book)
            names = {sheet.name.casefold() for sheet in book.worksheets()}
            self._first = len(names) + 1
            formats = [book.add_format(properties) for properties in CellFormats.properties()]
            for shape in sheets:
                name = naming.unused(shape.title, names)
                names.add(name.casefold())
                _add_sheet(book, name, shape, formats)
        self._archive = ZipFile(file)

    @property
    def formats(self) -> CellFormats:
        """The cell formats; their indexes do not depend on what the sheets hold."""
        xml = self._archive.read(_part_name(self._first))
        return CellFormats.of_indexes([int(index) for index in _FORMAT_INDEX.findall(xml)])

    def write(self, out: BinaryIO, rows: Sequence[Callable[[IO[bytes]], None]]) -> None:
        """Write the workbook; ``rows`` write the XML of all rows of each sheet, the header included."""
        of_part = {_part_name(number): write_rows for number, write_rows in enumerate(rows, self._first)}
        with ZipFile(out, "w", ZIP_DEFLATED) as book:
            for name in self._archive.namelist():
                with book.open(name, "w") as part:
                    if name in of_part:
                        head, tail = _ROWS.split(self._archive.read(name))
                        part.write(_DIMENSION.sub(b"", head))  # its rows are not those of the sheet
                        of_part[name](part)
                        part.write(tail)
                    else:
                        with self._archive.open(name) as made:
                            shutil.copyfileobj(made, part, _COPY_BYTES)


class RowSpool:
    """The rows of one sheet in a file without a name, compressed lightly since they only wait there.

    Parameters
    ----------
    files
        Closes the file, which removes it.
    """

    def __init__(self, files: ExitStack) -> None:
        self._file = files.enter_context(TemporaryFile())  # noqa: SIM115 - closed with the others
        self._packed = files.enter_context(GzipFile(fileobj=self._file, mode="wb", compresslevel=1))
        self._waiting: list[str] = []
        self._characters = self._bytes = 0
        self.rows = 1  # the header, which is written last
        self.comments: dict[tuple[int, int], str] = {}

    @property
    def is_full(self) -> bool:
        """Whether the sheet has no room for another row."""
        return self.rows == SHEET_ROWS or self._bytes > SHEET_BYTES

    def add(self, row: str) -> None:
        """Add the XML of a row."""
        self.rows += 1
        self._waiting.append(row)
        self._characters += len(row)
        if self._characters > _BLOCK_CHARACTERS:
            self._flush()

    def end(self) -> None:
        """Release the memory that adding rows takes."""
        self._flush()
        self._packed.close()

    def copy_to(self, part: IO[bytes]) -> None:
        """Write the XML of all rows; the spool has ended."""
        self._file.seek(0)
        with GzipFile(fileobj=self._file, mode="rb") as packed:
            shutil.copyfileobj(cast(IO[bytes], packed), part, _COPY_BYTES)

    def _flush(self) -> None:
        body = "".join(self._waiting).encode("utf-8", "replace")  # half a surrogate pair has no bytes
        self._bytes += self._packed.write(body)
        self._waiting.clear()
        self._characters = 0


class SheetSeries:
    """Rows of one title, on one sheet or, when that is full, on further ones with the same header.

    Parameters
    ----------
    title
        From which the names of the sheets are made.
    header
        Of the columns; more may be appended with `add_column` as long as rows are added.
    cells, formats
        Write the header.
    files
        Closes the temporary files.
    """

    def __init__(
        self, title: str, header: Sequence[str], cells: CellWriter, formats: CellFormats, files: ExitStack
    ) -> None:
        self.title = title
        self.header: list[str] = []
        self.count = 0
        #: Column with reasons; it may be wider than the others.
        self.reasons_column: int | None = None
        self._longest: list[int] = []
        self._cells, self._formats, self._files = cells, formats, files
        self.sheets = [RowSpool(files)]
        for text in header:
            self.add_column(text)

    def add_column(self, title: str) -> int:
        """Append a column to the header; returns its number, from 0."""
        self.header.append(title)
        self._longest.append(len(title) + _FILTER_BUTTON)
        return len(self.header) - 1

    @property
    def is_sampled(self) -> bool:
        """Whether the next row counts towards the widths of the columns."""
        return self.count < _SAMPLE

    def widen(self, column: int, text: str) -> None:
        """Make a column wide enough to show a text; columns beyond the header have no width of their own."""
        if column < len(self._longest):
            self._longest[column] = max(self._longest[column], len(text))

    def next_row(self) -> int:
        """Number of the row to add next, from 1; begins another sheet if the last one is full."""
        if self.sheets[-1].is_full:
            self.sheets[-1].end()
            self.sheets.append(RowSpool(self._files))
        return self.sheets[-1].rows + 1

    def add(self, row: int, cells: Sequence[str]) -> None:
        """Add the XML of the cells of a row, whose number `next_row` gave."""
        self.sheets[-1].add(f'<row r="{row}">{"".join(cells)}</row>')
        self.count += 1

    def comment(self, row: int, column: int, text: str) -> None:
        """Add a comment to a cell of the row to add next."""
        self.sheets[-1].comments[row - 1, column] = text

    def shapes(self) -> list[SheetShape]:
        """End the series and describe its sheets."""
        self.sheets[-1].end()
        widths = [
            min(max(longest, _NARROWEST), _WIDEST_REASONS if column == self.reasons_column else _WIDEST)
            for column, longest in enumerate(self._longest)
        ]
        return [SheetShape(self.title, sheet.rows, widths, sheet.comments) for sheet in self.sheets]

    def write_rows(self, sheet: RowSpool, part: IO[bytes]) -> None:
        """Write the header and the rows of one of the sheets."""
        titles = enumerate(self.header)
        header = "".join(self._cells.text(column, 1, title, self._formats.header) for column, title in titles)
        part.write(f'<row r="1">{header}</row>'.encode("utf-8", "replace"))
        sheet.copy_to(part)


class StreamingWorkbook:
    """A workbook whose rows may come in any order of its sheets; neither rows nor sheets are held in memory.

    Sheets of a zip file can only be written one after the other, and a sheet says before its rows how wide its columns
    are. So rows wait in a temporary file for each sheet, until `write`. The files are removed when the ``with`` block
    ends.

    Parameters
    ----------
    naming
        How sheets are named.
    cover
        Adds a first sheet; called once more by `write`, which may have another.
    properties
        Custom properties of the workbook.
    """

    def __init__(
        self, naming: SheetNaming, cover: Cover | None = None, properties: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._naming, self._properties = naming, properties
        self._files = ExitStack()
        self._series: list[SheetSeries] = []
        self.formats = WorkbookShell([SheetShape("", 1, [1], {})], naming, cover).formats
        self.cells = CellWriter(column_letters())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._files.close()

    def add_series(self, title: str, header: Sequence[str]) -> SheetSeries:
        """Add a sheet, and those that follow it when it is full."""
        series = SheetSeries(title, header, self.cells, self.formats, self._files)
        self._series.append(series)
        return series

    def write(self, out: BinaryIO, cover: Cover | None = None) -> None:
        """Write the workbook; ``out`` is not sought in if it cannot be, and gets at most about 1 MiB at once."""
        shapes = [shape for series in self._series for shape in series.shapes()]
        rows = [partial(series.write_rows, sheet) for series in self._series for sheet in series.sheets]
        WorkbookShell(shapes, self._naming, cover, self._properties).write(out, rows)


def _add_sheet(book: Any, name: str, shape: SheetShape, formats: Sequence[Any]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(shape.rows - 1, 1), len(shape.widths) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{SHEET_ROWS}"})
    for column, width in enumerate(shape.widths):
        sheet.set_column(column, column, width)
    for column, format_ in enumerate(formats):
        sheet.write_blank(0, column, None, format_)  # so that the file has the format, and its index can be read
    for (row, column), text in shape.comments.items():
        sheet.write_comment(row, column, truncate(text).encode("utf-8", "replace").decode())


def _part_name(number: int) -> str:
    """Name of a sheet's part in the zip file."""
    return f"xl/worksheets/sheet{number}.xml"
