"""The stores in memory: what use cases are tested with, held to the same contract as the real ones."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, BinaryIO

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState, JobRef, Phase, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import FileRefused, NotFound, Problem
from sluice.model.job import Job, JobFile
from sluice.model.page import Page
from sluice.model.status import ENDED, Status, illegal_move, sources_of

_PHASES = {Status.PARSING: PhaseName.PARSE, Status.LOADING: PhaseName.LOAD}


class MemoryJobs:
    """The `Jobs` port."""

    def __init__(self) -> None:
        self.items: dict[JobRef, Job] = {}
        self.planned: set[JobRef] = set()

    def add(self, job: Job) -> bool:
        if job.ref in self.items:
            return False
        self.items[job.ref] = job
        return True

    def get(self, ref: JobRef) -> Job:
        if ref not in self.items:
            raise NotFound("job", ref.id)
        return self.items[ref]

    def page(
        self, tenant: str, *, status: str | None, importer: str | None, limit: int, cursor: str | None
    ) -> Page[Job]:
        found = sorted((job for ref, job in self.items.items() if ref.tenant == tenant), key=lambda job: job.ref.id)
        found = [
            job
            for job in reversed(found)
            if (status is None or job.status == status)
            and (importer is None or job.importer == importer)
            and (cursor is None or job.ref.id < cursor)
        ]
        return Page(found[:limit], found[limit - 1].ref.id if len(found) > limit else None)

    def touch(self, ref: JobRef) -> None:
        job = self.get(ref)
        self.items[ref] = replace(job, updated_at=datetime.now(UTC), version=job.version + 1)

    def active(self) -> Iterator[Job]:
        return iter([job for job in self.items.values() if job.status not in ENDED])

    def move(self, ref: JobRef, to: Status, *, file: JobFile | None = None, problem: Problem | None = None) -> Job:
        job = self.get(ref)
        if job.status not in sources_of(to):
            if job.status is to:
                return job
            raise illegal_move(ref.id, job.status, to)
        now = datetime.now(UTC)
        self.items[ref] = replace(
            job,
            status=to,
            phase=_PHASES.get(to),
            file=file or job.file,
            problem=problem or job.problem,
            updated_at=now,
            started_at=now if to is Status.PARSING else job.started_at,
            finished_at=now if to in ENDED else None,
            version=job.version + 1,
        )
        return self.items[ref]

    def describe(self, ref: JobRef, *, file: JobFile, total: int) -> None:
        job = self.get(ref)
        if ref in self.planned:
            return
        self.planned.add(ref)
        counts = replace(job.counts, total=total)
        self.items[ref] = replace(job, file=file, counts=counts, updated_at=datetime.now(UTC), version=job.version + 1)


class MemoryChunks:
    """The `Chunks` port; adds to the counts of the jobs beside it."""

    def __init__(self, jobs: MemoryJobs) -> None:
        self.jobs = jobs
        self.items: dict[ChunkRef, Chunk] = {}
        self.phases: dict[tuple[JobRef, PhaseName], Phase] = {}
        self._lock = threading.Lock()

    def add(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self.items.setdefault(chunk.ref, chunk)

    def of_phase(self, ref: JobRef, name: PhaseName) -> Iterator[Chunk]:
        found = [chunk for chunk in self.items.values() if (chunk.ref.job, chunk.ref.phase) == (ref, name)]
        return iter(sorted(found, key=lambda chunk: chunk.ref.index))

    def get(self, ref: ChunkRef) -> Chunk | None:
        return self.items.get(ref)

    def open_phase(self, ref: JobRef, name: PhaseName, total: int, token: str) -> Phase:
        there = self.phases.get((ref, name), Phase(name, total, total, 0, token))
        self.phases[ref, name] = replace(there, token=token)
        return self.phases[ref, name]

    def phase(self, ref: JobRef, name: PhaseName) -> Phase | None:
        return self.phases.get((ref, name))

    def lease(self, ref: ChunkRef, *, now: int, until: int) -> Chunk | None:
        with self._lock:
            chunk = self.items.get(ref)
            free = chunk is not None and (
                chunk.state is ChunkState.QUEUED or (chunk.state is ChunkState.RUNNING and chunk.lease_until <= now)
            )
            if chunk is None or not free:
                return None
            taken = replace(chunk, state=ChunkState.RUNNING, lease_until=until, attempts=chunk.attempts + 1)
            self.items[ref] = taken
            return taken

    def release(self, chunk: Chunk, error: str) -> None:
        there = self.items[chunk.ref]
        if there.state is ChunkState.RUNNING and there.attempts == chunk.attempts:
            self.items[chunk.ref] = replace(there, state=ChunkState.QUEUED, lease_until=0, error=error)

    def close(
        self,
        ref: ChunkRef,
        state: ChunkState,
        counts: Counts,
        error: str | None = None,
        *,
        free_at: int | None = None,
    ) -> bool:
        with self._lock:
            chunk = self.items.get(ref)
            if chunk is None or chunk.state in CLOSED or (free_at is not None and chunk.lease_until > free_at):
                return False
            self.items[ref] = replace(chunk, state=state, lease_until=0, counts=counts, error=error or chunk.error)
            barrier = self.phases[ref.job, ref.phase]
            failed = barrier.failed + (state is ChunkState.FAILED)
            self.phases[ref.job, ref.phase] = replace(barrier, remaining=barrier.remaining - 1, failed=failed)
            job = self.jobs.get(ref.job)
            self.jobs.items[ref.job] = replace(
                job, counts=job.counts + counts, updated_at=datetime.now(UTC), version=job.version + 1
            )
            return True


def etag_of(body: bytes) -> str:
    """What S3 calls an object of these bytes that was stored in one piece."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


class MemoryFiles:
    """The `Files` port."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    @contextmanager
    def open(self, key: str, etag: str | None = None) -> Iterator[BinaryIO]:
        yield io.BytesIO(self.read(key, etag=etag))

    def size(self, key: str) -> int:
        return len(self.read(key))

    def read(self, key: str, start: int = 0, end: int | None = None, etag: str | None = None) -> bytes:
        if key not in self.objects:
            raise NotFound("object", key)
        if etag is not None and etag != etag_of(self.objects[key]):
            raise FileRefused("file-changed", "The file was changed while it was read", "Upload it again.")
        return self.objects[key][start:end]

    def write(self, key: str, body: bytes) -> None:
        self.objects[key] = body

    def write_once(self, key: str, body: bytes) -> bool:
        return self.objects.setdefault(key, body) is body

    @contextmanager
    def create(self, key: str) -> Iterator[BinaryIO]:
        stream = io.BytesIO()
        yield stream
        self.objects[key] = stream.getvalue()

    def names(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    def upload_form(self, key: str, max_bytes: int) -> dict[str, Any]:
        return {"method": "POST", "url": "memory:", "fields": {"key": key}, "expires_in": 3600}


class MemoryQueue:
    """The `Queue` port: messages lie in a list until a test delivers them."""

    def __init__(self) -> None:
        self.messages: list[ChunkRef] = []
        self.urgent: list[ChunkRef] = []

    def send(self, chunks: Sequence[ChunkRef], *, urgent: bool) -> None:
        (self.urgent if urgent else self.messages).extend(chunks)

    def delay(self, queue_arn: str, receipt: str, seconds: int) -> None:
        raise AssertionError("only handlers delay messages")

    def depths(self) -> dict[str, dict[str, int]]:
        return {"standard": {"waiting": len(self.messages)}, "urgent": {"waiting": len(self.urgent)}}


class MemoryMachine:
    """The `Machine` port: keeps what it was told."""

    def __init__(self) -> None:
        self.started: list[JobRef] = []
        self.over: set[JobRef] = set()
        self.answers: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, str] = {}

    def start(self, ref: JobRef) -> None:
        if ref not in self.started:
            self.started.append(ref)

    def is_over(self, ref: JobRef) -> bool:
        return ref in self.over

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        self.answers.setdefault(token, output)

    def fail(self, token: str, error: str, cause: str) -> None:
        self.failures.setdefault(token, error)
