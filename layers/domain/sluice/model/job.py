"""A job: one import of a file or one sync of a source, with its log and its allowed actions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import GUARD, QUESTION, QUOTA, REJECTIONS, Problem, quotable
from sluice.model.options import GivenOptions, LoadOptions
from sluice.model.recipe import Question, Recall, Recipe
from sluice.model.retention import Case, is_kept
from sluice.model.status import Status

#: Ids are ULIDs. Another text is the id of no job, and may be no key of a store.
JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: Names of tenants: a name is part of every key and prefix, so it must not contain their separators.
TENANT = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: Kinds of jobs: the import of a file, and the sync of a source.
IMPORT = "import"
SYNC = "sync"

#: Types of the problems of failed jobs that a caller can retry.
BROKEN = "system-error"
UNPROCESSED = "unprocessed-rows"
UPSTREAM_REJECTED = "upstream-rejected"
#: Type of the problem of a sync that exceeded its time limit.
OVERDUE = "sync-overdue"
#: Type of the problem of a sync whose source lacks a field in every row.
SOURCE_DRIFT = "source-drift"
RETRYABLE = frozenset({BROKEN, UNPROCESSED, UPSTREAM_REJECTED, QUOTA})
#: Type of the problem of a rollback that failed half-way; a caller can roll the job back again.
HALF_UNDONE = "rollback-incomplete"

#: Types of the problems of failed jobs that have left the dataset as it was, except for rows changed by others.
NOTHING_LOADED = frozenset({GUARD, QUESTION, REJECTIONS})

#: State of the state machine at which the execution of a run begins.
Entry = Literal["plan", "load", "undo"]
# Actions that need what a job has left.
_NEEDS_KEPT: tuple[Case, ...] = ("retry", "rollback")
#: What becomes of a question: the job waits in review until it is answered, or fails.
Asks = Literal["ask", "fail"]
#: Folder of the bucket whose files become jobs by themselves.
DROP_FOLDER = "incoming"
#: Type of the problem of a job of the drop folder, if a newer file was loaded before it.
OVERTAKEN = "overtaken"
#: Actor of changes that no caller requested: executions, workers and the sweeper.
SYSTEM = "sluice"


@dataclass(frozen=True)
class SheetOfFile:
    """A sheet of a job's workbook that has a value.

    Parameters
    ----------
    name
        Of its tab.
    header_row
        Row number of its header; ``None`` if the sheet is not read.
    rows
        Rows with a value, below a header, of a sheet that is not read; ``None`` of another, or if they are not counted.
    is_hidden
        Whether a spreadsheet program hides it.
    is_filtered, hidden_rows, hidden_columns, merged_ranges
        Of a sheet that is read: whether a filter selects rows; the numbers of its hidden rows with a value and hidden
        columns with a title; and that of its merged ranges below the header. ``None`` where the reader cannot tell.
    """

    name: str
    header_row: int | None = None
    rows: int | None = None
    is_hidden: bool = False
    is_filtered: bool | None = None
    hidden_rows: int | None = None
    hidden_columns: int | None = None
    merged_ranges: int | None = None

    @property
    def is_read(self) -> bool:
        """Whether its rows are among those of the job."""
        return self.header_row is not None


@dataclass(frozen=True)
class JobFile:
    """The file of a job; attributes that are not known yet are ``None``.

    ``etag`` identifies the bytes that arrived: if the object is overwritten later, the job stops reading it.
    ``upload_id`` is the id of a multipart upload. ``sheets`` are the first sheets of a workbook.
    """

    name: str
    key: str
    bytes: int | None = None
    etag: str | None = None
    sha256: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    upload_id: str | None = None
    sheets: tuple[SheetOfFile, ...] = ()


@dataclass(frozen=True)
class WaitsFor:
    """What a job waits for: the lock of its importer or of its dataset, and the id of the job that holds it."""

    lock: Literal["importer", "dataset"]
    job: str


@dataclass(frozen=True)
class Decided:
    """What is decided about a job at once: its recipe, the questions that stay open, its options, and what is recalled.

    ``options`` and ``recall`` are ``None`` where they stay as they are. What the questions quote of a file is cut.
    """

    recipe: Recipe
    questions: tuple[Question, ...] = ()
    options: LoadOptions | None = None
    recall: Recall | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "questions", tuple(map(_quotable, self.questions)))


def _quotable(question: Question) -> Question:  # it names 50 sheets or headers at most
    choices = tuple(replace(each, params=quotable(each.params, items=50)) for each in question.choices)
    return replace(question, choices=choices, params=quotable(question.params, items=50))


@dataclass(frozen=True)
class StoredPart:
    """A part of a multipart upload that has arrived: its size in bytes, and the etag of its content."""

    bytes: int
    etag: str


@dataclass(frozen=True)
class Job:
    """A job of an importer or a source, with its progress.

    Parameters
    ----------
    ref
        Tenant and id; ids are ULIDs, so they sort by creation time.
    recipe
        Every decision about how its file is read.
    questions
        What its file leaves open.
    recall
        The remembered recipe that it uses or offers; ``None`` if there is none.
    asks
        Whether it waits for the answers to its questions, or fails.
    split
        How often its file was split anew; what is made of a split lies in a folder of its own.
    split_by
        Version of the recipe by which its file was split last.
    urgent
        Whether its chunks are processed before those of other jobs.
    review
        Whether it stops after parsing until a caller commits it.
    force
        Whether it is imported even if the same file was imported before.
    corrects
        Id of the job whose rejected rows it corrects.
    phase
        The phase under way, or the one in which it was stopped.
    run_at
        Time at which its run began; ``None`` in the first run.
    run
        Number of its executions: a commit, a resume, a retry and a rollback each begin a new run.
    planned
        Whether its file has been split.
    committed
        Whether a caller has committed it.
    kept_until
        Time until which the rows and files of one that has ended are kept; ``None`` before its end.
    lookup
        Name of the lookup that its rows go through instead of a load.
    suspended
        Reason of a pause that ends automatically; ``None`` otherwise.
    deleted
        Whether its files and rows were deleted.
    reads
        Number of readings of its source; more than one if rows moved meanwhile.
    options
        What it does to the dataset.
    given
        Which of its options its caller gave.
    hold
        Number of its present hold of its dataset's lock; 0 if it does not hold it.
    waits_for
        The lock that it waits for; ``None`` if it waits for none.
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
    recipe: Recipe = field(default_factory=Recipe)
    questions: tuple[Question, ...] = ()
    recall: Recall | None = None
    asks: Asks = "ask"
    split: int = 0
    split_by: int = 0
    urgent: bool = False
    review: bool = False
    force: bool = False
    corrects: str | None = None
    planned: bool = False
    committed: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None
    updated_at: datetime | None = None
    kept_until: datetime | None = None
    lookup: str | None = None
    suspended: Problem | None = None
    deleted: bool = False
    run_at: datetime | None = None
    reads: int = 1
    options: LoadOptions = field(default_factory=LoadOptions)
    given: GivenOptions = field(default_factory=GivenOptions)
    hold: int = 0
    waits_for: WaitsFor | None = None
    version: int = 1
    kind: str = IMPORT

    @property
    def needs_commit(self) -> bool:
        """Whether a caller must commit the job before it is loaded."""
        return self.review and not self.committed

    @property
    def needs_review(self) -> bool:
        """Whether a caller must answer its questions or commit it before it is loaded.

        A commit covers only what is known at that time: a chunk that a retry parses may leave something open.
        """
        return self.needs_commit or bool(self.questions)

    @property
    def waiting_for(self) -> Literal["answers", "commit"] | None:
        """What a job in review waits for."""
        if self.status is not Status.IN_REVIEW:
            return None
        return "answers" if self.questions else "commit"

    @property
    def mirrors(self) -> bool:
        """Whether it deletes the records whose keys its file lacks."""
        return self.options.mode == "mirror" and not self.lookup

    @property
    def compares_first(self) -> bool:
        """Whether it is compared with its dataset before it loads, reviewed or not; a lookup has no dataset."""
        return self.options.always_compares and not self.lookup

    @property
    def must_undo(self) -> bool:
        """Whether its load has shown a rejected row, and it loads all rows or none: then nothing of it may stay."""
        stops = self.options.on_rejections == "stop" and self.status is Status.LOADING
        return stops and self.counts.rejected > 0

    @property
    def has_loaded_nothing(self) -> bool:
        """Whether it failed because of a guard or its rejected rows, before its load or with all of it taken back."""
        return self.status is Status.FAILED and self.problem is not None and self.problem.type in NOTHING_LOADED

    @property
    def is_sync(self) -> bool:
        """Whether its rows come from a source instead of a file."""
        return self.kind == SYNC

    @property
    def is_dropped(self) -> bool:
        """Whether its file came through the drop folder; such jobs load in the order in which their files arrived."""
        return self.file.key.startswith(f"{DROP_FOLDER}/")

    @property
    def is_in_line(self) -> bool:
        """Whether it waits in the line of its dataset's lock; then its run has no execution yet."""
        return not self.hold and self.waits_for is not None and self.waits_for.lock == "dataset"

    @property
    def delivery(self) -> PhaseName:
        """Phase that delivers its staged rows: to a dataset, or to a lookup."""
        return PhaseName.LOOKUP if self.lookup else PhaseName.LOAD

    @property
    def entry(self) -> Entry:
        """State of the state machine at which its next execution begins."""
        match self.status:
            case Status.ROLLING_BACK:
                return "undo"
            case Status.LOADING:
                return "load"
            case _:
                return "plan"


@dataclass(frozen=True)
class Progress:
    """The progress of the phase under way: ``current`` of ``total`` rows, ``percent`` from 0 to 100.

    ``code`` names its sentence, see `sluice.wording.word_progress`; ``waits_since`` is when a wait for a worker began.
    """

    current: int
    total: int
    percent: int
    code: str
    waits_since: datetime | None = None


@dataclass(frozen=True)
class LogEntry:
    """An entry of a job's log.

    Parameters
    ----------
    at
        Time of the change, in UTC.
    by
        Subject of the caller's token, or `SYSTEM`.
    status
        State of the job after the change.
    note
        Details in words; empty if the status says enough.
    """

    at: datetime
    by: str
    status: Status
    note: str = ""


def is_retryable(job: Job) -> bool:
    """Tell whether a failed job can go on; a sync that found the limits reached never was its source's current job."""
    if job.problem is None or job.problem.type not in RETRYABLE:
        return False
    return not (job.is_sync and job.problem.type == QUOTA)


def allowed_actions(job: Job, now: datetime | None = None) -> list[str]:
    """List the actions that callers may request in the job's state, by the names of the API's calls.

    At a time ``now``, those for which nothing is kept any more are not among them.
    """
    actions = _allowed_actions(job)
    if now is not None:
        over = {action for action in _NEEDS_KEPT if not is_kept(job, action, now)}
        actions = [action for action in actions if action not in over]
    if job.lookup or job.deleted:  # a lookup writes to no dataset, so there is nothing to roll back
        actions = [action for action in actions if action != "rollback"]
    return [] if job.deleted else actions


def _allowed_actions(job: Job) -> list[str]:  # noqa: PLR0911 - a list for each state
    match job.status:
        case Status.WAITING_FOR_FILE | Status.PAUSING:
            return ["cancel"]
        case Status.QUEUED | Status.PARSING | Status.LOADING:
            return ["cancel", "pause"]
        case Status.IN_REVIEW:
            return ["answers", "cancel"] if job.questions else ["commit", "answers", "cancel"]
        case Status.PAUSED:
            return ["resume", "cancel"]
        case Status.FAILED if is_retryable(job):
            return ["retry", "rollback"] if job.planned else ["retry"]
        case Status.FAILED if job.problem and job.problem.type == OVERDUE and job.planned:
            return ["rollback"]
        case Status.FAILED if job.problem and job.problem.type == HALF_UNDONE:
            return [] if job.problem.params.get("case") == "expired" else ["rollback"]
        case Status.COMPLETED if job.counts.changed:
            return ["rollback"]
        case Status.CANCELLED if job.planned and (job.committed or not job.review):
            return ["rollback"]  # even with counts of 0: a worker may have died between writing and counting
        case _:
            return []
