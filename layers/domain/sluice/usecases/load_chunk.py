"""Load a chunk: its staged rows go to the destination."""

from __future__ import annotations

import json
from dataclasses import replace

from sluice.importers.registry import importer_named
from sluice.model import paths
from sluice.model.chunk import Chunk
from sluice.model.counts import Counts
from sluice.model.errors import NotFound
from sluice.model.job import Job
from sluice.model.refusal import Refusal
from sluice.rows.importer import Importer
from sluice.rows.row import key_of
from sluice.rows.staged import Batch, load_staged
from sluice.usecases.ports import Destination, Files
from sluice.usecases.refusals import write_refusals
from sluice.usecases.workspace import JobWorkspace


def load_chunk(job: Job, chunk: Chunk, *, files: Files, destination: Destination) -> Counts:
    """Deliver the staged rows of a chunk, but for those whose key an earlier row of the file has.

    Returns
    -------
    Counts
        Rows inserted, updated, unchanged and refused; they add up to the staged rows.
    """
    index = chunk.ref.index
    importer = importer_named(job.importer)
    rows = load_staged(files.read(paths.staged(job.ref, index)))
    repeats = _repeats(job, index, files)
    fresh = [row for row in rows if row.number not in repeats]
    applied = destination.apply(Batch(job.ref.tenant, importer, job.ref.id, index, fresh))
    refusals = applied.refusals
    if repeats or refusals:
        sheet = JobWorkspace(job.ref, files).read_plan()[0].sheet
        keys = {row.number: row.key for row in rows}
        refusals = [replace(refusal, sheet=sheet) for refusal in refusals]
        refusals += [_repeated(importer, sheet, row, first, keys[row]) for row, first in repeats.items()]
    write_refusals(chunk.ref, refusals, files)
    return Counts(
        inserted=applied.inserted, updated=applied.updated, unchanged=applied.unchanged, refused=len(refusals)
    )


def _repeats(job: Job, index: int, files: Files) -> dict[int, int]:
    try:
        found = json.loads(files.read(paths.repeats(job.ref, index)))
    except NotFound:
        return {}
    return {int(row): first for row, first in found.items()}


def _repeated(importer: Importer, sheet: str, row: int, first: int, key: str) -> Refusal:
    title = key_of(importer.row).title
    return Refusal(sheet, row, title, key, f"repeats the {title} of row {first}")
