"""The SQL that loads a chunk and takes it back: functions of the session, told which of the staged rows to do.

Each does its range at once. When the database rejects that, it does the halves one after the other, down to the rows
that are at fault: one bad row in 10,000 costs some thirty statements, and none of them a round trip. A function of
the session (``pg_temp``) needs no right but to make temporary tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from sluice.destinations.postgres.tables import DatasetTable, raw

STAGED = SQL("pg_temp.sluice_staged")
REJECTED = SQL("pg_temp.sluice_rejected")

# What the database says of a row's content, a trigger's own objection included; anything else is not the row's fault.
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

# Tenant and job come from the staged rows too. Were they written into the conditions, a planner that knows nothing of
# a new table would think that a tenant has few rows, and compare every row with every other.
#
# New rows first. What is there already is neither tried (it would use up numbers of a sequence, and fire triggers) nor
# locked unless it differs, so that a row that is as it was costs a look and no write. In the order of the key, so that
# two jobs wait for each other instead of locking each other out. A row that another job took away in between comes
# round again.
_LOAD = SQL("""
    FOR turn IN 1 .. 3 LOOP
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

# The database names no column of a value that does not fit its type, so each value is tried alone; first of all the
# column that was at fault last time, for it is at fault in most such rows of a file.
_BLAME = SQL("""
        IF place = '' AND whole = '' AND state ~ '^2[23]' THEN
            IF to_regclass('pg_temp.sluice_tried') IS NULL THEN
                CREATE TEMPORARY TABLE sluice_tried ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA;
            END IF;
            amount := coalesce(nullif(current_setting('sluice.at_fault', true), ''), '1');
            FOR turn IN 0 .. {count} LOOP
                CONTINUE WHEN turn = amount;
                BEGIN
                    EXECUTE (ARRAY[{tries}])[coalesce(nullif(turn, 0), amount)] USING $1;
                EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
                    amount := coalesce(nullif(turn, 0), amount);
                    place := (ARRAY[{columns}])[amount];
                    PERFORM set_config('sluice.at_fault', amount::text, true);
                    EXIT;
                END;
            END LOOP;
        END IF;
""")

# Rows of this job that have an image are put back as they were and lose it; the rest are the job's own, and go.
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


def load(connection: Connection[Any], table: DatasetTable) -> Composed:
    """The function that loads staged rows; its arguments are those of `undo`."""
    layout = table.layout
    tries = [
        SQL('INSERT INTO sluice_tried ({name}) SELECT {value} FROM {staged} s WHERE s."#" = $1').format(
            name=Identifier(name), value=_staged(table, name), staged=STAGED
        )
        for name in layout.names
    ]
    blame = _BLAME.format(
        names=_list(map(Identifier, layout.names)),
        table=Identifier(layout.dataset),
        count=Literal(len(tries)),
        tries=_list(Literal(each.as_string(connection)) for each in tries),
        columns=_list(map(Literal, layout.names)),
    )
    return _function(connection, _LOAD.format(**parts(table)), blame)


def undo(connection: Connection[Any], table: DatasetTable) -> Composed:
    """The function that takes staged rows back.

    Its arguments are the first and the last row to do, and whether rows without an image may be deleted; it gives how
    many rows were ``inserted`` (here: deleted again) and ``changed``.
    """
    return _function(connection, _UNDO.format(**parts(table)), SQL("").format())


def parts(table: DatasetTable) -> dict[str, Composable]:
    """What statements about a table are made of: ``s`` is a staged row, ``t`` one of the table, ``a`` an image."""
    layout = table.layout
    changed = [name for name in layout.names if name != layout.key]
    return {
        "table": Identifier(layout.dataset),
        "archive": Identifier(layout.archive),
        "staged": STAGED,
        "key": Identifier(layout.key),
        "value": _staged(table, layout.key),
        "names": _list(map(Identifier, layout.names)),
        "values": _list(_staged(table, name) for name in layout.names),
        "images": _list(Identifier("t", name) for name in layout.names),
        "changes": _list(SQL("{} = {}").format(Identifier(name), _staged(table, name)) for name in changed),
        "restores": _list(SQL("{} = {}").format(Identifier(name), Identifier("a", name)) for name in changed),
    }


def _staged(table: DatasetTable, name: str) -> Composed:
    """A staged value, which is text, as its column's type."""
    return SQL("CAST(s.{} AS {})").format(Identifier(name), raw(table.types[name]))


def _list(parts: Iterable[Composable]) -> Composed:
    return SQL(", ").join(parts)


def _function(connection: Connection[Any], work: Composed, blame: Composed) -> Composed:
    """See to it that the session has the function; its name is a digest, so that it is never that of another text."""
    told = (work + blame).as_string(connection)
    name = f"sluice_{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"
    this = SQL("pg_temp.{}").format(Identifier(name))
    known = connection.execute("SELECT to_regprocedure(%s)", [f"pg_temp.{name}(integer, integer, boolean)"]).fetchone()
    if known == (None,):
        body = _FRAME.format(work=work, blame=blame, rejected=REJECTED, this=this).as_string(connection)
        connection.execute(
            SQL(
                "CREATE FUNCTION {} (integer, integer, boolean, OUT inserted integer, OUT changed integer)"
                " LANGUAGE plpgsql AS {}"
            ).format(this, Literal(body))
        )
    return this
