"""The keys of a dataset, in ranges, with fingerprints of their rows: what a mirror compares with the keys of a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from sluice.destinations.postgres.stored import MARK
from sluice.destinations.postgres.tables import DatasetTable, find, layout_of, raw
from sluice.model.errors import SluiceError
from sluice.schema.importer import Importer

#: Rejects the staged rows that are there, and not as they were seen; in `sluice.destinations.postgres.statements`.
REJECT_CHANGED = SQL("""
        INSERT INTO {rejected} ("#", state, message)
        SELECT s."#", {state}, t.job_id
        FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}
        WHERE s."#" BETWEEN $1 AND $2 AND NOT {marked}
            AND NOT EXISTS (SELECT FROM {found} f WHERE f."#" = s."#")
            AND NOT EXISTS (SELECT FROM {rejected} r WHERE r."#" = s."#");
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
    of_key = table.types[layout.key]
    of_field = next(field.type for field in layout.fields if field.name == layout.key)
    collation = connection.execute(
        "SELECT collisdeterministic FROM pg_attribute JOIN pg_collation ON pg_collation.oid = attcollation"
        " WHERE attrelid = to_regclass(%s) AND attname = %s",
        [Identifier(layout.dataset).as_string(connection), layout.key],
    ).fetchone()
    if of_field not in _BY_TEXT.get(of_key, ()) or collation == (False,):
        raise SluiceError("unusable-table", case="mirror-key", table=layout.dataset, key=layout.key, column=of_key)
