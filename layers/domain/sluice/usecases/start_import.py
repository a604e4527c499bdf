"""Start the job of a file that has arrived in the bucket."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from ulid import ULID

from sluice.catalog.registry import importer_named
from sluice.model.chunk import JobRef
from sluice.model.errors import NotFound, QuotaReached, RequestRejected
from sluice.model.job import TENANT, Job, JobFile
from sluice.model.lock import dataset_lock
from sluice.model.status import Status
from sluice.schema.importer import Importer
from sluice.usecases import artifacts
from sluice.usecases.ports import Files, Jobs
from sluice.usecases.queueing import start
from sluice.usecases.recipes import drop_folder, named_recipe, recipe_of
from sluice.usecases.services import Services, find_job


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
            job = _dropped(tenant, importer, name, arrival, services)
        case _:
            return None
    if job is not None and job.status is Status.QUEUED and not job.is_in_line:
        start(job, now=int(arrival.at.timestamp()), services=services)
    return job


def _expected(ref: JobRef, arrival: Arrival, jobs: Jobs) -> Job | None:
    """Queue the job that waits for this file; a second upload does not change a job that no longer waits."""
    job = find_job(ref, jobs)
    if job is None or job.status is not Status.WAITING_FOR_FILE:
        return job
    file = replace(job.file, bytes=arrival.bytes, etag=arrival.etag)
    return jobs.transition(ref, Status.QUEUED, file=file, since=job)


def _dropped(tenant: str, importer: str, name: str, arrival: Arrival, services: Services) -> Job | None:
    """Add the job of a file in the drop folder; its id follows from the event, so a second delivery finds it.

    It has failed where the folder names no importer, or its settings a recipe that is not there or not allowed any
    more, and where the tenant has too much under way: then a retry starts it. Such a job is added as it ends, since one
    that waited would be started by the second delivery.

    ``None`` for an empty object that was replaced: file systems on S3 and gateways write one before the file itself.
    """
    digest = hashlib.sha256(f"{arrival.key}\n{arrival.etag}\n{arrival.at.isoformat()}".encode()).digest()
    milliseconds = int(arrival.at.timestamp() * 1000)
    job_id = str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + digest[:10]))
    if arrival.bytes == 0 and _was_replaced(arrival, services.files):
        return None
    job = Job(
        ref=JobRef(tenant, job_id),
        importer=importer,
        file=JobFile(name, arrival.key, arrival.bytes, arrival.etag),
        requested_by="drop folder",
        batch_id=job_id,
        created_at=arrival.at,
        status=Status.QUEUED,
        asks="fail",
    )
    try:
        job = _as_declared(job, importer_named(importer), services)
    except RequestRejected as error:
        job = _failed(job, error)
    lock = dataset_lock(tenant, importer_named(job.importer).dataset) if job.status is Status.QUEUED else None
    if lock is not None and not job.lookup:  # first, so that no newer file overtakes it unseen
        services.locks.enlist(lock, job.ref)
    try:
        is_new = services.jobs.add(job)
    except QuotaReached as error:
        # a second delivery finds the job of the first one, which may have begun
        job = _failed(job, error)
        is_new = services.jobs.add(job)
    return job if is_new else services.jobs.get(job.ref)


def _failed(job: Job, error: RequestRejected) -> Job:
    return replace(job, status=Status.FAILED, problem=error.problem, finished_at=job.created_at)


def _was_replaced(arrival: Arrival, files: Files) -> bool:
    try:
        return files.stat(arrival.key)[1] != arrival.etag
    except NotFound:
        return True


def _as_declared(job: Job, importer: Importer, services: Services) -> Job:
    """Give a job what its importer and the settings of its drop folder say."""
    settings = drop_folder(job.ref.tenant, importer, services.recipes)
    chosen = settings.value if settings else {}
    named = named_recipe(job.ref.tenant, importer, chosen.get("recipe"), services.recipes)
    return replace(
        job,
        importer=importer.name,
        review=importer.review,
        recipe=named.under(recipe_of(importer, {}, job.file.name)),
        recall=named.recall,
        asks=chosen.get("questions") or importer.asks(attended=False),
        lookup=importer.lookup,
        options=named.options.over(importer.options),
        given=named.options.with_recipe({key: each.value for key, each in named.decisions.items()}),
    )
