"""Files to download from a job: made when they are first asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sluice.model import paths
from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, NotFound, TryLater
from sluice.model.job import Job
from sluice.model.status import AT_REST, Status
from sluice.usecases.make_file import ERRORS_CSV, ERRORS_XLSX, LOADED_CSV
from sluice.usecases.ports import Files, Jobs, Machine
from sluice.usecases.results import RESULT_XLSX, SUMMARY_JSON

_PAUSE = 0.2
_RETRY_SECONDS = 5


@dataclass(frozen=True)
class JobFileOffer:
    """A file that a job has to offer; ``bytes`` is ``None`` until it is made."""

    name: str
    title: str
    rows: int
    bytes: int | None


def offers(job: Job, files: Files) -> list[JobFileOffer]:
    """The files of a job that stands still; none while it is under way, for they would change."""
    if job.status not in AT_REST or job.status is Status.WAITING_FOR_FILE or job.deleted:
        return []
    found = []
    if job.counts.refused:
        found += [(ERRORS_XLSX, "Refused rows, to correct and import again"), (ERRORS_CSV, "Refused rows")]
    if job.lookup and job.counts.loaded:
        found += [(RESULT_XLSX, "Rows by category"), (SUMMARY_JSON, "How many rows are in each category")]
    elif job.counts.loaded:
        found += [(LOADED_CSV, "Loaded rows")]
    rows = dict.fromkeys([LOADED_CSV, RESULT_XLSX, SUMMARY_JSON], job.counts.loaded)
    return [
        JobFileOffer(name, title, rows.get(name, job.counts.refused), _size(job, name, files)) for name, title in found
    ]


def download(ref: JobRef, name: str, *, seconds: float, jobs: Jobs, files: Files, machine: Machine) -> str:
    """Give the address of a file of a job; make it first when nobody has asked for it before.

    Parameters
    ----------
    seconds
        How long to wait for a file that is being made.

    Raises
    ------
    NotFound
        If the job has no such file.
    TryLater
        If it is still being made; the same call goes through later.
    Conflict
        If it could not be made.
    """
    job = jobs.get(ref)
    if name not in {offer.name for offer in offers(job, files)}:
        raise NotFound("file of this job", name)
    if _size(job, name, files) is None:
        deadline = time.monotonic() + seconds
        if not machine.make_file(job, name):
            detail = f"{name} of job {ref.id} could not be made; the log of the service says why."
            raise Conflict("file-not-made", "The file could not be made", detail)
        while _size(job, name, files) is None:
            if time.monotonic() > deadline:
                raise TryLater(f"{name} is being made; it has many rows.", _RETRY_SECONDS)
            time.sleep(_PAUSE)
    stem = job.file.name.rsplit(".", 1)[0]
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_ ") else "-" for letter in stem)
    return files.download_url(paths.result(ref, job.run, name), f"{safe}-{name}")


def _size(job: Job, name: str, files: Files) -> int | None:
    try:
        return files.size(paths.result(job.ref, job.run, name))
    except NotFound:
        return None
