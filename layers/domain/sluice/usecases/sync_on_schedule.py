"""Pull a source because its schedule says so."""

from __future__ import annotations

from datetime import datetime

from sluice.model.job import Job
from sluice.model.status import ENDED
from sluice.sources.registry import source_named
from sluice.usecases.ports import Jobs, Machine
from sluice.usecases.start_sync import new_sync, standing_job

#: Who asks for such a job.
SCHEDULE = "schedule"


def sync_on_schedule(tenant: str, source_name: str, *, now: datetime, jobs: Jobs, machine: Machine) -> Job | None:
    """Begin a new job for a source; ``None``, and nothing, if the one that stands for it has not ended.

    One that is paused or in review waits for a person, who would not like it to be cancelled. A strike that comes
    twice, as any event may, finds the job of the first; if that has ended by then, the source is pulled once more, and
    rows that have not changed are not written.

    Raises
    ------
    NotFound
        If there is no such source any more.
    """
    source, before = source_named(source_name), jobs.sync_of(tenant, source_name)
    standing = standing_job(tenant, source_name, jobs=jobs)
    if standing is not None and standing.status not in ENDED:
        return None
    job = new_sync(tenant, source, SCHEDULE, now, instead_of=before)
    if not jobs.begin_sync(job, instead_of=before):
        return None  # somebody else has begun one just now
    machine.start(job)
    return job
