"""What watchers are told about a job, and who watches."""

from __future__ import annotations

from dataclasses import dataclass

from sluice.model.job import Job
from sluice.model.status import Status

_NAMES = {
    Status.QUEUED: "job.queued",
    Status.PARSING: "job.started",
    Status.IN_REVIEW: "job.in_review",
    Status.COMPLETED: "job.completed",
    Status.FAILED: "job.failed",
    Status.CANCELLED: "job.cancelled",
}


@dataclass(frozen=True)
class Connection:
    """A WebSocket connection: it hears of one job of its tenant, or of all when ``job_id`` is ``None``."""

    id: str
    tenant: str
    job_id: str | None = None

    def hears_of(self, job: Job) -> bool:
        """Whether news of the job are for this connection."""
        return job.ref.tenant == self.tenant and self.job_id in {None, job.ref.id}


def event_name(before: Job | None, after: Job) -> str:
    """What happened to a job between two states of it; anything but a new status is progress."""
    if before is not None and before.status is after.status:
        return "job.progress"
    return _NAMES.get(after.status, "job.progress")
