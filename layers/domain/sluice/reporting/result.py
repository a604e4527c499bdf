"""What lookups found, as a workbook with a sheet for each category, and as a summary for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from sluice.reporting.categorised import CategorisedRow, Category, CategoryCount, Summary, summary
from sluice.reporting.cellxml import CellXml
from sluice.reporting.frame import column_letters, part_of
from sluice.reporting.pile import REASON_TITLE, Pile
from sluice.reporting.resultframe import FIRST, ResultFrame, SheetShape

__all__ = [
    "REASON_TITLE",
    "CategorisedRow",
    "Category",
    "CategoryCount",
    "Summary",
    "summary",
    "write_result_workbook",
]


def write_result_workbook(
    out: BinaryIO,
    *,
    categories: Sequence[Category],
    value_title: str,
    titles: Sequence[str],
    rows: Iterable[CategorisedRow],
    facts: Mapping[str, str],
) -> dict[str, int]:
    """Write ``result.xlsx``: a summary with a chart, then a sheet for each category, also for one without rows.

    A row is on the sheet of its category as it came, its number first; the value that was found and the reason are
    last. Text that would begin a formula is neutralised. What a cell of Excel cannot hold (dates before March 1900,
    errors such as ``#N/A``, whole numbers beyond 2**53) is text; of texts longer than 32,767 characters the beginning
    is there, and the reason says so. A category of more than 1,048,575 rows goes on in ``title 2`` and so on.

    Parameters
    ----------
    out
        Where the file goes; it is not sought in, if it cannot be.
    categories
        At least one, in the order of the sheets.
    value_title
        Header of the column with the values that were found.
    titles
        The file's headers, empty ones ``""``; of more than 16,381 the others and their cells are left out.
    rows
        The rows, in any order; read once, never held.
    facts
        What stands at the top of the summary, by its name.

    Returns
    -------
    dict of str to int
        Rows by slug, in the order of the categories.

    Raises
    ------
    ValueError
        If a row is of a category that is none of these.
    OSError
        If the disk is full.

    Notes
    -----
    Sheets of a zip can only be written one after the other, so rows wait in a temporary file for each sheet. Nothing
    is written to ``out`` before all of them have been read. 100,000 rows of 8 columns take 6 s of processor time and
    9 MB of temporary disk, 1,000,000 take 64 s and 86 MB, either of them some 16 MB of memory: a function with 512 MB
    of disk makes the workbook of five million such rows.
    """
    with ExitStack() as files:
        empty = [SheetShape(category.title, 1, [1]) for category in categories]
        looks = ResultFrame(summary(categories, {}, facts), empty).looks
        xml = CellXml(column_letters())
        piles = {category.slug: Pile(category.title, value_title, titles, xml, looks, files) for category in categories}
        for row in rows:
            if row.category not in piles:
                raise ValueError(f"row {row.row} is of category '{row.category}', which there is not")
            piles[row.category].add(row)
        counts = {slug: pile.count for slug, pile in piles.items()}
        _write(out, summary(categories, counts, facts), list(piles.values()))
    return counts


def _write(out: BinaryIO, content: Summary, piles: Sequence[Pile]) -> None:
    """Put the workbook together; a frame is cheap enough to be made anew now that its sheets are known."""
    for pile in piles:
        pile.end()
    sheets = [(pile, spool) for pile in piles for spool in pile.sheets]
    frame = ResultFrame(content, [SheetShape(pile.title, spool.rows, pile.widths) for pile, spool in sheets])
    numbers = {part_of(number): number for number in range(FIRST, FIRST + len(sheets))}
    with ZipFile(out, "w", ZIP_DEFLATED) as book:
        for name, body in frame.parts():
            if name not in numbers:
                book.writestr(name, body)
                continue
            pile, spool = sheets[numbers[name] - FIRST]
            head, tail = frame.around(numbers[name])
            with book.open(name, "w") as part:
                part.write(head)
                part.write(pile.header.encode("utf-8", "replace"))
                spool.pour(part)
                part.write(tail)
