"""A chunk's name as the text of a queue message."""

from __future__ import annotations

import json

from sluice.model.chunk import ChunkRef, JobRef, PhaseName


def to_message(ref: ChunkRef) -> str:
    """Write a chunk's name."""
    return json.dumps({"tenant": ref.job.tenant, "job_id": ref.job.id, "phase": ref.phase, "index": ref.index})


def from_message(body: str) -> ChunkRef:
    """Read a chunk's name.

    Raises
    ------
    ValueError, KeyError
        If the text is not what `to_message` wrote.
    """
    named = json.loads(body)
    return ChunkRef(JobRef(named["tenant"], named["job_id"]), PhaseName(named["phase"]), int(named["index"]))
