"""Parse a chunk: its slice becomes staged rows and refusals."""

from __future__ import annotations

from sluice.importers.registry import importer_named
from sluice.model import paths
from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.reading import read_cut
from sluice.reading.contract import Cut
from sluice.rows.check import check_rows
from sluice.rows.staged import dump_staged
from sluice.usecases.find_repeats import dump_keys
from sluice.usecases.ports import Files
from sluice.usecases.refusals import write_refusals
from sluice.usecases.workspace import JobWorkspace


def parse_chunk(job: Job, chunk: Chunk, *, files: Files) -> Counts:
    """Validate the rows of a chunk and stage the good ones; its files are the same however often it runs.

    Returns
    -------
    Counts
        Rows checked and refused; ``total`` is what the blank rows take away from the rows that were cut.
    """
    workspace = JobWorkspace(job.ref, files)
    layout, fields = workspace.read_plan()
    cut = Cut(chunk.ref.index, chunk.first_row, chunk.rows, chunk.start, chunk.end)
    records = read_cut(layout, cut, workspace.read_slice(chunk, job.file), workspace)
    checked = check_rows(importer_named(job.importer), fields, layout.sheet, records)
    if checked.good:
        files.write(paths.staged(job.ref, chunk.ref.index), dump_staged(checked.good))
        files.write(paths.keys(job.ref, chunk.ref.index), dump_keys(checked.good))
    write_refusals(chunk.ref, checked.refusals, files)
    return Counts(total=checked.seen - chunk.rows, checked=checked.seen, refused=checked.refused)
