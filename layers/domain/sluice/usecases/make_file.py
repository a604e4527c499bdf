"""Make a file for download from what a job has kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from sluice.model import paths
from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import NotFound
from sluice.model.job import Job
from sluice.reports.csv_files import write_errors_csv, write_loaded_csv
from sluice.reports.errors_workbook import write_errors_workbook
from sluice.rows.check import GoodRow
from sluice.usecases.declared import importer_of
from sluice.usecases.ports import Chunks, Files, Jobs
from sluice.usecases.refusals import refusals_in, refused_rows
from sluice.usecases.results import write_result, write_summary
from sluice.usecases.staged_rows import staged_rows
from sluice.usecases.workspace import JobWorkspace

ERRORS_XLSX = "errors.xlsx"
ERRORS_CSV = "errors.csv"
LOADED_CSV = "loaded.csv"


def make_file(ref: JobRef, run: int, name: str, *, jobs: Jobs, chunks: Chunks, files: Files) -> int:
    """Write a file of the job to the bucket, chunk by chunk; a second run writes the same again.

    Returns
    -------
    int
        Its rows; 0 when the job has gone on or was deleted since it was asked for, and there is no such file.
    """
    job = jobs.get(ref)
    if job.run != run:
        return 0
    key = paths.result(ref, run, name)
    rows = 0
    if not job.deleted:
        with files.create(key) as out:
            rows = _write(job, name, out, chunks=chunks, files=files)
    if jobs.get(ref).deleted:  # whoever deleted it may have looked before this file was there
        files.remove_file(key, None)
        return 0
    return rows


def _write(job: Job, name: str, out: BinaryIO, *, chunks: Chunks, files: Files) -> int:
    match name:
        case "errors.xlsx" | "errors.csv":
            write = write_errors_workbook if name == ERRORS_XLSX else write_errors_csv
            plan = JobWorkspace(job.ref, files).read_plan()
            titles = {column.field: column.title for column in importer_of(job).columns}
            places = {titles[field]: place for place, field in plan.header.fields.items()}
            rows = refused_rows(job.ref, files)
            return write(out, sheet=plan.layout.sheet, titles=plan.header.titles, places=places, rows=rows)
        case "loaded.csv":
            return write_loaded_csv(out, importer_of(job), _loaded(job, chunks, files))
        case "result.xlsx":
            return write_result(job, out, chunks=chunks, files=files)
        case "summary.json":
            return write_summary(job, out, chunks=chunks, files=files)
        case _:
            raise NotFound("file of this job", name)


def _loaded(job: Job, chunks: Chunks, files: Files) -> Iterator[GoodRow]:
    for chunk in chunks.of_phase(job.ref, PhaseName.LOAD):
        if chunk.state is ChunkState.DONE:
            refused = {refusal.row for refusal in refusals_in(chunk.ref, files)}
            yield from (row for row in staged_rows(job, chunk.ref.index, files).rows if row.number not in refused)
