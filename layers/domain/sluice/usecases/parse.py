"""Parse a chunk: its slice becomes staged rows and rejections."""

from __future__ import annotations

from sluice.model import paths
from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.schema.staging import dump_staged
from sluice.schema.validation import check_rows
from sluice.usecases.artifacts import JobWorkspace, write_rejections
from sluice.usecases.corrections import select_corrected
from sluice.usecases.declarations import importer_of
from sluice.usecases.duplicate_keys import dump_keys
from sluice.usecases.ports import Chunks, Files
from sluice.usecases.staged_rows import write_evidence


def parse_chunk(job: Job, chunk: Chunk, *, chunks: Chunks, files: Files) -> Counts:
    """Validate the rows of a chunk and stage the good ones; its files are the same however often it runs.

    Returns
    -------
    Counts
        Rows checked and rejected; ``total`` is what blank rows and totals take away from the rows that were cut.
    """
    index = chunk.ref.index
    workspace = JobWorkspace(job.ref, files)
    plan = workspace.read_plan()
    records = list(workspace.records(chunk, job.file))
    corrected = select_corrected(job, plan, records, chunks=chunks, files=files)
    importer = importer_of(job)
    checked = check_rows(importer, plan.header.fields, plan.layout.sheet, corrected.wanted, job.date_orders)
    again = corrected.still_repeated(checked.good)
    repeated = {rejection.row for rejection in again}
    good = [row for row in checked.good if row.number not in repeated] if repeated else checked.good
    if good:
        files.write(paths.staged(job.ref, index), dump_staged(good))
        files.write(paths.keys(job.ref, index), dump_keys(good))
    write_evidence(job, index, checked.dates, files)
    write_rejections(chunk, corrected.strangers + checked.rejections + again, corrected.records, files)
    seen = checked.seen + len(corrected.strangers)
    return Counts(total=seen - chunk.rows, checked=seen, rejected=seen - len(good), ignored=checked.ignored)
