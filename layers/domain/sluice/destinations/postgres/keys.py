"""The keys of a dataset, in ranges, with fingerprints of their rows: what a mirror compares with the keys of a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, pairwise
from typing import Any, Final

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from sluice.destinations.postgres.tables import DatasetTable, StoredColumn, TableLayout, find, is_keyed, layout_of, raw
from sluice.model.errors import SluiceError
from sluice.schema.importer import MARK, Importer

#: Rejects the staged rows that are there, and not as they were seen; in `sluice.destinations.postgres.statements`.
REJECT_CHANGED = SQL("""
        INSERT INTO {rejected} ("#", state, message)
        SELECT s."#", {state}, t.job_id
        FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}
        WHERE s."#" BETWEEN $1 AND $2 AND NOT {marked}
            AND NOT EXISTS (SELECT FROM {found} f WHERE f."#" = s."#")
            AND NOT EXISTS (SELECT FROM {rejected} r WHERE r."#" = s."#");
""")

# NULL for a text that the column does not take. The errors are those that a row is rejected for.
_READ_KEY = SQL("""
BEGIN
    RETURN {};
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR raise_exception THEN
    RETURN NULL;
END
""")

# Rows of a range; of a dataset with more than a hundred times as many, ranges are larger.
_ROWS: Final = 50_000
_RANGES: Final = 100
# Types of a key's column in which two keys are equal exactly if their texts are, by the type that Sluice would give the
# column. A number may have several texts (7 and 7.0), and so has a text that is cast to a number (007).
_BY_TEXT: Final = {
    **dict.fromkeys(("text", "character varying", "bpchar"), ("text", "bigint", "numeric", "date")),
    **dict.fromkeys(("smallint", "integer", "bigint"), ("bigint",)),
    "date": ("date",),
}


def ranges(connection: Connection[Any], tenant: str, importer: Importer) -> list[str]:
    """Split the keys of a dataset into ranges of about as many rows; none if there is no such table.

    Raises
    ------
    SluiceError
        ``unusable-table`` if the table may take two keys of a file for the same one, or a key for another text.
    """
    table = _table(connection, importer)
    if table is None:
        return []
    _check_key(connection, table)
    names = {"key": Identifier(table.layout.key), "table": Identifier(table.layout.dataset)}
    counted = connection.execute(SQL("SELECT count(*) FROM {table} WHERE tenant = %s").format(**names), [tenant])
    (rows,) = counted.fetchone() or (0,)
    query = SQL(
        "SELECT CAST({key} AS text) FROM (SELECT {key}, row_number() OVER (ORDER BY {key}) AS n FROM {table}"
        " WHERE tenant = %s AND {key} IS NOT NULL) AS numbered WHERE n > 1 AND (n - 1) %% %s = 0 ORDER BY n"
    )
    found = connection.execute(query.format(**names), [tenant, max(_ROWS, -(-rows // _RANGES))])
    bounds = [None, *(bound for (bound,) in found.fetchall()), None]
    return [json.dumps(pair) for pair in pairwise(bounds)]


def keys_in(connection: Connection[Any], tenant: str, importer: Importer, key_range: str) -> list[tuple[str, str]]:
    """Return key and fingerprint of each row of a range that is not marked as deleted."""
    table = _table(connection, importer)
    if table is None:
        return []
    key, (first, end) = table.layout.key, json.loads(key_range)
    wanted = [
        SQL("{} {} CAST({} AS {})").format(Identifier("t", key), sign, Literal(bound), raw(table.types[key]))
        for sign, bound in ((SQL(">="), first), (SQL("<"), end))
        if bound is not None
    ]
    if MARK in table.columns:
        wanted.append(SQL("{} IS NULL").format(Identifier("t", MARK)))
    query = SQL("SELECT CAST({key} AS text), {fingerprint} FROM {table} t WHERE {wanted}").format(
        key=Identifier("t", key),
        fingerprint=fingerprint(table),
        table=Identifier(table.layout.dataset),
        wanted=SQL(" AND ").join(
            [
                SQL("tenant = {}").format(Literal(tenant)),
                SQL("{} IS NOT NULL").format(Identifier("t", key)),
                *wanted,
            ]
        ),
    )
    return connection.execute(query).fetchall()


def equal_keys(
    connection: Connection[Any], importer: Importer, candidates: Callable[[], Iterable[str]]
) -> dict[str, str]:
    """Return keys that differ as texts and that the key's column takes for one: each but one, with that one.

    Keys that the column does not take are none of them: the load rejects their rows, and says why.

    Parameters
    ----------
    candidates
        Yields the keys; called only if the type or the collation of the column may take two texts for one key.
    """
    try:
        layout = layout_of(importer.dataset, importer.row)
    except SluiceError:  # the load fails with it
        return {}
    table = find(connection, layout)
    if table is None:  # the load creates it
        of_field = _type_of_key(layout)
        if of_field in _BY_TEXT.get(of_field, ()):
            return {}
        column = StoredColumn(of_field, of_field, "")
        of_column = SQL("SELECT CAST(NULL AS {}) AS value").format(raw(of_field))
    elif not is_keyed(connection, layout) or _is_by_text(connection, table):  # without such an index, the load fails
        return {}
    else:
        column = table.columns[layout.key]
        of_column = SQL("SELECT CAST({} AS {}) AS value FROM {}").format(
            Identifier(layout.key), raw(column.type), Identifier(layout.dataset)
        )
    return _equal_keys(connection, column, of_column, candidates())


def _equal_keys(
    connection: Connection[Any], column: StoredColumn, of_column: Composed, candidates: Iterable[str]
) -> dict[str, str]:
    with connection.transaction(force_rollback=True):
        connection.execute(
            SQL(
                # a table made of a query has the collation of its column
                "CREATE TEMPORARY TABLE sluice_keys ON COMMIT DROP AS"
                ' SELECT CAST(NULL AS text) COLLATE "C" AS key, value FROM ({of_column}) AS typed WITH NO DATA;'
                " CREATE FUNCTION pg_temp.sluice_key (text) RETURNS {type} LANGUAGE plpgsql AS {body}"
            ).format(
                of_column=of_column,
                type=raw(column.type),
                body=Literal(_READ_KEY.format(column.as_stored(SQL("$1"))).as_string(connection)),
            )
        )
        fill = SQL(
            "INSERT INTO sluice_keys SELECT key, value FROM unnest(%s::text[]) AS key, pg_temp.sluice_key(key) AS value"
            " WHERE value IS NOT NULL"
        )
        remaining = (key for key in candidates if "\0" not in key)  # which no text of PostgreSQL can hold
        while some := list(islice(remaining, _ROWS)):
            connection.execute(fill, [some])
        found = connection.execute(
            "SELECT DISTINCT key, one FROM ("
            "SELECT key, min(key) OVER (PARTITION BY value) AS one FROM sluice_keys"
            ") AS grouped WHERE key <> one"
        )
        return dict(found.fetchall())


def fingerprint(table: DatasetTable) -> Composed:
    """Compose what differs after any write of row ``t``: a digest of all that it holds, and of the job that wrote it.

    A column that the table lacks is null, as it is when the load has added it.
    """
    names = [*table.layout.names, *table.others]
    there = table.columns.keys() | table.others.keys()
    columns = [Identifier("t", name) if name in there else SQL("NULL") for name in names]
    job = Identifier("t", "job_id") if "job_id" in table.columns else SQL("''")
    return SQL("md5(CAST(ROW({}) AS text))").format(SQL(", ").join([*columns, job]))


def digest_of(names: Sequence[str]) -> Composed:
    """Compose a digest of what a row has in columns."""
    columns = SQL(", ").join(Identifier("t", name) for name in names)
    return SQL("left(md5(CAST(ROW({}) AS text)), 16)").format(columns)


def others_of(table: DatasetTable) -> Composed:
    """Compose the columns that no importer fills, as JSON of their texts."""
    if not table.others:
        return SQL("CAST(NULL AS jsonb)").format()
    texts = (SQL("CAST({} AS text)").format(Identifier("t", name)) for name in table.others)
    return SQL("jsonb_object(ARRAY[{}], ARRAY[{}])").format(
        SQL(", ").join(map(Literal, table.others)), SQL(", ").join(texts)
    )


def _table(connection: Connection[Any], importer: Importer) -> DatasetTable | None:
    layout = layout_of(importer.dataset, importer.row)
    table = find(connection, layout)
    return table if table and table.columns.keys() >= {"tenant", layout.key} else None


def _check_key(connection: Connection[Any], table: DatasetTable) -> None:
    layout = table.layout
    if not _is_by_text(connection, table):
        column = table.types[layout.key]
        raise SluiceError("unusable-table", case="mirror-key", table=layout.dataset, key=layout.key, column=column)


def _is_by_text(connection: Connection[Any], table: DatasetTable) -> bool:
    """Whether two keys are equal exactly if their texts are."""
    layout = table.layout
    if _type_of_key(layout) not in _BY_TEXT.get(table.types[layout.key], ()):
        return False
    collation = connection.execute(
        "SELECT collisdeterministic FROM pg_attribute JOIN pg_collation ON pg_collation.oid = attcollation"
        " WHERE attrelid = to_regclass(%s) AND attname = %s",
        [Identifier(layout.dataset).as_string(connection), layout.key],
    ).fetchone()
    return collation != (False,)


def _type_of_key(layout: TableLayout) -> str:
    return next(field.type for field in layout.fields if field.name == layout.key)
