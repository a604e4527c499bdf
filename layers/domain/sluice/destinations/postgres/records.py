"""Reads of the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from psycopg import Connection, DataError
from psycopg.errors import UndefinedTable
from psycopg.sql import SQL, Composable, Identifier
from pydantic_core import to_jsonable_python

from sluice.destinations.base import LONGEST_HISTORY, instant, no_record, record, version
from sluice.destinations.postgres.connection import Database
from sluice.destinations.postgres.tables import DatasetTable, Field, find, layout_of, raw
from sluice.model.page import Page, decode_cursor, encode_cursor, invalid_cursor
from sluice.schema.importer import Importer

_Select = Callable[[Connection[Any], DatasetTable], list[dict[str, Any]]]


class PostgresRecords:
    """The `Records` port on PostgreSQL; it reads the tables of the given importers, and no others."""

    def __init__(self, database: Database, importers: Iterable[Importer]) -> None:
        self._database = database
        self._importers = {importer.dataset: importer for importer in importers}

    def page(self, tenant: str, dataset: str, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
        """List records of a dataset, in the order that the database gives its keys."""
        after = None if cursor is None else _position(cursor)
        try:
            found = self._read(dataset, lambda connection, table: _page(connection, table, tenant, after, limit + 1))
        except DataError:  # the cursor names what can be no key
            raise invalid_cursor() from None
        return Page(found[:limit], encode_cursor(found[limit - 1]["key"]) if len(found) > limit else None)

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        """Return one record; raises `NotFound`."""
        try:
            found = self._read(dataset, lambda connection, table: _one(connection, table, tenant, key))
        except DataError:  # the text can be no key
            found = []
        if not found:
            raise no_record(key)
        return found[0]

    def history(self, tenant: str, dataset: str, key: str) -> list[dict[str, Any]]:
        """List the earlier versions of a record, newest first; none of importers that do not archive."""
        if dataset not in self._importers or not self._importers[dataset].archive:
            return []
        try:
            return self._read(dataset, lambda connection, table: _history(connection, table, tenant, key))
        except (DataError, UndefinedTable):  # the text can be no key, or nothing was imported yet
            return []

    def _read(self, dataset: str, select: _Select) -> list[dict[str, Any]]:
        importer = self._importers.get(dataset)
        if importer is None:
            return []
        layout = layout_of(dataset, importer.row)

        def read(connection: Connection[Any]) -> list[dict[str, Any]]:
            table = find(connection, layout)
            # a table that another program created lacks our columns until the first import
            return select(connection, table) if table and table.types.keys() >= {"tenant", layout.key, "job_id"} else []

        return self._database.run(read)


def _page(
    connection: Connection[Any], table: DatasetTable, tenant: str, after: str | None, limit: int
) -> list[dict[str, Any]]:
    beyond = SQL("AND {key} > CAST(%(after)s AS {type})") if after is not None else SQL("")
    query = SQL("SELECT {names}, job_id FROM {table} WHERE tenant = %(tenant)s {beyond} ORDER BY {key} LIMIT %(limit)s")
    wanted = {"tenant": tenant, "after": after, "limit": limit}
    fragments = _fragments(table)
    rows = connection.execute(query.format(**fragments, beyond=beyond.format(**fragments)), wanted).fetchall()
    return [_record(table, row) for row in rows]


def _one(connection: Connection[Any], table: DatasetTable, tenant: str, key: str) -> list[dict[str, Any]]:
    query = SQL("SELECT {names}, job_id FROM {table} WHERE tenant = %s AND {key} = CAST(%s AS {type})")
    rows = connection.execute(query.format(**_fragments(table)), [tenant, key]).fetchall()
    return [_record(table, row) for row in rows]


def _history(connection: Connection[Any], table: DatasetTable, tenant: str, key: str) -> list[dict[str, Any]]:
    query = SQL(
        "SELECT {names}, job_id, valid_from, valid_until FROM {archive}"
        " WHERE tenant = %s AND {key} = CAST(%s AS {type}) ORDER BY valid_until DESC LIMIT %s"
    )
    rows = connection.execute(query.format(**_fragments(table)), [tenant, key, LONGEST_HISTORY]).fetchall()
    return [version(key, row[-3], _values(table, row), instant(row[-2]), instant(row[-1])) for row in rows]


def _fragments(table: DatasetTable) -> dict[str, Composable]:
    layout = table.layout
    return {
        "names": SQL(", ").join(Identifier(field.name) for field in _fields(table)),
        "table": Identifier(layout.dataset),
        "archive": Identifier(layout.archive),
        "key": Identifier(layout.key),
        "type": raw(table.types[layout.key]),
    }


def _fields(table: DatasetTable) -> list[Field]:
    """Return the fields that the table has a column of; the next import adds the others."""
    return [field for field in table.layout.fields if field.name in table.types]


def _record(table: DatasetTable, row: tuple[Any, ...]) -> dict[str, Any]:
    place = [field.name for field in _fields(table)].index(table.layout.key)
    return record(str(row[place]), row[-1], _values(table, row))


def _values(table: DatasetTable, row: tuple[Any, ...]) -> dict[str, Any]:
    return {field.name: _value(field, value) for field, value in zip(_fields(table), row, strict=False)}


def _value(field: Field, value: Any) -> Any:
    """Show a value as the row model writes it in JSON, whatever type the column has."""
    if field.type == "bigint" and isinstance(value, Decimal) and value == int(value):
        return int(value)
    if field.type == "numeric" and isinstance(value, int | float):
        return str(value)
    return to_jsonable_python(value)


def _position(cursor: str) -> str:
    match decode_cursor(cursor):
        case [str(key)] if key:
            return key
        case _:
            raise invalid_cursor()
