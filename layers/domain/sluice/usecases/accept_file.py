"""Accept a file that came with the request."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from sluice.model.job import Job
from sluice.usecases.new_job import ImportRequest, new_job
from sluice.usecases.ports import Files, Jobs


def accept_file(request: ImportRequest, body: bytes, *, now: datetime, jobs: Jobs, files: Files) -> Job:
    """Make a job and store its file; the bucket's event starts it, as it does for every other file.

    Raises
    ------
    NotFound, FileRefused, Conflict
        As `new_job`.
    """
    request = replace(request, sha256=hashlib.sha256(body).hexdigest())
    job, _ = new_job(request, now=now, jobs=jobs)
    files.write(job.file.key, body)
    return job
