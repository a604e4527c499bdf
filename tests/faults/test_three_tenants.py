"""What if anything happens to the jobs of three tenants? Counts are what was written, and a rollback takes it back."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from sluice.destinations.dynamodb.stored import Image, is_record
from sluice.model.chunk import ChunkRef, JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound, TryLater
from sluice.model.job import allowed_actions
from sluice.model.lock import dataset_lock
from sluice.model.status import ENDED, Status
from sluice.usecases.control import delete_job
from sluice.usecases.start_import import Arrival, start_job
from tests.support.deaths import Killed
from tests.support.factories import csv_file
from tests.support.files import etag_of
from tests.support.harness import LEASE, NOW, Harness, small_chunks
from tests.support.sizes import SOAK
from tests.support.state_machine import step_after

TENANTS = ("acme", "birch", "cedar")
STEPS = 300
#: In these seeds a job is stopped between the death of a worker and the next delivery of its message.
SEEDS = range(60) if SOAK else (42, 51, 54)
NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)


class Dataset(dict[str, Image]):
    """Records of a tenant that note which job has written which keys; a writer may die after some of them."""

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[str, set[str]] = defaultdict(set)
        self.left = -1
        self.undoes = False

    def __setitem__(self, key: str, image: Image) -> None:
        if self.left == 0:
            raise Killed
        self.left -= self.left > 0
        super().__setitem__(key, image)
        if not self.undoes:
            self.written[image.job_id].add(key)


@dataclass
class World:
    """Jobs of three tenants with their executions, and steps that happen to them."""

    random: Random
    harness: Harness = field(default_factory=Harness)
    clock: int = NOW
    runs: dict[JobRef, tuple[int, str, str | None]] = field(default_factory=dict)
    ended: set[tuple[JobRef, int]] = field(default_factory=set)
    refs: list[JobRef] = field(default_factory=list)
    files: int = 0

    def __post_init__(self) -> None:
        for tenant in TENANTS:
            self.harness.destination.datasets[tenant, "products"] = Dataset()

    # ------------------------------------------------------------------ steps

    def begin(self) -> None:
        """Let a file arrive, by a call or in the drop folder; no two files have a price in common."""
        self.files += 1
        keys = self.random.sample(range(1, 30), 12)
        body = csv_file([(f"P-{key:06d}", f"Part {key}", str(self.files), 1) for key in keys])
        tenant = self.random.choice(TENANTS)
        if self.random.random() < 0.5:
            self.refs.append(self.harness.upload(body, tenant=tenant, review=self.random.random() < 0.2))
            return
        key = f"incoming/{tenant}/products/{self.files}.csv"
        self.harness.files.write(key, body)
        at = NINE + timedelta(seconds=self.files * 60 - self.random.randrange(200))
        job = start_job(Arrival(key, len(body), etag_of(body), at), self.harness)
        assert job is not None
        self.refs.append(job.ref)

    def advance(self, ref: JobRef) -> None:
        """Let the state machine of a job take a step, if it has one to take."""
        harness, job = self.harness, self.harness.jobs.get(ref)
        run, step, token = self.runs.get(ref, (0, "", None))
        if run != job.run and (ref, job.run) in harness.machine.started:
            run, step, token = job.run, job.entry, None
        elif token is not None and token in harness.machine.answers:
            step, token = step_after(step, str(harness.machine.answers[token]["outcome"])), None
        with suppress(Conflict):
            if step == "plan":
                step = step_after("plan", harness.plan(ref, run=run))
            elif step == "finish":
                harness.finish(ref, run=run, now=self.clock)
                step = ""
            elif step and token is None:
                token = harness.dispatch(ref, PhaseName(step), run=run, now=self.clock)
        self.runs[ref] = run, step, token

    def fail(self, ref: JobRef) -> None:
        """End the execution of a job with an error."""
        run, step, _ = self.runs.get(ref, (0, "", None))
        if step and self.harness.jobs.get(ref).run == run:
            with suppress(Conflict):
                self.harness.finish(ref, error="States.Timeout", now=self.clock)
                self.runs[ref] = run, "", None

    def work(self, message: ChunkRef) -> None:
        try:
            self.deliver(message)
        except TryLater:
            self.harness.queue.messages.append(message)

    def die(self, message: ChunkRef) -> None:
        """Let a worker die after some records; its lease stays, and its message comes again."""
        dataset: Any = self.harness.destination.datasets[message.job.tenant, "products"]
        chunks = self.harness.chunks
        release, chunks.release = chunks.release, lambda *_, **__: None  # type: ignore[method-assign]
        dataset.left = self.random.randrange(4)
        try:
            with suppress(Killed, TryLater):
                self.deliver(message)
        finally:
            chunks.release = release  # type: ignore[method-assign]
            dataset.left = -1
        self.harness.queue.messages.append(message)
        if self.random.random() < 0.5:  # it is stopped when the lease is over, and before the message comes again
            self.clock += LEASE + 1
            self.act(message.job)

    def deliver(self, message: ChunkRef) -> None:
        dataset: Any = self.harness.destination.datasets[message.job.tenant, "products"]
        dataset.undoes = message.phase is PhaseName.UNDO
        self.harness.work(message, now=self.clock)

    def act(self, ref: JobRef) -> None:
        """Take one of the actions that a job allows, or delete it."""
        job = self.harness.jobs.get(ref)
        allowed = [name for name in allowed_actions(job) if name != "answers"]
        names = [*allowed, *(["delete"] if job.status in ENDED and self.random.random() < 0.1 else [])]
        if job.status in {Status.QUEUED, Status.PARSING} and self.random.random() < 0.8:
            names = [name for name in names if name != "cancel"]  # else few jobs come to load
        if not names:
            return
        name = self.random.choice(names)
        with suppress(Conflict, TryLater, NotFound):
            if name == "delete":
                delete_job(ref, by="ben", now=self.clock, services=self.harness)
            else:
                getattr(self.harness, {"rollback": "roll_back"}.get(name, name))(ref, now=self.clock)

    def sweep(self) -> None:
        self.harness.sweep(after=timedelta(minutes=20))

    # ------------------------------------------------------------------ model

    def check(self) -> None:
        """Hold each job that has ended against what was written, and the lock of each tenant against its jobs."""
        for ref in self.refs:
            job = self.harness.jobs.get(ref)
            if job.status not in ENDED or job.hold or job.deleted:
                continue
            dataset: Any = self.harness.destination.datasets[ref.tenant, "products"]
            written = dataset.written[ref.id]
            assert job.counts.inserted + job.counts.updated == len(written), (ref, job.status)
            if job.status is Status.COMPLETED:
                assert job.counts.unprocessed == 0
            if job.status is Status.ROLLED_BACK:
                assert not job.counts.rollback_failed
                kept = {key for key, image in dataset.items() if is_record(image) and image.job_id == ref.id}
                assert len(kept) <= job.counts.conflicts
                assert job.counts.reversed + job.counts.conflicts == len(written)
        for tenant in TENANTS:
            holding = [ref for ref in self.refs if ref.tenant == tenant and self.harness.jobs.get(ref).hold]
            assert len(holding) <= 1
            owner = self.harness.locks.held(dataset_lock(tenant, "products")).owner
            assert holding == ([owner] if owner else [])

    def step(self) -> None:
        random, messages = self.random, self.harness.queue.messages
        what = random.random()
        if what < 0.06 or not self.refs:
            self.begin()
        elif what < 0.30 and messages:
            self.work(messages.pop(random.randrange(len(messages))))
        elif what < 0.42 and messages:
            loads = [message for message in messages if message.phase is PhaseName.LOAD] or messages
            messages.remove(dead := random.choice(loads))
            self.die(dead)
        elif what < 0.445:
            self.act(random.choice(self.refs))
        elif what < 0.45:
            self.fail(random.choice(self.refs))
        elif what < 0.53:
            self.clock += LEASE + 1
        elif what < 0.54:
            self.sweep()
        else:
            self.advance(random.choice(self.refs))
        self.check()

    def settle(self) -> None:
        """Let no more faults happen, until nothing moves."""
        for _ in range(60):
            self.clock += LEASE + 1
            for ref in self.refs:
                self.advance(ref)
                self.advance(ref)
            for message in [self.harness.queue.messages.pop(0) for _ in list(self.harness.queue.messages)]:
                self.work(message)
            self.sweep()
            self.check()


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_are_what_was_written_whatever_happens(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """300 steps: files, deaths within a chunk, stops, retries, rollbacks, deletions, late drop-folder files."""
    small_chunks(monkeypatch, 4)
    world = World(Random(seed))
    for _ in range(STEPS):
        world.step()
    world.settle()
    left = {str(world.harness.jobs.get(ref).status) for ref in world.refs}
    assert left <= {*map(str, ENDED), "in_review", "paused"}
