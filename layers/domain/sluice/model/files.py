"""Stored parts of a multipart upload."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StoredPart:
    """A part that has arrived: its size in bytes, and the etag of its content."""

    bytes: int
    etag: str
