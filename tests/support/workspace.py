"""A workspace in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO


class MemoryWorkspace:
    """Objects in a dictionary; also counts how often they were read."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads: list[str] = []

    def write(self, name: str, body: bytes) -> None:
        """Store a whole object."""
        self.objects[name] = body

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        """Store what is written within the block, unless the block fails."""
        stream = io.BytesIO()
        yield stream
        self.objects[name] = stream.getvalue()

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Read a range; unlike a slice of bytes, one that begins beyond the end is an error, as it is in S3."""
        self.reads.append(name)
        body = self.objects[name]
        if start and start >= len(body):
            raise ValueError(f"{name} has {len(body)} bytes, none at {start}")
        return body[start:end]
