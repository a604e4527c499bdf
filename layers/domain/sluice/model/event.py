"""Events about jobs, the connections that watch them, and the tickets that open connections."""

from __future__ import annotations

from dataclasses import dataclass

from sluice.model.job import Job
from sluice.model.status import WAITING_OR_ENDED, Status

_NAMES = {
    Status.QUEUED: "job.queued",
    Status.PARSING: "job.started",
    Status.IN_REVIEW: "job.in_review",
    Status.PAUSED: "job.paused",
    Status.COMPLETED: "job.completed",
    Status.FAILED: "job.failed",
    Status.CANCELLED: "job.cancelled",
    Status.ROLLED_BACK: "job.rolled_back",
}
PROGRESS = "job.progress"
#: A ticket expires so many seconds after its issue, if it was not used by then.
TICKET_SECONDS = 60


@dataclass(frozen=True)
class Seen:
    """A job as a watcher saw it last."""

    version: int
    status: Status

    @property
    def is_last(self) -> bool:
        """Whether there was nothing more to wait for: the job stood still."""
        return self.status in WAITING_OR_ENDED


@dataclass(frozen=True)
class Connection:
    """A WebSocket connection: it hears of one job of its tenant, or of all when ``job_id`` is ``None``.

    ``since`` is when it was made, in epoch seconds.
    """

    id: str
    tenant: str
    job_id: str | None = None
    since: int = 0

    def hears_of(self, job: Job) -> bool:
        """Whether news of the job are for this connection."""
        return job.ref.tenant == self.tenant and self.job_id in {None, job.ref.id}


def event_name(before: Status | None, after: Job) -> str:
    """What happened to a job since it had that status; anything but a new status is progress."""
    if before is after.status:
        return PROGRESS
    return _NAMES.get(after.status, PROGRESS)


@dataclass(frozen=True)
class Ticket:
    """Stands for a token with the scope ``imports:read``, once.

    Parameters
    ----------
    tenant, subject
        Who got it.
    job_id
        The one job that it is for; ``None``: all jobs of the tenant, over a socket.
    until
        Epoch seconds at which the token ends that it was got with; an event stream ends then, too. A socket goes on, as
        one that was opened with the token does: for two hours at most (API Gateway quotas).
    stream
        Names what it opened: only who has heard of it from us can go on with it. Empty until the ticket is used.
    """

    tenant: str
    subject: str
    job_id: str | None
    until: int
    stream: str = ""
