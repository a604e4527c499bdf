"""Undo a chunk: what it changed is put back as it was, unless somebody has changed it since."""

from __future__ import annotations

import json
from dataclasses import asdict

from sluice.model import paths
from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.rows.staged import Batch
from sluice.usecases.declared import importer_of
from sluice.usecases.ports import Destination, Files
from sluice.usecases.staged_rows import staged_rows


def undo_chunk(job: Job, chunk: Chunk, *, files: Files, destination: Destination) -> Counts:
    """Take back what loading the chunk did, and keep a list of the rows that were left as they are."""
    importer, index = importer_of(job), chunk.ref.index
    rows = staged_rows(job, index, files).rows
    undone = destination.undo(Batch(job.ref.tenant, importer, job.ref.id, index, rows))
    left = [{"outcome": "kept", **asdict(row)} for row in undone.kept]
    left += [{"outcome": "failed", **asdict(row)} for row in undone.failed]
    if left:
        files.write(paths.kept_of(job.ref, index), "".join(json.dumps(row) + "\n" for row in left).encode())
    return Counts(reversed=undone.reversed, kept=len(undone.kept), stuck=len(undone.failed))
