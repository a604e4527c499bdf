"""Commit a job that waits in review: its rows may be loaded."""

from __future__ import annotations

from collections.abc import Mapping

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, RequestRefused
from sluice.model.job import Job
from sluice.model.order import Order
from sluice.model.status import Status, illegal_move
from sluice.rows.column import Column
from sluice.usecases.declared import importer_of
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
        If the job is not in review, or was committed with other answers.
    RequestRefused
        ``dates-undecided`` when an answer is missing; ``unknown-column`` when one is about a column that is not asked
        about.
    """
    job = jobs.get(ref)
    if job.status not in {Status.IN_REVIEW, Status.LOADING} or (job.status is Status.LOADING and not job.committed):
        raise illegal_move(ref.id, job.status, Status.LOADING)
    orders = {**job.orders, **_by_field(job, answers)}
    if job.status is Status.LOADING:
        if orders != job.orders:
            detail = f"Job {ref.id} is being loaded with other answers about its dates. Roll it back to import it anew."
            raise Conflict("committed-otherwise", "The job was committed with other answers", detail)
        machine.start(job)  # made again: its course may not have been started the first time
        return job
    missing = [column.title for column in _asked(job) if column.field not in orders]
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


def _asked(job: Job) -> list[Column]:
    return [column for column in importer_of(job).columns if column.field in job.undecided]


def _by_field(job: Job, answers: Mapping[str, Order]) -> dict[str, Order]:
    """The answers by field; an order that the file itself proves is not for anybody to change."""
    fields = {name: column.field for column in _asked(job) for name in (column.field, column.title)}
    unknown = sorted(set(answers) - set(fields))
    if unknown:
        asked = ", ".join(column.title for column in _asked(job)) or "none"
        detail = f"The job does not ask about {', '.join(unknown)}; columns whose dates it asks about: {asked}."
        raise RequestRefused("unknown-column", "The job does not ask about this column", detail, unknown=unknown)
    return {fields[name]: order for name, order in answers.items()}
