"""``errors.xlsx``: rejected rows as a workbook that can be corrected and imported again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO, Final

from sluice.reports.cells import SHEET_COLUMNS, cell_text, truncation_note
from sluice.reports.rejected_rows import JOB_PROPERTY, JobMark, RejectedRow, ReportColumns
from sluice.reports.workbook import SheetNaming, StreamingWorkbook

#: Cells that get a comment. Comments are kept in memory until the end (0.8 KB each), and Excel lays each out as a
#: drawing when it opens the file. A person who corrects more cells than this reads the last column, which has all
#: reasons.
MAX_COMMENTS: Final = 5_000

_NAMING: Final = SheetNaming(fallback="Rejected rows", numbered=" ({})")


def write_errors_workbook(
    out: BinaryIO,
    *,
    job: str,
    sheets: Sequence[str],
    titles: Sequence[str],
    places: Mapping[str, int],
    rows: Iterable[RejectedRow],
) -> int:
    """Write ``errors.xlsx``: each rejected row as it came, its number first, what is wrong with it last.

    Wrong cells are coloured, and the first of them commented. All text is in text cells, as it came: no program runs
    one as a formula. What a cell of Excel cannot hold (dates before March 1900, errors such as ``#N/A``, whole numbers
    beyond 2**53) is text.

    Parameters
    ----------
    out
        Where the file goes; it is not sought in if it cannot be, and gets at most about 1 MiB at once.
    job
        Id of the job that rejected the rows. Each row has it, see `sluice.reports.rejected_rows.JobMark`, and so have
        the custom properties of the workbook, for a person may remove a column.
    sheets
        Names of the sheets that the rows come from, ``""`` for a text file. The rows are named by them if there are
        several, and the sheet of this workbook has the name of the first. Rows beyond Excel's 1,048,576 go to
        ``name (2)`` and so on; an import asks which of them it reads.
    titles
        The headers of the first sheet, empty ones ``""``. Those of an earlier report's own columns are left out.
    places
        Title of an importer's column to the index of its cell in the file.
    rows
        The rejected rows, their cells in the order of `titles`; read once, never held.

    Returns
    -------
    int
        Rows written.

    Notes
    -----
    Nothing is written to ``out`` before all rows have been read. 150,000 rows of 10 columns, two cells of each wrong,
    take 5 s of processor time, 17 MB of memory and 11 MB of temporary disk; memory does not grow with more rows.
    """
    columns = ReportColumns(titles, places, with_sheets=len(sheets) > 1, width=SHEET_COLUMNS)
    with StreamingWorkbook(_NAMING, properties={JOB_PROPERTY: job}) as workbook:
        errors = _ErrorsSheet(workbook, sheets[0], columns, JobMark(job, escaped=False).text)
        for row in rows:
            errors.add(row)
        workbook.write(out)
    return errors.count


class _ErrorsSheet:
    """Writes rejected rows below each other."""

    def __init__(self, workbook: StreamingWorkbook, title: str, columns: ReportColumns, mark: str) -> None:
        self._columns, self._mark = columns, mark
        self._cells, self._formats = workbook.cells, workbook.formats
        self._series = workbook.add_series(title, columns.header)
        self._series.reasons_column = self._last = len(columns.header) - 1
        self._comments = 0

    @property
    def count(self) -> int:
        """The number of rows."""
        return self._series.count

    def add(self, row: RejectedRow) -> None:
        """Write a row below those before it."""
        at = self._series.next_row()
        before, leading = self._columns.before(row, self._mark), self._columns.leading
        own, beyond = self._columns.cells(row)
        wrong = self._columns.wrong(row)
        if self._series.is_sampled:
            for column, text in enumerate([*map(str, before[:-1]), "", *map(cell_text, own)]):
                self._series.widen(column, text)
            self._series.widen(self._last, row.reasons)
        for column, reason in wrong.items():
            if self._comments < MAX_COMMENTS:
                self._series.comment(at, column, reason)
                self._comments += 1
        if wrong:
            own += [None] * (max(wrong) - leading + 1 - len(own))  # a cell that is missing is marked too
        cells, formats = self._cells, self._formats
        written = [cells.cell(column, at, cell, formats.plain) for column, cell in enumerate(before[:-1])]
        written.append(cells.text(leading - 1, at, self._mark, formats.note))
        reasons = row.reasons
        for column, cell in enumerate(own, leading):
            if column in wrong:
                written.append(cells.cell(column, at, cell, formats.wrong))
            elif cell is not None:
                written.append(cells.cell(column, at, cell, formats.plain))
            if note := truncation_note(self._columns.header[column], cell):
                reasons += f"; {note}"
        written.append(cells.text(self._last, at, reasons, formats.reasons))
        written += [
            cells.cell(column, at, cell, formats.plain)
            for column, cell in enumerate(beyond[: SHEET_COLUMNS - self._last - 1], self._last + 1)
            if cell is not None
        ]
        self._series.add(at, written)
