"""The tables of a dataset: created at the first import, given more columns when the row model has grown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier
from pydantic_core import from_json

from sluice.destinations.postgres import stored
from sluice.model.errors import SluiceError
from sluice.schema.importer import Row, columns_of, key_of
from sluice.schema.validation import GoodRow

# Workers that find something missing create it one after the other; any number does, the same one everywhere.
_LOCK = 0x736C75696365
# Columns of Sluice in every table, and those that PostgreSQL gives every table (its documentation, "System Columns").
_RESERVED = stored.archive_columns({}).keys() | {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}
# NAMEDATALEN - 1 (PostgreSQL documentation, "Identifiers and Key Words"); PostgreSQL truncates a longer name silently.
_NAME_BYTES = 63
# `numeric` keeps the scale that a number was written with, so that 12.50 comes back as 12.50. What it does not keep is
# an exponent above zero, as in 1E+2; no cell type makes such numbers. Hence the columns are all there is of a row,
# and Sluice shows what other programs write into them by SQL.
_TYPES: dict[Any, str] = {str: "text", Decimal: "numeric", int: "bigint", bool: "boolean", date: "date"}


@dataclass(frozen=True)
class Field:
    """A column: the row model's field, the title it has in files, and its type in a table that Sluice creates."""

    name: str
    title: str
    type: str


@dataclass(frozen=True)
class TableLayout:
    """Where an importer's rows are stored: the table ``dataset``, a column for each field, one of them the key."""

    dataset: str
    key: str
    fields: tuple[Field, ...]

    @property
    def archive(self) -> str:
        """Name of the table with earlier versions of the rows."""
        return stored.archive_of(self.dataset)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that hold values, in the order of the row model."""
        return tuple(field.name for field in self.fields)


@cache
def layout_of(dataset: str, row: type[Row]) -> TableLayout:
    """Derive the columns of a dataset's table from a row model.

    Raises
    ------
    SluiceError
        If a table cannot have such names.
    """
    fields = tuple(
        Field(column.field, column.title, _type_of(row.model_fields[column.field].annotation))
        for column in columns_of(row)
    )
    layout = TableLayout(dataset, key_of(row).field, fields)
    for name in (dataset, layout.archive, *layout.names):
        if not 0 < len(name.encode()) <= _NAME_BYTES:
            raise SluiceError("unusable-table", case="name-length", most=_NAME_BYTES, name=name)
    if reserved := _RESERVED.intersection(layout.names):
        raise SluiceError("unusable-table", case="own-column", column=min(reserved), dataset=dataset)
    if "%" in dataset:  # psycopg would take it for the beginning of a parameter
        raise SluiceError("unusable-table", case="percent-sign", dataset=dataset)
    if stored.is_reserved_table(dataset):
        raise SluiceError("unusable-table", case="own-table", dataset=dataset)
    return layout


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


@dataclass(frozen=True)
class DatasetTable:
    """A table that exists, with the types of its columns.

    Parameters
    ----------
    layout
        The columns that the importer needs.
    types
        Type of each column by name, without length or precision, as the database writes it.
    """

    layout: TableLayout
    types: Mapping[str, str]


def find(connection: Connection[Any], layout: TableLayout) -> DatasetTable | None:
    """Return the table with the columns that it has; ``None`` if there is no such table."""
    types = _columns(connection, layout.dataset, exact=False)
    return DatasetTable(layout, types) if types else None


def prepare(connection: Connection[Any], layout: TableLayout) -> DatasetTable:
    """Return the table with every column that the importer needs; creates it, its archive and the ledger if necessary.

    To a table that exists already only columns are added.

    Raises
    ------
    SluiceError
        If such a table has no unique index on tenant and key.
    """
    if not _is_complete(connection, layout):
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            _complete(connection, layout)
    table = find(connection, layout)
    if table is None or {"tenant", layout.key} not in _unique(connection, layout.dataset):
        raise SluiceError("unusable-table", case="no-index", table=layout.dataset, key=layout.key)
    return table


def _is_complete(connection: Connection[Any], layout: TableLayout) -> bool:
    there, archived = _columns(connection, layout.dataset), _columns(connection, layout.archive)
    fields = dict.fromkeys(layout.names, "")
    return (
        there.keys() >= stored.dataset_columns(fields).keys()
        and archived.keys() >= stored.archive_columns(fields).keys()
        and all(archived[name] == there[name] for name in layout.names)
        and _columns(connection, stored.LEDGER).keys() >= stored.LEDGER_COLUMNS.keys()
    )


def _complete(connection: Connection[Any], layout: TableLayout) -> None:
    """Create the tables, or add the columns that they lack."""
    fields = {field.name: field.type for field in layout.fields}
    key = stored.dataset_key(layout.key)
    there = _columns(connection, layout.dataset)
    if there and not set(key) <= there.keys():
        raise SluiceError("unusable-table", case="no-columns", table=layout.dataset, key=layout.key)
    _widen(connection, layout.dataset, stored.dataset_columns(fields), key)
    # an image has the very types of its row, or it could not be put back as it was
    types = {name: written for name, written in _columns(connection, layout.dataset).items() if name in fields}
    _widen(connection, layout.archive, stored.archive_columns(types), stored.archive_key(layout.key))
    _retype(connection, layout.archive, types)
    _widen(connection, stored.LEDGER, stored.LEDGER_COLUMNS, stored.LEDGER_KEY)


def _widen(connection: Connection[Any], name: str, columns: Mapping[str, str], key: tuple[str, ...]) -> None:
    """Create a table, or add the columns that it lacks."""
    there = _columns(connection, name)
    written = [SQL("{} {}").format(Identifier(column), raw(columns[column])) for column in columns]
    if not there:
        primary = SQL(", ").join(map(Identifier, key))
        connection.execute(
            SQL("CREATE TABLE {} ({}, PRIMARY KEY ({}))").format(Identifier(name), SQL(", ").join(written), primary)
        )
    elif missing := [
        SQL("ADD COLUMN ") + each for each, column in zip(written, columns, strict=True) if column not in there
    ]:
        connection.execute(SQL("ALTER TABLE {} {}").format(Identifier(name), SQL(", ").join(missing)))


def _retype(connection: Connection[Any], name: str, types: Mapping[str, str]) -> None:
    """Give columns the types that the dataset's table has by now."""
    there = _columns(connection, name)
    change = SQL("ALTER COLUMN {column} TYPE {type} USING CAST({column} AS {type})")
    changes = [
        change.format(column=Identifier(column), type=raw(written))
        for column, written in types.items()
        if there[column] != written
    ]
    if changes:
        connection.execute(SQL("ALTER TABLE {} {}").format(Identifier(name), SQL(", ").join(changes)))


def _columns(connection: Connection[Any], name: str, *, exact: bool = True) -> dict[str, str]:
    """Return the columns of a table with their types, ``exact`` with length and precision; none if it is missing."""
    # a modifier of -1 gives the name that means "of any length"; NULL would give `character`, which is of length 1
    rows = connection.execute(
        "SELECT attname, format_type(atttypid, CASE WHEN %s THEN atttypmod ELSE -1 END) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [exact, Identifier(name).as_string(connection)],
    )
    return dict(rows.fetchall())


def _unique(connection: Connection[Any], name: str) -> list[set[str]]:
    """Return the columns of each index that ON CONFLICT can use."""
    rows = connection.execute(
        "SELECT array(SELECT attname::text FROM pg_attribute"
        " WHERE attrelid = indrelid AND attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1]))"
        " FROM pg_index WHERE indrelid = to_regclass(%s)"
        " AND indisunique AND indimmediate AND indisvalid AND indpred IS NULL AND indexprs IS NULL",
        [Identifier(name).as_string(connection)],
    )
    return [set(columns) for (columns,) in rows.fetchall()]


def raw(written: str) -> Composed:
    """Compose a type as this module or the database wrote it; it contains nothing of a file or a caller."""
    return Composed([SQL(written)])


def texts(layout: TableLayout, rows: list[GoodRow]) -> Iterator[list[Any]]:
    """Yield rows as COPY takes them: place within the batch from 1 on, each value as PostgreSQL reads it, hash."""
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
    """Write a value as JSON does, which SQL reads too; flags and numbers without the detour."""
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) is int else json.dumps(value)
