"""Parts of a file that is sent so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StoredPart:
    """A part that has arrived: its bytes, and the etag that names its content."""

    bytes: int
    etag: str
