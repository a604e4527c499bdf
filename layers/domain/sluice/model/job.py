"""A job: one run of an importer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Problem
from sluice.model.status import Status

#: What a tenant may be called: the name is part of every key and prefix, so it must not hold their separators.
TENANT = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class JobFile:
    """The file of a job; what is not known yet is ``None``.

    ``etag`` names the bytes that arrived: should the object be overwritten later, the job does not read on in it.
    """

    name: str
    key: str
    bytes: int | None = None
    etag: str | None = None
    sha256: str | None = None
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True)
class Job:
    """One run of an importer, with its progress.

    Parameters
    ----------
    ref
        Tenant and id; ids are ULIDs, so they sort by the time they were made.
    mapping
        Headers of the file the caller assigned to columns, ``{header: field or title}``.
    urgent
        Whether its chunks go before those of other jobs.
    version
        Rises with every change; the ETag of the job.
    """

    ref: JobRef
    importer: str
    file: JobFile
    requested_by: str
    batch_id: str
    created_at: datetime
    status: Status = Status.WAITING_FOR_FILE
    phase: PhaseName | None = None
    counts: Counts = field(default_factory=Counts)
    problem: Problem | None = None
    mapping: dict[str, str] | None = None
    urgent: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 1
    kind: str = "import"


@dataclass(frozen=True)
class Progress:
    """How far the phase under way is: ``current`` of ``total`` rows, ``percent`` from 0 to 100."""

    current: int
    total: int
    percent: int
    message: str


def progress_of(job: Job) -> Progress:
    """Say how far a job is, phase by phase, in a sentence a person reads.

    Parsing counts rows checked, everything after it rows that are loaded or refused.
    """
    counts = job.counts
    settled = counts.loaded + counts.refused
    current = counts.checked if job.status is Status.PARSING else settled
    if job.status is Status.COMPLETED:
        percent = 100
    else:
        percent = min(100, current * 100 // counts.total) if counts.total else 0
    return Progress(current, counts.total, percent, _sentence(job))


def _sentence(job: Job) -> str:
    counts = job.counts
    match job.status:
        case Status.WAITING_FOR_FILE:
            return "Waiting for the file"
        case Status.QUEUED:
            return "Waiting to start"
        case Status.PARSING if not counts.total:
            return "Reading the file"
        case Status.PARSING:
            return f"Checked {counts.checked:,} of {counts.total:,} rows"
        case Status.FAILED if job.problem and not counts.total:
            return job.problem.title
        case _:
            return f"Loaded {counts.loaded:,} of {counts.total:,} rows"
