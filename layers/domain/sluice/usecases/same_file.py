"""The same file again: it is imported once, unless somebody insists."""

from __future__ import annotations

from sluice.model.errors import Conflict, FileRejected, NotFound
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.ports import Jobs

# Ends that leave the file to be imported again.
_UNDONE = frozenset({Status.FAILED, Status.CANCELLED, Status.ROLLED_BACK})


def reject_same_file(tenant: str, importer: str, sha256: str, jobs: Jobs) -> None:
    """Reject a file before a job is made for it.

    Raises
    ------
    Conflict
        ``same-file``, with the earlier job's id.
    """
    earlier = _earlier(tenant, importer, sha256, jobs)
    if earlier is not None:
        raise Conflict("same-file", **_params(earlier))


def claim(job: Job, sha256: str, jobs: Jobs) -> None:
    """Note that the job imports this file; of two that come at once, one is rejected.

    Raises
    ------
    FileRejected
        ``same-file``, with the earlier job's id, unless the job is forced.
    """
    while True:
        claimed = jobs.importer_of(job.ref.tenant, job.importer, sha256)
        earlier = _earlier(job.ref.tenant, job.importer, sha256, jobs)
        if earlier is not None and earlier.ref != job.ref:
            if job.force:
                return  # the earlier one keeps the claim: its rows stay when this one is taken back
            raise FileRejected("same-file", **_params(earlier))
        if jobs.claim_file(job, sha256, instead_of=claimed):
            return


def _earlier(tenant: str, importer: str, sha256: str, jobs: Jobs) -> Job | None:
    """The job that has imported this file, or is about to."""
    ref = jobs.importer_of(tenant, importer, sha256)
    if ref is None:
        return None
    try:
        job = jobs.get(ref)
    except NotFound:  # its retention is over
        return None
    return None if job.status in _UNDONE else job


def _params(earlier: Job) -> dict[str, str]:
    created = f"{earlier.created_at:%Y-%m-%d %H:%M}"
    return {"job": earlier.ref.id, "created": created, "status": str(earlier.status)}
