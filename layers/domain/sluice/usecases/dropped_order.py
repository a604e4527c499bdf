"""The order in which jobs of the drop folder load into a dataset: that in which their files arrived.

One waits while an older one is queued, parsed or loaded. Those that wait for a person do not hold it up, and end as
*overtaken* if they go on after it. Others in the line of the dataset pass by.
"""

from __future__ import annotations

from ulid import ULID

from sluice.model.errors import Problem
from sluice.model.job import OVERTAKEN, Job
from sluice.model.lock import Held, Lock
from sluice.model.status import ENDED, Status
from sluice.usecases.services import Services, find_job

# States in which a job of the drop folder holds up newer ones.
_ON_ITS_WAY = frozenset({Status.QUEUED, Status.PARSING, Status.LOADING})
# Seconds within which the job of a file that has arrived is added, or its event delivered again.
_TO_ADD = 900


def is_held_up(job: Job, lock: Lock, now: int, services: Services) -> bool:
    """Return whether an older job of the drop folder is going to load; a rollback and other jobs wait for none."""
    if not job.is_dropped or job.force or job.status is Status.ROLLING_BACK:
        return False
    for ref in services.locks.older(lock, job.ref):
        older = find_job(ref, services.jobs)
        if older is None and ULID.from_str(ref.id).timestamp > now - _TO_ADD:
            return True  # the job of a file that has just arrived
        if older is not None and older.status in _ON_ITS_WAY:
            return True
        if older is None or older.status in ENDED:
            services.locks.delist(lock, ref)
    return False


def overtaken_by(job: Job, seen: Held) -> Problem | None:
    """Return the problem of a job of the drop folder, if a newer one has held the lock; its rows would be older."""
    if job.is_dropped and not job.force and seen.newest > job.ref.id:
        return Problem(OVERTAKEN, {"overtaken_by": seen.newest})
    return None
