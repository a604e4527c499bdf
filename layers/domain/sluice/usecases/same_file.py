"""Repeated files: the same file is imported once with the same options, unless the caller sets ``force``."""

from __future__ import annotations

from sluice.model.errors import Conflict, FileRejected
from sluice.model.job import Job
from sluice.model.lock import Lock, file_lock
from sluice.model.options import GivenOptions
from sluice.model.status import Status
from sluice.usecases.services import Services, find_job

# End states after which the same file may be imported again.
_UNDONE = frozenset({Status.FAILED, Status.CANCELLED, Status.ROLLED_BACK})


def reject_same_file(tenant: str, importer: str, sha256: str, given: GivenOptions, services: Services) -> None:
    """Reject a repeated file before its job is created; with other options, it is another import.

    Raises
    ------
    Conflict
        ``same-file``, with the earlier job's id.
    """
    earlier = _earlier(file_lock(tenant, importer, sha256, given.claimed), services)
    if earlier is not None:
        raise Conflict("same-file", case="asks" if _asks(earlier) else "", **_params(earlier))


def claim(job: Job, sha256: str, services: Services) -> None:
    """Acquire the lock of a file for the job that imports it; of two jobs at the same time, one is rejected.

    Raises
    ------
    FileRejected
        ``same-file``, with the earlier job's id, unless the job is forced.
    """
    lock = file_lock(job.ref.tenant, job.importer, sha256, job.given.claimed)
    while True:
        owner = services.locks.owner(lock)
        earlier = _earlier(lock, services)
        if earlier is not None and earlier.ref != job.ref:
            if job.force:
                return  # the earlier job keeps the lock: its rows stay when this job is rolled back
            raise FileRejected("same-file", case="asks" if _asks(earlier) else "", **_params(earlier))
        if services.locks.acquire(lock, job.ref, instead_of=owner):
            return


def _earlier(lock: Lock, services: Services) -> Job | None:
    """Find the job that has imported this file, or is about to."""
    job = find_job(services.locks.owner(lock), services.jobs)
    return None if job is None or job.status in _UNDONE else job


def _asks(job: Job) -> bool:
    return job.waiting_for == "answers"


def _params(earlier: Job) -> dict[str, str]:
    created = f"{earlier.created_at:%Y-%m-%d %H:%M}"
    return {"job": earlier.ref.id, "created": created, "status": str(earlier.status)}
