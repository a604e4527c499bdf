"""Locks of a tenant: a file, a source or an importer has one owner at a time, a job."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sluice.model.job import Job


class LockKind(StrEnum):
    """What is locked."""

    FILE = "file"
    SOURCE = "source"
    IMPORTER = "importer"


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
