"""A run of a sync takes half an hour at most: what hangs is ended, and the next one can begin."""

from __future__ import annotations

from datetime import timedelta

from sluice.model.errors import Problem
from sluice.model.job import OVERDUE, SYNC, Job
from sluice.model.status import AT_REST, Status
from sluice.usecases.ports import Jobs

_LONGEST = timedelta(minutes=30)
_PROBLEM = Problem(
    OVERDUE,
    "The sync took too long",
    "It was ended after 30 minutes. What was loaded stays, and can be rolled back; start it again with force.",
)


def end_overdue(job: Job, now: int, jobs: Jobs) -> bool:
    """End a sync that has been under way for too long; says whether it was.

    Parameters
    ----------
    now
        Epoch seconds.
    """
    if job.kind != SYNC or job.status in AT_REST or job.status is Status.ROLLING_BACK:
        return False
    if now - (job.run_at or job.created_at).timestamp() <= _LONGEST.total_seconds():
        return False
    jobs.move(job.ref, Status.FAILED if job.status is not Status.CANCELLING else Status.CANCELLED, problem=_PROBLEM)
    return True
