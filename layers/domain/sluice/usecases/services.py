"""What a use case gets: the ports of a deployment in one object, and the chunk that a worker has leased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sluice.model.chunk import Chunk, JobRef
from sluice.model.errors import NotFound
from sluice.model.job import Job
from sluice.usecases.ports import (
    Chunks,
    Destination,
    Files,
    Jobs,
    Locks,
    LookupCache,
    Machine,
    Queue,
    Recipes,
    Records,
    Schedules,
    Upstreams,
)


@dataclass(frozen=True)
class Work:
    """A chunk that a worker has leased; ``now`` and ``until``, the end of the lease, are epoch seconds."""

    job: Job
    chunk: Chunk
    now: int
    until: int


class Services(Protocol):
    """The ports of a deployment.

    `sluice.bootstrap` creates each port at its first use, because a function has only the permissions and the settings
    of the ports that its use case needs. Tests pass fakes.
    """

    @property
    def jobs(self) -> Jobs: ...

    @property
    def chunks(self) -> Chunks: ...

    @property
    def locks(self) -> Locks: ...

    @property
    def files(self) -> Files: ...

    @property
    def queue(self) -> Queue: ...

    @property
    def machine(self) -> Machine: ...

    @property
    def destination(self) -> Destination: ...

    @property
    def records(self) -> Records: ...

    @property
    def upstreams(self) -> Upstreams: ...

    @property
    def lookup_cache(self) -> LookupCache: ...

    @property
    def schedules(self) -> Schedules: ...

    @property
    def recipes(self) -> Recipes: ...


def find_job(ref: JobRef | None, jobs: Jobs) -> Job | None:
    """Read a job; ``None`` if its retention has ended, or there is no reference to one."""
    try:
        return None if ref is None else jobs.get(ref)
    except NotFound:
        return None
