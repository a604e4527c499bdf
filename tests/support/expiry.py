"""Jobs that have ended, in memory, held to the same contract as the real ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ulid import ULID

from sluice.model.chunk import JobRef
from sluice.model.job import Job
from sluice.model.retention import Stage, stage_after
from sluice.model.status import ENDED
from tests.support.tables import MemoryChunks, MemoryJobs


class MemoryEndedJobs:
    """The `EndedJobs` port, on the jobs and the chunks that it gets."""

    def __init__(self, jobs: MemoryJobs, chunks: MemoryChunks) -> None:
        self._jobs, self._chunks = jobs, chunks
        self._kept: dict[JobRef, datetime | None] = {}

    def of_stage(self, stage: Stage, *, before: datetime) -> Iterator[Job]:
        jobs = [job for job in self._jobs.items.values() if job.status in ENDED and self._stage_of(job) is stage]
        return iter([job for job in jobs if ULID.from_str(job.ref.id).datetime < before])

    def keep(self, job: Job) -> None:
        if self._jobs.items[job.ref].version == job.version:
            self._kept[job.ref] = job.finished_at

    def forget(self, ref: JobRef) -> None:
        del self._jobs.items[ref]
        self._jobs.logs.pop(ref, None)
        for chunk in [each for each in self._chunks.items if each.job == ref]:
            del self._chunks.items[chunk]

    def missing(self, refs: Iterable[JobRef]) -> list[JobRef]:
        return [ref for ref in refs if ref not in self._jobs.items]

    def has_file(self, tenant: str, key: str, written: datetime) -> bool:
        named = [ref for ref, job in self._jobs.items.items() if ref.tenant == tenant and job.file.key == key]
        ages = [ULID.from_str(ref.id).datetime - written for ref in named]
        return any(timedelta(hours=-1) <= age <= timedelta(days=2) for age in ages)

    def _stage_of(self, job: Job) -> Stage:
        ended = job.ref in self._kept and self._kept[job.ref] == job.finished_at
        return Stage.KEPT if ended else stage_after(job.status)
