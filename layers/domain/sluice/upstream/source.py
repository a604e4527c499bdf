"""The declaration of a source, its pages, how their rows become records, and the schedule of its syncs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from sluice.schema.cell_types import Conventions
from sluice.schema.cells import Cell, Record
from sluice.schema.importer import Column, Importer, Row, columns_of, key_of

# A schedule's name is the source's with 33 characters more, and has 64 at most (EventBridge Scheduler API Reference).
_NAME_LENGTH = 31


@dataclass(frozen=True)
class Source:
    """A list of rows of an upstream, read page by page.

    Parameters
    ----------
    name
        The name that callers use.
    row
        The row model; the titles of its columns are the names that the upstream gives them.
    dataset
        Where its rows end up.
    title
        For people.
    upstream
        Name of the upstream in the deployment's secret: its address, credentials and rate are shared by all sources
        and lookups that name it.
    path
        Path of the list, relative to the upstream's address.
    page_size
        Rows to request at once.
    chunk_pages
        Pages in one chunk, the unit of work and of retry. Workers share the rate: 35 of them with 20 pages each need
        47 s at the 15 requests a second that are used of 20 (`sluice.upstream.rate_limiter.spacing`), which is the time
        that a worker has.
    has_total
        Whether a response says how many rows there are; if not, pages are read one after the other to the end.
    rate
        Requests a second that the upstream allows, of all workers and all its sources and lookups together.
    conventions
        How the upstream writes numbers and dates. They declare the order of day and month, because a sync has no person
        to ask.

    Raises
    ------
    TypeError
        If the row model has not exactly one key.
    ValueError
        If the name is too long for a schedule.
    """

    name: str
    row: type[Row]
    dataset: str
    title: str
    upstream: str
    path: str
    page_size: int = 100
    chunk_pages: int = 20
    has_total: bool = True
    rate: float = 20.0
    conventions: Conventions = Conventions(dates="dmy")

    def __post_init__(self) -> None:
        key_of(self.row)
        if len(self.name) > _NAME_LENGTH:
            raise ValueError(f"the name {self.name!r} has more than {_NAME_LENGTH} letters; choose a shorter one")

    @cached_property
    def rows(self) -> Importer:
        """The source as an importer, so that its rows are validated, staged and loaded as those of a file are."""
        return Importer(
            self.name,
            row=self.row,
            dataset=self.dataset,
            title=self.title,
            chunk_rows=self.page_size * self.chunk_pages,
            conventions=self.conventions,
            mode="mirror",
            blanks="clear",  # a source is whole: null is a value, not a silence
        )


@dataclass(frozen=True)
class SourcePage:
    """Rows of a source as they came.

    Parameters
    ----------
    offset
        Rows of the source before the first one of the page.
    rows
        Each by the upstream's own names; fewer than were requested only at the end of the source.
    total
        Rows that the source had at that moment; ``None`` if its upstream does not say.
    """

    offset: int
    rows: list[dict[str, object]]
    total: int | None


@dataclass(frozen=True)
class PulledChunk:
    """What the upstream's responses to one chunk, in one run of the job, contained.

    Parameters
    ----------
    run
        The run of the job that read the chunk.
    rows
        Number of rows in the responses.
    totals
        Every total that the responses named.
    fields
        Fields of the row model that a row has a value or null for.
    """

    run: int
    rows: int
    totals: list[int]
    fields: list[str]


def read_page(body: Any, offset: int, limit: int, *, has_total: bool) -> SourcePage:
    """Read the JSON of a page: ``{"total": …, "data": [{…}, …]}``.

    Parameters
    ----------
    body
        The JSON.
    offset, limit
        First row that was requested, and how many.
    has_total
        Whether the page must have a total; if not, a total is ignored.

    Raises
    ------
    ValueError
        If the JSON has another form; the message names the form and shows nothing of the content.
    """
    if not isinstance(body, dict):
        raise ValueError(f"a JSON {_kind(body)} instead of an object")
    rows = body.get("data")
    if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
        raise ValueError("an object without a list of rows in 'data'")
    if len(rows) > limit:
        raise ValueError(f"{len(rows):,} rows instead of at most {limit:,}")
    if not has_total:
        return SourcePage(offset, rows, None)
    total = body.get("total")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise ValueError("an object without a number in 'total'")
    return SourcePage(offset, rows, total)


def _kind(value: object) -> str:
    return {list: "list", str: "text", bool: "flag", type(None): "null"}.get(type(value), "number")


def fields_of(source: Source) -> dict[int, str]:
    """Map the cells of `records_of`, counted from 0, to the fields of the row model."""
    return {place: column.field for place, column in enumerate(columns_of(source.row))}


def records_of(source: Source, pages: Iterable[SourcePage]) -> Iterator[Record]:
    """Yield the rows of pages as numbers and cells.

    A row's number is its place in the source, counted from 1. It has a cell for each column of the row model, in
    order; other values of the upstream are ignored. A value belongs to a column if its name is exactly one of the
    column's titles or the name of its field; of several such values, the first that is not null counts.
    """
    names = [_names(column) for column in columns_of(source.row)]
    for page in pages:
        for number, row in enumerate(page.rows, start=page.offset + 1):
            yield (
                number,
                [_cell(next((row[name] for name in known if row.get(name) is not None), None)) for known in names],
            )


def fields_in(source: Source, pages: Iterable[SourcePage]) -> list[str]:
    """List the fields of the row model that some row of pages has, null or not."""
    named = {name for page in pages for row in page.rows for name in row}
    return [column.field for column in columns_of(source.row) if not named.isdisjoint(_names(column))]


def _names(column: Column) -> tuple[str, ...]:
    return (*column.titles, column.field)


def _cell(value: object) -> Cell:
    """Return a JSON value as a cell; lists and objects become their JSON text."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            text = value
        case _:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # JSON can contain half of a surrogate pair, which no destination can store.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(frozen=True)
class Schedule:
    """A schedule: a run at ``starting_at``, and one every ``every_minutes`` minutes after it.

    Parameters
    ----------
    every_minutes
        Period in minutes.
    starting_at
        Time of the first scheduled run, with its time zone, in whole seconds.
    """

    every_minutes: int
    starting_at: datetime

    @property
    def period(self) -> timedelta:
        """Time from one scheduled run to the next."""
        return timedelta(minutes=self.every_minutes)


def next_at(schedule: Schedule, now: datetime) -> datetime:
    """Return the time of the next scheduled run, which may be ``now``."""
    periods = -((schedule.starting_at - now) // schedule.period)
    return schedule.starting_at + max(periods, 0) * schedule.period


def schedule_from(every_minutes: int, starting_at: datetime | None, *, now: datetime) -> Schedule:
    """Build a schedule from a caller's request.

    Without ``starting_at``, the first run is one period from now. If ``starting_at`` is past, the first run is the next
    one of its series, so "daily, from last Monday, 6:00" begins at the next 6:00.
    """
    first = starting_at or now + timedelta(minutes=every_minutes)
    wanted = Schedule(every_minutes, first.astimezone(UTC).replace(microsecond=0))
    return Schedule(every_minutes, next_at(wanted, now))
