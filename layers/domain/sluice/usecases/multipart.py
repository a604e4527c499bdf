"""Multipart uploads: after a lost connection the caller repeats one part, not the whole file."""

from __future__ import annotations

from dataclasses import dataclass

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, NotFound
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.ports import Files, Jobs

# S3 takes 10,000 parts of at least 5 MiB, except the last ("Amazon S3 multipart upload limits"). A presigned URL has up
# to 2 KB, and a response must fit into the item of its idempotency key, which holds 400 KB.
_MIN_PART_BYTES = 8 * 1024**2
_MAX_PARTS = 150


@dataclass(frozen=True)
class Part:
    """A part of a file: its size, and the URL to PUT it to, ``None`` if the part has arrived."""

    number: int
    bytes: int
    url: str | None


@dataclass(frozen=True)
class Parts:
    """The parts of a file: each has ``part_bytes`` bytes, except the last; URLs expire in ``expires_in`` seconds."""

    part_bytes: int
    parts: list[Part]
    expires_in: int


def list_parts(job: Job, *, files: Files) -> Parts:
    """List the parts of a job's file, both those that have arrived and those that are missing.

    Raises
    ------
    Conflict
        If the upload is no multipart upload, has expired, or the job no longer waits for its file.
    """
    upload_id = _upload_of(job)
    if job.status is not Status.WAITING_FOR_FILE:
        raise Conflict("file-not-wanted", id=job.ref.id, status=str(job.status))
    key, part_bytes = job.file.key, _part_bytes(job)
    try:
        arrived = files.parts(key, upload_id)
    except NotFound:
        raise _expired(job) from None
    parts, expires_in = [], 0
    for number, size in _sizes(job):
        url = None
        if number not in arrived or arrived[number].bytes != size:
            url, expires_in = files.part_url(key, upload_id, number, size)
        parts.append(Part(number, size, url))
    return Parts(part_bytes, parts, expires_in)


def join_parts(ref: JobRef, *, jobs: Jobs, files: Files) -> Job:
    """Join the parts to the file; the bucket's event then starts the job. A second call changes nothing.

    Raises
    ------
    Conflict
        If parts are missing, or the upload is no multipart upload.
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
        # another call has just joined the parts, and the event is on its way; otherwise the bucket removed the parts
        if job.file.key not in files.names(job.file.key):
            raise _expired(job) from None
    return job


def _upload_of(job: Job) -> str:
    if job.file.upload_id is None:
        raise Conflict("not-in-parts")
    return job.file.upload_id


def _expired(job: Job) -> Conflict:
    return Conflict("upload-over", file=job.file.name)


def _part_bytes(job: Job) -> int:
    return max(_MIN_PART_BYTES, -(-(job.file.bytes or 0) // _MAX_PARTS))


def _sizes(job: Job) -> list[tuple[int, int]]:
    """List the number and the bytes of each part; an empty file is one empty part."""
    total, step = job.file.bytes or 0, _part_bytes(job)
    starts = range(0, total, step) or [0]
    return [(number, min(step, total - start)) for number, start in enumerate(starts, start=1)]
