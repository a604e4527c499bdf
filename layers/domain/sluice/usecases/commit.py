"""Commit a job that waits in review: its rows may be loaded."""

from __future__ import annotations

from collections.abc import Mapping

from sluice.importers.registry import importer_named
from sluice.model.chunk import JobRef
from sluice.model.errors import RequestRefused
from sluice.model.job import Job
from sluice.model.order import Order
from sluice.model.status import Status, illegal_move
from sluice.usecases.ports import Jobs, Machine


def commit(ref: JobRef, *, by: str, answers: Mapping[str, Order], jobs: Jobs, machine: Machine) -> Job:
    """Let the job go on to load.

    Parameters
    ----------
    answers
        Order of day and month, ``dmy`` or ``mdy``, by date column (its field or title); needed for those that the job
        asks about.

    Raises
    ------
    Conflict
        If the job is not in review.
    RequestRefused
        ``dates-undecided`` when an answer is missing; ``unknown-column`` when one is about no column of the importer.
    """
    job = jobs.get(ref)
    if job.status is Status.LOADING and job.committed:
        return job
    if job.status is not Status.IN_REVIEW:
        raise illegal_move(ref.id, job.status, Status.LOADING)
    columns = importer_named(job.importer).columns
    fields = {name: column.field for column in columns for name in (column.field, column.title)}
    unknown = sorted(set(answers) - set(fields))
    if unknown:
        detail = f"There is no column {', '.join(unknown)}."
        raise RequestRefused("unknown-column", "There is no such column", detail, unknown=unknown)
    orders = {**job.orders, **{fields[name]: order for name, order in answers.items()}}
    missing = [column.title for column in columns if column.field in set(job.undecided) - set(orders)]
    if missing:
        raise RequestRefused(
            "dates-undecided",
            "The order of day and month must be said",
            f"Dates of {', '.join(missing)} can be read day first or month first. Say which with the commit: "
            f'{{"dates": {{"{missing[0]}": "dmy"}}}} or "mdy".',
            columns=missing,
        )
    note = ", ".join(f"{field}: {order}" for field, order in sorted(orders.items()))
    job = jobs.move(ref, Status.LOADING, by=by, note=note and f"dates {note}", new_run=True, answers=orders)
    machine.start(job)
    return job
