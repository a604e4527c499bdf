"""Wait a little for a job to end."""

from __future__ import annotations

import time

from sluice.model.job import Job
from sluice.model.status import ENDED, Status
from sluice.usecases.ports import Jobs

_PAUSE = 0.1
# What a caller who waits wants to be told of: an end, or that it is their turn.
_TOLD = ENDED | {Status.IN_REVIEW}


def await_end(job: Job, *, seconds: float, jobs: Jobs) -> Job:
    """Look at the job until it has ended or waits for a person, or so many seconds are over; answer it then."""
    deadline = time.monotonic() + seconds
    while job.status not in _TOLD and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        job = jobs.get(job.ref)
    return job
