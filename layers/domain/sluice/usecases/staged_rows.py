"""The staged rows of a chunk, as they are to be delivered."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from pydantic import ValidationError

from sluice.model import paths
from sluice.model.errors import NotFound
from sluice.model.job import Job
from sluice.model.rejection import Rejection
from sluice.schema.dates import DateEvidence, merge_evidence, settle_date_order
from sluice.schema.rejections import SheetRejections
from sluice.schema.staging import load_staged
from sluice.schema.validation import GoodRow, with_orders
from sluice.usecases.declarations import importer_of
from sluice.usecases.duplicate_keys import read_duplicates
from sluice.usecases.ports import Files, Jobs


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
        Rejections of those that are wrong since the order of their dates is known; of no sheet.
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
    repeats = read_duplicates(job.ref, index, files)
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
        rejecting = SheetRejections("", importer)
        staged.wrong.extend(rejecting.invalid(row.number, json.loads(row.values), error))


def _month_first(job: Job, index: int, files: Files) -> dict[int, list[str]]:
    """Which fields of which rows were read day first for the time being, and are to be read month first."""
    fields = [field for field, order in job.date_orders.items() if order == "mdy"]
    found: dict[int, list[str]] = {}
    if fields:
        evidence = read_evidence(job, index, files)
        for field in fields:
            for number in evidence[field].rows if field in evidence else ():
                found.setdefault(number, []).append(field)
    return found


def write_evidence(job: Job, index: int, found: dict[str, DateEvidence], files: Files) -> None:
    """Keep what a chunk says of its dates; nothing, no object."""
    # a retry may come after a person has answered: what an attempt before that left must not hold any more
    if found or job.date_orders:
        kept = {field: asdict(evidence) for field, evidence in found.items()}
        files.write(paths.dates(job.ref, index), json.dumps(kept).encode())


def read_evidence(job: Job, index: int, files: Files) -> dict[str, DateEvidence]:
    """What a chunk said of its dates, by field."""
    try:
        return _loaded(files.read(paths.dates(job.ref, index)))
    except NotFound:
        return {}


def _loaded(body: bytes) -> dict[str, DateEvidence]:
    return {field: DateEvidence(**evidence) for field, evidence in json.loads(body).items()}


def decide_dates(job: Job, *, jobs: Jobs, files: Files) -> Job:
    """Note, for each date field, the order of day and month that its cells prove, or that a person must say it.

    One cell that can be read in one way only, such as 31/12/2025, decides for its column; where none does, or two
    contradict each other, nothing is guessed.
    """
    date_orders, ambiguous = dict(job.date_orders), set[str]()
    for field, evidence in merge_evidence(
        _loaded(files.read(name)) for name in files.names(paths.dates_of(job.ref))
    ).items():
        if field not in date_orders and evidence.rows:
            order = settle_date_order(evidence)
            if order is None:
                ambiguous.add(field)
            else:
                date_orders[field] = order
    if date_orders == job.date_orders and ambiguous == set(job.ambiguous):
        return job
    return jobs.remember(job.ref, date_orders=date_orders, ambiguous=tuple(sorted(ambiguous)))
