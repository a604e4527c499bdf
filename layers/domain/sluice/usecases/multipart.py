"""Multipart uploads: a connection that breaks costs one part, not the file."""

from __future__ import annotations

from dataclasses import dataclass

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, NotFound
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.ports import Files, Jobs

# S3 takes parts of 5 MiB and more, all but the last, and 10,000 of them ("Amazon S3 multipart upload limits"). An
# address has up to 2 KB, and answers are kept by their idempotency keys in items of 400 KB at most.
_SMALLEST = 8 * 1024**2
_MOST = 150


@dataclass(frozen=True)
class Part:
    """A part of a file: its bytes, and where to PUT them; ``None`` when it has arrived."""

    number: int
    bytes: int
    url: str | None


@dataclass(frozen=True)
class Parts:
    """How a file is to be cut, and where its parts go: ``part_bytes`` for each but the last."""

    part_bytes: int
    parts: list[Part]
    expires_in: int


def list_parts(job: Job, *, files: Files) -> Parts:
    """The parts of a job's file, those that have arrived and those that are still to come.

    Raises
    ------
    Conflict
        If the file does not come in parts, or has come.
    """
    upload_id = _upload_of(job)
    if job.status is not Status.WAITING_FOR_FILE:
        raise Conflict("file-not-wanted", id=job.ref.id, status=str(job.status))
    key, part_bytes = job.file.key, _part_bytes(job)
    try:
        arrived = files.parts(key, upload_id)
    except NotFound:
        raise _over(job) from None
    parts, expires_in = [], 0
    for number, size in _sizes(job):
        url = None
        if number not in arrived or arrived[number].bytes != size:
            url, expires_in = files.part_url(key, upload_id, number, size)
        parts.append(Part(number, size, url))
    return Parts(part_bytes, parts, expires_in)


def join_parts(ref: JobRef, *, jobs: Jobs, files: Files) -> Job:
    """Make the file of its parts; the bucket's event then starts the job. Joined twice, nothing more happens.

    Raises
    ------
    Conflict
        If parts are missing, or the file does not come in parts.
    NotFound
        If there is no such job.
    """
    job = jobs.get(ref)
    upload_id = _upload_of(job)
    if job.status is not Status.WAITING_FOR_FILE:
        return job
    try:
        arrived = files.parts(job.file.key, upload_id)
        missing = [number for number, size in _sizes(job) if number not in arrived or arrived[number].bytes != size]
        if missing or len(arrived) > len(_sizes(job)):
            raise Conflict("parts-missing", missing=missing, parts=len(_sizes(job)), id=ref.id)
        files.join_parts(job.file.key, upload_id, arrived)
    except NotFound:
        # joined a moment ago, and the event is on its way; else the bucket has dropped the parts
        if job.file.key not in files.names(job.file.key):
            raise _over(job) from None
    return job


def _upload_of(job: Job) -> str:
    if job.file.upload_id is None:
        raise Conflict("not-in-parts")
    return job.file.upload_id


def _over(job: Job) -> Conflict:
    return Conflict("upload-over", file=job.file.name)


def _part_bytes(job: Job) -> int:
    return max(_SMALLEST, -(-(job.file.bytes or 0) // _MOST))


def _sizes(job: Job) -> list[tuple[int, int]]:
    """Number and bytes of each part; a file of no bytes is one part of none."""
    total, step = job.file.bytes or 0, _part_bytes(job)
    starts = range(0, total, step) or [0]
    return [(number, min(step, total - start)) for number, start in enumerate(starts, start=1)]
