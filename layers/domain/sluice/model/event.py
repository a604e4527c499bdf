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
#: Seconds after which an unused ticket expires.
TICKET_SECONDS = 60


@dataclass(frozen=True)
class Seen:
    """A job as a watcher saw it last."""

    version: int
    status: Status

    @property
    def is_last(self) -> bool:
        """Whether no further event follows by itself: the job was waiting or had ended."""
        return self.status in WAITING_OR_ENDED


@dataclass(frozen=True)
class Connection:
    """A WebSocket connection: it watches one job of its tenant, or all jobs if ``job_id`` is ``None``.

    ``since`` is the time at which it was opened, ``until`` the expiry of the token with which it, or its ticket, was
    obtained, in epoch seconds; an earlier version stored no expiry.
    """

    id: str
    tenant: str
    job_id: str | None = None
    since: int = 0
    until: int | None = None

    def has_expired(self, now: int) -> bool:
        """Return whether the token with which the connection was opened has expired."""
        return self.until is not None and self.until <= now

    def hears_of(self, job: Job) -> bool:
        """Return whether the connection watches the job."""
        return job.ref.tenant == self.tenant and self.job_id in {None, job.ref.id}


def event_name(before: Status | None, after: Job) -> str:
    """Name the event of a change: a new status, or progress if the status is the same."""
    if before is after.status:
        return PROGRESS
    return _NAMES.get(after.status, PROGRESS)


@dataclass(frozen=True)
class Ticket:
    """A ticket: replaces, once, a token with the scope ``imports:read``.

    Parameters
    ----------
    tenant, subject
        Tenant and subject of the caller who obtained it.
    job_id
        The job that it is valid for; ``None``: all jobs of the tenant, over a WebSocket.
    until
        Expiry of the token used to obtain the ticket (epoch seconds). An event stream ends then; a WebSocket gets no
        message any more, and is closed at the next one.
    stream
        Secret name of the event stream that the ticket opened, sent only inside that stream: only its receiver can
        continue it. Empty until the ticket is used.
    """

    tenant: str
    subject: str
    job_id: str | None
    until: int
    stream: str = ""
