"""The declaration of a source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import create_model

from sluice.schema.cell_types import Date
from sluice.schema.cells import Cell, Record
from sluice.schema.column import Column, Row, column, columns_of, key_of
from sluice.schema.context import Conventions
from sluice.schema.importer import Importer

#: The field of every source's rows that says since when the upstream has the row no longer.
GONE = "gone_since"
_SINCE = (
    Date | None,
    column("Gone Since", default=None, description="Day on which it was not there any more.", examples=["01-03-2026"]),
)

# A schedule's name is the source's and 33 characters more, and has 64 at most (EventBridge Scheduler API Reference).
_NAME_LENGTH = 31


@dataclass(frozen=True)
class Source:
    """An upstream's list of rows, read page by page: a row model and where its rows are.

    Parameters
    ----------
    name
        What callers ask for.
    row
        The row model; the titles of its columns are the names that the upstream gives them.
    dataset
        Where its rows end up.
    title
        For people.
    path
        Of the list, below the upstream's address.
    page_size
        Rows to ask for at once.
    chunk_pages
        Pages in one chunk, the unit of work and of retry. Workers share the rate: 35 of them with 20 pages each need
        47 s at the 15 requests a second that are used of 20 (`upstream.turns.spacing`), what a worker has for them.
    has_total
        Whether an answer says how many rows there are; if not, pages are read one after the other to the end.
    rate
        Requests a second that the upstream allows, of all workers and all its sources together.
    upstream
        Whose list it is: its address, credentials and rate are shared by all sources that name it.
    conventions
        How the upstream writes numbers and dates. The order of day and month is settled here, for when a sync runs
        there is nobody to ask.
    """

    name: str
    row: type[Row]
    dataset: str
    title: str
    path: str
    page_size: int = 100
    chunk_pages: int = 20
    has_total: bool = True
    rate: float = 20.0
    upstream: str = "siasn"
    conventions: Conventions = Conventions(dates="dmy")

    def __post_init__(self) -> None:
        key_of(self.row)  # a model without one key is a mistake of the declaration, found at import
        if len(self.name) > _NAME_LENGTH:
            raise ValueError(f"the name {self.name!r} has more than {_NAME_LENGTH} letters")

    @cached_property
    def rows(self) -> Importer:
        """Its rows as those of an importer: what checks, stages and loads the rows of a file does the same to them.

        They have one column more, `GONE`, which no upstream fills: it says since when a row is not there any more.
        """
        return Importer(
            self.name,
            row=create_model(self.row.__name__, __base__=self.row, **{GONE: _SINCE}),  # type: ignore[call-overload]  # names are data here
            dataset=self.dataset,
            title=self.title,
            chunk_rows=self.page_size * self.chunk_pages,
            conventions=self.conventions,
        )


@dataclass(frozen=True)
class SourcePage:
    """Rows of a source as they came.

    Parameters
    ----------
    offset
        How many rows of the source are before the first.
    rows
        Each by the upstream's own names; fewer than were asked for only at the end of the source.
    total
        Rows that the source had at that moment; ``None`` if its upstream does not say.
    """

    offset: int
    rows: list[dict[str, object]]
    total: int | None


def read_page(body: Any, offset: int, most: int, *, has_total: bool) -> SourcePage:
    """Read an answer: ``{"total": …, "data": [{…}, …]}``.

    Parameters
    ----------
    body
        The JSON.
    offset, most
        From where rows were asked for, and how many.
    has_total
        Whether it must say the total; if not, the total is not looked at.

    Returns
    -------
    SourcePage
        The rows that it has.

    Raises
    ------
    ValueError
        If it is something else; the message says what, and nothing of its content.
    """
    if not isinstance(body, dict):
        raise ValueError(f"a JSON {_kind(body)} in place of an object")
    rows = body.get("data")
    if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
        raise ValueError("an answer without a list of rows in 'data'")
    if len(rows) > most:
        raise ValueError(f"{len(rows):,} rows where {most:,} were asked for")
    if not has_total:
        return SourcePage(offset, rows, None)
    total = body.get("total")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise ValueError("an answer without a number in 'total'")
    return SourcePage(offset, rows, total)


def _kind(value: object) -> str:
    return {list: "list", str: "text", bool: "flag", type(None): "null"}.get(type(value), "number")


def fields_of(source: Source) -> dict[int, str]:
    """Which cell of `records_of` (counted from 0) belongs to which field."""
    return {place: column.field for place, column in enumerate(columns_of(source.row))}


def records_of(source: Source, pages: Iterable[SourcePage]) -> Iterator[Record]:
    """Rows as numbers and cells.

    A row's number is its place in the source, counted from 1. It has a cell for each column of the row model, in
    order; what else the upstream says is left out. A column is met by the name of its field or one of its titles,
    letter by letter, for programs do not misspell; if the row has several, the first that is not null.
    """
    names = [_names(column) for column in columns_of(source.row)]
    for page in pages:
        for number, row in enumerate(page.rows, start=page.offset + 1):
            yield (
                number,
                [_cell(next((row[name] for name in known if row.get(name) is not None), None)) for known in names],
            )


def _names(column: Column) -> tuple[str, ...]:
    return (*column.titles, column.field)


def _cell(value: object) -> Cell:
    """A value of JSON as a cell; lists and objects become their JSON text."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            text = value
        case _:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # half of a surrogate pair can be written in JSON, but not stored anywhere
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
