"""Rejected rows, and the columns of a report on them, which can be corrected and imported again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sluice.model.rejection import Rejection
from sluice.schema.cells import Cell
from sluice.wording import word_rejection

#: Header of the first column: the row's number in the file that was imported.
ROW_TITLE: Final = "Original row"
#: Header of the last column: why the row was rejected.
REASONS_TITLE: Final = "What is wrong"


@dataclass(frozen=True)
class RejectedRow:
    """A row as it came, and why it was rejected.

    Parameters
    ----------
    number
        Row number as a person sees it in the file.
    cells
        From column A on, as they were read.
    rejections
        Why; ``column`` is the title of an importer's column, or ``None`` if it concerns the row as a whole.
    """

    number: int
    cells: list[Cell]
    rejections: list[Rejection]

    @property
    def reasons(self) -> str:
        """All reasons in a line: ``Price: must be 0 or more; Stock: is required``."""
        return "; ".join(
            f"{rejection.column}: {word_rejection(rejection)}" if rejection.column else word_rejection(rejection)
            for rejection in self.rejections
        )


class ReportColumns:
    """Maps the cells of rejected rows to the columns of a report.

    A report has the row number in column 0, then the file's own columns, then the reasons. Cells beyond the file's
    header, which no importer reads, follow the reasons. Columns that an earlier report added to the file are left out,
    because this report writes them anew.

    Parameters
    ----------
    titles
        The file's headers; empty ones are ``""``.
    places
        Title of an importer's column to the index of its cell in the file.
    limit
        The number of the file's columns at most; ``None`` is no limit.
    """

    def __init__(self, titles: Sequence[str], places: Mapping[str, int], limit: int | None = None) -> None:
        self._kept = [at for at, title in enumerate(titles) if title not in {ROW_TITLE, REASONS_TITLE}][:limit]
        self._whole = len(self._kept) == len(titles)
        self._width = len(titles)
        of_cell = {at: column for column, at in enumerate(self._kept, 1)}
        self._columns = {title: of_cell[at] for title, at in places.items() if at in of_cell}
        self.header = [ROW_TITLE, *(titles[at] for at in self._kept), REASONS_TITLE]

    def cells(self, row: RejectedRow) -> tuple[list[Cell], list[Cell]]:
        """Return the cells of the file's own columns, from column 1 on, and those beyond its header.

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
