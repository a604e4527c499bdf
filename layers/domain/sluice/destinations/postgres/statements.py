"""The SQL of a chunk whose rows are staged: loading and undoing them.

In it ``s`` is a staged row, ``t`` a row of the table, ``a`` an image in the archive, and ``f`` what was found of a row.
Tenant and job come from the staged rows too. As constants in the conditions, they would make a planner that has no
statistics of a new table expect few rows of a tenant, and compare every row with every other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from sluice.destinations.postgres.keys import REJECT_CHANGED, digest_of, fingerprint, others_of
from sluice.destinations.postgres.staging import (
    CHANGED_SINCE,
    FOUND,
    KEY_EXISTS,
    KEY_UNKNOWN,
    REJECTED,
    STAGED,
    Done,
    Shape,
    blame,
    comma_separated,
    function,
    run,
)
from sluice.destinations.postgres.tables import DatasetTable, raw
from sluice.model.options import LoadOptions
from sluice.schema.importer import MARK
from sluice.schema.staging import Batch

# New rows come first. A row that exists is not inserted (that would use up numbers of a sequence, and fire triggers),
# and is locked only if it differs, so that an unchanged row costs a read and no write. Rows are locked in the order of
# the key, so that two jobs wait for each other and do not deadlock. A row that another program removed in between is
# inserted by the next attempt; rows that this job has written are not written again, whatever triggers made of them.
# `due` counts what is still to be written: at the end more than 0 if a trigger or a rule of the table skips rows.
_UPSERT = SQL("""
    FOR this_attempt IN 1 .. 3 LOOP
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
        {change}
        EXIT WHEN NOT EXISTS (
            SELECT FROM {staged} s
            WHERE s."#" BETWEEN $1 AND $2
                AND NOT EXISTS (SELECT FROM {table} t WHERE t.tenant = s.tenant AND t.{key} = {value})
        );
        due := due + (this_attempt = 3)::integer;
    END LOOP;
""")

# A row that is there now and not when it is looked for again was removed in between, and is as unknown.
_CHANGE_ONLY = SQL("""
    FOR this_attempt IN 1 .. 1 LOOP
        {unknown}
        {change}
        {unknown}
    END LOOP;
""")

_UNKNOWN = SQL("""
        INSERT INTO {rejected} ("#", state)
        SELECT s."#", {state}
        FROM {staged} s
        WHERE s."#" BETWEEN $1 AND $2
            AND NOT EXISTS (SELECT FROM {table} t WHERE t.tenant = s.tenant AND t.{key} = {value} AND NOT {marked})
            AND NOT EXISTS (SELECT FROM {found} f WHERE f."#" = s."#")
            AND NOT EXISTS (SELECT FROM {rejected} r WHERE r."#" = s."#");
""")

_KNOWN = SQL("""
        INSERT INTO {rejected} ("#", state)
        SELECT s."#", {state}
        FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}
        WHERE s."#" BETWEEN $1 AND $2 AND t.job_id IS DISTINCT FROM s.job_id
            AND NOT EXISTS (SELECT FROM {rejected} r WHERE r."#" = s."#");
""")

_FIND = SQL("""
        INSERT INTO {found} ("#", attempt, kind)
        SELECT s."#", this_attempt, CASE WHEN {marked} THEN 'revived' ELSE 'changed' END
        FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}
        WHERE s."#" BETWEEN $1 AND $2 AND t.job_id IS DISTINCT FROM s.job_id AND ({changes})
            AND NOT EXISTS (SELECT FROM {rejected} r WHERE r."#" = s."#")
        ORDER BY t.{key}
        FOR UPDATE OF t;
        GET DIAGNOSTICS amount = ROW_COUNT; due := due + amount;

        INSERT INTO {archive}
            (tenant, {imaged}, row_hash, job_id, valid_from, other_columns, valid_until, superseded_by)
        SELECT
            t.tenant, {images}, t.row_hash, t.job_id, t.valid_from, {others},
            greatest(clock_timestamp(), t.valid_from), s.job_id
        FROM {found} f JOIN {staged} s USING ("#") JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}
        WHERE f."#" BETWEEN $1 AND $2 AND f.attempt = this_attempt
        ON CONFLICT (tenant, {key}, superseded_by) DO NOTHING;
""")

_UPDATE = SQL("""
        UPDATE {table} t
        SET {sets}, job_id = s.job_id, valid_from = a.valid_until
        FROM {found} f JOIN {staged} s USING ("#")
            JOIN {archive} a ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id
        WHERE f."#" BETWEEN $1 AND $2 AND f.attempt = this_attempt AND f.kind = {kind}
            AND t.tenant = s.tenant AND t.{key} = {value};
        GET DIAGNOSTICS amount = ROW_COUNT;
        {counted} := {counted} + amount;
        due := due - amount;
""")

_REMOVE = SQL("""
        DELETE FROM {table} t
        USING {found} f JOIN {staged} s USING ("#")
        WHERE f."#" BETWEEN $1 AND $2 AND f.attempt = this_attempt AND t.tenant = s.tenant AND t.{key} = {value};
        GET DIAGNOSTICS amount = ROW_COUNT;
        changed := changed + amount;
        due := due - amount;
""")

# Rows are locked first. A column is restored if it still holds what the job wrote. It is a conflict if it holds
# neither that nor its old value, and the job had changed it. A row that the job inserted or revived is restored as a
# whole, if every column of it is as the job wrote it. Without all images a row that has none may have existed before
# the job: then none is deleted.
_UNDO = SQL("""
        PERFORM FROM {staged} s JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}
        WHERE s."#" BETWEEN $1 AND $2
        ORDER BY t.{key}
        FOR UPDATE OF t;

        INSERT INTO {found} ("#", kind, columns, job)
        SELECT "#", CASE
                WHEN no_image AND NOT (was_inserted AND ($3 OR NOT there)) THEN
                    CASE WHEN now_job = job_id THEN 'no-image' ELSE 'left' END
                WHEN no_image AND NOT there THEN 'restored'
                WHEN {deletes} AND NOT there AND NOT written_since THEN 'insert'
                WHEN {deletes} THEN CASE WHEN now_job = job_id THEN 'update' ELSE 'left' END
                WHEN NOT there OR is_marked THEN 'left'
                WHEN was_inserted THEN
                    CASE WHEN written <> '{{}}' THEN 'left' WHEN no_image THEN 'delete' ELSE 'revert' END
                WHEN restorable OR conflicts = '{{}}' AND now_job = job_id THEN 'update'
                WHEN conflicts = '{{}}' THEN 'restored'
                ELSE 'left'
            END,
            CASE WHEN {deletes} OR is_marked OR NOT there THEN '{{}}' WHEN was_inserted THEN written ELSE conflicts END,
            now_job
        FROM (
            SELECT s."#", s.job_id, t.job_id AS now_job, t.{key} IS NOT NULL AS there, a.{key} IS NULL AS no_image,
                {inserted} AS was_inserted, {deletes} AND EXISTS (
                    SELECT FROM {archive} b
                    WHERE b.tenant = a.tenant AND b.{key} = a.{key} AND b.valid_until > a.valid_until
                ) AS written_since,
                t.{key} IS NOT NULL AND {marked} AS is_marked, {restorable} AS restorable,
                array_remove(ARRAY[{written}]::text[], NULL) AS written,
                array_remove(ARRAY[{conflicts}]::text[], NULL) AS conflicts
            FROM {staged} s LEFT JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}
                LEFT JOIN {archive} a ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id
            WHERE s."#" BETWEEN $1 AND $2
        ) AS seen
        WHERE NOT no_image OR was_inserted OR now_job = job_id;
        SELECT count(*) INTO due FROM {found} f
        WHERE f."#" BETWEEN $1 AND $2 AND f.kind IN ('update', 'revert', 'insert', 'delete');

        UPDATE {table} t
        SET {restores}
        FROM {found} f JOIN {staged} s USING ("#")
            JOIN {archive} a ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id
        WHERE f."#" BETWEEN $1 AND $2 AND f.kind IN ('update', 'revert') AND t.tenant = s.tenant AND t.{key} = {value};
        GET DIAGNOSTICS amount = ROW_COUNT; due := due - amount;

        INSERT INTO {table} (tenant, {imaged}, row_hash, job_id, valid_from{other_names}) OVERRIDING SYSTEM VALUE
        SELECT a.tenant, {from_image}, a.row_hash, a.job_id, a.valid_from{other_values}
        FROM {found} f JOIN {staged} s USING ("#")
            JOIN {archive} a ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id
        WHERE f."#" BETWEEN $1 AND $2 AND f.kind = 'insert';
        GET DIAGNOSTICS amount = ROW_COUNT; due := due - amount;

        DELETE FROM {table} t USING {found} f JOIN {staged} s USING ("#")
        WHERE f."#" BETWEEN $1 AND $2 AND f.kind = 'delete' AND t.tenant = s.tenant AND t.{key} = {value};
        GET DIAGNOSTICS amount = ROW_COUNT; due := due - amount;

        DELETE FROM {archive} a USING {found} f JOIN {staged} s USING ("#")
        WHERE f."#" BETWEEN $1 AND $2 AND a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id
            AND (f.kind IN ('revert', 'insert') OR f.kind = 'update' AND f.columns = '{{}}' AND f.job = s.job_id);
""")
_WHOLE = SQL("(f.kind = 'revert' OR f.columns = '{{}}' AND t.job_id = s.job_id)").format()


def load(connection: Connection[Any], table: DatasetTable, shape: Shape, batch: Batch, count: int) -> Done:
    """Load the staged rows, ``count`` of them; counts those inserted or revived, and those changed or deleted."""
    fragments, options = fragments_of(table, shape), batch.options
    mode, changes = options.mode, _changes(table, shape, fragments["marked"], options)
    if batch.if_as_seen:
        changes = SQL("{} AND {} = s.row_hash").format(changes, fingerprint(table))
    change = _FIND.format(
        **fragments,
        changes=changes,
        others=others_of(table) if mode == "delete" else SQL("CAST(NULL AS jsonb)"),
    )
    if mode == "delete":
        sets = SQL("{} = CURRENT_DATE").format(Identifier(MARK))
        mark = _UPDATE.format(**fragments, sets=sets, kind=Literal("changed"), counted=SQL("changed"))
        change += _REMOVE.format(**fragments) if options.how_to_delete == "remove" else mark
    if options.inserts:
        change += _update(table, shape, fragments, revive=True)
    if mode in {"upsert", "mirror", "update"}:
        change += _update(table, shape, fragments, revive=False)
    if mode == "insert":
        change += _KNOWN.format(**fragments, state=Literal(KEY_EXISTS))
    if batch.if_as_seen:
        change += REJECT_CHANGED.format(**fragments, state=Literal(CHANGED_SINCE))
    unknown = _UNKNOWN.format(**fragments, state=Literal(KEY_UNKNOWN))
    work = _UPSERT if options.inserts else _CHANGE_ONLY
    text = work.format(
        **fragments,
        names=comma_separated(map(Identifier, shape.names)),
        values=comma_separated(table.staged(name) for name in shape.names),
        change=change,
        unknown=unknown,
    )
    return run(connection, function(connection, text, blame(connection, table, shape.names)), count, flag=True)


def _changes(table: DatasetTable, shape: Shape, marked: Composable, options: LoadOptions) -> Composed:
    """Compose whether there is something to do for a row that exists."""
    if options.mode == "insert":
        return SQL("{}").format(marked)
    if options.mode == "delete":
        return SQL("NOT {}").format(marked)
    differing = [
        SQL("{} AND {}").format(shape.says(name), table.differs(name, "t", "s"))
        if name in shape.sometimes
        else table.differs(name, "t", "s")
        for name in said(table, shape)
    ]
    any_differs = SQL(" OR ").join(differing) if differing else SQL("FALSE")
    if options.mode == "update":
        return SQL("NOT {} AND ({})").format(marked, any_differs)
    return SQL("{} OR {}").format(marked, any_differs)


def said(table: DatasetTable, shape: Shape) -> list[str]:
    """List the columns that rows say, without the key."""
    names = (name for name in shape.names if name in shape.always or name in shape.sometimes)
    return [name for name in names if name != table.layout.key]


def _update(table: DatasetTable, shape: Shape, fragments: dict[str, Composable], *, revive: bool) -> Composed:
    """Compose the update of rows that exist, or of those that are marked as deleted, which begin as new."""
    sets: list[Composable] = []
    for name in shape.names if revive else said(table, shape):
        if name == table.layout.key:
            continue
        value = table.staged(name)
        if name in shape.sometimes and not revive:
            value = SQL("CASE WHEN {} THEN {} ELSE {} END").format(shape.says(name), value, Identifier("t", name))
        sets.append(SQL("{} = {}").format(Identifier(name), value))
    if revive:
        sets.append(SQL("{} = NULL").format(Identifier(MARK)))
    sets.append(SQL("row_hash = s.row_hash"))
    return _UPDATE.format(
        **fragments,
        sets=comma_separated(sets),
        kind=Literal("revived" if revive else "changed"),
        counted=SQL("inserted" if revive else "changed"),
    )


@dataclass(frozen=True)
class Undoing:
    """How staged rows are undone.

    Parameters
    ----------
    deletes
        Whether the job deleted them.
    recorded
        Whether the ledger says what was inserted. If not, a row that still carries the job's id is as the job left it.
    delete
        Whether rows without an image may be deleted.
    others
        Columns that the digests were made of.
    """

    deletes: bool
    recorded: bool
    delete: bool
    others: Sequence[str]


def undo(connection: Connection[Any], table: DatasetTable, shape: Shape, how: Undoing, count: int) -> Done:
    """Undo the staged rows, ``count`` of them; `outcomes` says what became of them."""
    fragments = fragments_of(table, shape)
    names = [name for name in shape.names if name != table.layout.key]
    changed_since = {name: _changed(table, name, how) for name in names}
    restores = [
        SQL("{} = CASE WHEN {} AND NOT ({}) THEN {} ELSE {} END").format(
            Identifier(name), shape.says(name), changed_since[name], Identifier("a", name), Identifier("t", name)
        )
        for name in names
    ]
    system = ["job_id", "valid_from", *([] if MARK in shape.names else [MARK])]
    whole = [
        SQL("{} = CASE WHEN {} THEN {} ELSE {} END").format(
            Identifier(name), _WHOLE, Identifier("a", name), Identifier("t", name)
        )
        for name in system
    ]
    whole.append(SQL("row_hash = CASE WHEN {} THEN a.row_hash ELSE '' END").format(_WHOLE))
    work = _UNDO.format(
        **fragments,
        deletes=SQL("TRUE" if how.deletes else "FALSE"),
        inserted=SQL('s."?inserted"') if how.recorded else _seems_inserted(fragments),
        restorable=_any(
            SQL("{} AND NOT ({}) AND {}").format(shape.says(name), changed_since[name], table.differs(name, "t", "a"))
            for name in said(table, shape)
        ),
        written=_written(table, shape, changed_since, how),
        conflicts=comma_separated(
            SQL("CASE WHEN {} AND {} AND {} AND {} THEN {} END").format(
                shape.says(name),
                table.differs(name, "a", "s"),
                changed_since[name],
                table.differs(name, "t", "a"),
                Literal(name),
            )
            for name in said(table, shape)
        ),
        restores=comma_separated([*restores, *whole]),
        from_image=comma_separated(Identifier("a", name) for name in table.layout.imaged),
        other_names=SQL("").join(SQL(", {}").format(Identifier(name)) for name in table.others),
        other_values=SQL("").join(
            SQL(", CAST(a.other_columns ->> {} AS {})").format(Literal(name), raw(column.type))
            for name, column in table.others.items()
        ),
    )
    return run(connection, function(connection, work, SQL("").format()), count, flag=how.delete)


def _changed(table: DatasetTable, name: str, how: Undoing) -> Composed:
    """Compose whether a column is no longer as the job wrote it."""
    differs = table.differs(name, "t", "s")
    return differs if how.recorded else SQL("(t.job_id IS DISTINCT FROM s.job_id AND {})").format(differs)


def _written(table: DatasetTable, shape: Shape, changed: Mapping[str, Composed], how: Undoing) -> Composed:
    """Compose the columns of a row that are not as the job wrote them; other columns as one."""
    columns = [
        SQL("CASE WHEN {} AND {} THEN {} END").format(shape.says(name), differs, Literal(name))
        for name, differs in changed.items()
    ]
    if how.others:
        same = digest_of(how.others) if set(how.others) <= table.others.keys() else SQL("''")
        columns.append(SQL("""CASE WHEN s."?others" <> {} THEN '' END""").format(same))
    return comma_separated(columns)


def _seems_inserted(fragments: Mapping[str, Composable]) -> Composed:
    """Compose whether a row without an image was written by the job, where an earlier version loaded it."""
    return SQL(
        "(a.{key} IS NULL AND (t.job_id IS NOT DISTINCT FROM s.job_id OR EXISTS (SELECT FROM {archive} b"
        " WHERE b.tenant = s.tenant AND b.{key} = {value} AND b.job_id = s.job_id)))"
    ).format(**fragments)


def _any(conditions: Iterable[Composable]) -> Composed:
    return SQL("({})").format(SQL(" OR ").join([*conditions, SQL("FALSE")]))


def fragments_of(table: DatasetTable, shape: Shape) -> dict[str, Composable]:
    """Compose the fragments that statements share."""
    layout = table.layout
    marked: Composable = SQL("FALSE")
    if MARK in table.columns and MARK not in shape.always:
        # rows of early syncs say the mark themselves; undoing one is undoing an ordinary update
        marked = SQL("({} IS NOT NULL)").format(Identifier("t", MARK))
    return {
        "table": Identifier(layout.dataset),
        "archive": Identifier(layout.archive),
        "staged": STAGED,
        "found": FOUND,
        "rejected": REJECTED,
        "key": Identifier(layout.key),
        "value": table.columns[layout.key].as_stored(Identifier("s", layout.key)),
        "marked": marked,
        "imaged": comma_separated(map(Identifier, layout.imaged)),
        "images": comma_separated(Identifier("t", name) for name in layout.imaged),
    }
