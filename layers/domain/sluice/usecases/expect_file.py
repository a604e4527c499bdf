"""Expect a file: a job that waits for it, and where to upload it straight to S3."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sluice.model.job import Job
from sluice.usecases.new_job import ImportRequest, new_job
from sluice.usecases.parts import Parts, list_parts
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


def expect_parts(request: ImportRequest, *, now: datetime, jobs: Jobs, files: Files) -> tuple[Job, Parts]:
    """Make a job that waits for its file to come in parts; answers the job and where the parts go.

    Raises
    ------
    NotFound, FileRefused, Conflict
        As `new_job`.
    """
    job, _ = new_job(request, now=now, jobs=jobs, begin_parts=files.begin_parts)
    return job, list_parts(job, files=files)
