"""What reading offers the use cases: a file becomes a layout and segments, a segment becomes records."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, Protocol

from sluice.model.recipe import How, Question
from sluice.schema.cells import Record
from sluice.schema.dates import DAYS_TO_1904

if TYPE_CHECKING:
    from sluice.reading.survey import TextSurvey

#: Bytes of a slice at most, so that a worker can parse it in its memory: long rows make slices of fewer rows.
MAX_SLICE_BYTES: Final = 16 * 1024 * 1024


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
    until
        Epoch seconds by which the file must be read.
    """

    max_bytes: int
    max_rows: int
    max_inflated_bytes: int = 8 * 1024**3
    until: float = math.inf


class HeaderFit(NamedTuple):
    """How well the importer's header is found in the first rows of a file; a better one is greater.

    Parameters
    ----------
    has_required
        Whether every required column is there.
    found
        Number of the columns that are there.
    row
        Row number of the header; 0 if there is none.
    width
        Fields up to its last title.
    """

    has_required: bool = False
    found: int = 0
    row: int = 0
    width: int = 0


@dataclass(frozen=True)
class Reading:
    """What holds before a file is opened, and how its header is recognised.

    Parameters
    ----------
    given
        Values of decisions that a caller made, by key, of those on which splitting depends.
    remembered
        Values of an earlier file; they hold where this file leaves it open.
    fit
        Looks for the header of the importer in the first rows that are not blank.
    survey
        What the bytes of the text show, if they were read before.
    answered
        The keys of what was given as an answer: no proof is weighed against it.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    remembered: Mapping[str, Any] = field(default_factory=dict)
    fit: Callable[[list[Record]], HeaderFit] = lambda _: HeaderFit()
    survey: TextSurvey | None = None
    answered: frozenset[str] = frozenset()


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
        ``xlsx`` (slices of sheet XML), ``csv`` (bytes) or ``cells`` (typed cells of an .xls or .ods file).
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

    @property
    def days_later(self) -> int:
        """Days between day 0 of Excel's usual calendar and that of the file; an earlier version stored none of .xls."""
        return int(self.details.get("days_later", DAYS_TO_1904 if self.details.get("date1904") else 0))


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


#: Merged cells: the first and the last row by number, the first and the last column counted from 0.
MergedRange = tuple[int, int, int, int]


@dataclass(frozen=True)
class SheetFacts:
    """What a sheet shows beside its values.

    Parameters
    ----------
    hidden_rows
        Number of hidden rows with a value among those that were split; ``None`` where the reader cannot tell, and so
        for the others.
    hidden_columns
        First and last place of ranges of hidden columns.
    merged
        Ranges of merged cells, by their first rows.
    is_filtered
        Whether a filter selects rows.
    hidden
        Numbers of the hidden rows, unless the slices of the sheet tell which they are.
    """

    hidden_rows: int | None = None
    hidden_columns: tuple[tuple[int, int], ...] | None = None
    merged: tuple[MergedRange, ...] | None = None
    is_filtered: bool | None = None
    hidden: tuple[int, ...] = ()


class Table(Protocol):
    """A sheet of an opened file that has a value, or all of a file without sheets."""

    @property
    def sheet(self) -> str:
        """Name of the sheet; empty if the file has none."""

    @property
    def is_hidden(self) -> bool:
        """Whether a spreadsheet program hides the sheet."""

    def head(self, count: int) -> list[Record]:
        """Read the first ``count`` rows that are not blank (fewer when there are no more)."""

    def split(self, after_row: int, chunk_rows: int) -> Iterator[Segment]:
        """Split all rows below row number ``after_row`` into segments of ``chunk_rows`` rows, in order."""

    def count_rows(self, after_row: int) -> int:
        """Count the rows below row number ``after_row`` that have a value."""

    @property
    def layout(self) -> FileLayout:
        """The layout; complete once `split` is exhausted."""

    @property
    def facts(self) -> SheetFacts:
        """What the sheet shows beside its values; complete once `split` is exhausted."""


class TabularFile(Protocol):
    """An opened file."""

    @property
    def tables(self) -> Sequence[Table]:
        """Its sheets that have a value, in the order of their tabs; one table if it has no sheets."""

    @property
    def decisions(self) -> Mapping[str, tuple[Any, How]]:
        """How the text is read that the file is: decisions by key; other files need none."""

    @property
    def questions(self) -> Sequence[Question]:
        """What the file leaves open before its header can be looked for; the first is asked."""

    @property
    def properties(self) -> dict[str, str]:
        """Custom properties of a workbook that are text, by name; other files have none."""
