"""The ports of the use cases: what they need of stores, queues, the state machine, datasets and upstreams.

`sluice.aws` and `sluice.destinations` hold the adapters, `sluice.bootstrap` connects them; tests use fakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, Protocol

from sluice.model.chunk import Barrier, Chunk, ChunkRef, ChunkState, JobRef, Parsed, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Problem
from sluice.model.job import SYSTEM, Decided, Job, JobFile, LogEntry, StoredPart, WaitsFor
from sluice.model.lock import Held, Lock, LockStep, Waiting
from sluice.model.page import Page
from sluice.model.saved import Saved
from sluice.model.status import Status
from sluice.schema.importer import Importer
from sluice.schema.staging import Applied, Batch, Compared, Delivered, Undone
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from sluice.upstream.source import Schedule, Source, SourcePage


class Jobs(Protocol):
    """The store of jobs; a job is found only by its tenant and its id."""

    def add(self, job: Job, *, note: str = "", owning: Lock | None = None, instead_of: JobRef | None = None) -> bool:
        """Add a job, and make it the owner of a lock in the same transaction.

        ``False``, and nothing is written, if there is a job of that id already, or if the lock's owner is not
        ``instead_of`` (``None``: if it has an owner).
        """

    def get(self, ref: JobRef) -> Job:
        """Read a job, strongly consistent; raises `NotFound`."""

    def page(
        self, tenant: str, *, status: str | None, importer: str | None, limit: int, cursor: str | None
    ) -> Page[Job]:
        """List the jobs of a tenant, newest first."""

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
        """Move a job to another state, in one transaction with its other changes and an entry in its log.

        A job that is already in that state stays as it is. ``new_run`` begins a new run; ``suspended`` is the reason of
        a pause that ends automatically. Raises `Conflict` if the job's state does not allow the transition, or with
        ``since``, the job as it was read, if its state, its run or the version of its recipe has changed. Only with
        ``since``: what is ``decided``; ``lock``, a step at its dataset's lock, which raises `LockChanged`.
        """

    def give_back(self, job: Job, lock: Lock) -> bool:
        """Free the lock of a dataset that the job holds; ``False`` if it was given back, or the job has a later run."""

    def wait_for(self, job: Job, waits_for: WaitsFor) -> None:
        """Store what a job waits for, unless its state or its run has changed, or it holds its dataset's lock."""

    def describe(self, job: Job, *, file: JobFile, total: int, note: str = "") -> None:
        """Store the results of `plan`: the file, and how many rows it was split into; only once in each split.

        With a note, an entry in its log.
        """

    def split_anew(self, job: Job) -> Job:
        """Let the file of a job be planned once more, into the folder of its next split; once for each split."""

    def enter_phase(self, ref: JobRef, phase: PhaseName) -> Job:
        """Store the phase of a job."""

    def decide(self, job: Job, decided: Decided, *, by: str = SYSTEM, note: str = "") -> Job:
        """Store what is decided about a job, whose state stays; with a note, an entry in its log.

        Raises `Conflict` if its state, its run or the version of its recipe has changed since it was read.
        """

    def link(self, job: Job, corrected: Job, *, note: str) -> Job:
        """Store that a job corrects another, with what it takes from it, and an entry in the logs of both; only once.

        Returns the job as it is stored. It corrects no job if ``corrected`` does not exist any more.
        """

    def log(self, job: Job, *, by: str = SYSTEM, note: str) -> None:
        """Add an entry to a job's log without changing its state."""

    def entries(self, ref: JobRef) -> list[LogEntry]:
        """List the log entries of a job, oldest first."""

    def mark_deleted(self, ref: JobRef, *, by: str) -> Job:
        """Mark a job that has ended as deleted, only once; the mark allows no further transition."""

    def stay_paused(self, ref: JobRef, *, by: str) -> Job:
        """Turn the suspension of a job into an ordinary pause, which only a caller ends."""

    def read_again(self, job: Job, *, note: str) -> None:
        """Reset a sync to be planned again, with all counts at 0; once per reading, and only while it is parsed."""

    def active(self) -> Iterator[Job]:
        """Yield the jobs of all tenants that have not ended."""


class Locks(Protocol):
    """The store of locks; the owner of a lock is a job of the lock's tenant."""

    def owner(self, lock: Lock) -> JobRef | None:
        """Read the owner, strongly consistent; ``None`` if the lock is free."""

    def acquire(self, lock: Lock, ref: JobRef, *, instead_of: JobRef | None = None) -> bool:
        """Acquire a lock that is free, its own or ``instead_of``'s; return whether the job owns it now."""

    def transfer(self, lock: Lock, owner: JobRef, to: JobRef) -> bool:
        """Make another job the owner; ``False`` if ``owner`` does not own the lock."""

    def release(self, lock: Lock, owner: JobRef) -> bool:
        """Free a lock; ``False`` if ``owner`` does not own it."""

    def held(self, lock: Lock) -> Held:
        """Read the lock of a dataset, strongly consistent; only `Jobs.transition` takes it."""

    def line(self, lock: Lock, limit: int) -> list[Waiting]:
        """List the first jobs in the line of a dataset's lock."""

    def enlist(self, lock: Lock, ref: JobRef) -> None:
        """Note that a job of the drop folder will load into a dataset."""

    def older(self, lock: Lock, ref: JobRef) -> list[JobRef]:
        """List the enlisted jobs of the drop folder that are older than this one, strongly consistent."""

    def delist(self, lock: Lock, ref: JobRef) -> None:
        """Remove what `enlist` has noted."""

    def leave(self, lock: Lock, waiting: Waiting) -> None:
        """Take a job that no longer waits out of the line; a later run that waits there stays."""


class Chunks(Protocol):
    """The store of barriers and chunks."""

    def add(self, chunks: Iterable[Chunk]) -> None:
        """Write queued chunks; a chunk that exists already stays as it is."""

    def forget(self, ref: JobRef, name: PhaseName) -> None:
        """Remove a phase and its chunks, none of which a worker may hold."""

    def drop(self, ref: JobRef, name: PhaseName) -> None:
        """Remove a phase and its chunks, each with what it has added to the job's counts."""

    def reopen(self, chunks: Iterable[Chunk]) -> None:
        """Queue chunks that are done in their next round without their counts; once, each in one transaction."""

    def of_phase(self, ref: JobRef, name: PhaseName) -> Iterator[Chunk]:
        """Yield the chunks of a phase in order."""

    def get(self, ref: ChunkRef) -> Chunk | None:
        """Read a chunk, strongly consistent; ``None`` if it does not exist."""

    def open_barrier(self, ref: JobRef, name: PhaseName, *, run: int, token: str) -> Barrier:
        """Set up the barrier of a phase for a run of the job.

        In the same run, it only takes the new token. A later run requeues failed chunks without their counts.
        """

    def barrier(self, ref: JobRef, name: PhaseName) -> Barrier | None:
        """Read the barrier of a phase, strongly consistent; ``None`` if it does not exist."""

    def lease(self, ref: ChunkRef, *, now: int, until: int) -> Chunk | None:
        """Lease a chunk that is queued or whose lease has expired.

        ``None`` if the chunk is closed, unknown, or leased by another worker.
        """

    def release(self, chunk: Chunk, error: Problem | None = None, *, tried: bool = True, touched: bool = True) -> None:
        """Requeue a chunk, unless another worker has leased it since; the attempt counts if it was ``tried``.

        ``touched`` says whether it may have delivered rows; its ``due_at`` is stored.
        """

    def close(
        self,
        ref: ChunkRef,
        state: ChunkState,
        done: Counts | Parsed,
        error: Problem | None = None,
        *,
        free_at: int | None = None,
    ) -> bool:
        """Close a chunk, decrement its barrier and add to the job's counts in one transaction.

        ``False``, and nothing changes, if the chunk was closed before, is in a later round than ``ref`` names, or is
        leased beyond ``free_at`` (epoch seconds).
        """


class Files(Protocol):
    """The objects of the bucket."""

    def open(self, key: str, etag: str | None = None) -> AbstractContextManager[BinaryIO]:
        """Open an object for random access; raises `NotFound`, or `FileRejected` if its etag differs."""

    def stat(self, key: str) -> tuple[int, str]:
        """Return the bytes of an object, and its etag; raises `NotFound`."""

    def size(self, key: str) -> int:
        """Return the bytes of an object; raises `NotFound`."""

    def read(self, key: str, start: int = 0, end: int | None = None, etag: str | None = None) -> bytes:
        """Read an object or a range of it; raises `NotFound`, or `FileRejected` if its etag differs."""

    def write(self, key: str, body: bytes) -> None:
        """Store an object; an existing one is overwritten."""

    def create(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Store a stream of unknown length."""

    def remove(self, prefix: str, *, but: str = "") -> None:
        """Remove every object whose key begins with the prefix, but one."""

    def remove_file(self, key: str, etag: str | None) -> None:
        """Remove an object if it exists and has this etag; ``None`` stands for any."""

    def names(self, prefix: str) -> list[str]:
        """List the keys that begin with the prefix, sorted."""

    def download_url(self, key: str, file_name: str) -> str:
        """Presign a URL from which a browser saves the object under this name; it expires after some minutes."""

    def upload_form(self, key: str, size: int) -> dict[str, Any]:
        """Presign a POST form ``{method, url, fields, expires_in}`` for exactly this key and so many bytes."""

    def begin_parts(self, key: str) -> str:
        """Begin a multipart upload; return its id."""

    def part_url(self, key: str, upload_id: str, number: int, size: int) -> tuple[str, int]:
        """Presign a URL to PUT a part of exactly ``size`` bytes; return it with the seconds until it expires."""

    def parts(self, key: str, upload_id: str) -> dict[int, StoredPart]:
        """Return the parts that have arrived, by number; raises `NotFound` if the upload was completed or aborted."""

    def join_parts(self, key: str, upload_id: str, parts: Mapping[int, StoredPart]) -> None:
        """Complete an upload from these parts; raises `NotFound` if it was completed or aborted."""


class Queue(Protocol):
    """The queues of messages, each of which names a chunk to process."""

    def send(self, chunks: Sequence[ChunkRef], *, urgent: bool) -> None:
        """Send one message for each chunk."""

    def delay(self, queue_arn: str, receipt: str, seconds: int) -> None:
        """Make a received message visible again after so many seconds."""

    def depths(self) -> dict[str, dict[str, int]]:
        """Return ``{queue: {waiting, active, delayed}}``; approximate, as SQS counts."""


class Machine(Protocol):
    """The state machine that runs jobs."""

    def start(self, job: Job) -> None:
        """Start the execution of the job's run; do nothing if it was started before."""

    def is_over(self, job: Job) -> bool:
        """Return whether the execution of the job's run has ended in any way; ``False`` if it never began."""

    def running(self) -> frozenset[tuple[str, int]]:
        """Return id and run of every job whose execution runs."""

    def make_file(self, job: Job, name: str) -> bool:
        """Start an execution that makes a download, unless one is running; ``False`` if all attempts have failed."""

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        """Report the success of a task by its token; do nothing if the task has ended."""

    def fail(self, token: str, error: str) -> None:
        """Report the failure of a task by its token, with the error's name; do nothing if the task has ended."""


class Destination(Protocol):
    """The destination of rows: a PostgreSQL table, or a partition of the DynamoDB records table."""

    def apply(self, batch: Batch) -> Applied:
        """Overlay the records of a chunk with what its rows say, by the mode of the job.

        The same batch again, in the same hold of the dataset's lock, changes nothing and returns the same result. In a
        later hold it looks at the rows anew.
        """

    def delivered(self, batch: Batch) -> Delivered | None:
        """Return what the dataset holds of a batch whose `apply` may have died in this hold of the lock.

        ``None`` if it has changed nothing.
        """

    def compare(self, batch: Batch) -> Compared:
        """Return what `apply` would do now; write nothing."""

    def key_ranges(self, tenant: str, importer: Importer) -> list[str]:
        """Split the keys of an importer's dataset into ranges for `keys_in`; every possible key is in one of them.

        Raises `SluiceError` (``unusable-table``) if the dataset compares keys in another way than texts.
        """

    def equal_keys(self, importer: Importer, candidates: Callable[[], Iterable[str]]) -> Mapping[str, str]:
        """Map keys to another text of the same key; reads ``candidates``, maybe twice, only if there may be such."""

    def keys_in(self, tenant: str, importer: Importer, key_range: str) -> Iterable[tuple[str, str]]:
        """Return key and fingerprint of each record of a range that is not marked as deleted.

        A fingerprint changes if anything is written to the record; `Batch.if_as_seen` compares it.
        """

    def undo(self, batch: Batch) -> Undone:
        """Restore the columns that `apply` wrote, where they still hold what it wrote.

        The same batch again changes nothing and returns the same. Of a batch applied only in part, that is undone.
        Raises `ImagesGone` if the batch was applied, and what its records were before has expired.
        """


class Records(Protocol):
    """Read access to datasets."""

    def page(
        self, tenant: str, dataset: str, *, limit: int, cursor: str | None, deleted: bool = False
    ) -> Page[dict[str, Any]]:
        """List the records of a dataset; those that are marked as deleted only with ``deleted``."""

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        """Read a record; one that is marked as deleted has ``deleted_at``. Raises `NotFound`."""

    def history(self, tenant: str, dataset: str, key: str) -> list[dict[str, Any]]:
        """List the earlier versions of a record, newest first: ``{key, job, values, from, until}``.

        Empty for a record that was never superseded, and for importers that do not archive.
        """


class Schedules(Protocol):
    """The schedules of syncs."""

    def get(self, tenant: str, source: str) -> Schedule | None:
        """Read the schedule of a source; ``None`` if it has none."""

    def put(self, tenant: str, source: str, schedule: Schedule) -> None:
        """Write the schedule of a source, which replaces an existing one; it begins now or later."""

    def remove(self, tenant: str, source: str) -> None:
        """Remove the schedule of a source; do nothing if it has none."""


class Upstreams(Protocol):
    """The upstreams: sources are pulled page by page, lookups are asked key by key."""

    def read(self, source: Source, offsets: Sequence[int], *, before: float) -> list[SourcePage]:
        """Read the pages of a source at these offsets, before a time in epoch seconds; see `read_pages`."""

    def ask(self, lookup: Lookup, keys: Iterable[str], *, before: float, on_result: OnResult) -> LookupBatch:
        """Look up each of the keys, before a time in epoch seconds; see `sluice.upstream.lookup_client.ask`."""


class LookupCache(Protocol):
    """Cached results of lookups, by tenant; times are epoch seconds."""

    def get(self, tenant: str, lookup: Lookup, keys: Iterable[str], *, now: int) -> dict[str, LookupResult]:
        """Return the results of these keys that have not expired."""

    def keep(self, tenant: str, lookup: Lookup, key: str, found: LookupResult, *, until: int) -> None:
        """Store the result of a key, which replaces an earlier one; it expires at ``until``."""


class Recipes(Protocol):
    """The store of recipes and of settings of drop folders, by tenant, importer and name; strongly consistent."""

    def get(self, tenant: str, importer: str, name: str) -> Saved | None:
        """Read what is saved under a name; ``None`` if nothing is."""

    def page(self, tenant: str, importer: str, prefix: str, *, limit: int, cursor: str | None) -> Page[Saved]:
        """List what is saved under names with a prefix, in their order; the cursor is the last name before the page."""

    def put(self, tenant: str, importer: str, saved: Saved, *, seen: Saved | None) -> Saved | None:
        """Save and return the next version; ``None`` if the present one is not ``seen`` (``None``: if there is any)."""

    def remove(self, tenant: str, importer: str, seen: Saved) -> bool:
        """Remove what was seen; ``False`` if it has changed since, or is removed already."""
