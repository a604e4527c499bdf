"""Downloads of a job: errors workbook, result workbook, CSV files and summary, made at their first request.

The API calls `offers` and `download`. A download that does not exist yet starts an execution of the state machine,
which calls `make_file`.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import BinaryIO

from sluice.catalog.registry import importer_of, lookup_named
from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound, TryLater
from sluice.model.job import Job
from sluice.model.rejection import Rejection
from sluice.model.retention import check_kept
from sluice.model.status import INACTIVE, Status
from sluice.reading.sheets import FilePlan
from sluice.reports.csv_files import write_errors_csv, write_loaded_csv
from sluice.reports.errors_workbook import write_errors_workbook
from sluice.reports.rejected_rows import RejectedRow
from sluice.reports.result_workbook import CategorisedRow, write_result_workbook
from sluice.reports.summary import summarise
from sluice.schema.validation import GoodRow
from sluice.upstream.lookup import Finding
from sluice.usecases.artifacts import JobFiles, result_key
from sluice.usecases.deliver import unwritten_rows
from sluice.usecases.ports import Chunks, Files
from sluice.usecases.services import Services
from sluice.usecases.staged_rows import read_ahead, staged_rows
from sluice.wording import word_reason

ERRORS_XLSX = "errors.xlsx"
ERRORS_CSV = "errors.csv"
LOADED_CSV = "loaded.csv"
RESULT_XLSX = "result.xlsx"
SUMMARY_JSON = "summary.json"

_AGAIN = "to correct and import again"

_PAUSE = 0.2
_RETRY_SECONDS = 5


@dataclass(frozen=True)
class JobFileOffer:
    """A download that a job offers; ``bytes`` is ``None`` until the file is made."""

    name: str
    title: str
    rows: int
    bytes: int | None


def offers(job: Job, files: Files) -> list[JobFileOffer]:
    """List the downloads of an inactive job; a job under way offers none, because its files would change."""
    found = _titles(job) if job.status in INACTIVE else {}
    rows = dict.fromkeys([LOADED_CSV, RESULT_XLSX, SUMMARY_JSON], job.counts.loaded)
    return [
        JobFileOffer(name, title, rows.get(name, job.counts.rejected), _size(job, name, files))
        for name, title in found.items()
    ]


def _titles(job: Job) -> dict[str, str]:
    """Return the downloads that the job has while it is inactive, by name."""
    if job.status is Status.WAITING_FOR_FILE or job.deleted:
        return {}
    found: dict[str, str] = {}
    if job.counts.rejected:
        purpose = "to correct in the file, which is imported whole" if job.has_loaded_nothing else _AGAIN
        found |= {ERRORS_XLSX: f"Rejected rows, {purpose}", ERRORS_CSV: "Rejected rows"}
    if job.lookup and job.counts.loaded:
        found |= {RESULT_XLSX: "Rows by category", SUMMARY_JSON: "How many rows are in each category"}
    elif job.counts.loaded:
        found |= {LOADED_CSV: "Loaded rows"}
    return found


def download(ref: JobRef, name: str, *, seconds: float, services: Services) -> str:
    """Return the presigned URL of a download; have the file made at its first request.

    Parameters
    ----------
    seconds
        Longest wait, in seconds, while the file is being made.

    Raises
    ------
    NotFound
        If the job offers no such file.
    TryLater
        If the file is still being made, or the job is under way; the same call succeeds later.
    Conflict
        If every attempt to make the file failed.
    """
    job, files = services.jobs.get(ref), services.files
    if name not in _titles(job):
        raise NotFound("file", name)
    check_kept(job, "read", datetime.now(UTC))
    if job.status not in INACTIVE:  # it was listed before the job went on
        raise TryLater("job-under-way", _RETRY_SECONDS, name=name)
    if _size(job, name, files) is None:
        deadline = time.monotonic() + seconds
        if not services.machine.make_file(job, name):
            raise Conflict("file-not-made", name=name, id=ref.id)
        while _size(job, name, files) is None:
            if time.monotonic() > deadline:
                raise TryLater("file-in-the-making", _RETRY_SECONDS, name=name)
            time.sleep(_PAUSE)
    stem = job.file.name.rsplit(".", 1)[0]
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_ ") else "-" for letter in stem)
    return files.download_url(result_key(ref, job.run, name), f"{safe}-{name}")


def make_file(ref: JobRef, run: int, name: str, services: Services) -> int:
    """Write a download of the job to the bucket, chunk by chunk; a second call writes the same content.

    Returns
    -------
    int
        Number of rows; 0, and no file, if the job was deleted or is in another run than the one of the request.
    """
    job, files = services.jobs.get(ref), services.files
    if job.run != run:
        return 0
    key = result_key(ref, run, name)
    rows = 0
    if not job.deleted:
        with files.create(key) as out:
            rows = _write(job, name, out, chunks=services.chunks, files=files)
    if services.jobs.get(ref).deleted:  # `delete_job` may have listed the folder before this file was in it
        files.remove_file(key, None)
        return 0
    return rows


def write_result(job: Job, out: BinaryIO, *, chunks: Chunks, files: Files) -> int:
    """Write the workbook with a sheet for each category; return its number of rows."""
    plan, lookup = JobFiles(job, files).read_plan(), lookup_named(job.lookup or "")
    counts = write_result_workbook(
        out,
        categories=lookup.categories,
        value_title=lookup.value_title,
        titles=plan.first.header.titles,
        rows=_rows(job, plan, chunks, files),
        facts=_facts(job),
        with_sheets=plan.has_several,
    )
    return sum(counts.values())


def write_summary(job: Job, out: BinaryIO, *, chunks: Chunks, files: Files) -> int:
    """Write the number of rows in each category as JSON; return the total."""

    def of_chunk(index: int) -> list[str]:
        return [each.category for each in JobFiles(job, files).findings(index)]

    found = Counter(chain.from_iterable(read_ahead(of_chunk, _done(job, chunks))))
    content = summarise(lookup_named(job.lookup or "").categories, found, _facts(job))
    out.write(json.dumps(content, ensure_ascii=False, indent=2).encode())
    return found.total()


def _size(job: Job, name: str, files: Files) -> int | None:
    try:
        return files.size(result_key(job.ref, job.run, name))
    except NotFound:
        return None


def _write(job: Job, name: str, out: BinaryIO, *, chunks: Chunks, files: Files) -> int:
    match name:
        case "errors.xlsx" | "errors.csv":
            write = write_errors_workbook if name == ERRORS_XLSX else write_errors_csv
            plan = JobFiles(job, files).read_plan()
            titles = {column.field: column.title for column in importer_of(job).columns}
            header = plan.first.header
            places = {titles[field]: place for place, field in header.fields.items()}
            rows = (_aligned(row, plan) for row in JobFiles(job, files).rejected_rows())
            if job.has_loaded_nothing:
                rows = (_to_import_whole(row) for row in rows)
            return write(out, job=job.ref.id, sheets=plan.names, titles=header.titles, places=places, rows=rows)
        case "loaded.csv":
            plan = JobFiles(job, files).read_plan()
            loaded = _loaded(job, plan, chunks, files)
            return write_loaded_csv(out, importer_of(job), job.ref.id, loaded, with_sheets=plan.has_several)
        case "result.xlsx":
            return write_result(job, out, chunks=chunks, files=files)
        case "summary.json":
            return write_summary(job, out, chunks=chunks, files=files)
        case _:
            raise NotFound("file", name)


def _aligned(row: RejectedRow, plan: FilePlan) -> RejectedRow:
    return replace(row, cells=plan.aligned(row.sheet, row.cells)) if plan.has_several else row


def _to_import_whole(row: RejectedRow) -> RejectedRow:
    """Add to the reasons of a row that correcting it alone is not enough."""
    return replace(row, rejections=[*row.rejections, Rejection("", row.number, None, None, "import-whole")])


def _loaded(job: Job, plan: FilePlan, chunks: Chunks, files: Files) -> Iterator[tuple[str, GoodRow]]:
    for chunk in chunks.of_phase(job.ref, PhaseName.LOAD):
        if chunk.state is ChunkState.DONE or chunk.counts.loaded:  # else a dead worker has delivered none
            left = {rejection.row for rejection in JobFiles(job, files).rejections(chunk.ref)}
            left |= unwritten_rows(job, chunk, files)
            staged, sheet = staged_rows(job, chunk.ref.index, files), plan.of(chunk.ref.index).name
            yield from ((sheet, row) for row in staged.rows if row.number not in left)


def _rows(job: Job, plan: FilePlan, chunks: Chunks, files: Files) -> Iterator[CategorisedRow]:
    stored = JobFiles(job, files)
    parsed = {chunk.ref.index: chunk for chunk in chunks.of_phase(job.ref, PhaseName.PARSE)}

    def of_chunk(index: int) -> list[CategorisedRow]:
        found, sheet = {each.row: each for each in JobFiles(job, files).findings(index)}, plan.of(index).name
        return [
            CategorisedRow(number, plan.aligned(sheet, cells), each.category, each.value, _reason(each), sheet)
            for number, cells in stored.records(parsed[index], job.file)
            if (each := found.get(number))
        ]

    return chain.from_iterable(read_ahead(of_chunk, _done(job, chunks)))


def _reason(finding: Finding) -> str | None:
    return word_reason(finding.code, finding.params) if finding.code else None


def _done(job: Job, chunks: Chunks) -> Iterator[int]:
    # jobs of an earlier version have no phase of their own for lookups
    looked_up = list(chunks.of_phase(job.ref, PhaseName.LOOKUP)) or chunks.of_phase(job.ref, PhaseName.LOAD)
    for chunk in looked_up:
        if chunk.state is ChunkState.DONE:
            yield chunk.ref.index


def _facts(job: Job) -> dict[str, str]:
    """List the facts about a result: its file and parameters, and how many rows of the file it lacks."""
    titles = {parameter.name: parameter.title for parameter in importer_of(job).parameters}
    facts = {"File": job.file.name}
    facts |= {titles.get(name, name): value for name, value in job.recipe.constants.items()}
    facts |= {"Job": job.ref.id, "Rows in the file": f"{job.counts.total:,}"}
    if job.counts.rejected:
        facts["Rejected, see errors.xlsx"] = f"{job.counts.rejected:,}"
    if job.counts.unprocessed:
        facts["Not looked up"] = f"{job.counts.unprocessed:,}"
    return facts | ({"Ended": job.finished_at.isoformat(timespec="seconds")} if job.finished_at else {})
