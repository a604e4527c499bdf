"""Refused rows as a file that can be corrected and imported again."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from sluice.reporting.celltext import text_of
from sluice.reporting.csvtext import write_csv
from sluice.reporting.errorsheets import SHEET_COLUMNS, ErrorSheets, open_book
from sluice.reporting.neutral import neutral
from sluice.reporting.refused import REASONS_TITLE, ROW_TITLE, Arrangement, RefusedRow

__all__ = ["REASONS_TITLE", "ROW_TITLE", "RefusedRow", "write_error_csv", "write_error_workbook"]

# Rows that column widths are taken from, and the widths themselves, in characters.
_SAMPLE = 200
_NARROWEST, _WIDEST, _WIDEST_REASONS = 8, 40, 80
_FILTER_BUTTON = 3
_COPY_BYTES = 1024**2


def write_error_workbook(
    out: BinaryIO, *, sheet: str, titles: Sequence[str], places: Mapping[str, int], rows: Iterable[RefusedRow]
) -> int:
    """Write ``errors.xlsx``: each refused row as it came, its number first, what is wrong with it last.

    Wrong cells are coloured, and the first of them commented. Text that would begin a formula is neutralised; see
    `sluice.reporting.neutral.restored`. Numbers keep 16 significant digits, one more than Excel shows. What a cell of
    Excel cannot hold (dates before 1900, errors such as ``#N/A``, whole numbers beyond 2**53) is text.

    Parameters
    ----------
    out
        Where the file goes; only its ``write`` is used, with at most 1 MiB at once.
    sheet
        Name of the sheet the rows come from. Rows beyond Excel's 1,048,576 go to ``name (2)`` and so on.
    titles
        The file's headers, empty ones ``""``. `ROW_TITLE` and `REASONS_TITLE` among them are an earlier report's.
    places
        Title of an importer's column to the index of its cell in the file.
    rows
        The refused rows; read once, never held.

    Returns
    -------
    int
        Rows written.

    Notes
    -----
    Needs temporary disk space of about 100 bytes for each cell, since XlsxWriter holds a sheet twice before it packs
    it: 1 GB for 700,000 rows of 10 columns.
    """
    arrangement = Arrangement(titles, places, SHEET_COLUMNS - 2)
    waiting = iter(rows)
    sample = list(islice(waiting, _SAMPLE))
    count = 0
    with TemporaryDirectory() as folder:
        file = Path(folder, "errors.xlsx")
        with open_book(str(file), folder) as book:
            sheets = ErrorSheets(book, sheet, arrangement, _widths(arrangement, sample))
            for row in chain(sample, waiting):
                sheets.add(row)
                count += 1
            sheets.finish()
        with file.open("rb") as written:
            shutil.copyfileobj(written, out, _COPY_BYTES)
    return count


def write_error_csv(
    out: BinaryIO,
    *,
    sheet: str,  # noqa: ARG001 - a caller gives either writer the same
    titles: Sequence[str],
    places: Mapping[str, int],
    rows: Iterable[RefusedRow],
) -> int:
    """Write ``errors.csv``, the same columns as in `write_error_workbook`, for those who sent a CSV file.

    UTF-8 with byte order mark, separated by commas, quoted as in RFC 4180. Dates are ISO, numbers plain.

    Parameters
    ----------
    out, sheet, titles, places, rows
        As in `write_error_workbook`; a text file has no sheets, so their name goes nowhere.

    Returns
    -------
    int
        Rows written.
    """
    arrangement = Arrangement(titles, places)
    return write_csv(out, [neutral(title) for title in arrangement.header], _lines(arrangement, rows))


def _lines(arrangement: Arrangement, rows: Iterable[RefusedRow]) -> Iterator[list[object]]:
    width = len(arrangement.header) - 2
    for row in rows:
        own, beyond = (
            [neutral(cell) if isinstance(cell, str) else text_of(cell) for cell in cells]
            for cells in arrangement.cells(row)
        )
        yield [row.number, *own, *[None] * (width - len(own)), neutral(row.reasons), *beyond]


def _widths(arrangement: Arrangement, sample: list[RefusedRow]) -> list[int]:
    """Widths of a report's columns that show its header and most of the first rows."""
    longest = [len(title) + _FILTER_BUTTON for title in arrangement.header]
    for row in sample:
        own, _ = arrangement.cells(row)
        for place, text in enumerate([str(row.number), *map(text_of, own)]):
            longest[place] = max(longest[place], len(text))
        longest[-1] = max(longest[-1], len(row.reasons))
    *others, reasons = longest
    return [*(min(max(width, _NARROWEST), _WIDEST) for width in others), min(reasons, _WIDEST_REASONS)]
