"""The SQL of a chunk: its rows are staged in a temporary table, from where functions of the session load or undo them.

Such a function works on a range of the staged rows at once. If the database rejects that, it works on the halves one
after the other, down to the rows that are at fault: one wrong row in 10,000 costs some thirty statements, and none of
them a round trip. A function of the session (``pg_temp``) needs no right except to create temporary tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, DataError
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from sluice.destinations.postgres.constraints import Objection
from sluice.destinations.postgres.tables import DatasetTable, raw
from sluice.schema.staging import Batch

_STAGED = SQL("pg_temp.sluice_staged")
_REJECTED = SQL("pg_temp.sluice_rejected")
# A unique value may pass from one row to another, which the database rejects while the first row still has it. It is
# free by the next pass; chains of such rows that need more passes than this do not occur in real files.
_UNIQUE_VIOLATION = "23505"
_PASSES = 5

# The errors that a row's content can cause, those that a trigger raises included; no other error is the row's fault.
_FRAME = SQL("""
#variable_conflict use_column
DECLARE
    amount integer;
    one record;
    other record;
    state text;
    place text;
    whole text;
    rule text;
    said text;
BEGIN
    inserted := 0;
    changed := 0;
    {work}
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR raise_exception THEN
    inserted := 0;
    changed := 0;
    IF $1 < $2 THEN
        SELECT * INTO one FROM {this}($1, ($1 + $2) / 2, $3);
        SELECT * INTO other FROM {this}(($1 + $2) / 2 + 1, $2, $3);
        inserted := one.inserted + other.inserted;
        changed := one.changed + other.changed;
    ELSE
        GET STACKED DIAGNOSTICS
            state = RETURNED_SQLSTATE, place = COLUMN_NAME, whole = TABLE_NAME, rule = CONSTRAINT_NAME,
            said = MESSAGE_TEXT;
        {blame}
        INSERT INTO {rejected} VALUES ($1, state, whole, place, rule, said);
    END IF;
END
""")

# Tenant and job come from the staged rows too. As constants in the conditions, they would make a planner that has no
# statistics of a new table expect few rows of a tenant, and compare every row with every other.
#
# New rows come first. A row that exists is not inserted (that would use up numbers of a sequence, and fire triggers),
# and is locked only if it differs, so that an unchanged row costs a read and no write. Rows are locked in the order of
# the key, so that two jobs wait for each other and do not deadlock. A row that another job removed in between is
# inserted by the next attempt.
_LOAD = SQL("""
    FOR attempt IN 1 .. 3 LOOP
        INSERT INTO {table} (tenant, {names}, row_hash, job_id, valid_from)
        SELECT s.tenant, {values}, s.row_hash, s.job_id, clock_timestamp()
        FROM {staged} s
        WHERE s."#" BETWEEN $1 AND $2
            AND NOT EXISTS (SELECT FROM {table} t WHERE t.tenant = s.tenant AND t.{key} = {value})
        ORDER BY {value}
        ON CONFLICT (tenant, {key}) DO NOTHING;
        GET DIAGNOSTICS amount = ROW_COUNT;
        inserted := inserted + amount;
        EXIT WHEN inserted > $2 - $1;

        INSERT INTO {archive} (tenant, {names}, row_hash, job_id, valid_from, valid_until, superseded_by)
        SELECT
            t.tenant, {images}, t.row_hash, t.job_id, t.valid_from, greatest(clock_timestamp(), t.valid_from), s.job_id
        FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}
        WHERE s."#" BETWEEN $1 AND $2 AND t.row_hash IS DISTINCT FROM s.row_hash
        ORDER BY t.{key}
        FOR UPDATE OF t
        ON CONFLICT (tenant, {key}, superseded_by) DO NOTHING;

        UPDATE {table} t
        SET {changes}, row_hash = s.row_hash, job_id = s.job_id, valid_from = a.valid_until
        FROM {staged} s JOIN {archive} a ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id
        WHERE s."#" BETWEEN $1 AND $2
            AND t.tenant = s.tenant AND t.{key} = {value} AND t.row_hash IS DISTINCT FROM s.row_hash;
        GET DIAGNOSTICS amount = ROW_COUNT;
        changed := changed + amount;

        EXIT WHEN NOT EXISTS (
            SELECT FROM {staged} s
            WHERE s."#" BETWEEN $1 AND $2
                AND NOT EXISTS (SELECT FROM {table} t WHERE t.tenant = s.tenant AND t.{key} = {value})
        );
    END LOOP;
""")

# The database names no column of a value that does not fit its type, so each value is tried alone, beginning with the
# column that was at fault last time, because it is at fault in most such rows of a file.
_BLAME = SQL("""
        IF place = '' AND whole = '' AND state ~ '^2[23]' THEN
            IF to_regclass('pg_temp.sluice_tried') IS NULL THEN
                CREATE TEMPORARY TABLE sluice_tried ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA;
            END IF;
            amount := coalesce(nullif(current_setting('sluice.at_fault', true), ''), '1');
            FOR column_number IN 0 .. {count} LOOP
                CONTINUE WHEN column_number = amount;
                BEGIN
                    EXECUTE (ARRAY[{tries}])[coalesce(nullif(column_number, 0), amount)] USING $1;
                EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
                    amount := coalesce(nullif(column_number, 0), amount);
                    place := (ARRAY[{columns}])[amount];
                    PERFORM set_config('sluice.at_fault', amount::text, true);
                    EXIT;
                END;
            END LOOP;
        END IF;
""")

# Rows of this job that have an image are put back as they were, and the image is removed; the job inserted the others,
# which are deleted.
_UNDO = SQL("""
        PERFORM FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}
        WHERE s."#" BETWEEN $1 AND $2 AND t.job_id = s.job_id
        ORDER BY t.{key}
        FOR UPDATE OF t;

        WITH back AS (
            UPDATE {table} t
            SET {restores}, row_hash = a.row_hash, job_id = a.job_id, valid_from = a.valid_from
            FROM {staged} s JOIN {archive} a ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id
            WHERE s."#" BETWEEN $1 AND $2 AND t.tenant = s.tenant AND t.{key} = {value} AND t.job_id = s.job_id
            RETURNING s."#"
        )
        DELETE FROM {archive} a USING back JOIN {staged} s USING ("#")
        WHERE a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id;
        GET DIAGNOSTICS changed = ROW_COUNT;

        IF $3 THEN
            DELETE FROM {table} t USING {staged} s
            WHERE s."#" BETWEEN $1 AND $2 AND t.tenant = s.tenant AND t.{key} = {value} AND t.job_id = s.job_id;
            GET DIAGNOSTICS inserted = ROW_COUNT;
        END IF;
""")


@dataclass(frozen=True)
class Done:
    """What a function did with the staged rows.

    Parameters
    ----------
    inserted
        Rows that `load` inserted, or `undo` deleted again.
    changed
        Rows that it changed.
    objections
        Rows that the database rejected.
    """

    inserted: int
    changed: int
    objections: list[Objection]


def stage(connection: Connection[Any], batch: Batch, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Copy rows into the temporary table of this transaction.

    Parameters
    ----------
    batch
        The chunk that the rows belong to.
    names
        The columns, each of type text.
    rows
        Place from 1 on, the columns' values, hash.
    """
    columns = _comma_separated(SQL("{} text").format(Identifier(name)) for name in names)
    connection.execute(
        # a violation that is found only at the commit would reject the whole chunk, not the row
        SQL(
            "SET CONSTRAINTS ALL IMMEDIATE;"
            ' CREATE TEMPORARY TABLE sluice_staged ("#" integer PRIMARY KEY, {}, row_hash text,'
            " tenant text DEFAULT {}, job_id text DEFAULT {}) ON COMMIT DROP;"
            ' CREATE TEMPORARY TABLE sluice_rejected ("#" integer, state text, "table" text, "column" text, rule text,'
            " message text) ON COMMIT DROP"
        ).format(columns, Literal(batch.tenant), Literal(batch.job_id))
    )
    copied = _comma_separated(map(Identifier, ("#", *names, "row_hash")))
    with connection.cursor() as cursor, cursor.copy(SQL("COPY {} ({}) FROM STDIN").format(_STAGED, copied)) as copy:
        for row in rows:
            copy.write_row(row)


def load(connection: Connection[Any], table: DatasetTable, count: int) -> Done:
    """Load the staged rows; ``count`` is their number."""
    layout, fragments = table.layout, _fragments(table)
    tries = [
        SQL('INSERT INTO sluice_tried ({name}) SELECT {value} FROM {staged} s WHERE s."#" = $1').format(
            name=Identifier(name), value=_staged(table, name), staged=_STAGED
        )
        for name in layout.names
    ]
    blame = _BLAME.format(
        names=fragments["names"],
        table=fragments["table"],
        count=Literal(len(tries)),
        tries=_comma_separated(Literal(each.as_string(connection)) for each in tries),
        columns=_comma_separated(map(Literal, layout.names)),
    )
    return _run(connection, _function(connection, _LOAD.format(**fragments), blame), count, flag=True)


def undo(connection: Connection[Any], table: DatasetTable, count: int, *, delete: bool) -> Done:
    """Undo the staged rows, ``count`` of them; ``delete`` says whether rows without an image may be deleted."""
    function = _function(connection, _UNDO.format(**_fragments(table)), SQL("").format())
    return _run(connection, function, count, flag=delete)


def count_images(connection: Connection[Any], table: DatasetTable) -> int:
    """Count the staged rows that have an image from their job."""
    query = SQL(
        "SELECT count(*) FROM {staged} s JOIN {archive} a"
        " ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id"
    )
    found = connection.execute(query.format(**_fragments(table))).fetchone()
    return found[0] if found else 0


def rows_left(connection: Connection[Any], table: DatasetTable) -> list[tuple[int, str | None]]:
    """Find the staged rows that their job wrote and that are not as they were before it.

    Returns
    -------
    list
        Place of each row, and the job that wrote what is there now, ``None`` if nothing is.
    """
    query = SQL(
        'SELECT s."#", t.job_id FROM {staged} s LEFT JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}'
        " WHERE t.job_id = s.job_id OR EXISTS (SELECT FROM {archive} a WHERE a.tenant = s.tenant AND a.{key} = {value}"
        " AND s.job_id IN (a.superseded_by, a.job_id)) ORDER BY 1"
    )
    return connection.execute(query.format(**_fragments(table))).fetchall()


def count_matches(connection: Connection[Any], table: DatasetTable, batch: Batch) -> tuple[int, int]:
    """Count the rows of a chunk whose key is in the table, and those of them that differ; nothing is staged."""
    key = Identifier("t", table.layout.key)
    try:
        return _count_matches(connection, table, batch, key, raw(table.types[table.layout.key]))
    except DataError:  # a key of the file does not fit the column's type; an index is of no use then
        return _count_matches(connection, table, batch, SQL("CAST({} AS text)").format(key), raw("text"))


def _count_matches(
    connection: Connection[Any], table: DatasetTable, batch: Batch, key: Composable, of_type: Composed
) -> tuple[int, int]:
    rows = [row for row in batch.rows if "\0" not in row.key]
    query = SQL(
        # the tenant is no constant to the planner, see `_LOAD`
        "WITH s AS MATERIALIZED (SELECT %s::text AS tenant, * FROM unnest(%s::text[], %s::text[]) AS s (key, hash))"
        " SELECT count(*), count(*) FILTER (WHERE t.row_hash IS DISTINCT FROM s.hash)"
        " FROM s JOIN {table} t ON t.tenant = s.tenant AND {key} = CAST(s.key AS {type})"
    ).format(table=Identifier(table.layout.dataset), key=key, type=of_type)
    found = connection.execute(query, [batch.tenant, [row.key for row in rows], [row.hash for row in rows]]).fetchone()
    return found or (0, 0)


def _fragments(table: DatasetTable) -> dict[str, Composable]:
    """Compose the fragments of statements: ``s`` is a staged row, ``t`` one of the table, ``a`` an image."""
    layout = table.layout
    changed = [name for name in layout.names if name != layout.key]
    return {
        "table": Identifier(layout.dataset),
        "archive": Identifier(layout.archive),
        "staged": _STAGED,
        "key": Identifier(layout.key),
        "value": _staged(table, layout.key),
        "names": _comma_separated(map(Identifier, layout.names)),
        "values": _comma_separated(_staged(table, name) for name in layout.names),
        "images": _comma_separated(Identifier("t", name) for name in layout.names),
        "changes": _comma_separated(SQL("{} = {}").format(Identifier(name), _staged(table, name)) for name in changed),
        "restores": _comma_separated(
            SQL("{} = {}").format(Identifier(name), Identifier("a", name)) for name in changed
        ),
    }


def _staged(table: DatasetTable, name: str) -> Composed:
    """Compose a staged value, which is text, as its column's type."""
    return SQL("CAST(s.{} AS {})").format(Identifier(name), raw(table.types[name]))


def _comma_separated(fragments: Iterable[Composable]) -> Composed:
    return SQL(", ").join(fragments)


def _function(connection: Connection[Any], work: Composed, blame: Composed) -> Composed:
    """Create the function unless the session has it; its name is a digest of its text.

    Its arguments are the first and the last row of the range, and a flag.
    """
    text = (work + blame).as_string(connection)
    name = f"sluice_{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"
    this = SQL("pg_temp.{}").format(Identifier(name))
    known = connection.execute("SELECT to_regprocedure(%s)", [f"pg_temp.{name}(integer, integer, boolean)"]).fetchone()
    if known == (None,):
        body = _FRAME.format(work=work, blame=blame, rejected=_REJECTED, this=this).as_string(connection)
        connection.execute(
            SQL(
                "CREATE FUNCTION {} (integer, integer, boolean, OUT inserted integer, OUT changed integer)"
                " LANGUAGE plpgsql AS {}"
            ).format(this, Literal(body))
        )
    return this


def _run(connection: Connection[Any], function: Composed, count: int, *, flag: bool) -> Done:
    """Call a function with all staged rows, then again with those that met a unique value of another row."""
    inserted, changed = _call(connection, function, [(1, count)], flag)
    for _ in range(_PASSES):
        again = _take_objections(connection, _UNIQUE_VIOLATION)
        more = _call(connection, function, [(place, place) for place in again], flag)
        inserted, changed = inserted + more[0], changed + more[1]
        if more == (0, 0):
            break
    with connection.cursor(row_factory=class_row(Objection)) as cursor:
        query = SQL('SELECT "#" AS place, state, "table", "column", rule, message FROM {} ORDER BY 1').format(_REJECTED)
        return Done(inserted, changed, cursor.execute(query).fetchall())


def _call(
    connection: Connection[Any], function: Composed, ranges: list[tuple[int, int]], flag: bool
) -> tuple[int, int]:
    """Call a function with each range; returns the sums of rows inserted and changed."""
    query = SQL(
        "SELECT coalesce(sum(done.inserted), 0)::integer, coalesce(sum(done.changed), 0)::integer"
        " FROM unnest(%s::integer[], %s::integer[]) AS these (first, last),"
        " LATERAL {}(these.first, these.last, %s) AS done"
    ).format(function)
    bounds = [[first for first, _ in ranges], [last for _, last in ranges]]
    found = connection.execute(query, [*bounds, flag]).fetchone()
    return found or (0, 0)


def _take_objections(connection: Connection[Any], state: str) -> list[int]:
    """Remove the objections of one SQLSTATE; returns the places of their rows."""
    query = SQL('WITH these AS (DELETE FROM {} WHERE state = %s RETURNING "#") SELECT "#" FROM these ORDER BY 1')
    return [place for (place,) in connection.execute(query.format(_REJECTED), [state]).fetchall()]
