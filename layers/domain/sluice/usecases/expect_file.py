"""Expect a file: a job that waits for it, and a form to upload it straight to S3."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sluice.model.job import Job
from sluice.usecases.new_job import ImportRequest, new_job
from sluice.usecases.ports import Files, Jobs


def expect_file(request: ImportRequest, *, now: datetime, jobs: Jobs, files: Files) -> tuple[Job, dict[str, Any]]:
    """Make a job that waits for its file.

    Returns
    -------
    tuple
        The job, and the form ``{method, url, fields, expires_in}`` to send the file with.

    Raises
    ------
    NotFound, FileRefused, Conflict
        As `new_job`.
    """
    job, importer = new_job(request, now=now, jobs=jobs)
    return job, files.upload_form(job.file.key, importer.max_bytes)
