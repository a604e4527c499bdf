"""When the rows of a job were done, chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.usecases.ports import Chunks


@dataclass(frozen=True)
class Step:
    """A chunk that was done ``at`` that time: so many rows of a phase."""

    at: datetime
    phase: PhaseName
    rows: int


def timeline(ref: JobRef, *, chunks: Chunks) -> list[Step]:
    """The chunks of a job that are done, oldest first; a chunk that was given up has no step."""
    done = (
        Step(chunk.closed_at, name, chunk.rows)
        for name in PhaseName
        for chunk in chunks.of_phase(ref, name)
        if chunk.state is ChunkState.DONE and chunk.closed_at is not None
    )
    return sorted(done, key=lambda step: step.at)
