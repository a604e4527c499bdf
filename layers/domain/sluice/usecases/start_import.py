"""Start the job of a file that has arrived in the bucket."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from ulid import ULID

from sluice.catalog.registry import importer_named
from sluice.model.chunk import JobRef
from sluice.model.errors import NotFound
from sluice.model.job import TENANT, Job, JobFile
from sluice.model.options import LoadOptions
from sluice.model.status import Status
from sluice.usecases import artifacts
from sluice.usecases.parameters import parameters_of
from sluice.usecases.ports import Jobs
from sluice.usecases.queueing import start
from sluice.usecases.services import Services


@dataclass(frozen=True)
class Arrival:
    """A file that was written to the bucket; equal for every delivery of the same event."""

    key: str
    bytes: int
    etag: str
    at: datetime


def start_job(arrival: Arrival, services: Services) -> Job | None:
    """Queue the file's job and start its execution; a second call starts no second execution.

    Returns
    -------
    Job or None
        The job; ``None`` if the file belongs to no job, and nothing happens to it.
    """
    match arrival.key.split("/"):
        case [artifacts.UPLOADS, tenant, job_id, _]:
            job = _expected(JobRef(tenant, job_id), arrival, services.jobs)
        case [artifacts.INCOMING, tenant, importer, name] if name and TENANT.fullmatch(tenant):
            job = _dropped(tenant, importer, name, arrival, services.jobs)
        case _:
            return None
    if job is not None and job.status is Status.QUEUED and not job.is_in_line:
        start(job, now=int(arrival.at.timestamp()), services=services)
    return job


def _expected(ref: JobRef, arrival: Arrival, jobs: Jobs) -> Job | None:
    """Queue the job that waits for this file; a second upload does not change a job that no longer waits."""
    try:
        job = jobs.get(ref)
    except NotFound:
        return None
    if job.status is not Status.WAITING_FOR_FILE:
        return job
    file = replace(job.file, bytes=arrival.bytes, etag=arrival.etag)
    return jobs.transition(ref, Status.QUEUED, file=file, since=job)


def _dropped(tenant: str, importer: str, name: str, arrival: Arrival, jobs: Jobs) -> Job:
    """Add the job of a file in the drop folder; its id follows from the event, so a second delivery finds it."""
    digest = hashlib.sha256(f"{arrival.key}\n{arrival.etag}\n{arrival.at.isoformat()}".encode()).digest()
    milliseconds = int(arrival.at.timestamp() * 1000)
    job_id = str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + digest[:10]))
    try:
        declared, unknown = importer_named(importer), None
    except NotFound as error:
        declared, unknown = None, error.problem
    job = Job(
        ref=JobRef(tenant, job_id),
        importer=declared.name if declared else importer,
        file=JobFile(name, arrival.key, arrival.bytes, arrival.etag),
        requested_by="drop folder",
        batch_id=job_id,
        created_at=arrival.at,
        status=Status.QUEUED,
        review=bool(declared and declared.review),
        parameters=parameters_of(declared, name) if declared else {},
        lookup=declared.lookup if declared else None,
        options=declared.options if declared else LoadOptions(),
    )
    if not jobs.add(job):
        return jobs.get(job.ref)
    return jobs.transition(job.ref, Status.FAILED, problem=unknown) if unknown else job
