"""Cancel syncs that nobody is at any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sluice.model.errors import Conflict
from sluice.model.status import AT_REST, STOPPING
from sluice.usecases.cancel import cancel
from sluice.usecases.ports import Chunks, Jobs, Machine
from sluice.usecases.start_sync import standing_job

_STUCK = timedelta(minutes=15)


def clean_up(
    tenant: str,
    sources: Sequence[str],
    *,
    by: str,
    now: datetime,
    jobs: Jobs,
    chunks: Chunks,
    machine: Machine,
) -> Counter[str]:
    """Cancel the jobs of these sources that have not moved for 15 minutes.

    Returns
    -------
    Counter
        How many, by the state that they were in.
    """
    cleaned: Counter[str] = Counter()
    for source in sources:
        # no other can be under way: when it took their place, they were cancelled
        job = standing_job(tenant, source, jobs=jobs)
        if job is None or job.status in AT_REST | STOPPING or now - (job.updated_at or job.created_at) <= _STUCK:
            continue
        with suppress(Conflict):
            cancel(job.ref, by=by, now=int(now.timestamp()), jobs=jobs, chunks=chunks, machine=machine)
            cleaned[job.status] += 1
    return cleaned
