"""Find keys that a file has more than once: the first row wins, the rest are rejected when they are loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping
from struct import Struct

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.job import Job
from sluice.schema.validation import GoodRow
from sluice.usecases.artifacts import JobFiles
from sluice.usecases.ports import Chunks, Files

# 16 bytes of digest and the row number: memory is about 100 bytes a row while a job is merged, whatever its keys
# are. Two keys of 2 million share 128 bits by chance once in 10**26 files.
_RECORD = Struct(">16sI")


def dump_keys(rows: Iterable[GoodRow]) -> bytes:
    """Digests of the rows' keys with their row numbers, in order."""
    return b"".join(_RECORD.pack(digest_of(row.key), row.number) for row in rows)


def digest_of(key: str) -> bytes:
    """The digest of a key."""
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


def digests(ref: JobRef, indexes: Iterable[int], files: Files) -> set[bytes]:
    """Digests of the keys that these chunks have staged."""
    return {digest for _, digest, _ in _keys(ref, list(indexes), {}, files)}


def find_duplicates(job: Job, *, chunks: Chunks, files: Files) -> None:
    """Write, for each chunk that repeats a key, ``{row number: row number of the first}``.

    Chunks that were handed out to be loaded before, by an earlier run or a dispatch that died, keep what they were
    given, wherever they stand in the file: their rows may be delivered already, even of one that was given up.
    """
    ref, stored = job.ref, JobFiles(job.ref, files)
    handed_out = {chunk.ref.index for chunk in chunks.of_phase(ref, job.delivery)}
    parsed = [
        chunk.ref.index
        for chunk in chunks.of_phase(ref, PhaseName.PARSE)
        if chunk.state is ChunkState.DONE and chunk.counts.checked > chunk.counts.rejected
    ]
    if handed_out.issuperset(parsed):
        return
    parsed.sort(key=lambda index: (index not in handed_out, index))
    ignored = {index: stored.duplicates(index) for index in handed_out}
    seen: set[bytes] = set()
    repeated: dict[int, dict[int, bytes]] = {}
    for index, digest, row in _keys(ref, parsed, ignored, files):
        if digest in seen:
            repeated.setdefault(index, {})[row] = digest
        seen.add(digest)
    if not repeated:
        return
    wanted = {digest for rows in repeated.values() for digest in rows.values()}
    first: dict[bytes, int] = {}
    for _, digest, row in _keys(ref, parsed, ignored, files):
        if digest in wanted:
            first.setdefault(digest, row)
    for index, rows in repeated.items():
        found = {row: first[digest] for row, digest in rows.items()}
        stored.write_duplicates(index, found)


def _keys(
    ref: JobRef, indexes: list[int], ignored: Mapping[int, Container[int]], files: Files
) -> Iterator[tuple[int, bytes, int]]:
    for index in indexes:
        without = ignored.get(index, ())
        for digest, row in _RECORD.iter_unpack(JobFiles(ref, files).keys(index)):
            if row not in without:
                yield index, digest, row
