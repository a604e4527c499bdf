"""A job from its upload to its end in one process: the use cases on fakes, messages delivered by the test."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.catalog.registry import importer_named
from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.job import Job
from sluice.model.options import GivenOptions, Guards, LoadOptions
from sluice.schema.importer import Importer
from sluice.usecases import plan as plan_module
from sluice.usecases.artifacts import result_key
from sluice.usecases.control import answer, cancel, commit, pause, resume, retry, roll_back
from sluice.usecases.create import ImportRequest, expect_file
from sluice.usecases.dispatch import dispatch
from sluice.usecases.downloads import make_file
from sluice.usecases.finish import finish, give_up
from sluice.usecases.plan import plan
from sluice.usecases.start_import import Arrival, start_job
from sluice.usecases.sweeper import sweep
from sluice.usecases.worker import process_chunk
from tests.support.destination import MemoryDestination, MemoryRecords
from tests.support.files import MemoryFiles, etag_of
from tests.support.machine import MemoryMachine
from tests.support.queue import MemoryQueue
from tests.support.recipes import MemoryRecipes
from tests.support.schedules import MemorySchedules
from tests.support.state_machine import step_after
from tests.support.tables import MemoryChunks, MemoryJobs
from tests.support.upstreams import MemoryLookupCache, MemoryUpstreams

NOW = 1_700_000_000
LEASE = 70
#: The phases of an import without a review.
IMPORT = (PhaseName.PARSE, PhaseName.LOAD)


def small_chunks(monkeypatch: pytest.MonkeyPatch, rows: int = 10) -> None:
    """Let files be split into chunks of a few rows."""

    def small(name: str) -> Importer:
        return replace(importer_named(name), chunk_rows=rows)

    monkeypatch.setattr(plan_module, "importer_named", small)


def given_of(options: LoadOptions) -> GivenOptions:
    """Return what a caller gives who wants exactly these options, of an importer that declares no guards."""
    default = Guards()
    guards = {name: value for name, value in vars(options.guards).items() if value != getattr(default, name)}
    return GivenOptions(options.mode, options.blanks, options.deletes, options.on_rejections, guards)


@dataclass
class Harness:
    """The ports as fakes, and the steps of a job on them."""

    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    machine: MemoryMachine = field(default_factory=MemoryMachine)

    def __post_init__(self) -> None:
        self.chunks = MemoryChunks(self.jobs)
        self.destination = MemoryDestination(self.files)
        self.upstreams = MemoryUpstreams()
        self.lookup_cache = MemoryLookupCache()
        self.locks = self.jobs.locks
        self.records = MemoryRecords(self.destination)
        self.schedules = MemorySchedules()
        self.recipes = MemoryRecipes()
        self._tokens = itertools.count(1)

    def upload(
        self,
        body: bytes,
        *,
        importer: str = "products",
        filename: str = "a.csv",
        tenant: str = "acme",
        options: LoadOptions | None = None,
        **more: Any,
    ) -> JobRef:
        """Request an import and upload its file, which queues the job; `options` are given as a whole."""
        if options:
            more["given"] = given_of(options)
        request = ImportRequest(tenant, "ann", importer, filename, len(body), **more)
        job, form = expect_file(request, now=datetime.now(UTC), services=self)
        self.files.write(form["fields"]["key"], body)
        self.arrive(job.file.key)
        return job.ref

    def arrive(self, key: str) -> Job | None:
        """Deliver the bucket's event of a file."""
        body = self.files.read(key)
        arrival = Arrival(key, len(body), etag_of(body), datetime(2026, 1, 1, tzinfo=UTC))
        return start_job(arrival, self)

    def plan(self, ref: JobRef, *, run: int | None = None) -> str:
        return plan(ref, run or self.jobs.get(ref).run, before=time.time() + 900, services=self)

    def dispatch(
        self, ref: JobRef, phase: PhaseName, token: str | None = None, *, run: int | None = None, now: int = NOW
    ) -> str:
        """Fan a phase out, in the present run unless another one is given, and return its token."""
        token = token or f"token-{next(self._tokens)}"
        dispatch(ref, run or self.jobs.get(ref).run, phase, token, now=now, services=self)
        return token

    def work(self, ref: ChunkRef, *, now: int = NOW) -> None:
        """Deliver one message."""
        process_chunk(ref, now=now, lease_seconds=LEASE, services=self)

    def deliver(self, *, each: Callable[[ChunkRef], None] | None = None) -> None:
        """Deliver every message that waits."""
        while self.queue.messages:
            (each or self.work)(self.queue.messages.pop(0))

    def finish(self, ref: JobRef, error: str | None = None, *, run: int | None = None, now: int = NOW) -> Job:
        return finish(ref, run or self.jobs.get(ref).run, error=error, now=now, services=self)

    def commit(self, ref: JobRef, *, by: str = "ben", now: int = NOW) -> Job:
        return commit(ref, by=by, now=now, services=self)

    def answer(
        self, ref: JobRef, answers: Mapping[str, Any], *, version: int | None = None, by: str = "ben", now: int = NOW
    ) -> Job:
        """Answer questions of a job, by default as one who has seen its present recipe."""
        version = self.jobs.get(ref).recipe.version if version is None else version
        return answer(ref, version=version, answers=answers, by=by, now=now, services=self)

    def cancel(self, ref: JobRef, *, now: int = NOW) -> Job:
        return cancel(ref, by="ben", now=now, services=self)

    def pause(self, ref: JobRef, *, now: int = NOW) -> Job:
        return pause(ref, by="ben", now=now, services=self)

    def resume(self, ref: JobRef, *, now: int = NOW) -> Job:
        return resume(ref, by="ben", now=now, services=self)

    def retry(self, ref: JobRef, *, now: int = NOW) -> Job:
        return retry(ref, by="ben", now=now, services=self)

    def roll_back(self, ref: JobRef, *, now: int = NOW) -> Job:
        return roll_back(ref, by="ben", now=now, services=self)

    def give_up(self, ref: ChunkRef, *, now: int = NOW, attempts: int = 3) -> bool:
        """Deliver a message as a dead letter, after so many workers at least have died with it."""
        while (chunk := self.chunks.get(ref)) and chunk.ref.round == ref.round and chunk.attempts < attempts:
            if self.chunks.lease(ref, now=now, until=now) is None:
                break
        given_up = give_up(ref, now=now, services=self)
        chunk = self.chunks.get(ref)
        if given_up or chunk is None or not chunk.is_uncounted or chunk.ref.round != ref.round:
            return given_up
        sent = self.queue.messages if ref in self.queue.messages else self.queue.urgent
        sent.remove(ref)
        self.work(ref, now=now)  # a worker counts what the dead ones have delivered, and finds no attempt left
        return self.chunks.items[ref].state is ChunkState.FAILED

    def make_file(self, ref: JobRef, name: str) -> bytes:
        """Make a file for download and return its content."""
        run = self.jobs.get(ref).run
        make_file(ref, run, name, self)
        return self.files.read(result_key(ref, run, name))

    def sweep(self, *, after: timedelta, complain: Callable[[Job, Exception], None] | None = None) -> int:
        """Run the sweeper at a later time and return how many jobs were stuck."""

        def fail(_: Job, error: Exception) -> None:
            raise error

        return sweep(
            now=datetime.now(UTC) + after,
            stuck_minutes=15,
            complain=complain or fail,
            services=self,
        )

    def phase(self, ref: JobRef, name: PhaseName) -> str:
        """Run a phase to its end and return its outcome."""
        token = self.dispatch(ref, name)
        self.deliver()
        assert token in self.machine.answers, f"the token of {name} was not completed"
        return str(self.machine.answers[token]["outcome"])

    def run(self, ref: JobRef) -> Job:
        """Run a job until its execution ends, as the state machine does, and then the round that it has begun."""
        job = self.jobs.get(ref)
        step: str = job.entry
        while step != "finish":
            step = step_after(step, self.plan(ref) if step == "plan" else self.phase(ref, PhaseName(step)))
            if self.jobs.get(ref).run != job.run:
                return self.run(ref) if (ref, job.run + 1) in self.machine.started else self.jobs.get(ref)
        return self.finish(ref)
