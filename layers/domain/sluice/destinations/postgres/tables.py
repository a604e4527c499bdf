"""The tables of a dataset: created at the first import, given more columns when the row model has grown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from psycopg import Connection
from psycopg.errors import UndefinedColumn
from psycopg.sql import SQL, Composable, Composed, Identifier

from sluice.destinations.postgres import stored
from sluice.model.errors import SluiceError
from sluice.schema.importer import MARK, Row, columns_of, key_of

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

    @cached_property
    def as_json(self) -> frozenset[str]:
        """Names of the columns whose values are staged as JSON."""
        return frozenset(field.name for field in self.fields if field.type == "jsonb")

    @property
    def imaged(self) -> tuple[str, ...]:
        """Names of the columns that the archive has in the very types of the table: the values, and the mark."""
        return (*self.names, MARK)


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
class StoredColumn:
    """A column that exists, with its type as the database writes it; that of a domain is the one it is based on.

    Parameters
    ----------
    type
        Without length or precision: an explicit cast to it shortens no value, and the assignment to the column rejects
        a longer one.
    exact
        With length and precision.
    category
        As in ``pg_type.typcategory``.
    """

    type: str
    exact: str
    category: str

    def comparable(self, value: Composable, *, staged: bool) -> Composed:
        """Compose what to compare of a value with ``IS DISTINCT FROM``, so that equal means: stored alike.

        Parameters
        ----------
        value
            A value of the column or of its image, or a text to store.
        staged
            Whether it is such a text.
        """
        if self.category == "S":
            # a cast to text removes the padding of char(n); "C" compares the characters, whatever the column ignores
            padded = staged and self.type == "bpchar"
            return SQL('CAST({} AS text) COLLATE "C"').format(_cast(value, "bpchar") if padded else value)
        if self.type == "json":
            return SQL(_AS_JSONB).format(SQL("CAST({} AS text)").format(value))
        if self.category in _WITH_EQUALITY or self.type == "jsonb":
            return _cast(value, self.exact) if staged else SQL("{}").format(value)
        return SQL('CAST({} AS text) COLLATE "C"').format(self.as_stored(value) if staged else value)

    def as_stored(self, text: Composable) -> Composed:
        """Compose the value that the column makes of a text; one that is too long for it stays as long."""
        rounds = self.category in _WITH_EQUALITY or self.exact.startswith(_ROUNDING)
        return _cast(text, self.exact if rounds else self.type)


# Numbers, flags, dates, spans and enumerations; the equality of other types, such as that of boxes, may be another
# one than that of their values.
_WITH_EQUALITY = frozenset("NBDTE")
# What an assignment rounds, in arrays too; it rejects other values that are too long.
_ROUNDING = ("numeric", "time", "interval")
# A `json` may have what a `jsonb` cannot: NUL, and halves of surrogate pairs. It is a text then.
_AS_JSONB = (
    r"CASE WHEN {0} ~* '\\u0000|\\ud[89ab][0-9a-f]{{2}}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{{2}})\\ud[c-f]'"
    " THEN to_jsonb({0}) ELSE CAST({0} AS jsonb) END"
)


def _cast(value: Composable, written: str) -> Composed:
    return SQL("CAST({} AS {})").format(value, raw(written))


@dataclass(frozen=True)
class DatasetTable:
    """A table that exists.

    Parameters
    ----------
    layout
        The columns that the importer needs.
    columns
        Those of the layout and of Sluice that the table has, by name.
    others
        The columns that no importer fills and the database does not compute, by name.
    """

    layout: TableLayout
    columns: Mapping[str, StoredColumn]
    others: Mapping[str, StoredColumn]

    @property
    def types(self) -> dict[str, str]:
        """Type of each column by name, without length or precision."""
        return {name: column.type for name, column in self.columns.items()}

    def staged(self, name: str) -> Composed:
        """Compose a staged value, which is text, as its column's type."""
        return _cast(Identifier("s", name), self.columns[name].type)

    def differs(self, name: str, value: str, other: str) -> Composed:
        """Compose whether a column differs between rows ``s`` (staged), ``t`` (of the table) and ``a`` (image)."""
        column = self.columns[name]
        one, two = (column.comparable(Identifier(row, name), staged=row == "s") for row in (value, other))
        return SQL("{} IS DISTINCT FROM {}").format(one, two)


def find(connection: Connection[Any], layout: TableLayout) -> DatasetTable | None:
    """Return the table with the columns that it has; ``None`` if there is no such table."""
    rows = connection.execute(
        "WITH RECURSIVE known AS ("
        "SELECT attname, attnum, attgenerated <> '' AS computed, atttypid AS type, atttypmod AS modifier"
        " FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
        " UNION ALL SELECT attname, attnum, computed, typbasetype, typtypmod"
        " FROM known JOIN pg_type ON pg_type.oid = type WHERE typtype = 'd'"
        # a modifier of -1 gives the name that means "of any length"; NULL would give `character`, which is of length 1
        ") SELECT attname, computed, format_type(type, -1), format_type(type, modifier), typcategory::text"
        " FROM known JOIN pg_type ON pg_type.oid = type WHERE typtype <> 'd' ORDER BY attnum",
        [Identifier(layout.dataset).as_string(connection)],
    ).fetchall()
    ours = stored.dataset_columns(dict.fromkeys(layout.names, "")).keys()
    columns = {name: StoredColumn(*of_type) for name, _, *of_type in rows if name in ours}
    others = {name: StoredColumn(*of_type) for name, computed, *of_type in rows if name not in ours and not computed}
    return DatasetTable(layout, columns, others) if rows else None


def lock(connection: Connection[Any], layout: TableLayout) -> DatasetTable:
    """Return the table as it stays until the end of the transaction, because it is locked against being altered.

    Raises
    ------
    ProgrammingError
        If it lacks a column; see `prepare`.
    """
    connection.execute(SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(Identifier(layout.dataset)))
    table = find(connection, layout)
    if table is None or not table.columns.keys() >= stored.dataset_columns(dict.fromkeys(layout.names, "")).keys():
        raise UndefinedColumn(f"the table {layout.dataset!r} lacks a column")
    return table


def prepare(connection: Connection[Any], layout: TableLayout) -> None:
    """Create the table, its archive and the ledger if necessary, with every column that the importer needs.

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
    if not is_keyed(connection, layout):
        raise SluiceError("unusable-table", case="no-index", table=layout.dataset, key=layout.key)


def _is_complete(connection: Connection[Any], layout: TableLayout) -> bool:
    there, archived = _columns(connection, layout.dataset), _columns(connection, layout.archive)
    fields = dict.fromkeys(layout.names, "")
    return (
        there.keys() >= stored.dataset_columns(fields).keys()
        and archived.keys() >= stored.archive_columns(fields).keys()
        and all(archived[name] == there[name] for name in layout.imaged)
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
    types = {name: type for name, type in _columns(connection, layout.dataset).items() if name in layout.imaged}
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


def _columns(connection: Connection[Any], name: str) -> dict[str, str]:
    """Return the columns of a table with their types, with length and precision; none if it is missing."""
    rows = connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [Identifier(name).as_string(connection)],
    )
    return dict(rows.fetchall())


def is_keyed(connection: Connection[Any], layout: TableLayout) -> bool:
    """Whether the table has an index on tenant and key that ON CONFLICT can use."""
    rows = connection.execute(
        "SELECT array(SELECT attname::text FROM pg_attribute"
        " WHERE attrelid = indrelid AND attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1]))"
        " FROM pg_index WHERE indrelid = to_regclass(%s)"
        " AND indisunique AND indimmediate AND indisvalid AND indpred IS NULL AND indexprs IS NULL",
        [Identifier(layout.dataset).as_string(connection)],
    )
    return {"tenant", layout.key} in [set(columns) for (columns,) in rows.fetchall()]


def raw(written: str) -> Composed:
    """Compose a type as this module or the database wrote it; it contains nothing of a file or a caller."""
    return Composed([SQL(written)])


def as_texts(layout: TableLayout, values: Mapping[str, Any]) -> dict[str, str | None]:
    """Write values as they are staged."""
    return {
        name: value if value is None or (type(value) is str and name not in layout.as_json) else text_of(value)
        for name, value in values.items()
    }


def text_of(value: Any) -> str:
    """Write a value as JSON does, which SQL reads too; flags and numbers without the detour."""
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) is int else json.dumps(value)
