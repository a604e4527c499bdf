"""What callers get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from sluice.api.problems import shown
from sluice.model.job import Job, allowed_actions, progress_of
from sluice.model.rejection import Rejection, code_of
from sluice.model.status import INACTIVE, Status
from sluice.usecases.multipart import Parts
from sluice.wording import word_detail, word_progress, word_reason, word_rejection

T = TypeVar("T")


class ListResponse(BaseModel, Generic[T]):
    """A page of a list; ask for the next one with ``?cursor=``."""

    items: list[T]
    next: str | None = Field(description="Cursor of the next page, null at the end.")


class ProgressResponse(BaseModel):
    """How far the phase under way is."""

    current: int
    total: int
    percent: int
    message: str


class CountsResponse(BaseModel):
    """Rows by where they went; inserted + updated + unchanged + rejected + unprocessed = total."""

    total: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    unprocessed: int


class RollbackResponse(BaseModel):
    """What a rollback did with the rows that the job had changed."""

    reversed: int
    conflicts: int = Field(description="Left as they are, because they were changed since.")
    failed: int


class FileResponse(BaseModel):
    """The file of a job."""

    name: str
    bytes: int | None
    sha256: str | None
    encoding: str | None
    delimiter: str | None


class SyncProgressResponse(BaseModel):
    """How far a sync is: rows of its source that were read, and those that its upstream spoke of."""

    stage: str
    offset: int
    current_total: int
    expected_total: int
    deleted_upstream: int = Field(description="Rows that the upstream has no longer; marked so, and among the updated.")
    reads: int = Field(description="How often its pages were read: more than once if rows moved in the meantime.")


class JobResponse(BaseModel):
    """A job, as every call shows it."""

    id: str
    kind: str
    importer: str
    status: str
    phase: str | None
    progress: ProgressResponse
    counts: CountsResponse
    rollback: RollbackResponse | None
    problem: dict[str, Any] | None
    file: FileResponse | None = Field(description="Null for a sync.")
    sync: SyncProgressResponse | None = Field(description="Null for an import.")
    lookup: str | None = Field(description="The lookup that its rows go through, instead of being loaded.")
    parameters: dict[str, str] = Field(description="What its importer must know beside the file, such as a ward.")
    suspended: str | None = Field(description="Why it is paused, if it goes on by itself.")
    deleted: bool = Field(description="Whether its files and rows were deleted.")
    batch_id: str
    priority: str
    review: bool = Field(description="Whether it stops before it loads, to be looked at.")
    corrects: str | None = Field(description="Id of the job whose rejected rows it brings again.")
    ambiguous_dates: list[str] = Field(description="Date fields whose order of day and month must be said to commit.")
    requested_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime = Field(description="When it changed last.")
    version: int
    links: dict[str, str]


class TicketResponse(BaseModel):
    """A ticket, and where it lets in: once, instead of a token."""

    ticket: str
    expires_in: int = Field(description="Seconds until the ticket expires.")
    links: dict[str, str] = Field(description="Addresses with the ticket in them: `events` of a job, `socket`.")


class StepResponse(BaseModel):
    """So many rows of a phase were done at that time."""

    at: datetime
    phase: str
    rows: int


class RejectionResponse(BaseModel):
    """One wrong cell; ``row`` is the row number a person sees in the sheet."""

    sheet: str
    row: int
    column: str | None
    value: str | None
    reason: str = Field(description='Finishes the sentence "this value …".')
    code: str = Field(description="What is wrong, the same in every language.")
    params: dict[str, Any] = Field(description="What the reason names, such as `minimum`.")


class KeptRowResponse(BaseModel):
    """A row that a rollback left as it is."""

    key: str
    outcome: str = Field(description="`conflict` if it was changed since, or `failed`.")
    job: str | None = Field(description="Who wrote the row that is there now.")
    reason: str


class LogResponse(BaseModel):
    """Something that was done to a job."""

    at: datetime
    by: str
    status: str = Field(description="What the job was after it.")
    note: str


class FileOfferResponse(BaseModel):
    """A file to download."""

    name: str
    title: str
    rows: int
    bytes: int | None = Field(description="Null until the file is made; that is done when it is first asked for.")
    link: str


class RecordResponse(BaseModel):
    """A record of a dataset, and the job that wrote it last."""

    key: str
    job: str
    values: dict[str, Any]


class VersionResponse(RecordResponse):
    """A record as it was from one instant until another, and the job that wrote it then."""

    since: datetime | None = Field(alias="from", description="Null if it was not recorded.")
    until: datetime


class UploadForm(BaseModel):
    """How to send the file: a multipart form of these fields, then the file as ``file``."""

    method: str
    url: str
    fields: dict[str, str]
    expires_in: int = Field(description="Seconds until the form expires.")


class PartResponse(BaseModel):
    """A part of the file: ``bytes`` of it are PUT to ``url``."""

    number: int
    bytes: int
    url: str | None = Field(description="Null when the part has arrived.")


class UploadParts(BaseModel):
    """How to send the file in parts of ``part_bytes``, the last of the rest; a POST to ``links.self`` joins them."""

    method: str = "PUT"
    part_bytes: int
    parts: list[PartResponse]
    expires_in: int = Field(description="Seconds until the addresses expire; a GET gives new ones.")
    links: dict[str, str]


class ImportResponse(BaseModel):
    """Answer of ``POST /v1/imports``."""

    job: JobResponse
    upload: UploadForm | UploadParts


def job_response(job: Job, base_url: str) -> JobResponse:
    """Show a job; links begin with ``base_url`` and are there only when they lead somewhere."""
    counts, progress = job.counts, progress_of(job)
    return JobResponse(
        id=job.ref.id,
        kind=job.kind,
        importer=job.importer,
        status=job.status,
        phase=job.phase,
        progress=ProgressResponse(
            current=progress.current, total=progress.total, percent=progress.percent, message=word_progress(job)
        ),
        counts=CountsResponse(
            total=counts.total,
            inserted=counts.inserted,
            updated=counts.updated,
            unchanged=counts.unchanged,
            rejected=counts.rejected,
            unprocessed=counts.unprocessed,
        ),
        rollback=_rollback(job),
        problem=shown(job.problem, base_url) if job.problem else None,
        file=None if job.is_sync else _file(job),
        sync=_pull(job) if job.is_sync else None,
        lookup=job.lookup,
        parameters=job.parameters,
        suspended=word_detail(job.suspended) if job.suspended else None,
        deleted=job.deleted,
        batch_id=job.batch_id,
        priority="urgent" if job.urgent else "standard",
        review=job.review,
        corrects=job.corrects,
        ambiguous_dates=job.unanswered,
        requested_by=job.requested_by,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        updated_at=job.updated_at or job.created_at,
        version=job.version,
        links=_links(job, f"{base_url}/v1/jobs/{job.ref.id}"),
    )


def rejection_response(rejection: Rejection) -> RejectionResponse:
    """Show a rejection."""
    return RejectionResponse(**asdict(rejection), reason=word_rejection(rejection))


def kept_row_response(stored: Mapping[str, Any]) -> KeptRowResponse:
    """Show a row that a rollback left."""
    reason = word_reason(*code_of(stored))
    return KeptRowResponse(key=stored["key"], outcome=stored["outcome"], job=stored["job_id"], reason=reason)


def parts_response(job_id: str, parts: Parts, base_url: str) -> UploadParts:
    """Show where the parts of a file go."""
    shown = [PartResponse(number=part.number, bytes=part.bytes, url=part.url) for part in parts.parts]
    here = {"self": f"{base_url}/v1/jobs/{job_id}/upload"}
    return UploadParts(part_bytes=parts.part_bytes, parts=shown, expires_in=parts.expires_in, links=here)


def _file(job: Job) -> FileResponse:
    file = job.file
    return FileResponse(
        name=file.name, bytes=file.bytes, sha256=file.sha256, encoding=file.encoding, delimiter=file.delimiter
    )


def _pull(job: Job) -> SyncProgressResponse:
    counts = job.counts
    read, expected = counts.checked - counts.deleted_upstream, counts.total - counts.deleted_upstream
    stage = "reading" if job.status in {Status.QUEUED, Status.PARSING} else str(job.status)
    return SyncProgressResponse(
        stage=stage,
        offset=read,
        current_total=read,
        expected_total=expected,
        deleted_upstream=counts.deleted_upstream,
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
    names = ["log", *allowed_actions(job)]
    if job.planned and job.status is not Status.PARSING:
        names.append("preview")
    if job.counts.rejected:
        names.append("rejections")
    if job.counts.conflicts or job.counts.rollback_failed:
        names.append("kept")
    if job.status in INACTIVE and job.planned:
        names.append("files")
    return {"self": here} | {name: f"{here}/{name}" for name in names}
