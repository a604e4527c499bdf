"""Parse a chunk: its slice becomes staged rows and rejections."""

from __future__ import annotations

from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.schema.validation import check_rows
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.corrections import select_corrected
from sluice.usecases.declarations import importer_of
from sluice.usecases.duplicate_keys import dump_keys
from sluice.usecases.ports import Chunks, Files
from sluice.usecases.staged_rows import write_evidence


def parse_chunk(job: Job, chunk: Chunk, *, chunks: Chunks, files: Files) -> Counts:
    """Validate the rows of a chunk and stage those that pass; a second attempt writes the same files again.

    Returns
    -------
    Counts
        Rows checked and rejected; ``total`` takes blank rows and totals rows off the rows that were split.
    """
    index, stored = chunk.ref.index, JobFiles(job.ref, files)
    plan = stored.read_plan()
    corrected = select_corrected(job, plan, list(stored.records(chunk, job.file)), chunks=chunks, files=files)
    importer = importer_of(job)
    checked = check_rows(importer, plan.header.fields, plan.layout.sheet, corrected.wanted, job.date_orders)
    again = corrected.still_duplicate(checked.good)
    duplicates = {rejection.row for rejection in again}
    good = [row for row in checked.good if row.number not in duplicates] if duplicates else checked.good
    if good:
        stored.write_staged(index, good)
        stored.write_keys(index, dump_keys(good))
    write_evidence(job, index, checked.dates, files)
    stored.write_rejections(chunk, corrected.unmatched + checked.rejections + again, corrected.records)
    seen = checked.seen + len(corrected.unmatched)
    return Counts(total=seen - chunk.rows, checked=seen, rejected=seen - len(good), ignored=checked.ignored)
