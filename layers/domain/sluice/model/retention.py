"""How long what a job leaves is kept: every time counts from its end, so nothing of one that has not ended expires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from sluice.model.errors import Conflict
from sluice.model.status import Status

if TYPE_CHECKING:
    from sluice.model.job import Job

#: How long after its end a failed job can be retried; the parts of its file are kept for that.
RETRY_TIME = timedelta(days=14)
#: How long a job itself outlasts what it has left: so long, calls are answered by the time until which that was kept.
ANSWERED = timedelta(days=3)

#: What a call does with a job that has ended.
Case = Literal["retry", "rollback", "correct", "read"]


class Stage(StrEnum):
    """What is kept of a job that has ended."""

    ENDED = "ended"  # everything, though no call needs the parts of its file
    FAILED = "failed"  # everything
    KEPT = "kept"  # everything but the parts of its file


@dataclass(frozen=True)
class StoredObject:
    """An object of the bucket: its key, the etag of its content, and when it was written."""

    key: str
    etag: str
    written: datetime


def stage_after(status: Status) -> Stage:
    """Return the stage of a job that ends in this state."""
    return Stage.FAILED if status is Status.FAILED else Stage.ENDED


def kept_until(job: Job, case: Case) -> datetime | None:
    """Return until when what a call needs of a job is kept; ``None`` before its end."""
    if case == "retry" and job.kept_until is not None and job.finished_at is not None:
        return min(job.kept_until, job.finished_at + RETRY_TIME)
    return job.kept_until


def is_kept(job: Job, case: Case, now: datetime) -> bool:
    """Return whether what a call needs of a job is kept at this time."""
    until = kept_until(job, case)
    return until is None or now < until


def check_kept(job: Job, case: Case, now: datetime) -> None:
    """Check that what a call needs of a job is kept at this time; raises `Conflict` (``expired``)."""
    until = kept_until(job, case)
    if until is not None and now >= until:
        raise Conflict("expired", case=case, id=job.ref.id, expired_at=until.isoformat())
