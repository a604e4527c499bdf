"""The staged rows of a job: keys and duplicates, selection for delivery, and what prevents it."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from struct import Struct
from typing import Any, TypeVar

from sluice.catalog.registry import importer_of
from sluice.model.chunk import Chunk, ChunkState, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import REJECTIONS, Problem
from sluice.model.job import Job
from sluice.model.options import Effects, tripped_guards
from sluice.model.recipe import HIDDEN
from sluice.model.rejection import DUPLICATE_KEY, Rejection
from sluice.reading.sheets import FilePlan
from sluice.reading.xlsx.splitter import hidden_rows
from sluice.schema.cells import Record
from sluice.schema.importer import key_of
from sluice.schema.staging import EXAMPLES, Change, Compared, Excess
from sluice.schema.validation import GoodRow
from sluice.usecases.artifacts import FirstRow, JobFiles
from sluice.usecases.ports import Chunks, Files
from sluice.usecases.services import Services

A = TypeVar("A")
B = TypeVar("B")

#: 16 bytes of digest and the row number. Two keys of 2 million share 128 bits by chance once in 10**26 files.
DIGEST = Struct(">16sI")
# Objects of the bucket that are read at the same time: each takes some 40 ms, and a large file has thousands.
_READS = 8
# Digest, chunk and row number.
_PLACE = Struct(">16sII")


@dataclass(frozen=True)
class Staged:
    """The staged rows of a chunk, by whether they are delivered.

    Parameters
    ----------
    rows
        Rows to deliver.
    duplicates
        Rows with the key of an earlier row of the file: ``{row: (key, the first)}``.
    """

    rows: list[GoodRow]
    duplicates: dict[int, tuple[str, FirstRow]]


def without_hidden(job: Job, index: int, records: list[Record], stored: JobFiles) -> tuple[list[Record], list[Record]]:
    """Return the records of a chunk without the hidden rows that the recipe skips, and those."""
    sheet = stored.read_plan().of(index)
    if job.recipe.value(HIDDEN) != "skip":
        return records, []
    hidden = set(hidden_rows(stored.slice(index)) if sheet.layout.format == "xlsx" else sheet.hidden)
    shown = [record for record in records if record[0] not in hidden]
    return shown, [record for record in records if record[0] in hidden]


def staged_rows(job: Job, index: int, files: Files) -> Staged:
    """Read the staged rows of a chunk.

    Raises
    ------
    NotFound
        If the chunk staged no row.
    """
    stored = JobFiles(job, files)
    rows, first_rows = stored.staged(index), stored.duplicates(index)
    staged = Staged([], {})
    for row in rows:
        if row.number in first_rows:
            staged.duplicates[row.number] = (row.key, first_rows[row.number])
        else:
            staged.rows.append(row)
    return staged


def reject_at_delivery(
    job: Job,
    chunk: Chunk,
    rejections: list[Rejection],
    duplicates: Mapping[int, tuple[str, FirstRow]],
    files: Files,
    *,
    again: bool = False,
) -> int:
    """Store the rejections that only delivery finds, and those of duplicate keys.

    Parameters
    ----------
    again
        Whether they replace some that were stored before, also if there are none now.

    Returns
    -------
    int
        Number of rejected rows.
    """
    if duplicates or rejections or again or chunk.is_again:
        stored = JobFiles(job, files)
        rejections = _of_sheet(chunk, [*rejections, *_duplicate_rejections(job, duplicates)], stored)
        records = stored.read_plan().of(chunk.ref.index).narrowed(stored.records(chunk, job.file))
        stored.write_rejections(chunk, rejections, records, again=again)
    return len({rejection.row for rejection in rejections})


def _of_sheet(chunk: Chunk, rejections: list[Rejection], stored: JobFiles) -> list[Rejection]:
    """Name the sheet of a chunk in its rejections."""
    sheet = stored.read_plan().of(chunk.ref.index).name
    return [replace(rejection, sheet=sheet) for rejection in rejections]


def store_comparison(job: Job, chunk: Chunk, staged: Staged, found: Compared, files: Files) -> Counts:
    """Store what loading a chunk would change, with all rows that the load would reject.

    Those rejections are decided anew when the chunk is loaded. They are among those of the job only if they can keep it
    from loading, so that a person finds all of them then.

    Returns
    -------
    Counts
        Staged rows by the effect that loading would have.
    """
    rejections, stored = found.rejections, JobFiles(job, files)
    rejected, to_reject = 0, 0
    if job.options.limits_rejections:
        at_delivery = replace(chunk, ref=replace(chunk.ref, phase=job.delivery))  # whose rejections replace these
        rejected = reject_at_delivery(job, at_delivery, rejections, staged.duplicates, files)
        rejections = []
    else:
        rejections = _of_sheet(chunk, [*rejections, *_duplicate_rejections(job, staged.duplicates)], stored)
        to_reject = len({rejection.row for rejection in rejections})
    sheet = stored.read_plan().of(chunk.ref.index).name
    changes = [replace(change, sheet=sheet) for change in found.changes]
    examples = [replace(change, sheet=sheet) for change in found.excess.examples]
    excess = replace(found.excess, examples=examples)
    stored.write_compared(chunk.ref.index, replace(found, rejections=rejections, changes=changes, excess=excess))
    return Counts(
        rejected=rejected,
        to_insert=found.inserted,
        to_update=found.updated,
        to_leave=found.unchanged,
        to_delete=found.deleted,
        to_reject=to_reject,
        over_limit=found.excess.rows,
    )


def rejected_before(job: Job, chunk: Chunk, chunks: Chunks) -> int:
    """Return how many rows of a chunk were counted as rejected when it was compared; they are decided anew."""
    if not job.options.limits_rejections:
        return 0
    compared = chunks.get(replace(chunk.ref, phase=PhaseName.COMPARE))
    return compared.counts.rejected if compared else 0


def find_obstacles(job: Job, *, chunks: Chunks, files: Files) -> list[Problem]:
    """Return what keeps a job from loading when all of its rows are parsed and compared; nothing is written then.

    It follows from those chunks alone, so a later run of the job finds the same.

    Returns
    -------
    list of Problem
        One of type ``rejections`` if the job loads all rows or none; else one for each guard that is tripped.
    """
    if not job.compares_first:
        return []
    parsed, compared = (
        [c.counts for c in chunks.of_phase(job.ref, name)] for name in (PhaseName.PARSE, PhaseName.COMPARE)
    )
    effects = Effects(
        total=sum(counts.checked for counts in parsed),
        rejected=sum(counts.rejected for counts in parsed + compared),
        deleted=sum(counts.to_absent for counts in compared),
        scope=sum(counts.in_scope for counts in compared),
        changed=sum(counts.over_limit for counts in compared),
    )
    if job.options.on_rejections == "stop" and effects.rejected:
        return [rejections_problem(job, "checked", files)]
    if not tripped_guards(job.options.guards, effects):
        return []
    excesses = [found.excess for found in JobFiles(job, files).compared()] if effects.changed else []
    examples = {
        "max_rejected": _rejection_examples(job, files) if effects.rejected else [],
        "max_deleted": _absent_examples(job, chunks, files) if effects.deleted else [],
        "max_change": _change_examples(job, excesses) if excesses else [],
    }
    enough = dict(sorted(each for excess in excesses for each in excess.enough.items()))  # the largest of a field
    tripped = tripped_guards(job.options.guards, replace(effects, enough=enough, examples=examples))
    source = {"source": job.importer} if job.is_sync else {}
    return [replace(problem, params={**problem.params, **source}) for problem in tripped]


def rejections_problem(job: Job, case: str, files: Files, **params: Any) -> Problem:
    """Build the problem of a job that loads all rows or none, with its first rejected rows.

    Parameters
    ----------
    case
        ``checked`` if nothing was loaded, ``undoing`` while it is taken back, ``undone`` afterwards.
    params
        Further parameters of that case.
    """
    examples = _rejection_examples(job, files)
    found = {"id": job.ref.id, "found": job.counts.rejected, "examples": examples}
    return Problem(REJECTIONS, {"case": case, **found, **params})


def _absent_examples(job: Job, chunks: Chunks, files: Files) -> list[dict[str, Any]]:
    stored, keys = JobFiles(job, files), list[str]()
    for chunk in chunks.of_phase(job.ref, PhaseName.COMPARE):
        if chunk.counts.to_absent and len(keys) < EXAMPLES:
            keys += [key for key, _ in stored.absent(chunk.ref.index)]
    return [{"key": key} for key in keys[:EXAMPLES]]


def _rejection_examples(job: Job, files: Files) -> list[dict[str, Any]]:
    rows = islice(JobFiles(job, files).rejected_rows(), EXAMPLES)
    return [
        {
            **_place(row.sheet, row.number),
            "column": first.column,
            "reason": {"code": first.code, "params": dict(first.params)},
        }
        for row in rows
        for first in row.rejections[:1]
    ]


def _change_examples(job: Job, excesses: list[Excess]) -> list[dict[str, Any]]:
    titles = {column.field: column.title for column in importer_of(job).columns}
    return [_change_example(change, titles) for excess in excesses for change in excess.examples][:EXAMPLES]


def _change_example(change: Change, titles: Mapping[str, str]) -> dict[str, Any]:
    changes = [
        {"column": titles[name], "before": str(old), "after": None if (new := change.after[name]) is None else str(new)}
        for name, old in change.before.items()
    ]
    return {**_place(change.sheet, change.row), "key": change.key, "changes": changes}


def _place(sheet: str, row: int) -> dict[str, Any]:
    return {"sheet": sheet, "row": row} if sheet else {"row": row}


def dump_keys(rows: Iterable[GoodRow]) -> bytes:
    """Encode the digests of the rows' keys with their row numbers, in order; 20 bytes a row."""
    return b"".join(DIGEST.pack(digest_of(row.key), row.number) for row in rows)


def digest_of(key: str) -> bytes:
    """Return the digest of a key, 16 bytes."""
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


def find_duplicates(job: Job, services: Services) -> None:
    """Find rows with a duplicate key, and store the first row with the key of each, for each chunk that has any.

    Chunks that an earlier dispatch has sent to be loaded keep their duplicates and come first, wherever they are in the
    file: their rows may be delivered already, even those of a failed chunk.
    """
    ref, stored = job.ref, JobFiles(job, services.files)
    handed_out = {chunk.ref.index for chunk in services.chunks.of_phase(ref, job.delivery)}
    parsed = [
        chunk.ref.index
        for chunk in services.chunks.of_phase(ref, PhaseName.PARSE)
        if chunk.state is ChunkState.DONE and chunk.counts.checked > chunk.counts.rejected
    ]
    if handed_out.issuperset(parsed):
        return
    parsed.sort(key=lambda index: (index not in handed_out, index))
    ignored = dict(zip(handed_out, read_ahead(stored.duplicates, handed_out), strict=True))
    equal = _equal_keys(job, parsed, services)
    # digests of one first byte at a time, so that those of 10 million rows take 24 bytes each, and no more
    buckets = [bytearray() for _ in range(256)]
    for index, digest, row in _keys(stored, parsed, ignored, equal):
        buckets[digest[0]] += _PLACE.pack(digest, index, row)
    repeated: dict[int, dict[int, tuple[int, int]]] = {}
    for bucket in buckets:
        first: dict[bytes, tuple[int, int]] = {}
        for digest, index, row in _PLACE.iter_unpack(bucket):
            if digest not in first:
                first[digest] = row, index
            elif index not in handed_out:
                repeated.setdefault(index, {})[row] = first[digest]
    plan = stored.read_plan()
    # texts are the same at every dispatch; what a table makes of them replaces what was found before
    for index in (each for each in parsed if each not in handed_out) if equal else repeated:
        found = sorted(repeated.get(index, {}).items())
        stored.write_duplicates(index, {row: (first_row, _sheet_name(plan, at)) for row, (first_row, at) in found})


def _sheet_name(plan: FilePlan, index: int) -> str:
    """Return the name of a chunk's sheet, if the file has several."""
    return plan.of(index).name if plan.has_several else ""


def _duplicate_rejections(job: Job, duplicates: Mapping[int, tuple[str, FirstRow]]) -> list[Rejection]:
    """List the rejections of rows with the key of an earlier row, without the sheet's name."""
    title = key_of(importer_of(job).row).title
    return [
        Rejection("", row, title, key, DUPLICATE_KEY, {"column": title, "first": first, **_first_sheet(sheet)})
        for row, (key, (first, sheet)) in duplicates.items()
    ]


def _first_sheet(sheet: str) -> dict[str, str]:
    return {"sheet": sheet} if sheet else {}


def equal_keys(job: Job, candidates: Callable[[], Iterable[str]], services: Services) -> Mapping[str, str]:
    """Map keys to another text of the same key, as `Destination.equal_keys` does; none for a job without a dataset."""
    if job.delivery is not PhaseName.LOAD:
        return {}
    return services.destination.equal_keys(importer_of(job), candidates)


def _equal_keys(job: Job, indexes: list[int], services: Services) -> dict[bytes, bytes]:
    """Return digests of keys that are other texts and the same key of the dataset: each but one, with that one."""
    stored = JobFiles(job, services.files)

    def keys() -> Iterator[str]:
        for index in indexes:
            yield from (row.key for row in stored.staged(index))

    return {digest_of(key): digest_of(one) for key, one in equal_keys(job, keys, services).items()}


def read_ahead(read: Callable[[A], B], things: Iterable[A]) -> Iterator[B]:
    """Yield what ``read`` returns of each thing, in order; some are read at the same time, and no more kept."""
    ahead: deque[Future[B]] = deque()
    with ThreadPoolExecutor(_READS) as pool:
        for thing in things:
            ahead.append(pool.submit(read, thing))
            if len(ahead) > _READS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _keys(
    stored: JobFiles, indexes: Sequence[int], ignored: Mapping[int, Container[int]], equal: Mapping[bytes, bytes]
) -> Iterator[tuple[int, bytes, int]]:
    for index, packed in zip(indexes, read_ahead(stored.keys, indexes), strict=True):
        without = ignored.get(index, ())
        found: Iterable[tuple[bytes, int]] = DIGEST.iter_unpack(packed)
        if equal:
            found = [(equal.get(digest, digest), row) for digest, row in found]
        for digest, row in found:
            if row not in without:
                yield index, digest, row
