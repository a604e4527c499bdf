"""Dispatch a phase: set up its barrier, then send a message for each of its chunks."""

from __future__ import annotations

from collections.abc import Iterator

from sluice.model.chunk import CLOSED, Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.status import ENDED, Status
from sluice.usecases.barrier import answer
from sluice.usecases.find_repeats import find_repeats
from sluice.usecases.ports import Chunks, Files, Jobs, Machine, Queue


def dispatch(
    ref: JobRef,
    name: PhaseName,
    token: str,
    *,
    jobs: Jobs,
    chunks: Chunks,
    files: Files,
    queue: Queue,
    machine: Machine,
) -> None:
    """Fan a phase out; the token is answered when its last chunk is closed.

    The barrier stands before the first message goes out, for a worker may close its chunk while the rest is still
    being sent. Doing all of this twice is harmless: the barrier keeps its count and takes the newer token, and a
    worker that finds its chunk closed changes nothing.
    """
    job = jobs.get(ref)
    if job.status in ENDED:
        machine.succeed(token, {"outcome": "over"})
        return
    if name is PhaseName.LOAD:
        jobs.move(ref, Status.LOADING)
        find_repeats(ref, chunks=chunks, files=files)
        chunks.add(_load_chunks(ref, chunks))
    all_chunks = list(chunks.of_phase(ref, name))
    barrier = chunks.open_phase(ref, name, total=len(all_chunks), token=token)
    if barrier.remaining == 0:
        answer(barrier, machine)
    queue.send([chunk.ref for chunk in all_chunks if chunk.state not in CLOSED], urgent=job.urgent)


def _load_chunks(ref: JobRef, chunks: Chunks) -> Iterator[Chunk]:
    """A load chunk for each parse chunk that staged rows."""
    for parsed in chunks.of_phase(ref, PhaseName.PARSE):
        staged = parsed.counts.checked - parsed.counts.refused
        if parsed.state is ChunkState.DONE and staged:
            yield Chunk(ChunkRef(ref, PhaseName.LOAD, parsed.ref.index), parsed.first_row, staged)
