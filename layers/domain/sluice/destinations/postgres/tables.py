"""The tables of a dataset: made at the first import, widened when the row model has grown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

from sluice.destinations.postgres.layout import LEDGER, Layout, unusable

# Beside the values. The defaults are for rows that somebody else puts in, and for those that are there already.
_OURS = {
    "row_hash": "text NOT NULL DEFAULT ''",
    "job_id": "text NOT NULL DEFAULT ''",
    "valid_from": "timestamptz NOT NULL DEFAULT now()",
}
_ARCHIVED = {
    "row_hash": "text NOT NULL",
    "job_id": "text NOT NULL",
    "valid_from": "timestamptz NOT NULL",
    "valid_until": "timestamptz NOT NULL",
    "superseded_by": "text NOT NULL",
}
_LEDGER = {
    "tenant": "text NOT NULL",
    "job": "text NOT NULL",
    "phase": "text NOT NULL",
    "chunk": "integer NOT NULL",
    "result": "jsonb",
    "at": "timestamptz NOT NULL DEFAULT now()",
}
# Workers of all jobs that find something missing take turns; any number does, as long as it is the same everywhere.
_LOCK = 0x736C75696365


@dataclass(frozen=True)
class Table:
    """A table that is there, with the types that its columns have.

    Parameters
    ----------
    layout
        What the importer asks for.
    types
        Type of each column by name, without length or precision, as the database writes it.
    """

    layout: Layout
    types: Mapping[str, str]


def find(connection: Connection[Any], layout: Layout) -> Table | None:
    """The table as far as it is there; ``None`` when nothing was ever imported."""
    types = _columns(connection, layout.dataset, exact=False)
    return Table(layout, types) if types else None


def prepare(connection: Connection[Any], layout: Layout) -> Table:
    """The table with every column that the importer asks for, its archive and the ledger; made where they are missing.

    A table that somebody else made is only widened.

    Raises
    ------
    SluiceError
        If such a table has no unique index on tenant and key.
    """
    if not _complete(connection, layout):
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            _make(connection, layout)
    table = find(connection, layout)
    if table is None or {"tenant", layout.key} not in _unique(connection, layout.dataset):
        raise unusable(f"The table '{layout.dataset}' has no unique index on (tenant, {layout.key}).")
    return table


def _complete(connection: Connection[Any], layout: Layout) -> bool:
    there, images = _columns(connection, layout.dataset), _columns(connection, layout.archive)
    return (
        there.keys() >= {"tenant", *layout.names, *_OURS}
        and images.keys() >= {"tenant", *layout.names, *_ARCHIVED}
        and all(images[name] == there[name] for name in layout.names)
        and _columns(connection, LEDGER).keys() >= set(_LEDGER)
    )


def _make(connection: Connection[Any], layout: Layout) -> None:
    wanted = {field.name: field.type for field in layout.fields}
    there = _columns(connection, layout.dataset)
    if there and not {"tenant", layout.key} <= there.keys():
        raise unusable(f"The table '{layout.dataset}' has no columns 'tenant' and '{layout.key}'.")
    _widen(connection, layout.dataset, {"tenant": "text NOT NULL"} | wanted | _OURS, ("tenant", layout.key))
    # an image is of the very types of its row, or it could not be put back as it was
    types = {name: written for name, written in _columns(connection, layout.dataset).items() if name in wanted}
    key = ("tenant", layout.key, "superseded_by")
    _widen(connection, layout.archive, {"tenant": "text NOT NULL"} | types | _ARCHIVED, key)
    _retype(connection, layout.archive, types)
    _widen(connection, LEDGER, _LEDGER, ("tenant", "job", "phase", "chunk"))


def _widen(connection: Connection[Any], name: str, columns: Mapping[str, str], key: tuple[str, ...]) -> None:
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
    """Give columns the types that those of another table have got since."""
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
    """Columns of a table and their types; ``exact`` with length and precision. Empty when there is no such table."""
    # a modifier of -1 gives the name that means "of any length"; NULL would give `character`, which is of length 1
    rows = connection.execute(
        "SELECT attname, format_type(atttypid, CASE WHEN %s THEN atttypmod ELSE -1 END) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        [exact, Identifier(name).as_string(connection)],
    )
    return dict(rows.fetchall())


def _unique(connection: Connection[Any], name: str) -> list[set[str]]:
    """The columns of each index that ON CONFLICT can go by."""
    rows = connection.execute(
        "SELECT array(SELECT attname::text FROM pg_attribute"
        " WHERE attrelid = indrelid AND attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1]))"
        " FROM pg_index WHERE indrelid = to_regclass(%s)"
        " AND indisunique AND indimmediate AND indisvalid AND indpred IS NULL AND indexprs IS NULL",
        [Identifier(name).as_string(connection)],
    )
    return [set(columns) for (columns,) in rows.fetchall()]


def raw(written: str) -> Composed:
    """A type as we or the database wrote it; nothing of a file or a caller is ever in it."""
    return Composed([SQL(written)])
