"""The staged rows of a chunk, as they are to be delivered."""

from __future__ import annotations

from dataclasses import dataclass

from sluice.importers.registry import importer_named
from sluice.model import paths
from sluice.model.job import Job
from sluice.rows.check import GoodRow
from sluice.rows.orders import with_orders
from sluice.rows.staged import load_staged
from sluice.usecases.decide_dates import read_evidence
from sluice.usecases.find_repeats import read_repeats
from sluice.usecases.ports import Files


@dataclass(frozen=True)
class Staged:
    """Rows to be delivered, and those that repeat the key of an earlier row: ``{row: (key, row of the first)}``."""

    rows: list[GoodRow]
    repeats: dict[int, tuple[str, int]]


def staged_rows(job: Job, index: int, files: Files) -> Staged:
    """Read the rows that a chunk staged; dates are in the order that was found out or answered.

    Raises
    ------
    NotFound
        If the chunk staged none.
    """
    rows = load_staged(files.read(paths.staged(job.ref, index)))
    swapped = _month_first(job, index, files)
    if swapped:
        importer = importer_named(job.importer)
        rows = [with_orders(importer, row, swapped[row.number]) if row.number in swapped else row for row in rows]
    repeats = read_repeats(job.ref, index, files)
    return Staged(
        [row for row in rows if row.number not in repeats],
        {row.number: (row.key, repeats[row.number]) for row in rows if row.number in repeats},
    )


def _month_first(job: Job, index: int, files: Files) -> dict[int, list[str]]:
    """Which fields of which rows were read day first for the time being, and are to be read month first."""
    fields = [field for field, order in job.orders.items() if order == "mdy"]
    found: dict[int, list[str]] = {}
    if fields:
        evidence = read_evidence(job, index, files)
        for field in fields:
            for number in evidence[field].rows if field in evidence else ():
                found.setdefault(number, []).append(field)
    return found
