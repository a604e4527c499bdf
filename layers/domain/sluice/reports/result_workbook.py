"""``result.xlsx``: what a lookup found, as a workbook with a summary and a sheet for each category."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final

from sluice.model.rejection import ROW_TITLE, SHEET_TITLE
from sluice.reports.cells import SHEET_COLUMNS, cell_text, truncation_note
from sluice.reports.summary import Category, add_summary_sheet, summarise
from sluice.reports.workbook import SheetNaming, StreamingWorkbook
from sluice.schema.cells import Cell

#: Header of the column with the reasons.
REASON_TITLE: Final = "Reason"

_NAMING: Final = SheetNaming(fallback="Rows", numbered=" {}")
_NO_ROWS: Final = "There are no rows in this category."
_ADDED: Final = 2  # columns at most that follow those of the file
# Whole numbers from the first on have a format of their own; from the second on Excel does not show their last digits.
_LONG, _TOO_LONG = 10**11, 10**15


@dataclass(frozen=True)
class CategorisedRow:
    """A row as it came, and what a lookup found out about it.

    Parameters
    ----------
    row
        Row number as a person sees it in the file.
    cells
        From column A on, as they were read.
    category
        Slug of its category.
    value
        What was found, if the workbook shows it.
    reason
        Why it is in its category, if the workbook shows that.
    sheet
        Name of its sheet.
    """

    row: int
    cells: list[Cell]
    category: str
    value: str | None = None
    reason: str | None = None
    sheet: str = ""


def write_result_workbook(
    out: BinaryIO,
    *,
    categories: Sequence[Category],
    value_title: str,
    titles: Sequence[str],
    rows: Iterable[CategorisedRow],
    facts: Mapping[str, str],
    with_sheets: bool = False,
) -> dict[str, int]:
    """Write ``result.xlsx``: a summary with a chart, then a sheet for each category, also if the category has no rows.

    A row is on the sheet of its category as it came, its number first; the value that was found and the reason are
    last. All text is in text cells, which no program runs as a formula. What a cell of Excel cannot hold (dates before
    March 1900, errors such as ``#N/A``, whole numbers beyond 2**53) is text; texts longer than 32,767 characters are
    cut, and the reason says so. A category of more than 1,048,575 rows goes on in ``title 2`` and so on.

    Parameters
    ----------
    out
        Where the file goes; it is not sought in if it cannot be.
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
    with_sheets
        Whether the sheet of each row is named behind its number.

    Returns
    -------
    dict of str to int
        Rows by slug, in the order of the categories.

    Raises
    ------
    ValueError
        If the category of a row is not among ``categories``.
    OSError
        If the disk is full.

    Notes
    -----
    Nothing is written to ``out`` before all rows have been read. 100,000 rows of 8 columns take 6 s of processor time
    and 9 MB of temporary disk, 1,000,000 take 64 s and 86 MB, either of them some 16 MB of memory: a function with
    512 MB of disk makes the workbook of five million such rows.
    """
    empty = partial(add_summary_sheet, summary=summarise(categories, {}, facts))
    with StreamingWorkbook(_NAMING, empty) as workbook:
        sheets = {
            category.slug: CategorySheet(workbook, category.title, value_title, titles, with_sheets=with_sheets)
            for category in categories
        }
        for row in rows:
            if row.category not in sheets:
                raise ValueError(f"row {row.row} is of category '{row.category}', which is not declared")
            sheets[row.category].add(row)
        counts = {slug: sheet.count for slug, sheet in sheets.items()}
        for sheet in sheets.values():
            sheet.end()
        workbook.write(out, partial(add_summary_sheet, summary=summarise(categories, counts, facts)))
    return counts


class CategorySheet:
    """The rows of one category.

    Column 0 has the row number, the next one the sheet if there are several, then come the file's own columns. Behind
    them are what was found and the reason, each only if a row of the category has one, in the order in which they
    turned up. Cells beyond the file's header, which no importer reads, follow last and have no header.

    Parameters
    ----------
    workbook
        The workbook that the sheet is added to.
    title
        Of the category.
    value_title
        Header of the column with the values that were found.
    titles
        The file's headers; those beyond what a sheet has room for are left out.
    with_sheets
        Whether the sheet of each row is named.
    """

    def __init__(
        self, workbook: StreamingWorkbook, title: str, value_title: str, titles: Sequence[str], *, with_sheets: bool
    ) -> None:
        self._cells, self._formats = workbook.cells, workbook.formats
        before = [ROW_TITLE, SHEET_TITLE] if with_sheets else [ROW_TITLE]
        self._leading = len(before)
        header = [*before, *titles[: SHEET_COLUMNS - self._leading - _ADDED]]
        self._series = workbook.add_series(title, header)
        self._own = len(header) - self._leading
        self._value_title = value_title
        self._added: dict[str, int] = {}

    @property
    def count(self) -> int:
        """The number of rows."""
        return self._series.count

    def add(self, row: CategorisedRow) -> None:
        """Write a row below those before it."""
        at = self._series.next_row()
        cells = self._columns(row)
        if self._series.is_sampled:
            for column, cell in cells.items():
                self._series.widen(column, cell_text(cell))
        self._series.add(at, [self._cell(column, at, cell) for column, cell in cells.items()])

    def end(self) -> None:
        """Say so if there are no rows; no row is added afterwards."""
        if not self.count:
            at = self._series.next_row()
            self._series.add(at, [self._cells.text(0, at, _NO_ROWS, self._formats.note)])

    def _columns(self, row: CategorisedRow) -> dict[int, Cell]:
        """Cells that are not empty, by their columns from left to right."""
        own, beyond = row.cells[: self._own], row.cells[self._own :]
        before: list[Cell] = [row.row, row.sheet]
        cells: dict[int, Cell] = dict(enumerate(before[: self._leading]))
        cells |= {column: cell for column, cell in enumerate(own, self._leading) if cell is not None}
        cut = [note for column, cell in cells.items() if (note := truncation_note(self._series.header[column], cell))]
        reason = "; ".join([row.reason, *cut] if row.reason else cut)
        found = ((self._value_title, row.value), (REASON_TITLE, reason))
        added = {self._added_column(title): text for title, text in found if text}
        cells |= sorted(added.items())
        first = self._leading + self._own + _ADDED
        cells |= {
            column: cell for column, cell in enumerate(beyond, first) if cell is not None and column < SHEET_COLUMNS
        }
        return cells

    def _added_column(self, title: str) -> int:
        if title not in self._added:
            self._added[title] = self._series.add_column(title)
            self._series.reasons_column = self._added.get(REASON_TITLE)
        return self._added[title]

    def _cell(self, column: int, row: int, cell: Cell) -> str:
        is_long = isinstance(cell, int | float) and _LONG <= abs(cell) < _TOO_LONG and cell == cell // 1
        return self._cells.cell(column, row, cell, self._formats.long if is_long else self._formats.plain)
