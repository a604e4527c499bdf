"""Start to pull a source, at most once at a time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, NotFound
from sluice.model.job import SYNC, Job, JobFile
from sluice.model.status import Status
from sluice.sources.registry import source_named
from sluice.sources.source import Source
from sluice.usecases.cancel import cancel
from sluice.usecases.ports import Chunks, Jobs, Machine


@dataclass(frozen=True)
class Start:
    """The job that stands for a source, and whether this call has made it."""

    job: Job
    is_new: bool


def start_sync(
    tenant: str,
    source_name: str,
    *,
    by: str,
    force: bool,
    now: datetime,
    jobs: Jobs,
    chunks: Chunks,
    machine: Machine,
) -> Start:
    """Answer the job that stands for the source; make one if there is none, or if it is forced.

    Who stands for a source is one item, written in one transaction with the new job. So of many calls at once one makes
    the job, and the others find it. A forced job takes the place of the one before it, which is cancelled.

    Raises
    ------
    NotFound
        If there is no such source.
    Conflict
        If it is forced while the job that stands for the source is being rolled back.
    """
    source = source_named(source_name)
    while True:
        before = jobs.sync_of(tenant, source.name)
        there = _found(before, jobs)
        if there is not None and not force:
            if there.status is Status.QUEUED:
                machine.start(there)  # whoever made it may have died before that
            return Start(there, is_new=False)
        if there is not None and there.status is Status.ROLLING_BACK:
            raise Conflict(
                "rolling-back",
                "What was pulled is being taken back",
                f"Job {there.ref.id} is being rolled back, and a new one with it. Try again when that has ended.",
            )
        job = new_sync(tenant, source, by, now, instead_of=before)
        if jobs.begin_sync(job, instead_of=before):
            break
    machine.start(job)
    if there is not None:
        supersede(there.ref, job, by=by, now=now, jobs=jobs, chunks=chunks, machine=machine)
    return Start(job, is_new=True)


def supersede(ref: JobRef, job: Job, *, by: str, now: datetime, jobs: Jobs, chunks: Chunks, machine: Machine) -> None:
    """Cancel the job that stood for a source before; one that has ended stays as it is.

    Should nobody come to do this, the job finds out by itself that it does not stand for its source any more.
    """
    with suppress(Conflict):
        cancel(ref, by=by, now=int(now.timestamp()), jobs=jobs, chunks=chunks, machine=machine)
        jobs.log(jobs.get(ref), by=by, note=f"superseded by job {job.ref.id}")


def standing_job(tenant: str, source_name: str, *, jobs: Jobs) -> Job | None:
    """The job that stands for a source: the one that is pulling it, or did so last; ``None`` if there is none.

    Raises
    ------
    NotFound
        If there is no such source.
    """
    return _found(jobs.sync_of(tenant, source_named(source_name).name), jobs)


def _found(ref: JobRef | None, jobs: Jobs) -> Job | None:
    """The job, unless it is so long ago that it has been removed."""
    try:
        return None if ref is None else jobs.get(ref)
    except NotFound:
        return None


def new_sync(tenant: str, source: Source, by: str, now: datetime, *, instead_of: JobRef | None) -> Job:
    """A job that pulls a source, in place of the one that stands for it."""
    job_id = str(ULID.from_datetime(now))
    return Job(
        ref=JobRef(tenant, job_id),
        kind=SYNC,
        importer=source.name,
        file=JobFile(source.title, key=""),
        requested_by=by,
        batch_id=job_id,
        created_at=now,
        status=Status.QUEUED,
        instead_of=instead_of.id if instead_of else None,
    )
