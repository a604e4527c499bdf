"""The queues of chunks in memory."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.model.chunk import ChunkRef


class MemoryQueue:
    """The `Queue` port: messages lie in a list until a test delivers them."""

    def __init__(self) -> None:
        self.messages: list[ChunkRef] = []
        self.urgent: list[ChunkRef] = []

    def send(self, chunks: Sequence[ChunkRef], *, urgent: bool) -> None:
        (self.urgent if urgent else self.messages).extend(chunks)

    def delay(self, queue_arn: str, receipt: str, seconds: int) -> None:
        raise AssertionError("only handlers delay messages")

    def depths(self) -> dict[str, dict[str, int]]:
        return {"standard": {"waiting": len(self.messages)}, "urgent": {"waiting": len(self.urgent)}}
