"""Give up a chunk whose message went to the dead-letter queue."""

from __future__ import annotations

from sluice.model.chunk import CLOSED, ChunkRef, ChunkState
from sluice.model.counts import Counts
from sluice.model.errors import TryLater
from sluice.usecases.barrier import answer_if_passed
from sluice.usecases.ports import Chunks, Jobs, Machine


def give_up(ref: ChunkRef, *, now: int, jobs: Jobs, chunks: Chunks, machine: Machine) -> bool:
    """Close the chunk as failed, so that the phase can end; its rows stay unprocessed until the job is retried.

    Returns
    -------
    bool
        Whether it was given up by this call; ``False`` when it was closed before.

    Raises
    ------
    TryLater
        If a worker still holds it (a doubled message died while the other is at work).
    """
    given_up = chunks.close(ref, ChunkState.FAILED, Counts(), free_at=now)
    chunk = chunks.get(ref)
    if chunk is not None and chunk.state not in CLOSED:
        raise TryLater("A worker is still at this chunk.", max(1, chunk.lease_until - now))
    answer_if_passed(ref.job, ref.phase, now=now, jobs=jobs, chunks=chunks, machine=machine)
    return given_up
