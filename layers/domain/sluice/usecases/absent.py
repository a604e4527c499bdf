"""Absent keys: which records a job in mode ``mirror`` deletes because its file lacks their keys.

Parsing stores the key of every row, rejected ones too. When all rows are parsed, ``compare`` lists the absent keys: a
chunk reads a range of the dataset, and stores each record whose key no row has, with a fingerprint of the record as it
is then. Guards, preview and deletion speak of that list alone. ``compare`` takes no lock, so others may write between
it and the load; phase ``absent`` deletes those records of the list whose fingerprint is still the same.

A chunk of these phases has the index of its list. `FIRST` and the number of the range give that of a chunk of
``compare``; the lists of the range follow from there on, and a chunk of ``absent`` deletes one of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Final

from sluice.catalog.registry import importer_of
from sluice.model.chunk import Chunk, ChunkRef, ChunkState, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import NotFound, Problem, SluiceError
from sluice.model.job import Job
from sluice.model.options import LoadOptions
from sluice.model.rejection import Rejection
from sluice.schema.cells import Record
from sluice.schema.importer import key_of
from sluice.schema.staging import Applied, Batch, Compared, KeptRow
from sluice.schema.validation import Checked, GoodRow, read_keys
from sluice.usecases.artifacts import PRESENT, JobFiles
from sluice.usecases.services import Services
from sluice.usecases.staged_rows import DIGEST, digest_of, read_ahead

#: Index of the first list, far behind those of the chunks of a file, and the number of indexes for lists.
FIRST: Final = 800_000
_INDEXES = 100_000
# Records in a list: so many can be deleted in one attempt. And lists in a range: a worker could not hold more keys.
_RECORDS = 5_000
_LISTS = 1_000
# Rows that a problem names, and records whose values a preview shows of each range.
_NAMED = 5
_SHOWN = 100
# In place of the digest of a key that cannot be read.
_UNREADABLE = bytes(16)


def is_list(index: int) -> bool:
    """Whether a chunk is about records that the file lacks, and not about rows of the file."""
    return FIRST <= index < FIRST + _INDEXES


def write_present(
    job: Job, index: int, checked: Checked, unclear: Iterable[Rejection], records: Iterable[Record], stored: JobFiles
) -> None:
    """Store the digests of the keys of all rows of a chunk.

    A rejected row is in the file as well: its record is not deleted, provided that its key can be read. So is one that
    is no record, such as a totals row, but it needs no key.

    Parameters
    ----------
    unclear
        Rejections of the rows whose texts may be escaped, so that their keys cannot be read.
    records
        All rows as they came.
    """
    rejected = {rejection.row for rejection in checked.rejections}
    keys: dict[int, str | None] = {row.number: row.key for row in checked.good}
    others = [record for record in records if record[0] not in keys]
    found = read_keys(importer_of(job), stored.read_plan().of(index).header.fields, others, job.recipe)
    keys |= {row: key for row, key in found if key is not None or row in rejected}
    keys |= dict.fromkeys(rejection.row for rejection in unclear)
    packed = (DIGEST.pack(_UNREADABLE if key is None else digest_of(key), row) for row, key in keys.items())
    stored.write_keys(index, b"".join(packed), PRESENT)


def keys_depend(job: Job, checked: Checked) -> frozenset[str]:
    """Return the decisions on which the keys of rows depend that are not good: nothing but their keys is read."""
    field = key_of(importer_of(job).row).field
    about = {key for key in job.recipe.decisions if key.partition(".")[2] == field}
    return frozenset(about) if checked.rejected or checked.ignored else frozenset()


def why_incomparable(job: Job, services: Services) -> Problem | None:
    """Return why the keys of a file do not tell which records it lacks; ``None`` if they do."""
    key = key_of(importer_of(job).row)
    try:
        ranges_of(job, services)
    except SluiceError as error:
        if error.problem.type != "unusable-table":
            raise
        return error.problem
    stored, rows = JobFiles(job, services.files), dict[str, list[int]]()
    plan = stored.read_plan()
    for chunk in services.chunks.of_phase(job.ref, PhaseName.PARSE):
        if chunk.counts.rejected:
            found = DIGEST.iter_unpack(stored.keys(chunk.ref.index, PRESENT))
            unreadable = [row for digest, row in found if digest == _UNREADABLE]
            if unreadable:
                rows.setdefault(plan.of(chunk.ref.index).name, []).extend(unreadable)
    if not rows:
        return None
    sheet, named = next(iter(rows.items()))
    count = sum(map(len, rows.values()))
    params = {"column": key.title, "sheet": sheet, "rows": sorted(named)[:_NAMED], "count": count}
    return Problem("mirror-unreadable-key", params)


def ranges_of(job: Job, services: Services) -> list[str]:
    """Return the ranges in which the keys of the dataset are read; they stay what they were at first.

    Raises
    ------
    SluiceError
        ``unusable-table`` if the dataset compares keys in another way than texts.
    """
    stored = JobFiles(job, services.files)
    with suppress(NotFound):
        return stored.ranges()
    ranges = services.destination.key_ranges(job.ref.tenant, importer_of(job))
    stored.write_ranges(ranges)
    return ranges


def range_chunks(job: Job, services: Services) -> Iterator[Chunk]:
    """Yield the chunks of ``compare`` that list absent keys, one for each range; none if the job mirrors nothing."""
    if job.mirrors:
        for number in range(len(ranges_of(job, services))):
            yield Chunk(ChunkRef(job.ref, PhaseName.COMPARE, FIRST + number * _LISTS), first_row=0, rows=0)


def list_absent(job: Job, index: int, batch: Batch, services: Services) -> Counts:
    """List the records of a range whose keys the file lacks, and what a preview shows of the first ones.

    Memory holds the keys of the range, and pieces of those of the file, however long that is.

    Parameters
    ----------
    index
        Of the chunk.
    batch
        Of the chunk, without rows.
    """
    stored = JobFiles(job, services.files)
    found = services.destination.keys_in(batch.tenant, batch.importer, stored.ranges()[(index - FIRST) // _LISTS])
    absent = {digest_of(key): (key, fingerprint) for key, fingerprint in found}
    in_scope = len(absent)
    for body in _present(job, services):
        for digest, _ in DIGEST.iter_unpack(body):
            absent.pop(digest, None)
    records = list(absent.values())
    for number, start in enumerate(range(0, len(records), _RECORDS)):
        stored.write_absent(index + number, records[start : start + _RECORDS])
    shown = services.destination.compare(deleting(job, batch, records[:_SHOWN])).changes if records else []
    changes = [replace(change, row=0) for change in shown]
    stored.write_compared(index, Compared(0, 0, 0, deleted=len(records), changes=changes))
    return Counts(in_scope=in_scope, to_absent=len(records))


def _present(job: Job, services: Services) -> Iterator[bytes]:
    """Yield the digests of the keys of all rows, as they are stored."""
    stored, parsed = JobFiles(job, services.files), services.chunks.of_phase(job.ref, PhaseName.PARSE)
    indexes = [chunk.ref.index for chunk in parsed]
    yield from read_ahead(lambda index: stored.keys(index, PRESENT), indexes)


def absent_chunks(job: Job, services: Services) -> Iterator[Chunk]:
    """Yield the chunks of ``absent``, one for each list; none unless every row was compared and loaded or rejected."""
    phases = (PhaseName.PARSE, PhaseName.COMPARE, PhaseName.LOAD)
    chunks = [chunk for phase in phases for chunk in services.chunks.of_phase(job.ref, phase)]
    if not all(chunk.state is ChunkState.DONE for chunk in chunks):
        return
    for chunk in chunks:
        for number, start in enumerate(range(0, chunk.counts.to_absent, _RECORDS)):
            rows = min(_RECORDS, chunk.counts.to_absent - start)
            yield Chunk(ChunkRef(job.ref, PhaseName.ABSENT, chunk.ref.index + number), first_row=0, rows=rows)


def deleting(job: Job, batch: Batch, records: Iterable[tuple[str, str]]) -> Batch:
    """Return the batch that deletes records, given by key and fingerprint, if they are still as they were."""
    field = key_of(batch.importer.row).field
    rows = [
        GoodRow(number, key, fingerprint, json.dumps({field: key}).encode())
        for number, (key, fingerprint) in enumerate(records, start=1)
    ]
    options = LoadOptions("delete", deletes=job.options.how_to_delete)
    return replace(batch, rows=rows, options=options, matched=frozenset(), if_as_seen=True)


def delete_absent(job: Job, chunk: Chunk, batch: Batch, services: Services) -> Counts:
    """Delete the records of a list, and store those that stay because they have changed since.

    Parameters
    ----------
    chunk
        Of phase ``absent``.
    batch
        The records, as `deleting` builds it.
    """
    return count(job, chunk, batch, services.destination.apply(batch), services)


def count(job: Job, chunk: Chunk, batch: Batch, applied: Applied, services: Services) -> Counts:
    """Count what the deletion of a list did, and store the records that stay."""
    left = [asdict(_left(batch, rejection)) for rejection in applied.rejections]
    if left or chunk.attempts > 1:
        lines = [{"outcome": "left", **each} for each in left]
        JobFiles(job, services.files).write_kept(chunk.ref.index, lines, PhaseName.ABSENT)
    return Counts(absent=applied.deleted, absent_left=len({rejection.row for rejection in applied.rejections}))


def _left(batch: Batch, rejection: Rejection) -> KeptRow:
    key, writer = batch.rows[rejection.row - 1].key, rejection.params.get("job")
    code = "removed-since" if rejection.code == "key-unknown" else rejection.code
    return KeptRow(key, writer, code, rejection.params)
