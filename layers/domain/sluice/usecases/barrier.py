"""The end of a phase: whoever sees that no chunk remains answers the token."""

from __future__ import annotations

from sluice.model.chunk import ChunkRef, Phase
from sluice.usecases.ports import Chunks, Machine


def answer_if_passed(ref: ChunkRef, *, chunks: Chunks, machine: Machine) -> None:
    """Answer the token of the chunk's phase when nothing of it remains.

    Called after a chunk was closed, and again by every redelivery of a closed chunk's message: if the worker that
    closed the last chunk died before it could answer, its message comes again and the answer is given then.
    """
    barrier = chunks.phase(ref.job, ref.phase)
    if barrier is not None and barrier.remaining == 0:
        answer(barrier, machine)


def answer(barrier: Phase, machine: Machine) -> None:
    """Tell the state machine how the phase ended."""
    machine.succeed(barrier.token, {"outcome": "done", "chunks": barrier.total, "failed": barrier.failed})
