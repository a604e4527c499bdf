"""Locks of a tenant: a file, a source, an importer or a dataset has one owner at a time, a job."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sluice.model.chunk import JobRef
from sluice.model.job import Job


class LockKind(StrEnum):
    """What is locked."""

    FILE = "file"
    SOURCE = "source"
    IMPORTER = "importer"
    DATASET = "dataset"


@dataclass(frozen=True)
class Lock:
    """Names a lock; another tenant's lock of the same name is another lock."""

    tenant: str
    kind: LockKind
    name: str


def file_lock(tenant: str, importer: str, sha256: str, given: str = "") -> Lock:
    """Name the lock of a file: its owner is the job that imported these bytes last, or is about to.

    Parameters
    ----------
    given
        Digest of the options that the caller gave: with others, the same bytes are another import. Empty without any.
    """
    return Lock(tenant, LockKind.FILE, "#".join(filter(None, (importer, sha256, given))))


def source_lock(tenant: str, source: str) -> Lock:
    """Name the lock of a source: its owner is the current job, which pulls the source or pulled it last."""
    return Lock(tenant, LockKind.SOURCE, source)


def importer_lock(job: Job) -> Lock:
    """Name the lock of a job's importer: its owner is the one job that runs, if the importer runs one at a time."""
    return Lock(job.ref.tenant, LockKind.IMPORTER, job.importer)


def dataset_lock(tenant: str, dataset: str) -> Lock:
    """Name the lock of a dataset: its owner is the job that loads into it, or is rolled back."""
    return Lock(tenant, LockKind.DATASET, dataset)


@dataclass(frozen=True)
class Waiting:
    """A job in the line of a dataset's lock, and its run that waits there: urgent jobs come first, then older ones."""

    ref: JobRef
    urgent: bool
    run: int

    @property
    def place(self) -> str:
        """Its place in the line; places sort."""
        return f"{0 if self.urgent else 1}#{self.ref.id}"


@dataclass(frozen=True)
class Held:
    """The lock of a dataset as it was read.

    Parameters
    ----------
    owner
        The job that holds it; ``None`` if it is free.
    number
        Number of the present hold, or of the last one; it rises with each hold.
    first
        First in the line.
    newest
        Id of the newest job of the drop folder that has ever held it; empty if none has.
    """

    owner: JobRef | None = None
    number: int = 0
    first: Waiting | None = None
    newest: str = ""

    def newest_with(self, job: Job) -> str:
        """Return ``newest`` when a job has taken the lock."""
        return max(self.newest, job.ref.id) if job.is_dropped else self.newest


@dataclass(frozen=True)
class LockStep:
    """What a transition of a job does with the lock of its dataset, in the same transaction.

    Parameters
    ----------
    seen
        The lock as it was read; the transaction fails with `LockChanged` if its owner or number has changed since.
    takes
        Whether the job takes the lock; otherwise it joins the line.
    """

    lock: Lock
    seen: Held
    takes: bool


class LockChanged(Exception):
    """The lock has changed since it was read; its reader reads it again and decides anew."""
