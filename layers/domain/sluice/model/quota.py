"""What a tenant may have under way at once, so that no tenant takes the workers, the store and the upstreams of all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sluice.model.errors import QUOTA, QuotaReached
from sluice.model.job import Job
from sluice.model.status import ENDED


@dataclass(frozen=True)
class Limits:
    """Limits of a tenant; 0 is none.

    Parameters
    ----------
    jobs
        Jobs that have not ended, syncs included.
    bytes
        Bytes of their files, as they were announced.
    syncs
        Syncs that have not ended.
    """

    jobs: int = 0
    bytes: int = 0
    syncs: int = 0

    @property
    def are_none(self) -> bool:
        """Whether nothing is limited."""
        return not (self.jobs or self.bytes or self.syncs)


#: Nothing is limited.
NO_LIMITS: Final = Limits()


@dataclass(frozen=True)
class UnderWay:
    """The share of a job that has not ended."""

    id: str
    bytes: int
    is_sync: bool


def share_of(job: Job) -> UnderWay:
    """Return what a job takes of its tenant's limits from its creation to its end."""
    return UnderWay(job.ref.id, job.file.bytes or 0, job.is_sync)


def was_counted(job: Job) -> bool:
    """Tell whether a job has begun before, and goes on after its end."""
    return job.status in ENDED and not (job.problem is not None and job.problem.type == QUOTA)


def check(limits: Limits, there: Collection[UnderWay], new: UnderWay) -> None:
    """Check that a job may begin beside those that are under way.

    Raises
    ------
    QuotaReached
        If a limit would be exceeded.
    """
    syncs = sum(each.is_sync for each in there)
    total = sum(each.bytes for each in there) + new.bytes
    if limits.jobs and len(there) >= limits.jobs:
        raise QuotaReached("jobs", limit=limits.jobs, found=len(there))
    if limits.syncs and new.is_sync and syncs >= limits.syncs:
        raise QuotaReached("syncs", limit=limits.syncs, found=syncs)
    if limits.bytes and new.bytes and total > limits.bytes:
        raise QuotaReached("bytes", limit=limits.bytes, found=total)
