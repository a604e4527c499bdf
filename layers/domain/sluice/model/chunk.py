"""Phases of a job and their chunks, the unit of work and of retry."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sluice.model.counts import Counts
from sluice.model.errors import Problem, format_of

#: Format of a queue message, see `format_of`.
MESSAGE_FORMAT = 1


@dataclass(frozen=True)
class JobRef:
    """Names a job; another tenant's job of the same id does not exist."""

    tenant: str
    id: str


class PhaseName(StrEnum):
    """The fanned-out stages of a job, in the order in which a job goes through them."""

    PARSE = "parse"
    COMPARE = "compare"
    LOAD = "load"
    LOOKUP = "lookup"
    ABSENT = "absent"
    UNDO = "undo"


class ChunkState(StrEnum):
    """The states of a chunk; ``done`` is final, ``failed`` lasts until a later run opens the phase again."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


CLOSED = frozenset({ChunkState.DONE, ChunkState.FAILED})


@dataclass(frozen=True)
class ChunkRef:
    """Names one chunk of one phase of one job.

    ``round`` rises each time the chunk is opened again. A name of an earlier round names the same chunk, and closes
    nothing.
    """

    job: JobRef
    phase: PhaseName
    index: int
    round: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Chunk:
    """A slice of a job's rows in one phase.

    Parameters
    ----------
    ref
        Its name.
    first_row
        Row number in the sheet of its first row.
    rows
        Number of rows to process in this phase.
    start, end
        Byte range of the slice in the uploaded file; 0 and 0 if the slice is an object of its own.
    state, attempts
        Its state, and how often a worker has leased it.
    lease_until
        End of the lease in epoch seconds.
    counts
        Counts that it added to the job when it was closed.
    error
        Problem of the last attempt that failed.
    closed_at
        Time at which it was closed last.
    version
        Version of the recipe that it was parsed with; 0 if it never was.
    depends
        Keys of the decisions on which its rows depend, see `Recipe.is_stale`.
    touched
        Whether an attempt that ended without a count may have delivered rows of it.
    due_at
        Time from which a worker may take it if it is queued, in epoch seconds: it was made, or released with a delay.
    """

    ref: ChunkRef
    first_row: int
    rows: int
    start: int = 0
    end: int = 0
    state: ChunkState = ChunkState.QUEUED
    attempts: int = 0
    lease_until: int = 0
    counts: Counts = field(default_factory=Counts)
    error: Problem | None = None
    closed_at: datetime | None = None
    version: int = 0
    depends: frozenset[str] = frozenset()
    touched: bool = False
    due_at: int = field(default=0, compare=False)

    @property
    def is_uncounted(self) -> bool:
        """Whether a worker that died, or an attempt that failed, may have delivered rows that no count has yet."""
        delivers = self.ref.phase in {PhaseName.LOAD, PhaseName.ABSENT}
        return delivers and (self.state is ChunkState.RUNNING or (self.touched and self.state not in CLOSED))

    @property
    def is_again(self) -> bool:
        """Whether an earlier attempt may have written its objects, with another result."""
        return self.attempts > 1 or self.ref.round > 0

    def is_held(self, now: int) -> bool:
        """Return whether a worker holds the lease at this time, in epoch seconds."""
        return self.state is ChunkState.RUNNING and self.lease_until > now


def queue_of(phase: PhaseName | None, *, urgent: bool) -> str:
    """Return the name of the queue of a phase's messages.

    Lookups have a queue of their own: they wait for slots of a rate most of the time, so a few small workers do them.
    """
    if phase is PhaseName.LOOKUP:
        return "lookup"
    return "urgent" if urgent else "standard"


@dataclass(frozen=True)
class Parsed:
    """What a chunk adds to the counts of its job by being parsed; ``version`` and ``depends`` as of a `Chunk`."""

    counts: Counts
    version: int
    depends: frozenset[str]


@dataclass(frozen=True)
class Barrier:
    """The barrier of a phase: ``remaining`` chunks until ``token`` is answered, in the job's ``run``."""

    name: PhaseName
    run: int
    total: int
    remaining: int
    failed: int
    token: str


def to_message(ref: ChunkRef) -> str:
    """Write the message that names a chunk."""
    named = {"tenant": ref.job.tenant, "job_id": ref.job.id, "phase": ref.phase, "index": ref.index, "round": ref.round}
    return json.dumps({"format": MESSAGE_FORMAT, **named})


def from_message(body: str) -> ChunkRef:
    """Read the name of a chunk from its message.

    Raises
    ------
    ValueError, KeyError
        If the text is not what `to_message` wrote.
    NewerFormat
        If a newer version wrote it.
    """
    named = json.loads(body)
    format_of(named, "The message", newest=MESSAGE_FORMAT)
    job = JobRef(named["tenant"], named["job_id"])
    return ChunkRef(job, PhaseName(named["phase"]), int(named["index"]), int(named.get("round", 0)))
