"""How an importer's rows lie in PostgreSQL: which table, which columns, which types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic_core import from_json

from sluice.model.errors import SluiceError
from sluice.rows.check import GoodRow
from sluice.rows.row import Row, columns_of, key_of

LEDGER = "sluice_ledger"
# Ours in every table, and those that PostgreSQL gives every table (its documentation, "System Columns").
_TAKEN = frozenset(
    {"tenant", "row_hash", "job_id", "valid_from", "valid_until", "superseded_by"}
    | {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}
)
# NAMEDATALEN - 1 (PostgreSQL documentation, "Identifiers and Key Words"); a longer name would be cut without a word.
_NAME_BYTES = 63
# `numeric` keeps the scale that a number was written with, so that 12.50 comes back as 12.50. What it does not keep is
# an exponent above zero, as in 1E+2; no cell type makes such numbers. Hence the columns are all there is of a row,
# and what somebody changes in them by SQL is what Sluice shows.
_TYPES: dict[Any, str] = {str: "text", Decimal: "numeric", int: "bigint", bool: "boolean", date: "date"}


@dataclass(frozen=True)
class Field:
    """A column of ours: the model's field, the title that people know it by, and its type in a table we make."""

    name: str
    title: str
    type: str


@dataclass(frozen=True)
class Layout:
    """Where an importer's rows are: the table ``dataset``, a column for each field, one of them the key."""

    dataset: str
    key: str
    fields: tuple[Field, ...]

    @property
    def archive(self) -> str:
        """The table of what rows were before."""
        return f"{self.dataset}_archive"

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that hold values, in the order of the model."""
        return tuple(field.name for field in self.fields)


@cache
def layout_of(dataset: str, row: type[Row]) -> Layout:
    """Find the columns of a row model.

    Raises
    ------
    SluiceError
        If a table cannot have such names.
    """
    fields = tuple(
        Field(column.field, column.title, _type_of(row.model_fields[column.field].annotation))
        for column in columns_of(row)
    )
    layout = Layout(dataset, key_of(row).field, fields)
    for name in (dataset, layout.archive, *layout.names):
        if not 0 < len(name.encode()) <= _NAME_BYTES:
            raise unusable(f"PostgreSQL has no names of more than {_NAME_BYTES} bytes, such as '{name}'.")
    if taken := _TAKEN.intersection(layout.names):
        raise unusable(f"'{min(taken)}' in dataset '{dataset}' is a column of Sluice's own; name the field otherwise.")
    if "%" in dataset:  # psycopg would take it for the beginning of a parameter
        raise unusable(f"'{dataset}' has a %; name the dataset otherwise.")
    if dataset == LEDGER or dataset.endswith("_archive"):
        raise unusable(f"'{dataset}' is a table of Sluice's own; name the dataset otherwise.")
    return layout


def unusable(detail: str) -> SluiceError:
    """What is raised when a dataset cannot be a table of this database."""
    return SluiceError("unusable-table", "The dataset cannot be a table of this database", detail)


def _type_of(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _type_of(get_args(annotation)[0])
    if origin is Union or origin is UnionType:
        others = [each for each in get_args(annotation) if each is not type(None)]
        return _type_of(others[0]) if len(others) == 1 else "jsonb"
    if origin is Literal:
        return "text" if all(type(value) is str for value in get_args(annotation)) else "jsonb"
    return _TYPES.get(annotation, "jsonb")


def texts(layout: Layout, rows: list[GoodRow]) -> Iterator[list[Any]]:
    """Rows as COPY takes them: place within the batch from 1 on, each value as PostgreSQL reads it, hash."""
    fields = [(field.name, field.type == "jsonb") for field in layout.fields]
    for place, row in enumerate(rows, start=1):
        get = from_json(row.values).get
        line: list[Any] = [place]
        for name, as_json in fields:
            value = get(name)
            # nearly every value of every row is one of these; a call for each would take longer than sending them
            line.append(value if value is None or (type(value) is str and not as_json) else _text(value))
        line.append(row.hash)
        yield line


def _text(value: Any) -> str:
    """A value as JSON writes it, which is how SQL does, too; flags and numbers without the detour."""
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) is int else json.dumps(value)
