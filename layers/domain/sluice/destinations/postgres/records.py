"""Reads of the tables: records for callers, the comparison with staged rows, and what a load has written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from psycopg import Connection, DataError
from psycopg.errors import UndefinedTable
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal
from pydantic_core import to_jsonable_python

from sluice.destinations.base import LONGEST_HISTORY, instant, no_record, record, version
from sluice.destinations.postgres.connection import Database
from sluice.destinations.postgres.keys import digest_of
from sluice.destinations.postgres.staging import FOUND, Shape, comma_separated, function, run
from sluice.destinations.postgres.statements import fragments_of, said
from sluice.destinations.postgres.tables import DatasetTable, Field, find, layout_of, raw
from sluice.model.page import Page, decode_cursor, encode_cursor, invalid_cursor
from sluice.schema.importer import MARK, Importer

_COMPARE = SQL("""
        INSERT INTO {found} ("#", kind, columns, kept)
        SELECT s."#", CASE WHEN t.{key} IS NULL OR {marked} THEN 'new' ELSE 'there' END,
            array_remove(ARRAY[{columns}]::text[], NULL), {kept}
        FROM {staged} s LEFT JOIN {table} t ON t.tenant = s.tenant AND {equal}
        WHERE s."#" BETWEEN $1 AND $2;
""")

_Select = Callable[[Connection[Any], DatasetTable], list[dict[str, Any]]]


class PostgresRecords:
    """The `Records` port on PostgreSQL; it reads the tables of the given importers, and no others."""

    def __init__(self, database: Database, importers: Iterable[Importer]) -> None:
        self._database = database
        self._importers = {importer.dataset: importer for importer in importers}

    def page(
        self, tenant: str, dataset: str, *, limit: int, cursor: str | None, deleted: bool = False
    ) -> Page[dict[str, Any]]:
        """List records of a dataset, in the order that the database gives its keys; ``deleted`` ones too, if asked."""
        after = None if cursor is None else _position(cursor)
        try:
            found = self._read(
                dataset, lambda connection, table: _page(connection, table, tenant, after, limit + 1, deleted=deleted)
            )
        except (DataError, UnicodeEncodeError):  # the cursor names what can be no key
            raise invalid_cursor() from None
        return Page(found[:limit], encode_cursor(found[limit - 1]["key"]) if len(found) > limit else None)

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        """Return one record; raises `NotFound`."""
        try:
            found = self._read(dataset, lambda connection, table: _one(connection, table, tenant, key))
        except (DataError, UnicodeEncodeError):  # the text can be no key
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
        except (DataError, UnicodeEncodeError, UndefinedTable):  # the text can be no key, or nothing was imported yet
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
    connection: Connection[Any], table: DatasetTable, tenant: str, after: str | None, limit: int, *, deleted: bool
) -> list[dict[str, Any]]:
    beyond = SQL("AND {key} > CAST(%(after)s AS {type})") if after is not None else SQL("")
    hides = MARK in table.columns and not deleted
    shown = SQL("AND {} IS NULL").format(Identifier(MARK)) if hides else SQL("")
    query = SQL(
        "SELECT {names}, job_id, {mark} FROM {table} WHERE tenant = %(tenant)s {beyond} {shown}"
        " ORDER BY {key} LIMIT %(limit)s"
    )
    wanted = {"tenant": tenant, "after": after, "limit": limit}
    fragments = _fragments(table)
    rows = connection.execute(
        query.format(**fragments, beyond=beyond.format(**fragments), shown=shown), wanted
    ).fetchall()
    return [_record(table, row) for row in rows]


def _one(connection: Connection[Any], table: DatasetTable, tenant: str, key: str) -> list[dict[str, Any]]:
    query = SQL("SELECT {names}, job_id, {mark} FROM {table} WHERE tenant = %s AND {key} = CAST(%s AS {type})")
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
        "mark": Identifier(MARK) if MARK in table.columns else SQL("NULL"),
    }


def _fields(table: DatasetTable) -> list[Field]:
    """Return the fields that the table has a column of; the next import adds the others."""
    return [field for field in table.layout.fields if field.name in table.types]


def _record(table: DatasetTable, row: tuple[Any, ...]) -> dict[str, Any]:
    place = [field.name for field in _fields(table)].index(table.layout.key)
    deleted_at = row[-1]
    if isinstance(deleted_at, date) and not isinstance(deleted_at, datetime):
        deleted_at = datetime.combine(deleted_at, time(), UTC)
    return record(str(row[place]), row[-2], _values(table, row), instant(deleted_at) if deleted_at else None)


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


def read_records(
    connection: Connection[Any], table: DatasetTable, tenant: str, keys: Sequence[str], *, lock: bool
) -> dict[str, dict[str, Any]]:
    """Read the values of records that are not marked as deleted, by these keys, and lock them in the order of keys."""
    key, column = Identifier("t", table.layout.key), table.columns[table.layout.key]
    try:
        with connection.transaction():
            return _read_records(connection, table, tenant, keys, (key, column.as_stored(SQL("s.key"))), lock=lock)
    except DataError:  # one of the keys does not fit the column's type
        as_text = SQL("CAST({} AS text)").format(key)
        return _read_records(connection, table, tenant, keys, (as_text, SQL("s.key")), lock=lock)


def _read_records(
    connection: Connection[Any],
    table: DatasetTable,
    tenant: str,
    keys: Sequence[str],
    equal: tuple[Composable, Composable],
    *,
    lock: bool,
) -> dict[str, dict[str, Any]]:
    query = SQL(
        "WITH s AS MATERIALIZED (SELECT %s::text AS tenant, unnest(%s::text[]) AS key)"
        " SELECT s.key, {names} FROM s JOIN {table} t ON t.tenant = s.tenant AND {key} = {value}"
        " WHERE {shown} ORDER BY {key} {lock}"
    ).format(
        names=comma_separated(Identifier("t", field.name) for field in _fields(table)),
        table=Identifier(table.layout.dataset),
        key=equal[0],
        value=equal[1],
        shown=SQL("{} IS NULL").format(Identifier("t", MARK)) if MARK in table.columns else SQL("TRUE"),
        lock=SQL("FOR UPDATE OF t" if lock else ""),
    )
    rows = connection.execute(query, [tenant, list(keys)]).fetchall()
    return {row[0]: _values(table, row[1:]) for row in rows}


def compare(
    connection: Connection[Any], table: DatasetTable, shape: Shape, blank: Sequence[str], count: int
) -> list[tuple[int, bool, list[str], int]]:
    """Compare the staged rows, ``count`` of them, with the table.

    Parameters
    ----------
    blank
        Columns that were blank in the file where a row does not say them.

    Returns
    -------
    list
        Of each row its place, whether its record exists, the columns that differ, and the blank cells whose values
        the record keeps.
    """
    fragments = fragments_of(table, shape)
    layout = table.layout
    missing = [name for name in layout.names if name not in table.columns]
    if missing:
        there = comma_separated(map(Identifier, ["tenant", *(name for name in table.columns if name != "tenant")]))
        nulls = comma_separated(SQL("CAST(NULL AS text) AS {}").format(Identifier(name)) for name in missing)
        fragments["table"] = SQL("(SELECT {}, {} FROM {})").format(there, nulls, fragments["table"])

    def work(differs: dict[str, Composable], equal: Composable) -> Composed:
        columns = [
            SQL("CASE WHEN {} AND {} THEN {} END").format(shape.says(name), differs[name], Literal(name))
            for name in said(table, shape)
        ]
        return _COMPARE.format(
            **fragments,
            equal=equal,
            columns=comma_separated(columns),
            kept=kept_cells(shape, blank),
        )

    names = said(table, shape)
    typed: dict[str, Composable] = {
        name: table.differs(name, "t", "s") if name in table.columns else _differs_as_text(name) for name in names
    }
    strict = work(typed, SQL("t.{key} = {value}").format(**fragments))
    # a value that does not fit its column is compared as text; the load rejects it
    as_text = SQL("CAST(t.{} AS text) = s.{}").format(Identifier(layout.key), Identifier(layout.key))
    loose = work({name: _differs_as_text(name) for name in names}, as_text)
    run(connection, function(connection, strict, loose), count, flag=True)
    query = SQL("SELECT \"#\", kind = 'there', columns, kept FROM {} ORDER BY 1").format(FOUND)
    return connection.execute(query).fetchall()


def _differs_as_text(name: str) -> Composed:
    return SQL('CAST({} AS text) COLLATE "C" IS DISTINCT FROM {}').format(Identifier("t", name), Identifier("s", name))


def before_and_after(
    connection: Connection[Any], table: DatasetTable, shape: Shape, places: Sequence[int]
) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
    """Return, by place, the values of records and those that columns would make of what the staged rows say.

    Raises
    ------
    psycopg.DataError
        If a value does not fit its column.
    """
    fields = _fields(table)
    later = [field for field in fields if field.name in shape.names]
    query = SQL(
        'SELECT s."#", {names}, {later} FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}'
        ' WHERE s."#" = ANY ({places})'
    ).format(
        **fragments_of(table, shape),
        names=comma_separated(Identifier("t", field.name) for field in fields),
        later=comma_separated(table.columns[field.name].as_stored(Identifier("s", field.name)) for field in later),
        places=Literal(list(places)),
    )
    with connection.transaction():
        rows = connection.execute(query).fetchall()
    return {
        row[0]: (
            _values(table, row[1:]),
            {field.name: _value(field, value) for field, value in zip(later, row[1 + len(fields) :], strict=True)},
        )
        for row in rows
    }


def inserted_places(connection: Connection[Any], table: DatasetTable, shape: Shape) -> list[int]:
    """List the places of the staged rows that their job has inserted or revived."""
    query = SQL(
        'SELECT s."#" FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}'
        ' LEFT JOIN {found} f ON f."#" = s."#"'
        " WHERE t.job_id = s.job_id AND (f.kind IS NULL OR f.kind = 'revived')"
        ' AND NOT EXISTS (SELECT FROM {rejected} r WHERE r."#" = s."#") ORDER BY 1'
    )
    return [place for (place,) in connection.execute(query.format(**fragments_of(table, shape))).fetchall()]


def changed_places(connection: Connection[Any]) -> set[int]:
    """Return the places of the staged rows whose record existed, not marked as deleted, and was changed."""
    query = SQL("SELECT \"#\" FROM {} WHERE kind = 'changed'").format(FOUND)
    return {place for (place,) in connection.execute(query).fetchall()}


def count_kept(connection: Connection[Any], table: DatasetTable, shape: Shape, blank: Sequence[str]) -> int:
    """Count the values that loaded rows left because their cells were blank."""
    query = SQL(
        "SELECT coalesce(sum({kept}), 0)::integer"
        " FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}"
        ' LEFT JOIN {found} f ON f."#" = s."#"'
        " WHERE (f.kind = 'changed' OR f.kind IS NULL AND t.job_id IS DISTINCT FROM s.job_id)"
        ' AND NOT EXISTS (SELECT FROM {rejected} r WHERE r."#" = s."#")'
    ).format(**fragments_of(table, shape), kept=kept_cells(shape, blank))
    found = connection.execute(query).fetchone()
    return found[0] if found else 0


def kept_cells(shape: Shape, blank: Sequence[str]) -> Composed:
    """Compose the number of cells of a row that were blank, and whose record has a value."""
    kept = [
        SQL("({} IS NOT NULL AND NOT {})::integer").format(Identifier("t", name), shape.says(name)) for name in blank
    ]
    return SQL(" + ").join(kept) if kept else SQL("0").format()


def rewritten(connection: Connection[Any], table: DatasetTable, shape: Shape) -> dict[str, dict[str, str | None]]:
    """Return, by key, what triggers or rules of the table made of the rows that the job wrote, as texts by column."""
    watched = connection.execute(
        "SELECT relkind <> 'r' OR relhasrules OR relhassubclass OR EXISTS ("
        "SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND NOT tgisinternal AND tgenabled <> 'D')"
        " FROM pg_class WHERE oid = to_regclass(%s)",
        [Identifier(table.layout.dataset).as_string(connection)],
    ).fetchone()
    if not watched or not watched[0]:
        return {}
    names = [name for name in table.layout.names if name != table.layout.key]
    differ = [
        SQL("CASE WHEN a.{key} IS NULL OR f.kind = 'revived' OR {says} THEN {new} ELSE {old} END").format(
            key=Identifier(table.layout.key),
            says=shape.says(name),
            new=table.differs(name, "t", "s") if name in shape.names else SQL("FALSE"),
            old=table.differs(name, "t", "a"),
        )
        for name in names
    ]
    query = SQL(
        "SELECT s.{key}, said.changes FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}"
        ' LEFT JOIN {found} f ON f."#" = s."#"'
        " LEFT JOIN {archive} a ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id,"
        " LATERAL (SELECT jsonb_object_agg(name, value) AS changes"
        " FROM unnest(ARRAY[{names}]::text[], ARRAY[{texts}]::text[], ARRAY[{differ}]::boolean[])"
        " AS columns (name, value, differs) WHERE differs) AS said"
        " WHERE t.job_id = s.job_id AND said.changes IS NOT NULL"
    ).format(
        **(fragments_of(table, shape) | {"names": comma_separated(map(Literal, names))}),
        texts=comma_separated(SQL("CAST({} AS text)").format(Identifier("t", name)) for name in names),
        differ=comma_separated(differ),
    )
    return dict(connection.execute(query).fetchall())


def digests(connection: Connection[Any], table: DatasetTable, shape: Shape, places: Sequence[int]) -> dict[str, str]:
    """Digest, by key, what rows have in the columns that no importer fills."""
    query = SQL(
        "SELECT s.{key}, {digest} FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}"
        ' WHERE s."#" = ANY ({places})'
    ).format(**fragments_of(table, shape), digest=digest_of(list(table.others)), places=Literal(list(places)))
    return dict(connection.execute(query).fetchall())


def outcomes(connection: Connection[Any]) -> list[tuple[int, str, list[str], str | None]]:
    """List the place of each row that its job wrote, what was done, its conflicts, and the job that wrote it last."""
    return connection.execute(SQL('SELECT "#", kind, columns, job FROM {} ORDER BY 1').format(FOUND)).fetchall()


def count_images(connection: Connection[Any], table: DatasetTable, shape: Shape) -> int:
    """Count the staged rows that have an image from their job."""
    query = SQL(
        "SELECT count(*) FROM {staged} s JOIN {archive} a"
        " ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id"
    )
    found = connection.execute(query.format(**fragments_of(table, shape))).fetchone()
    return found[0] if found else 0
