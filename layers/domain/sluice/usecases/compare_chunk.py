"""Compare a chunk with the dataset: what would loading it do?"""

from __future__ import annotations

from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.rows.staged import Batch
from sluice.usecases.declared import importer_of
from sluice.usecases.ports import Destination, Files
from sluice.usecases.staged_rows import staged_rows


def compare_chunk(job: Job, chunk: Chunk, *, files: Files, destination: Destination) -> Counts:
    """Count the rows that would be inserted, updated and left; nothing is written."""
    staged = staged_rows(job, chunk.ref.index, files)
    importer = importer_of(job)
    found = destination.compare(Batch(job.ref.tenant, importer, job.ref.id, chunk.ref.index, staged.rows))
    return Counts(to_insert=found.inserted, to_update=found.updated, to_leave=found.unchanged)
