"""What the use cases need of the world; `bootstrap` picks the real things, tests hand in fakes.

What they need of upstreams is in `sluice.usecases.ports`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, Protocol

from sluice.model.chunk import Barrier, Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Problem
from sluice.model.event import Connection, Ticket
from sluice.model.files import StoredPart
from sluice.model.job import SYSTEM, DateOrder, Job, JobFile, LogEntry
from sluice.model.lock import Lock
from sluice.model.page import Page
from sluice.model.schedule import Schedule
from sluice.model.status import Status
from sluice.schema.staging import Applied, Batch, Compared, Undone
from sluice.upstream.lookup import Lookup, LookupBatch, LookupResult, OnResult
from sluice.upstream.source import Source, SourcePage


class Jobs(Protocol):
    """Jobs of all tenants, each found only with its tenant's name."""

    def add(self, job: Job, *, note: str = "", owning: Lock | None = None, instead_of: JobRef | None = None) -> bool:
        """Add a job, and make it the owner of a lock in the same transaction.

        ``False``, and nothing is written, if there is a job of that id already, or if the lock's owner is not
        ``instead_of`` (``None``: if it has an owner).
        """

    def get(self, ref: JobRef) -> Job:
        """The job as it is now; raises `NotFound`."""

    def page(
        self, tenant: str, *, status: str | None, importer: str | None, limit: int, cursor: str | None
    ) -> Page[Job]:
        """Jobs of a tenant, newest first."""

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
        answers: Mapping[str, DateOrder] | None = None,
        suspended: Problem | None = None,
        phase: PhaseName | None = None,
    ) -> Job:
        """Move a job on, at once with what else changes and its entry in the log.

        A job that is there already stays as it is. ``new_run`` begins a new run of its execution; ``answers`` are the
        orders of date fields that came with a commit; ``suspended`` says why it is paused, if it resumes by itself.
        Raises `Conflict` when the move is not legal from its state.
        """

    def describe(self, ref: JobRef, *, file: JobFile, total: int) -> None:
        """Note what `plan` found out: the file, and how many rows were cut; once."""

    def remember(
        self,
        ref: JobRef,
        *,
        phase: PhaseName | None = None,
        date_orders: Mapping[str, DateOrder] | None = None,
        ambiguous: tuple[str, ...] | None = None,
    ) -> Job:
        """Note where a job is, and what was found out of its dates."""

    def log(self, job: Job, *, by: str = SYSTEM, note: str) -> None:
        """Write into a job's log what was done about it; its state stays."""

    def entries(self, ref: JobRef) -> list[LogEntry]:
        """The log of a job, oldest first."""

    def mark_deleted(self, ref: JobRef, *, by: str) -> Job:
        """Note once that a job that has ended is deleted, and by whom; it goes nowhere from then on."""

    def stay_paused(self, ref: JobRef, *, by: str) -> Job:
        """Note that a suspended job does not go on by itself any more, and who wanted that."""

    def read_again(self, job: Job, *, note: str) -> None:
        """Begin the plan of a sync anew, with nothing counted; once for each reading, and only while it is parsed."""

    def active(self) -> Iterator[Job]:
        """Jobs of all tenants that have not ended."""


class Locks(Protocol):
    """Locks of all tenants; the owner of a lock is a job of the lock's tenant."""

    def owner(self, lock: Lock) -> JobRef | None:
        """The owner as it is now; ``None`` if the lock is free."""

    def acquire(self, lock: Lock, ref: JobRef, *, instead_of: JobRef | None = None) -> bool:
        """Acquire a lock that is free or belongs to ``instead_of``; says whether the job owns it now.

        The owner may acquire it again.
        """

    def transfer(self, lock: Lock, owner: JobRef, to: JobRef) -> bool:
        """Make another job the owner; ``False`` if ``owner`` does not own the lock."""

    def release(self, lock: Lock, owner: JobRef) -> bool:
        """Free a lock; ``False`` if ``owner`` does not own it."""


class Chunks(Protocol):
    """The phases of jobs, and their chunks."""

    def add(self, chunks: Iterable[Chunk]) -> None:
        """Write queued chunks; one that is there already stays as it is."""

    def add_done(self, chunk: Chunk) -> None:
        """Write a chunk that needs no worker, and add its counts to the job's; nothing if it is there already."""

    def forget(self, ref: JobRef, name: PhaseName) -> None:
        """Remove a phase and its chunks, none of which a worker may hold."""

    def of_phase(self, ref: JobRef, name: PhaseName) -> Iterator[Chunk]:
        """All chunks of a phase, in order."""

    def get(self, ref: ChunkRef) -> Chunk | None:
        """One chunk as it is now."""

    def open_barrier(self, ref: JobRef, name: PhaseName, *, run: int, token: str) -> Barrier:
        """Set up the barrier of a phase for a run of the job.

        In the same run, a barrier that stands only takes the new token. A later run takes up the chunks that were given
        up before, and counts anew what remains.
        """

    def barrier(self, ref: JobRef, name: PhaseName) -> Barrier | None:
        """The barrier as it is now."""

    def lease(self, ref: ChunkRef, *, now: int, until: int) -> Chunk | None:
        """Take a chunk that is queued or whose lease ran out; ``None`` if another worker holds it, or it is closed."""

    def release(self, chunk: Chunk, error: Problem | None = None, *, tried: bool = True) -> None:
        """Give a leased chunk back to the queue; nothing happens when the lease is no longer ours.

        If nothing was ``tried``, the attempt is not counted.
        """

    def close(
        self,
        ref: ChunkRef,
        state: ChunkState,
        counts: Counts,
        error: Problem | None = None,
        *,
        free_at: int | None = None,
    ) -> bool:
        """Close a chunk, count down its phase and add to the job's counts, all or nothing.

        ``False`` when the chunk was closed before, or is leased beyond ``free_at``; then nothing changes.
        """


class Files(Protocol):
    """Objects in the bucket."""

    def open(self, key: str, etag: str | None = None) -> AbstractContextManager[BinaryIO]:
        """Open an object for random access; raises `NotFound`, and `FileRejected` when it is not of that etag."""

    def stat(self, key: str) -> tuple[int, str]:
        """Bytes of an object, and its etag; raises `NotFound`."""

    def size(self, key: str) -> int:
        """Bytes of an object; raises `NotFound`."""

    def read(self, key: str, start: int = 0, end: int | None = None, etag: str | None = None) -> bytes:
        """Read a range, or all of it; raises `NotFound`, and `FileRejected` when it is not of that etag."""

    def write(self, key: str, body: bytes) -> None:
        """Store an object, over one that is there."""

    def create(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Store a stream of unknown length."""

    def remove(self, prefix: str) -> None:
        """Remove every object whose key begins with the prefix."""

    def remove_file(self, key: str, etag: str | None) -> None:
        """Remove an object, unless it is gone or another one than that of the tag."""

    def names(self, prefix: str) -> list[str]:
        """Keys that begin with the prefix, sorted."""

    def download_url(self, key: str, file_name: str) -> str:
        """A presigned address from which the object is saved under this name; holds for some minutes."""

    def upload_form(self, key: str, max_bytes: int) -> dict[str, Any]:
        """A presigned POST ``{method, url, fields, expires_in}`` for exactly this key."""

    def begin_parts(self, key: str) -> str:
        """Begin an upload in parts; answers its id."""

    def part_url(self, key: str, upload_id: str, number: int, size: int) -> tuple[str, int]:
        """A presigned address to PUT a part of just so many bytes to, and the seconds that it holds."""

    def parts(self, key: str, upload_id: str) -> dict[int, StoredPart]:
        """The parts that have arrived, by number; raises `NotFound` when the upload is over."""

    def join_parts(self, key: str, upload_id: str, parts: Mapping[int, StoredPart]) -> None:
        """Make the object of these parts, as they were; raises `NotFound` when the upload is over."""


class Queue(Protocol):
    """Messages that name a chunk to be done."""

    def send(self, chunks: Sequence[ChunkRef], *, urgent: bool) -> None:
        """Send one message for each chunk."""

    def put_back(self, chunk: ChunkRef, queue_arn: str, seconds: int) -> None:
        """Send a chunk's message anew to the queue that it came from, for after so many seconds; it counts as new."""

    def delay(self, queue_arn: str, receipt: str, seconds: int) -> None:
        """Let a received message come again after so many seconds."""

    def depths(self) -> dict[str, dict[str, int]]:
        """``{queue: {waiting, active, delayed}}``; approximate, as SQS counts."""


class Machine(Protocol):
    """The state machine that runs jobs."""

    def start(self, job: Job) -> None:
        """Start the execution of the job's run; nothing happens if it was started before."""

    def is_over(self, job: Job) -> bool:
        """Whether the execution of the job's run has ended, in success or failure; one that never began has not."""

    def make_file(self, job: Job, name: str) -> bool:
        """See to it that a file of the job is made; ``False`` when that was tried for this run and failed for good."""

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        """Answer a task's token; one whose task is over already is left alone."""

    def fail(self, token: str, error: str, cause: str) -> None:
        """Answer a task's token with a failure."""


class Destination(Protocol):
    """Where rows end up."""

    def apply(self, batch: Batch) -> Applied:
        """Deliver a chunk; the same chunk again changes nothing and gives the same answer."""

    def compare(self, batch: Batch) -> Compared:
        """Say what `apply` would do now; nothing is written."""

    def undo(self, batch: Batch) -> Undone:
        """Put the rows that `apply` changed back as they were, where they are still as it left them.

        The same batch again changes nothing and gives the same answer; a batch that was never applied, or only in
        part, is undone as far as it got.
        """


class Records(Protocol):
    """Looking at a dataset."""

    def page(self, tenant: str, dataset: str, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
        """Records of a dataset."""

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        """One record; raises `NotFound`."""

    def history(self, tenant: str, dataset: str, key: str) -> list[dict[str, Any]]:
        """What a record was before, newest first: ``{key, job, values, from, until}``.

        Only of importers that archive; nothing of a record that was never superseded.
        """


class Schedules(Protocol):
    """When sources are pulled by themselves, of all tenants."""

    def get(self, tenant: str, source: str) -> Schedule | None:
        """The schedule of a source; ``None`` when it has none."""

    def put(self, tenant: str, source: str, schedule: Schedule) -> None:
        """Give a source a schedule that begins now or later, in place of the one that it has."""

    def remove(self, tenant: str, source: str) -> None:
        """Take a source's schedule away; nothing happens when it has none."""


class Upstreams(Protocol):
    """What is pulled page by page, and what is asked key by key."""

    def read(self, source: Source, offsets: Sequence[int], *, before: float) -> list[SourcePage]:
        """The pages of a source that begin at the offsets, before that time in epoch seconds; see `read_pages`."""

    def ask(self, lookup: Lookup, keys: Iterable[str], *, before: float, on_result: OnResult) -> LookupBatch:
        """Ask for each of the keys, before that time in epoch seconds; see `sluice.upstream.lookup_client.ask`."""


class LookupCache(Protocol):
    """Cached results of lookups, by tenant; times are epoch seconds."""

    def get(self, tenant: str, lookup: Lookup, keys: Iterable[str], *, now: int) -> dict[str, LookupResult]:
        """The answers to these keys that are still good."""

    def keep(self, tenant: str, lookup: Lookup, key: str, found: LookupResult, *, until: int) -> None:
        """Keep the answer to a key, in place of one before; at ``until`` it is good no longer."""


class Tickets(Protocol):
    """Tickets of all tenants."""

    def add(self, secret: str, ticket: Ticket, *, good_until: int) -> None:
        """Keep a ticket that can be used until then."""

    def use(self, tenant: str, secret: str, *, stream: str, now: int) -> Ticket | None:
        """Use a ticket up; ``None`` when it is not there, is too old, or was used before."""

    def get(self, tenant: str, secret: str) -> Ticket | None:
        """A ticket, used or not."""


class Connections(Protocol):
    """WebSocket connections that are open."""

    def add(self, connection: Connection, *, now: int) -> None:
        """Keep a connection, for as long as one can live."""

    def remove(self, connection_id: str) -> None:
        """Forget a connection; one that is not known is left alone."""

    def of_tenant(self, tenant: str) -> list[Connection]:
        """The connections of a tenant."""


class Sockets(Protocol):
    """The other end of those connections."""

    def post(self, connection_id: str, message: bytes) -> bool:
        """Send a message; ``False`` when the connection is gone."""


class Show(Protocol):
    """Writes what a watcher is sent."""

    def __call__(self, event: str, job: Job) -> bytes:
        """The message of an event."""
