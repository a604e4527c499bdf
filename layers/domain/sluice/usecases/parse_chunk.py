"""Parse a chunk: its slice becomes staged rows and refusals."""

from __future__ import annotations

from sluice.importers.registry import importer_named
from sluice.model import paths
from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.rows.check import check_rows
from sluice.rows.staged import dump_staged
from sluice.usecases.correct import take_corrected
from sluice.usecases.decide_dates import write_evidence
from sluice.usecases.find_repeats import dump_keys
from sluice.usecases.ports import Chunks, Files
from sluice.usecases.refusals import write_refusals
from sluice.usecases.workspace import JobWorkspace


def parse_chunk(job: Job, chunk: Chunk, *, chunks: Chunks, files: Files) -> Counts:
    """Validate the rows of a chunk and stage the good ones; its files are the same however often it runs.

    Returns
    -------
    Counts
        Rows checked and refused; ``total`` is what blank rows and totals take away from the rows that were cut.
    """
    index = chunk.ref.index
    workspace = JobWorkspace(job.ref, files)
    plan = workspace.read_plan()
    records = list(workspace.records(chunk, job.file))
    wanted, strangers = take_corrected(job, plan, records, chunks=chunks, files=files)
    checked = check_rows(importer_named(job.importer), plan.header.fields, plan.layout.sheet, wanted, job.orders)
    if checked.good:
        files.write(paths.staged(job.ref, index), dump_staged(checked.good))
        files.write(paths.keys(job.ref, index), dump_keys(checked.good))
    write_evidence(job, index, checked.dates, files)
    write_refusals(chunk.ref, strangers + checked.refusals, records, files)
    seen = checked.seen + len(strangers)
    return Counts(
        total=seen - chunk.rows, checked=seen, refused=checked.refused + len(strangers), left_out=checked.left_out
    )
