"""Responses about jobs, uploads, rejections, files and records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from sluice.api.importers import (
    FileResponse,
    OptionsResponse,
    QuestionResponse,
    RecallResponse,
    file_response,
    options_response,
    question_response,
    recall_response,
    recipe_response,
    response_from,
)
from sluice.api.problems import Problem, shown
from sluice.api.requests import Priority, Questions, RecipeBody
from sluice.model.chunk import PhaseName
from sluice.model.job import Job, WaitsFor, allowed_actions
from sluice.model.rejection import Rejection, code_of
from sluice.model.status import INACTIVE, Status
from sluice.usecases.multipart import Parts
from sluice.usecases.views import progress_of
from sluice.wording import word_detail, word_progress, word_reason, word_rejection

T = TypeVar("T")


class ListResponse(BaseModel, Generic[T]):
    """A page of a list; ask for the next one with ``?cursor=``."""

    items: list[T]
    next: str | None = Field(description="Cursor of the next page, null at the end.")


class ProgressResponse(BaseModel):
    """Progress of the phase under way."""

    current: int
    total: int
    percent: int
    message: str
    code: str = Field(description="Code of the message, the same in every language, such as `loading`.")
    waits_since: datetime | None = Field(
        description="Since when it waits for a worker; null if it does not, and in lists, events and messages."
    )


class CountsResponse(BaseModel):
    """Rows by outcome; their sum, beginning at ``inserted`` and up to ``unprocessed``, is the total."""

    total: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int = Field(description="Rows whose record was deleted, in mode `delete`.")
    rejected: int
    skipped: int = Field(description="Hidden rows that the recipe leaves out.")
    unprocessed: int
    kept_blank: int = Field(description="Blank cells whose record kept its value; cells, in no sum.")
    absent: int = Field(description="Records that the file lacks, and that mode `mirror` has deleted; in no sum.")
    absent_left: int = Field(description="Records that the file lacks, and that stay since others changed them.")


class RollbackResponse(BaseModel):
    """Rows that the job had changed, by the outcome of its rollback."""

    reversed: int
    conflicts: int = Field(description="Rows that stay as they are, because they were changed since.")
    failed: int


class SyncProgressResponse(BaseModel):
    """Progress of a sync: rows of its source that were read, and the total that its upstream named."""

    stage: str
    offset: int
    current_total: int
    expected_total: int
    deleted_upstream: int = Field(description="Records that the upstream no longer has, now marked as deleted.")
    reads: int = Field(description="Number of readings of its pages: more than one if rows moved meanwhile.")


class JobResponse(BaseModel):
    """A job, the same in every response; lists and messages of the WebSocket have no evidence of its decisions."""

    id: str
    kind: Literal["import", "sync"]
    importer: str
    status: Status
    phase: PhaseName | None = Field(description="The phase under way, or the one in which it was stopped.")
    progress: ProgressResponse
    counts: CountsResponse
    rollback: RollbackResponse | None
    problem: Problem | None = Field(description="Why it failed; null for any other job.")
    file: FileResponse | None = Field(description="Null for a sync.")
    sync: SyncProgressResponse | None = Field(description="Null for an import.")
    lookup: str | None = Field(description="The lookup that its rows go through, instead of being loaded.")
    recipe: RecipeBody = Field(description="Every decision about its file so far, and how each was made.")
    remembered: RecallResponse | None = Field(
        description="The remembered recipe that it uses or offers; null if there is none for its file."
    )
    questions: list[QuestionResponse] = Field(description="Decisions that its file leaves open.")
    waiting_for: Literal["answers", "commit"] | None = Field(
        description="What it waits for in review; null in any other state."
    )
    asks: Questions = Field(description="What it does where its file leaves a decision open.")
    options: OptionsResponse | None = Field(description="What it does to its dataset; null for a lookup.")
    waits_for: WaitsFor | None = Field(description="What it waits for, while it is queued or rolling back.")
    suspended: str | None = Field(description="Reason of a pause that ends automatically.")
    deleted: bool = Field(description="Whether its files and rows were deleted.")
    batch_id: str
    priority: Priority
    review: bool = Field(description="Whether it stops for review before it loads.")
    corrects: str | None = Field(description="Id of the job whose rejected rows it corrects.")
    requested_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime = Field(description="Time of its last change.")
    version: int
    links: dict[str, str] = Field(description="Address of each call that the job allows, and of what can be read.")


class TicketResponse(BaseModel):
    """A ticket, which replaces a token once, and the addresses that take it."""

    ticket: str
    expires_in: int = Field(description="Seconds until the ticket expires.")
    links: dict[str, str] = Field(description="Addresses that contain the ticket: `events` of a job, `socket`.")


class RejectionResponse(BaseModel):
    """One wrong cell; ``row`` is the row number that a spreadsheet shows."""

    sheet: str
    row: int
    column: str | None
    value: str | None
    reason: str = Field(description='Finishes the sentence "this value …".')
    code: str = Field(description="Code of the reason, the same in every language.")
    params: dict[str, Any] = Field(description="Parameters of the reason, such as `minimum`.")


class KeptRowResponse(BaseModel):
    """A record that a rollback, or the deletion of records that the file lacks, left as it is."""

    key: str
    outcome: Literal["conflict", "failed", "left"] = Field(
        description="`conflict` if it was changed since; `left` if it was to be deleted, as the file lacks it."
    )
    job: str | None = Field(description="Id of the job that wrote the row last.")
    reason: str


class LogResponse(BaseModel):
    """An entry of a job's log."""

    at: datetime
    by: str
    status: Status = Field(description="State of the job after the change.")
    note: str


class FileOfferResponse(BaseModel):
    """A file to download."""

    name: str
    title: str
    rows: int
    bytes: int | None = Field(description="Null until the file is made, at its first request.")
    link: str


class RecordResponse(BaseModel):
    """A record of a dataset, and the job that wrote it last."""

    key: str
    job: str
    values: dict[str, Any]
    deleted_at: datetime | None = Field(None, description="When the job marked it as deleted, if it did.")


class VersionResponse(BaseModel):
    """An earlier version of a record, the time in which it was valid, and the job that wrote it."""

    key: str
    job: str
    values: dict[str, Any]
    since: datetime | None = Field(alias="from", description="Null if it was not recorded.")
    until: datetime


class QueueResponse(BaseModel):
    """Chunks in a queue, as SQS counts them."""

    waiting: int
    active: int
    delayed: int


class HealthResponse(BaseModel):
    """The API is up."""

    status: Literal["ok"]


class UploadForm(BaseModel):
    """Presigned form of the upload: a multipart form of these fields, then the file as ``file``."""

    method: Literal["POST"]
    url: str
    fields: dict[str, str]
    expires_in: int = Field(description="Seconds until the form expires.")


class PartResponse(BaseModel):
    """A part of the file: its size in bytes, and the URL to PUT it to."""

    number: int
    bytes: int
    url: str | None = Field(description="Null if the part has arrived.")


class UploadParts(BaseModel):
    """Parts of the upload: each has ``part_bytes`` bytes, except the last; a POST to ``links.self`` joins them."""

    method: Literal["PUT"] = "PUT"
    part_bytes: int
    parts: list[PartResponse]
    expires_in: int = Field(description="Seconds until the URLs expire; a GET returns new ones.")
    links: dict[str, str]


class ImportResponse(BaseModel):
    """Response of ``POST /v1/imports``."""

    job: JobResponse
    upload: UploadForm | UploadParts


def job_response(job: Job, base_url: str, *, brief: bool = False, waits_since: datetime | None = None) -> JobResponse:
    """Build the response about a job; links begin with ``base_url``, and each leads to an existing resource.

    A brief one has no evidence, because a response has at most 6 MB and a message of the WebSocket 128 KB.
    ``waits_since`` is when its wait for a worker began.
    """
    progress = progress_of(job, waits_since)
    said = word_progress(job, progress.code, since=waits_since)
    return response_from(
        JobResponse,
        job,
        id=job.ref.id,
        kind="sync" if job.is_sync else "import",
        progress=response_from(ProgressResponse, progress, message=said, waits_since=waits_since),
        counts=response_from(CountsResponse, job.counts),
        rollback=_rollback(job),
        problem=Problem(**shown(job.problem, base_url)) if job.problem else None,
        file=None if job.is_sync else file_response(job),
        sync=_pull(job) if job.is_sync else None,
        recipe=recipe_response(job, brief=brief),
        remembered=recall_response(job.recall, brief=brief) if job.recall else None,
        questions=[question_response(each, brief=brief) for each in job.questions],
        options=None if job.lookup else options_response(job.options),
        suspended=word_detail(job.suspended) if job.suspended else None,
        priority="urgent" if job.urgent else "standard",
        updated_at=job.updated_at or job.created_at,
        links=_links(job, f"{base_url}/v1/jobs/{job.ref.id}"),
    )


def rejection_response(rejection: Rejection) -> RejectionResponse:
    """Build the response about a rejection."""
    return RejectionResponse(**asdict(rejection), reason=word_rejection(rejection))


def kept_row_response(stored: Mapping[str, Any]) -> KeptRowResponse:
    """Build the response about a row that a rollback left as it is."""
    reason = word_reason(*code_of(stored))
    outcomes: dict[str, Literal["conflict", "failed", "left"]] = {"failed": "failed", "left": "left"}
    # "kept" in format 0
    outcome = outcomes.get(stored["outcome"], "conflict")
    return KeptRowResponse(key=stored["key"], outcome=outcome, job=stored["job_id"], reason=reason)


def parts_response(job_id: str, parts: Parts, base_url: str) -> UploadParts:
    """Build the response about the parts of an upload."""
    shown = [response_from(PartResponse, part) for part in parts.parts]
    return response_from(
        UploadParts, parts, method="PUT", parts=shown, links={"self": f"{base_url}/v1/jobs/{job_id}/upload"}
    )


def _pull(job: Job) -> SyncProgressResponse:
    counts = job.counts
    stage = "reading" if job.status in {Status.QUEUED, Status.PARSING} else str(job.status)
    return SyncProgressResponse(
        stage=stage,
        offset=counts.checked,
        current_total=counts.checked,
        expected_total=counts.total,
        deleted_upstream=counts.absent,
        reads=job.reads,
    )


def _rollback(job: Job) -> RollbackResponse | None:
    counts = job.counts
    if job.status in {Status.ROLLING_BACK, Status.ROLLED_BACK} or counts.undone:
        return RollbackResponse(reversed=counts.reversed, conflicts=counts.conflicts, failed=counts.rollback_failed)
    return None


def _links(job: Job, here: str) -> dict[str, str]:
    if job.deleted:
        return {"self": here, "log": f"{here}/log"}
    names = ["log", *allowed_actions(job, datetime.now(UTC))]
    if job.planned and job.status is not Status.PARSING:
        names.append("preview")
    if job.counts.rejected:
        names.append("rejections")
    if job.counts.conflicts or job.counts.rollback_failed or job.counts.absent_left:
        names.append("kept")
    if job.status in INACTIVE and job.planned:
        names.append("files")
    return {"self": here} | {name: f"{here}/{name}" for name in names}
