"""What reading offers the use cases: a file becomes a layout and segments, a segment becomes records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from sluice.schema.cells import Record


@dataclass(frozen=True)
class Limits:
    """Limits of a file; beyond them it is rejected.

    Parameters
    ----------
    max_bytes
        Bytes of the file as uploaded.
    max_rows
        Rows below the header.
    max_inflated_bytes
        Bytes that may come out of a compressed file.
    """

    max_bytes: int
    max_rows: int
    max_inflated_bytes: int = 8 * 1024**3


class Workspace(Protocol):
    """A folder of the job, where `plan` stores what the workers need."""

    def write(self, name: str, body: bytes) -> None:
        """Store a whole object."""

    def create(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open an object for writing as a stream of unknown length; stored when the block ends."""

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Read bytes ``start`` (included) to ``end`` (excluded)."""


@dataclass(frozen=True)
class FileLayout:
    """What every worker must know of the file; the same for all of its segments.

    Parameters
    ----------
    format
        ``xlsx`` (slices of sheet XML), ``csv`` (bytes) or ``cells`` (typed cells of a whole-file reader).
    sheet
        Name of the sheet that is read; empty for CSV.
    encoding, delimiter
        Of a CSV file, else ``None``. `encoding` is the file's; a slice that was transcoded says so in `details`.
    details
        JSON values that only the reader of this format reads.
    """

    format: str
    sheet: str
    encoding: str | None = None
    delimiter: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Segment:
    """Consecutive rows of the file: the rows of one chunk.

    Parameters
    ----------
    index
        Number of the chunk, from 0.
    first_row
        Row number, as a person sees it, of the first row in it.
    rows
        Rows in it; blank ones are counted here and dropped when the segment is read.
    start, end
        Byte range of the uploaded file, when the segment is one; 0 and 0 otherwise.
    body
        Bytes of the slice to be stored, ``None`` when the segment is a byte range of the upload.
    """

    index: int
    first_row: int
    rows: int
    start: int = 0
    end: int = 0
    body: bytes | None = None


class TabularFile(Protocol):
    """An opened file, positioned on the sheet that is read."""

    def head(self, count: int) -> list[Record]:
        """Read the first ``count`` rows that are not blank (fewer when there are no more)."""

    def split(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        """Split all rows below row number ``after_row`` into segments of ``chunk_rows`` rows, in order."""

    @property
    def layout(self) -> FileLayout:
        """The layout; complete once `split` is exhausted."""

    @property
    def properties(self) -> dict[str, str]:
        """Custom properties of a workbook that are text, by name; other files have none."""

    def other_sheets(self) -> tuple[str, ...]:
        """Name the other visible sheets of a workbook that have a value; other files have none."""
