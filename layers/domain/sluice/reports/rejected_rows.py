"""Rejected rows, the columns of a report on them, and the mark by which a corrected report is recognised."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sluice.model.rejection import JOB_TITLE, ROW_TITLE, SHEET_TITLE, Rejection
from sluice.schema.cells import Cell
from sluice.wording import word_rejection

#: Header of the last column: why the row was rejected.
REASONS_TITLE: Final = "What is wrong"
#: Custom property of a workbook: the id of the job that made it.
JOB_PROPERTY: Final = "SluiceJob"

# An id is a ULID, of 26 digits and letters (Crockford's Base32).
_MARK = re.compile(r"\s*('?)([0-9A-HJKMNP-TV-Z]{26})\s*")


@dataclass(frozen=True)
class JobMark:
    """The mark of a row of ``errors.xlsx``, ``errors.csv`` or ``loaded.csv``: which job made it, and how.

    A cell holds it, because cells survive every program that opens the file, and stay with their row. An apostrophe
    before the id says that the texts of the row are escaped, see `sluice.reports.cells`: a program that
    drops apostrophes drops this one too.

    Parameters
    ----------
    job
        Id of the job, as the file says; nothing proves it.
    escaped
        Whether texts of the row are escaped.
    """

    job: str
    escaped: bool

    @property
    def text(self) -> str:
        """The cell."""
        return f"'{self.job}" if self.escaped else self.job

    @classmethod
    def read(cls, cell: Cell) -> JobMark | None:
        """Read a cell; ``None`` if it holds no mark."""
        found = _MARK.fullmatch(cell) if isinstance(cell, str) else None
        return cls(found[2], bool(found[1])) if found else None


@dataclass(frozen=True)
class RejectedRow:
    """A row as it came, and why it was rejected.

    Parameters
    ----------
    number
        Row number as a person sees it in the sheet.
    cells
        From column A on, as they were read.
    rejections
        Why; ``column`` is the title of an importer's column, or ``None`` if it concerns the row as a whole.
    """

    number: int
    cells: list[Cell]
    rejections: list[Rejection]

    @property
    def sheet(self) -> str:
        """Name of its sheet; empty if the file has none."""
        return self.rejections[0].sheet

    @property
    def reasons(self) -> str:
        """All reasons in a line: ``Price: must be 0 or more; Stock: is required``."""
        return "; ".join(
            f"{rejection.column}: {word_rejection(rejection)}" if rejection.column else word_rejection(rejection)
            for rejection in self.rejections
        )


class ReportColumns:
    """Maps the cells of rejected rows to the columns of a report.

    A report has the row number in column 0, then the sheet if there are several, the job, the file's own columns, and
    the reasons. Cells beyond the file's header, which no importer reads, follow the reasons. Columns that an earlier
    report added to the file are left out, because this report writes them anew.

    Parameters
    ----------
    titles
        The file's headers; empty ones are ``""``.
    places
        Title of an importer's column to the index of its cell in the file.
    with_sheets
        Whether the sheet of each row is named.
    width
        The number of the report's columns at most; ``None`` is no limit.

    Attributes
    ----------
    leading
        Columns before those of the file.
    """

    def __init__(
        self, titles: Sequence[str], places: Mapping[str, int], *, with_sheets: bool, width: int | None = None
    ) -> None:
        added = {ROW_TITLE, SHEET_TITLE, JOB_TITLE, REASONS_TITLE}
        before = [ROW_TITLE, *([SHEET_TITLE] if with_sheets else []), JOB_TITLE]
        self._with_sheets, self.leading = with_sheets, len(before)
        limit = None if width is None else width - self.leading - 1
        self._kept = [at for at, title in enumerate(titles) if title not in added][:limit]
        self._whole = len(self._kept) == len(titles)
        self._width = len(titles)
        of_cell = {at: column for column, at in enumerate(self._kept, self.leading)}
        self._columns = {title: of_cell[at] for title, at in places.items() if at in of_cell}
        self.header = [*before, *(titles[at] for at in self._kept), REASONS_TITLE]

    def before(self, row: RejectedRow, mark: str) -> list[int | str]:
        """Return the cells before those of the file: the last one is the mark."""
        return [row.number, row.sheet, mark] if self._with_sheets else [row.number, mark]

    def cells(self, row: RejectedRow) -> tuple[list[Cell], list[Cell]]:
        """Return the cells of the file's own columns, from column `leading` on, and those beyond its header.

        The first list is shorter than the header if the row ends early.
        """
        own, beyond = row.cells[: self._width], row.cells[self._width :]
        if not self._whole:
            own = [own[at] for at in self._kept if at < len(own)]
        return own, beyond

    def wrong(self, row: RejectedRow) -> dict[int, str]:
        """Return the columns of the wrong cells, with what is wrong with each."""
        found: defaultdict[int, list[str]] = defaultdict(list)
        for rejection in row.rejections:
            if rejection.column in self._columns:
                found[self._columns[rejection.column]].append(word_rejection(rejection))
        return {column: "; ".join(reasons) for column, reasons in found.items()}
