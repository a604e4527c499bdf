"""Rejected rows as a file that can be corrected and imported again."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import BinaryIO

from sluice.reporting.celltext import text_of
from sluice.reporting.csvtext import write_csv
from sluice.reporting.errorbook import ErrorBook
from sluice.reporting.excel import SHEET_COLUMNS
from sluice.reporting.neutral import neutral
from sluice.reporting.rejected import REASONS_TITLE, ROW_TITLE, Arrangement, RejectedRow

__all__ = ["REASONS_TITLE", "ROW_TITLE", "RejectedRow", "write_error_csv", "write_error_workbook"]

# Rows that column widths are taken from, and the widths themselves, in characters.
_SAMPLE = 200
_NARROWEST, _WIDEST, _WIDEST_REASONS = 8, 40, 80
_FILTER_BUTTON = 3
_COPY_BYTES = 1024**2


def write_error_workbook(
    out: BinaryIO, *, sheet: str, titles: Sequence[str], places: Mapping[str, int], rows: Iterable[RejectedRow]
) -> int:
    """Write ``errors.xlsx``: each rejected row as it came, its number first, what is wrong with it last.

    Wrong cells are coloured, and the first of them commented. Text that would begin a formula is neutralised; see
    `sluice.reporting.neutral.restored`. What a cell of Excel cannot hold (dates before March 1900,
    errors such as ``#N/A``, whole numbers beyond 2**53) is text.

    Parameters
    ----------
    out
        Where the file goes; only its ``write`` is used, with at most 1 MiB at once.
    sheet
        Name of the sheet the rows come from; ``""`` for a text file. Rows beyond Excel's 1,048,576 go to
        ``name (2)`` and so on, of which an import would read the first only.
    titles
        The file's headers, empty ones ``""``. `ROW_TITLE` and `REASONS_TITLE` among them are an earlier report's.
    places
        Title of an importer's column to the index of its cell in the file.
    rows
        The rejected rows; read once, never held.

    Returns
    -------
    int
        Rows written.

    Notes
    -----
    700,000 rows of 10 columns take some 32 MB of memory and 40 MB of temporary disk, as much as the file itself has.
    Nothing is written to ``out`` before all rows have been read.
    """
    arrangement = Arrangement(titles, places, SHEET_COLUMNS - 2)
    waiting = iter(rows)
    sample = list(islice(waiting, _SAMPLE))
    count = 0
    with TemporaryFile() as file:
        with ErrorBook(file, sheet, arrangement, _widths(arrangement, sample)) as book:
            for row in chain(sample, waiting):
                book.add(row)
                count += 1
        file.seek(0)
        shutil.copyfileobj(file, out, _COPY_BYTES)
    return count


def write_error_csv(
    out: BinaryIO,
    *,
    sheet: str,  # noqa: ARG001 - a caller gives either writer the same
    titles: Sequence[str],
    places: Mapping[str, int],
    rows: Iterable[RejectedRow],
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


def _lines(arrangement: Arrangement, rows: Iterable[RejectedRow]) -> Iterator[list[object]]:
    width = len(arrangement.header) - 2
    for row in rows:
        own, beyond = (
            [neutral(cell) if isinstance(cell, str) else text_of(cell) for cell in cells]
            for cells in arrangement.cells(row)
        )
        yield [row.number, *own, *[None] * (width - len(own)), neutral(row.reasons), *beyond]


def _widths(arrangement: Arrangement, sample: list[RejectedRow]) -> list[int]:
    """Widths of a report's columns that show its header and most of the first rows."""
    longest = [len(title) + _FILTER_BUTTON for title in arrangement.header]
    for row in sample:
        own, _ = arrangement.cells(row)
        for place, text in enumerate([str(row.number), *map(text_of, own)]):
            longest[place] = max(longest[place], len(text))
        longest[-1] = max(longest[-1], len(row.reasons))
    *others, reasons = longest
    return [*(min(max(width, _NARROWEST), _WIDEST) for width in others), min(reasons, _WIDEST_REASONS)]
