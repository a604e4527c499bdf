"""Wait a little for news of a job."""

from __future__ import annotations

import time

from sluice.model.chunk import JobRef
from sluice.model.event import Seen
from sluice.model.job import Job
from sluice.usecases.ports import Jobs

# A watcher sees a change within a second: half of it here, half until a browser is back (`retry`).
_PAUSE = 0.5


def await_news(ref: JobRef, seen: Seen | None, *, seconds: float, jobs: Jobs) -> Job:
    """Look at a job until it is not as it was seen, or so many seconds are over; answer it then.

    Raises
    ------
    NotFound
        If there is no such job.
    """
    deadline = time.monotonic() + seconds
    job = jobs.get(ref)
    while seen is not None and job.version <= seen.version and not seen.is_last and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        job = jobs.get(ref)
    return job
