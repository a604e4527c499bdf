"""The staged rows of a chunk, as they are to be delivered."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import ValidationError

from sluice.model import paths
from sluice.model.job import Job
from sluice.model.rejection import Rejection
from sluice.rows.check import GoodRow
from sluice.rows.orders import with_orders
from sluice.rows.refusing import Refusing
from sluice.rows.staged import load_staged
from sluice.usecases.decide_dates import read_evidence
from sluice.usecases.declared import importer_of
from sluice.usecases.find_repeats import read_repeats
from sluice.usecases.ports import Files


@dataclass(frozen=True)
class Staged:
    """Rows to be delivered, and those that are not.

    Parameters
    ----------
    rows
        To be delivered.
    repeats
        Those that repeat the key of an earlier row: ``{row: (key, row of the first)}``.
    wrong
        Refusals of those that are wrong since the order of their dates is known; of no sheet.
    """

    rows: list[GoodRow]
    repeats: dict[int, tuple[str, int]]
    wrong: list[Rejection]


def staged_rows(job: Job, index: int, files: Files) -> Staged:
    """Read the rows that a chunk staged; dates are in the order that was found out or answered.

    Raises
    ------
    NotFound
        If the chunk staged none.
    """
    rows = load_staged(files.read(paths.staged(job.ref, index)))
    repeats = read_repeats(job.ref, index, files)
    staged = Staged([], {}, [])
    turned = _month_first(job, index, files)
    for row in rows:
        if row.number in repeats:
            staged.repeats[row.number] = (row.key, repeats[row.number])
        elif row.number in turned:
            _turn(job, row, turned[row.number], staged)
        else:
            staged.rows.append(row)
    return staged


def _turn(job: Job, row: GoodRow, fields: list[str], staged: Staged) -> None:
    """Take a row with its dates month first; with them it may break a rule of the importer."""
    importer = importer_of(job)
    try:
        staged.rows.append(with_orders(importer, row, fields))
    except ValidationError as error:
        refusing = Refusing("", {column.field: column.title for column in importer.columns})
        staged.wrong.extend(refusing.invalid(row.number, json.loads(row.values), error))


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
