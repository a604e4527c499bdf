"""A job: one run of an importer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Problem
from sluice.model.status import Status

#: What a tenant may be called: the name is part of every key and prefix, so it must not hold their separators.
TENANT = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: Kinds of jobs: of a file, and of an upstream.
IMPORT = "import"
SYNC = "sync"

#: Types of the problems of jobs that can be taken on from where they stopped.
BROKEN = "system-error"
UNPROCESSED = "unprocessed-rows"
UPSTREAM_REJECTED = "upstream-rejected"
#: Type of the problem of a sync that took too long.
OVERDUE = "sync-overdue"
RETRYABLE = frozenset({BROKEN, UNPROCESSED, UPSTREAM_REJECTED})
#: Type of the problem of a rollback that can be taken on.
HALF_UNDONE = "rollback-incomplete"

#: Where the course of a run begins.
Entry = Literal["plan", "load", "undo"]
#: Day first or month first; the year is last in both.
DateOrder = Literal["dmy", "mdy"]
#: Who does what nobody asked for: the course of the job, and tidying up.
SYSTEM = "sluice"


@dataclass(frozen=True)
class JobFile:
    """The file of a job; what is not known yet is ``None``.

    ``etag`` names the bytes that arrived: should the object be overwritten later, the job does not read on in it.
    ``upload_id`` is there when it was announced to come in parts.
    """

    name: str
    key: str
    bytes: int | None = None
    etag: str | None = None
    sha256: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    upload_id: str | None = None


@dataclass(frozen=True)
class Job:
    """One run of an importer, with its progress.

    Parameters
    ----------
    ref
        Tenant and id; ids are ULIDs, so they sort by the time they were made.
    mapping
        Headers of the file the caller assigned to columns, ``{header: field or title}``.
    urgent
        Whether its chunks go before those of other jobs.
    review
        Whether it stops after parsing until somebody commits it.
    force
        Whether it is done even if the same file was imported before.
    corrects
        Id of the job whose rejected rows this one brings again.
    phase
        The phase under way, or the one in which it was stopped.
    run_at
        When its run began, if that is not the first.
    instead_of
        Id of the sync whose place it took.
    run
        How often its course was set going: a commit, a resume, a retry and a rollback each begin a new run.
    planned
        Whether its file has been cut.
    committed
        Whether somebody has said that it may be loaded.
    date_orders
        DateOrder of day and month by date field, where the importer does not declare it: found out or answered.
    ambiguous
        Date fields of which a person must say the order.
    parameters
        What else its importer must know: ``{"ward": "79800001"}``.
    lookup
        Name of the lookup that its rows go through, instead of being loaded.
    suspended
        Why it is paused, if it goes on by itself.
    deleted
        Whether its files and rows were deleted.
    reads
        How often the pages of its source were read: again when rows moved in the meantime.
    version
        Rises with every change; the ETag of the job.
    """

    ref: JobRef
    importer: str
    file: JobFile
    requested_by: str
    batch_id: str
    created_at: datetime
    status: Status = Status.WAITING_FOR_FILE
    phase: PhaseName | None = None
    run: int = 1
    counts: Counts = field(default_factory=Counts)
    problem: Problem | None = None
    mapping: dict[str, str] | None = None
    urgent: bool = False
    review: bool = False
    force: bool = False
    corrects: str | None = None
    planned: bool = False
    committed: bool = False
    date_orders: dict[str, DateOrder] = field(default_factory=dict)
    ambiguous: tuple[str, ...] = ()
    started_at: datetime | None = None
    finished_at: datetime | None = None
    updated_at: datetime | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    lookup: str | None = None
    suspended: Problem | None = None
    deleted: bool = False
    run_at: datetime | None = None
    instead_of: str | None = None
    reads: int = 1
    version: int = 1
    kind: str = IMPORT

    @property
    def unanswered(self) -> list[str]:
        """Date fields whose order a person has still to say."""
        return [field for field in self.ambiguous if field not in self.date_orders]

    @property
    def needs_review(self) -> bool:
        """Whether it must not be loaded before somebody has looked at it.

        A commit is about what is known by then: a chunk that is parsed at a retry may bring up dates of its own.
        """
        return (self.review and not self.committed) or bool(self.unanswered)

    @property
    def is_sync(self) -> bool:
        """Whether its rows come from a source, not from a file."""
        return self.kind == SYNC

    @property
    def delivery(self) -> PhaseName:
        """The phase that delivers its staged rows: into a dataset, or to a lookup."""
        return PhaseName.LOOKUP if self.lookup else PhaseName.LOAD

    @property
    def entry(self) -> Entry:
        """Where the course begins that takes the job on from its state."""
        match self.status:
            case Status.ROLLING_BACK:
                return "undo"
            case Status.LOADING:
                return "load"
            case _:
                return "plan"


def allowed_actions(job: Job) -> list[str]:
    """What a caller may ask of a job in its state, by the names of the API's calls."""
    moves = _allowed_actions(job)
    if job.lookup or job.deleted:  # a lookup has changed nothing that could be taken back
        moves = [move for move in moves if move != "rollback"]
    return [] if job.deleted else moves


def _allowed_actions(job: Job) -> list[str]:  # noqa: PLR0911 - a list for each state
    match job.status:
        case Status.WAITING_FOR_FILE | Status.PAUSING:
            return ["cancel"]
        case Status.QUEUED | Status.PARSING | Status.LOADING:
            return ["cancel", "pause"]
        case Status.IN_REVIEW:
            return ["commit", "cancel"]
        case Status.PAUSED:
            return ["resume", "cancel"]
        case Status.FAILED if job.problem and job.problem.type in RETRYABLE:
            return ["retry", "rollback"] if job.planned else ["retry"]
        case Status.FAILED if job.problem and job.problem.type == OVERDUE and job.planned:
            return ["rollback"]
        case Status.FAILED if job.problem and job.problem.type == HALF_UNDONE:
            return ["rollback"]
        case Status.COMPLETED if job.counts.inserted + job.counts.updated:
            return ["rollback"]
        case Status.CANCELLED if job.planned and (job.committed or not job.review):
            return ["rollback"]  # whatever its counts say: a worker may have died between writing and counting
        case _:
            return []


@dataclass(frozen=True)
class Progress:
    """How far the phase under way is: ``current`` of ``total`` rows, ``percent`` from 0 to 100.

    ``code`` names the sentence about it, see `sluice.wording.word_progress`.
    """

    current: int
    total: int
    percent: int
    code: str


@dataclass(frozen=True)
class LogEntry:
    """Something that was done to a job.

    Parameters
    ----------
    at
        When, UTC.
    by
        Subject of the caller's token, or `SYSTEM`.
    status
        What the job was after it.
    note
        More of it, in words; empty when the status says all.
    """

    at: datetime
    by: str
    status: Status
    note: str = ""
