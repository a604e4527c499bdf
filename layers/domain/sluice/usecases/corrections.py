"""Corrections: import the rejected rows of a job again from its corrected errors workbook."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sluice.model.chunk import ChunkRef, JobRef, PhaseName
from sluice.model.errors import Conflict, FileRejected
from sluice.model.job import Job
from sluice.model.rejection import DUPLICATE_KEY, Rejection
from sluice.model.status import INACTIVE
from sluice.reading import Header
from sluice.reports.formula_injection import unescape_formula
from sluice.reports.rejected_rows import ROW_TITLE
from sluice.schema.cells import Cell, Record
from sluice.schema.validation import GoodRow
from sluice.usecases.artifacts import FilePlan, JobFiles
from sluice.usecases.ports import Chunks, Files, Jobs

# Digits of a row number; no sheet has as many rows.
_ROW_DIGITS = 12


def check_corrected(ref: JobRef, importer: str, jobs: Jobs) -> Job:
    """Get the job that a correction corrects.

    Raises
    ------
    NotFound
        If there is no such job.
    Conflict
        If it belongs to another importer, is still under way, was deleted, or has rejected no row.
    """
    job = jobs.get(ref)
    if job.importer != importer:
        raise Conflict("cannot-correct", case="other-importer", id=ref.id, made_by=job.importer, importer=importer)
    if job.status not in INACTIVE:
        raise Conflict("cannot-correct", case="under-way", id=ref.id, status=str(job.status))
    if job.deleted:
        raise Conflict("cannot-correct", case="deleted", id=ref.id)
    if not job.counts.rejected:
        raise Conflict("cannot-correct", case="nothing-rejected", id=ref.id)
    return job


def check_correction(job: Job, header: Header) -> None:
    """Check that the file of a correction has the column of row numbers; accept every file of other jobs.

    Raises
    ------
    FileRejected
        ``no-row-numbers``.
    """
    if job.corrects and ROW_TITLE not in header.titles:
        raise FileRejected("no-row-numbers", column=ROW_TITLE, corrects=job.corrects)


@dataclass(frozen=True)
class Corrected:
    """The rows of one chunk of a correction, matched with the rejected rows of the corrected job.

    Parameters
    ----------
    records
        All rows, their text as it was before the report escaped formulas.
    wanted
        Rows that the corrected job rejected.
    unmatched
        A rejection for each other row.
    duplicates
        Original rejections of the rows that were rejected as duplicate keys, by row number.
    """

    records: list[Record]
    wanted: list[Record]
    unmatched: list[Rejection]
    duplicates: dict[int, Rejection]

    def still_duplicate(self, good: Iterable[GoodRow]) -> list[Rejection]:
        """Reject again each duplicate whose key was not changed: loading it would overwrite the first row."""
        return [
            replace(was, row=row.number)
            for row in good
            if (was := self.duplicates.get(row.number)) and was.value == row.key
        ]


def select_corrected(
    job: Job, corrects: JobRef, plan: FilePlan, records: list[Record], *, chunks: Chunks, files: Files
) -> Corrected:
    """Select the rows of a correction that the corrected job rejected."""
    place = plan.header.titles.index(ROW_TITLE)
    records = [
        (number, [unescape_formula(cell) if isinstance(cell, str) else cell for cell in cells])
        for number, cells in records
    ]
    numbers = {number: _row_number(cells, place) for number, cells in records}
    rejected = _rejected_rows(
        corrects,
        job.delivery,  # both jobs have the same importer
        {number for number in numbers.values() if number},
        chunks,
        files,
    )
    wanted: list[Record] = []
    unmatched: list[Rejection] = []
    duplicates: dict[int, Rejection] = {}
    for number, cells in records:
        original = numbers[number]
        if original in rejected:
            wanted.append((number, cells))
            if rejected[original].code == DUPLICATE_KEY:
                duplicates[number] = rejected[original]
        else:
            value = None if original is None else str(original)
            code = "not-a-row-number" if original is None else "not-a-rejected-row"
            params = {} if original is None else {"job": corrects.id}
            unmatched.append(Rejection(plan.layout.sheet, number, ROW_TITLE, value, code, params))
    return Corrected(records, wanted, unmatched, duplicates)


def _row_number(cells: list[Cell], place: int) -> int | None:
    match cells[place] if place < len(cells) else None:
        case bool():
            return None
        case int() | float() as number if float(number).is_integer():
            return int(number)
        case str(text) if text.strip().isdecimal() and len(text) < _ROW_DIGITS:
            return int(text)
        case _:
            return None


def _rejected_rows(
    ref: JobRef, delivery: PhaseName, numbers: set[int], chunks: Chunks, files: Files
) -> dict[int | None, Rejection]:
    """Find the rejections of these rows; read only the chunks that contain them."""
    parsed = list(chunks.of_phase(ref, PhaseName.PARSE))
    firsts = [chunk.first_row for chunk in parsed]
    indexes = {parsed[at].ref.index for number in numbers if (at := bisect_right(firsts, number) - 1) >= 0}
    return {
        rejection.row: rejection
        for index in indexes
        for phase in (PhaseName.PARSE, delivery)
        for rejection in JobFiles(ref, files).rejections(ChunkRef(ref, phase, index))
        if rejection.row in numbers
    }
