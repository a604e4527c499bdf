"""The staged rows of a chunk as they are to be delivered, and the order of day and month in their dates."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import ValidationError

from sluice.model.job import Job
from sluice.model.rejection import Rejection
from sluice.schema.dates import DateEvidence, merge_evidence, settle_date_order
from sluice.schema.rejections import SheetRejections
from sluice.schema.validation import GoodRow, with_orders
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.declarations import importer_of
from sluice.usecases.ports import Files, Jobs


@dataclass(frozen=True)
class Staged:
    """Rows to be delivered, and those that are not.

    Parameters
    ----------
    rows
        To be delivered.
    duplicates
        Rows whose key an earlier row of the file has: ``{row: (key, row of the first)}``.
    invalid
        Rejections of rows that break a rule since the order of their dates is known; without the sheet's name.
    """

    rows: list[GoodRow]
    duplicates: dict[int, tuple[str, int]]
    invalid: list[Rejection]


def staged_rows(job: Job, index: int, files: Files) -> Staged:
    """Read the rows that a chunk staged, their dates in the order that was proved or answered.

    Raises
    ------
    NotFound
        If the chunk staged none.
    """
    stored = JobFiles(job.ref, files)
    rows, first_rows = stored.staged(index), stored.duplicates(index)
    staged = Staged([], {}, [])
    month_first = _month_first(job, index, stored)
    for row in rows:
        if row.number in first_rows:
            staged.duplicates[row.number] = (row.key, first_rows[row.number])
        elif row.number in month_first:
            _read_month_first(job, row, month_first[row.number], staged)
        else:
            staged.rows.append(row)
    return staged


def _read_month_first(job: Job, row: GoodRow, fields: list[str], staged: Staged) -> None:
    """Read dates of a row month first; it may break a rule of the importer then."""
    importer = importer_of(job)
    try:
        staged.rows.append(with_orders(importer, row, fields))
    except ValidationError as error:
        rejecting = SheetRejections("", importer)
        staged.invalid.extend(rejecting.invalid(row.number, json.loads(row.values), error))


def _month_first(job: Job, index: int, stored: JobFiles) -> dict[int, list[str]]:
    """List the fields, by row, that were read day first for the time being and are to be read month first."""
    fields = [field for field, order in job.date_orders.items() if order == "mdy"]
    found: dict[int, list[str]] = {}
    if fields:
        evidence = stored.evidence(index)
        for field in fields:
            for number in evidence[field].rows if field in evidence else ():
                found.setdefault(number, []).append(field)
    return found


def write_evidence(job: Job, index: int, evidence: dict[str, DateEvidence], files: Files) -> None:
    """Store the format evidence of a chunk's dates; nothing is stored without any."""
    # a retry may come after a person has answered: what an attempt before that left must not hold any more
    if evidence or job.date_orders:
        JobFiles(job.ref, files).write_evidence(index, evidence)


def settle_date_orders(job: Job, *, jobs: Jobs, files: Files) -> Job:
    """Note, for each date field, the order of day and month that its cells prove, or that it is ambiguous.

    One cell that can be read in one way only, such as 31/12/2025, settles its column. A column without such a cell, or
    with cells that contradict each other, is ambiguous: a person has to say the order.
    """
    orders, ambiguous = dict(job.date_orders), set[str]()
    for field, evidence in merge_evidence(JobFiles(job.ref, files).all_evidence()).items():
        if field not in orders and evidence.rows:
            order = settle_date_order(evidence)
            if order is None:
                ambiguous.add(field)
            else:
                orders[field] = order
    if orders == job.date_orders and ambiguous == set(job.ambiguous):
        return job
    return jobs.remember(job.ref, date_orders=orders, ambiguous=tuple(sorted(ambiguous)))
