"""Accept a file that came with the request."""

from __future__ import annotations

from datetime import datetime

from sluice.model.job import Job
from sluice.usecases.new_job import ImportRequest, new_job
from sluice.usecases.ports import Files, Jobs


def accept_file(request: ImportRequest, body: bytes, *, now: datetime, jobs: Jobs, files: Files) -> Job:
    """Make a job and store its file; the bucket's event starts it, as it does for every other file.

    Raises
    ------
    NotFound
        If there is no such importer.
    FileRefused
        If the file is larger than the importer takes.
    """
    job, _ = new_job(request, now)
    jobs.add(job)
    files.write(job.file.key, body)
    return job
