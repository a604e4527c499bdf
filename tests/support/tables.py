"""The jobs table in memory, held to the same contract as the real one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.model.chunk import CLOSED, Barrier, Chunk, ChunkRef, ChunkState, JobRef, Parsed, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import NotFound, Problem
from sluice.model.job import SYSTEM, Decided, Job, JobFile, LogEntry, WaitsFor
from sluice.model.lock import Held, Lock, LockChanged, LockStep, Waiting
from sluice.model.page import Page, encode_cursor, job_position
from sluice.model.status import ENDED, TRANSITIONS, Status, illegal_transition, sources_of

_PHASES = {Status.PARSING: PhaseName.PARSE, Status.LOADING: PhaseName.LOAD, Status.ROLLING_BACK: PhaseName.UNDO}
KEEP = timedelta(days=90)
_STOPPED = {Status.PAUSING, Status.PAUSED, Status.CANCELLING}


class MemoryLocks:
    """The `Locks` port."""

    def __init__(self) -> None:
        self.owners: dict[Lock, JobRef] = {}
        self.numbers: dict[Lock, int] = {}
        self.lines: dict[Lock, dict[str, Waiting]] = {}
        self.dropped: dict[Lock, set[JobRef]] = {}
        self.newest: dict[Lock, str] = {}
        self._mutex = threading.Lock()

    def owner(self, lock: Lock) -> JobRef | None:
        return self.owners.get(lock)

    def acquire(self, lock: Lock, ref: JobRef, *, instead_of: JobRef | None = None) -> bool:
        with self._mutex:
            if self.owners.setdefault(lock, ref) not in {ref, instead_of}:
                return False
            self.owners[lock] = ref
            return True

    def transfer(self, lock: Lock, owner: JobRef, to: JobRef) -> bool:
        with self._mutex:
            if self.owners.get(lock) != owner:
                return False
            self.owners[lock] = to
            return True

    def release(self, lock: Lock, owner: JobRef) -> bool:
        with self._mutex:
            if self.owners.get(lock) != owner:
                return False
            del self.owners[lock]
            return True

    def held(self, lock: Lock) -> Held:
        first = next(iter(self.line(lock, 1)), None)
        return Held(self.owners.get(lock), self.numbers.get(lock, 0), first, self.newest.get(lock, ""))

    def line(self, lock: Lock, limit: int) -> list[Waiting]:
        return [waiting for _, waiting in sorted(self.lines.get(lock, {}).items())][:limit]

    def enlist(self, lock: Lock, ref: JobRef) -> None:
        self.dropped.setdefault(lock, set()).add(ref)

    def older(self, lock: Lock, ref: JobRef) -> list[JobRef]:
        return sorted((each for each in self.dropped.get(lock, ()) if each.id < ref.id), key=lambda each: each.id)

    def delist(self, lock: Lock, ref: JobRef) -> None:
        self.dropped.get(lock, set()).discard(ref)

    def leave(self, lock: Lock, waiting: Waiting) -> None:
        if self.lines.get(lock, {}).get(waiting.place) == waiting:
            del self.lines[lock][waiting.place]

    def step(self, job: Job, step: LockStep) -> dict[str, Any]:
        """Take a step at the lock of a dataset; return what it changes in the job."""
        now, seen = self.held(step.lock), step.seen
        if (now.owner, now.number) != (seen.owner, seen.number):
            raise LockChanged
        line = self.lines.setdefault(step.lock, {})
        if not step.takes:
            waiting = Waiting(job.ref, job.urgent, job.run + 1)
            line[waiting.place] = waiting
            ahead = now.owner or (now.first.ref if now.first else job.ref)
            return {"waits_for": WaitsFor("dataset", ahead.id)}
        line.pop(Waiting(job.ref, job.urgent, job.run).place, None) if job.is_in_line else None
        if now.owner is None:
            self.owners[step.lock], self.numbers[step.lock] = job.ref, now.number + 1
            self.newest[step.lock] = now.newest_with(job)
        return {"hold": self.numbers[step.lock]} | ({"run_at": datetime.now(UTC)} if job.is_in_line else {})


class MemoryJobs:
    """The `Jobs` port; its locks are in the same object, as they are in the same table."""

    def __init__(self) -> None:
        self.items: dict[JobRef, Job] = {}
        self.logs: dict[JobRef, list[LogEntry]] = {}
        self.locks = MemoryLocks()

    def add(self, job: Job, *, note: str = "", owning: Lock | None = None, instead_of: JobRef | None = None) -> bool:
        if job.ref in self.items or (owning is not None and self.locks.owner(owning) != instead_of):
            return False
        if owning is not None:
            self.locks.owners[owning] = job.ref
        self.items[job.ref] = job
        self._write(job, job.requested_by, note)
        return True

    def get(self, ref: JobRef) -> Job:
        if ref not in self.items:
            raise NotFound("job", ref.id)
        return self.items[ref]

    def page(
        self, tenant: str, *, status: str | None, importer: str | None, limit: int, cursor: str | None
    ) -> Page[Job]:
        before = job_position(cursor) if cursor else None
        found = sorted((job for ref, job in self.items.items() if ref.tenant == tenant), key=lambda job: job.ref.id)
        found = [
            job
            for job in reversed(found)
            if (status is None or job.status == status)
            and (importer is None or job.importer == importer)
            and (before is None or job.ref.id < before)
        ]
        return Page(found[:limit], encode_cursor(found[limit - 1].ref.id) if len(found) > limit else None)

    def active(self) -> Iterator[Job]:
        return iter([job for job in self.items.values() if job.status not in ENDED])

    def transition(
        self,
        ref: JobRef,
        to: Status,
        *,
        by: str = SYSTEM,
        note: str = "",
        new_run: bool = False,
        file: JobFile | None = None,
        problem: Problem | None = None,
        decided: Decided | None = None,
        committed: bool = False,
        suspended: Problem | None = None,
        phase: PhaseName | None = None,
        since: Job | None = None,
        lock: LockStep | None = None,
    ) -> Job:
        job = self.get(ref)
        legal = job.status in sources_of(to) - {to}
        if since is not None:
            if to not in TRANSITIONS[since.status] and not (lock and to is since.status):
                raise illegal_transition(ref.id, since.status, to)
            legal = (job.status, job.run) == (since.status, since.run)
            legal &= decided is None or job.recipe.version == since.recipe.version
        if not legal or job.deleted:
            if job.status is to:
                return job
            raise illegal_transition(ref.id, job.status, to)
        held = self.locks.step(since, lock) if since is not None and lock is not None else {}
        now = datetime.now(UTC)
        moved = self._change(
            job,
            status=to,
            phase=job.phase if to in _STOPPED else phase or _PHASES.get(to),
            run=job.run + new_run,
            run_at=held.pop("run_at", now if new_run else job.run_at),
            file=file or job.file,
            problem=problem,
            started_at=job.started_at or (now if to is Status.PARSING else None),
            finished_at=now if to in ENDED else None,
            kept_until=now + KEEP if to in ENDED else None,
            committed=job.committed or committed,
            **_changed_by(decided),
            suspended=(suspended or job.suspended) if to in {Status.PAUSING, Status.PAUSED} else None,
            **{"waits_for": None, **held},
        )
        self._write(moved, by, note)
        return moved

    def give_back(self, job: Job, lock: Lock) -> bool:
        there = self.items[job.ref]
        if (there.status, there.run, there.hold) != (job.status, job.run, job.hold):
            return False
        self.items[job.ref] = replace(there, hold=0)
        return self.locks.release(lock, job.ref)

    def wait_for(self, job: Job, waits_for: WaitsFor) -> None:
        there = self.items[job.ref]
        if (there.status, there.run, there.hold) == (job.status, job.run, 0):
            self._change(there, waits_for=waits_for)

    def describe(self, job: Job, *, file: JobFile, total: int, note: str = "") -> None:
        there = self.get(job.ref)
        if not there.planned and there.split == job.split:
            counts = replace(there.counts, total=total)
            changed = self._change(there, file=file, counts=counts, planned=True, split_by=job.recipe.version)
            if note:
                self._write(changed, SYSTEM, note)

    def split_anew(self, job: Job) -> Job:
        there = self.get(job.ref)
        if there.split == job.split:
            counts = replace(there.counts, total=0)
            self._change(there, counts=counts, planned=False, split=job.split + 1)
        return self.get(job.ref)

    def enter_phase(self, ref: JobRef, phase: PhaseName) -> Job:
        return self._change(self.get(ref), phase=phase)

    def decide(self, job: Job, decided: Decided, *, by: str = SYSTEM, note: str = "") -> Job:
        there = self.get(job.ref)
        now, seen = ((each.status, each.run, each.recipe.version) for each in (there, job))
        if now != seen:
            raise illegal_transition(job.ref.id, there.status, job.status)
        there = self._change(there, **_changed_by(decided))
        self._write(there, by, note) if note else None
        return there

    def link(self, job: Job, corrected: Job, *, note: str) -> Job:
        there, other = self.get(job.ref), self.items.get(corrected.ref)
        if there.corrects is None and not there.planned and other is not None and not other.deleted:
            taken = ("corrects", "recipe", "questions", "options")
            self._write(self._change(there, **{name: getattr(job, name) for name in taken}), SYSTEM, note)
            self._write(self._change(other), job.requested_by, f"corrected by job {job.ref.id}")
        return self.get(job.ref)

    def log(self, job: Job, *, by: str = SYSTEM, note: str) -> None:
        self._write(self._change(self.get(job.ref)), by, note)

    def entries(self, ref: JobRef) -> list[LogEntry]:
        return list(self.logs.get(ref, []))

    def mark_deleted(self, ref: JobRef, *, by: str) -> Job:
        job = self.get(ref)
        if job.status not in ENDED:
            raise illegal_transition(ref.id, job.status, "deleted")
        if not job.deleted:
            recipe = job.recipe.without_evidence()
            job = self._change(job, deleted=True, recipe=recipe, questions=(), recall=None)
            self._write(job, by, "its files and rows are deleted")
        return job

    def stay_paused(self, ref: JobRef, *, by: str) -> Job:
        job = self.get(ref)
        if job.suspended:
            job = self._change(job, suspended=None)
            self._write(job, by, "to be resumed by hand")
        return job

    def read_again(self, job: Job, *, note: str) -> None:
        there = self.get(job.ref)
        if there.planned and there.status is Status.PARSING and there.reads == job.reads:
            self._write(self._change(there, counts=Counts(), planned=False, reads=job.reads + 1), SYSTEM, note)

    def _change(self, job: Job, **changes: Any) -> Job:
        self.items[job.ref] = replace(job, **changes, updated_at=datetime.now(UTC), version=job.version + 1)
        return self.items[job.ref]

    def _write(self, job: Job, by: str, note: str) -> None:
        self.logs.setdefault(job.ref, []).append(LogEntry(datetime.now(UTC), by, job.status, note))


def _changed_by(decided: Decided | None) -> dict[str, Any]:
    return {} if decided is None else {name: value for name, value in vars(decided).items() if value is not None}


class MemoryChunks:
    """The `Chunks` port; adds to the counts of the `MemoryJobs` that it gets."""

    def __init__(self, jobs: MemoryJobs) -> None:
        self.jobs = jobs
        self.items: dict[ChunkRef, Chunk] = {}
        self.phases: dict[tuple[JobRef, PhaseName], Barrier] = {}
        self._lock = threading.RLock()

    def add(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self.items.setdefault(chunk.ref, chunk)

    def forget(self, ref: JobRef, name: PhaseName) -> None:
        with self._lock:
            self.phases.pop((ref, name), None)
            for chunk in list(self.of_phase(ref, name)):
                del self.items[chunk.ref]

    def drop(self, ref: JobRef, name: PhaseName) -> None:
        self.phases.pop((ref, name), None)
        for chunk in list(self.of_phase(ref, name)):
            self.take_off(chunk)

    def take_off(self, chunk: Chunk, again: Chunk | None = None) -> None:
        """Take the counts of a chunk off the job's, and remove or replace it, unless it has changed."""
        with self._lock:
            there = self.items.get(chunk.ref)
            if there is None or (there.state, there.ref.round) != (chunk.state, chunk.ref.round):
                return
            del self.items[chunk.ref]
            if again is not None:
                self.items[again.ref] = again
            off = Counts(**{name: -value for name, value in chunk.counts.as_dict().items()})
            self._count(chunk.ref.job, off)

    def reopen(self, chunks: Iterable[Chunk]) -> None:
        list(map(self.reopen_one, chunks))

    def reopen_one(self, chunk: Chunk) -> None:
        touched = chunk.touched or chunk.state is ChunkState.FAILED
        again = replace(chunk, ref=replace(chunk.ref, round=chunk.ref.round + 1), attempts=0, touched=touched)
        self.take_off(
            chunk, replace(again, state=ChunkState.QUEUED, lease_until=0, counts=Counts(), error=None, closed_at=None)
        )

    def of_phase(self, ref: JobRef, name: PhaseName) -> Iterator[Chunk]:
        found = [chunk for chunk in self.items.values() if (chunk.ref.job, chunk.ref.phase) == (ref, name)]
        return iter(sorted(found, key=lambda chunk: chunk.ref.index))

    def get(self, ref: ChunkRef) -> Chunk | None:
        return self.items.get(ref)

    def open_barrier(self, ref: JobRef, name: PhaseName, *, run: int, token: str) -> Barrier:
        with self._lock:
            there = self.phases.get((ref, name))
            if there is not None and there.run >= run:
                opened = replace(there, token=token)
            else:
                found = list(self.of_phase(ref, name))
                self.reopen(chunk for chunk in found if chunk.state is ChunkState.FAILED)
                done = sum(chunk.state is ChunkState.DONE for chunk in found)
                opened = Barrier(name, run, len(found), len(found) - done, 0, token)
            self.phases[ref, name] = opened
            return opened

    def barrier(self, ref: JobRef, name: PhaseName) -> Barrier | None:
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

    def release(self, chunk: Chunk, error: Problem | None = None, *, tried: bool = True, touched: bool = True) -> None:
        there = self.items[chunk.ref]
        if there.state is ChunkState.RUNNING and there.attempts == chunk.attempts:
            free = replace(there, state=ChunkState.QUEUED, lease_until=0, attempts=chunk.attempts - (not tried))
            self.items[chunk.ref] = replace(free, error=error or there.error, touched=touched, due_at=chunk.due_at)

    def close(
        self,
        ref: ChunkRef,
        state: ChunkState,
        done: Counts | Parsed,
        error: Problem | None = None,
        *,
        free_at: int | None = None,
    ) -> bool:
        counts = done.counts if isinstance(done, Parsed) else done
        with self._lock:
            chunk = self.items.get(ref)
            if chunk is None or chunk.state in CLOSED or (free_at is not None and chunk.lease_until > free_at):
                return False
            if chunk.ref.round != ref.round:
                return False
            if isinstance(done, Parsed):
                chunk = replace(chunk, version=done.version, depends=done.depends)
            self.items[ref] = replace(
                chunk,
                state=state,
                lease_until=0,
                counts=counts,
                error=error or chunk.error,
                closed_at=datetime.now(UTC),
            )
            barrier = self.phases[ref.job, ref.phase]
            failed = barrier.failed + (state is ChunkState.FAILED)
            self.phases[ref.job, ref.phase] = replace(barrier, remaining=barrier.remaining - 1, failed=failed)
            self._count(ref.job, counts)
            return True

    def _count(self, ref: JobRef, counts: Counts) -> None:
        job, now = self.jobs.get(ref), datetime.now(UTC)
        self.jobs.items[ref] = replace(job, counts=job.counts + counts, updated_at=now, version=job.version + 1)
