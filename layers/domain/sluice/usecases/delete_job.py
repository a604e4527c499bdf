"""Delete what is kept of a job: its files, and the rows that were made of them."""

from __future__ import annotations

from sluice.model import paths
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import TryLater
from sluice.model.job import Job
from sluice.usecases.ports import Chunks, Files, Jobs


def delete_job(ref: JobRef, *, by: str, now: int, jobs: Jobs, chunks: Chunks, files: Files) -> Job:
    """Delete the file of a job that has ended, its chunks, refused rows and results; the job and its log stay.

    What it loaded into a dataset stays there: `roll_back` is for that, before this. Doing it twice, or going on with
    one that broke off, deletes what is left.

    Raises
    ------
    Conflict
        If the job has not ended.
    TryLater
        If a worker that it left behind is still at a chunk, and might write what was deleted.
    """
    # first of all: from here on the job does not go on, and nothing is made of it any more
    job = jobs.mark_deleted(ref, by=by)
    held = [chunk.lease_until - now for name in PhaseName for chunk in chunks.of_phase(ref, name) if chunk.is_held(now)]
    if held:
        raise TryLater("A worker is still at this job. What it leaves is deleted when you ask again.", max(held))
    files.remove(paths.work_of(ref))
    files.remove(paths.upload(ref, ""))
    if job.file.key:
        # in the drop folder, another file may have come in its place since
        files.remove_file(job.file.key, job.file.etag)
    for name in PhaseName:
        chunks.forget(ref, name)
    return job
