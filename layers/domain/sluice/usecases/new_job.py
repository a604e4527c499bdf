"""Make the job of an import that somebody asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from sluice.importers.registry import importer_named
from sluice.model import paths
from sluice.model.chunk import JobRef
from sluice.model.errors import FileRefused
from sluice.model.job import Job, JobFile
from sluice.rows.importer import Importer

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH = 200


@dataclass(frozen=True)
class ImportRequest:
    """Who wants what imported, and how; ``bytes`` is the size of the file."""

    tenant: str
    requested_by: str
    importer: str
    filename: str
    bytes: int
    mapping: dict[str, str] | None = None
    urgent: bool = False


def new_job(request: ImportRequest, now: datetime) -> tuple[Job, Importer]:
    """Make a job that waits for its file; nothing is stored yet.

    Raises
    ------
    NotFound
        If there is no such importer.
    FileRefused
        If the file is larger than the importer takes.
    """
    importer = importer_named(request.importer)
    if request.bytes > importer.max_bytes:
        raise FileRefused(
            "too-large",
            "The file is too large",
            f"It has {request.bytes:,} bytes; {importer.title} takes files of up to {importer.max_bytes:,} bytes.",
            limit=importer.max_bytes,
        )
    ref = JobRef(request.tenant, str(ULID.from_datetime(now)))
    # of a long name the end is kept: people tell by it what the file is
    name = request.filename.replace("\\", "/").rsplit("/", 1)[-1][-_NAME_LENGTH:] or "file"
    # "." and ".." would lead out of the job's folder wherever keys are taken for paths
    file = JobFile(name, paths.upload(ref, _UNSAFE.sub("-", name).strip(".") or "file"), request.bytes)
    job = Job(
        ref=ref,
        importer=importer.name,
        file=file,
        requested_by=request.requested_by,
        batch_id=str(ULID.from_datetime(now)),
        created_at=now,
        mapping=request.mapping,
        urgent=request.urgent,
    )
    return job, importer
