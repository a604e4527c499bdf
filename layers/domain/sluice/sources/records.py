"""Rows of an upstream become records, as those of a file are: validation cannot tell them apart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from sluice.rows.cell import Cell, Record
from sluice.rows.column import Column
from sluice.rows.row import columns_of
from sluice.sources.page import Page
from sluice.sources.source import Source


def fields_of(source: Source) -> dict[int, str]:
    """Which cell of `records_of` (counted from 0) belongs to which field."""
    return {place: column.field for place, column in enumerate(columns_of(source.row))}


def records_of(source: Source, pages: Iterable[Page]) -> Iterator[Record]:
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
