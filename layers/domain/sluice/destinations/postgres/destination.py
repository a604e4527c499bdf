"""Rows into tables of a PostgreSQL database, each chunk in one transaction.

Beside the table of a dataset stands ``<dataset>_archive`` with what its rows were before, of every importer, since
that is what a rollback reads; and for all of them ``sluice_ledger``, which tells what was done about a chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg import Connection, DataError, ProgrammingError
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from sluice.destinations.base import changed_since
from sluice.destinations.postgres import constraints as reasons
from sluice.destinations.postgres import ledger, statements
from sluice.destinations.postgres.connection import Database
from sluice.destinations.postgres.constraints import Objection
from sluice.destinations.postgres.statements import REJECTED, STAGED
from sluice.destinations.postgres.tables import DatasetTable, TableLayout, find, layout_of, prepare, raw, texts
from sluice.schema.staging import Applied, Batch, Compared, KeptRow, Undone

T = TypeVar("T")
# A unique value may pass from one row to another, which is tried while the first still has it; by the next turn it is
# free. A longer chain of such rows than there are turns is not of this world.
_UNIQUE = "23505"
_TURNS = 5


class PostgresDestination:
    """The `Destination` port on PostgreSQL.

    A constraint, a type or a trigger of the table that objects to a row rejects that row, whoever made it; the rest of
    the chunk is loaded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables: dict[TableLayout, DatasetTable] = {}

    def apply(self, batch: Batch) -> Applied:
        """Deliver a chunk; the same chunk again changes nothing and gives the same answer."""
        return self._run(lambda connection: self._apply(connection, batch))

    def compare(self, batch: Batch) -> Compared:
        """Say what `apply` would do now; nothing is written, and what the database would reject is not known."""
        return self._database.run(lambda connection: _compare(connection, batch))

    def undo(self, batch: Batch) -> Undone:
        """Put the rows of a chunk back as they were, where they are still as it left them.

        One that was not applied yet never will be. Rows of the job whose image is gone from the archive are not
        touched, but told as failed.
        """
        return self._run(lambda connection: self._undo(connection, batch))

    def _apply(self, connection: Connection[Any], batch: Batch) -> Applied:
        table = self._table(connection, batch)
        with connection.transaction():
            if not ledger.claim(connection, batch, ledger.LOAD):
                return ledger.applied(connection, batch)
            outcome = _load(connection, table, batch)
            ledger.note(connection, batch, ledger.LOAD, outcome)
        return outcome

    def _undo(self, connection: Connection[Any], batch: Batch) -> Undone:
        table = self._table(connection, batch)
        with connection.transaction():
            if not ledger.claim(connection, batch, ledger.UNDO):
                return ledger.undone(connection, batch)
            if ledger.claim(connection, batch, ledger.LOAD):
                ledger.note(connection, batch, ledger.LOAD, Applied(0, 0, 0))
                outcome = Undone(0)
            else:
                outcome = _take_back(connection, table, batch, ledger.applied(connection, batch))
            ledger.note(connection, batch, ledger.UNDO, outcome)
        return outcome

    def _run(self, work: Callable[[Connection[Any]], T]) -> T:
        """Do something; once more on a new look at the tables if it did not fit them, for they may have changed."""
        known = bool(self._tables)
        try:
            return self._database.run(work)
        except ProgrammingError:
            self._tables.clear()
            if not known:
                raise
        return self._database.run(work)

    def _table(self, connection: Connection[Any], batch: Batch) -> DatasetTable:
        """The table, looked at once in the life of a process."""
        layout = layout_of(batch.dataset, batch.importer.row)
        if layout not in self._tables:
            self._tables[layout] = prepare(connection, layout)
        return self._tables[layout]


def _load(connection: Connection[Any], table: DatasetTable, batch: Batch) -> Applied:
    layout = table.layout
    rejections = list(reasons.with_nul(layout, batch.rows))
    rejected = {rejection.row for rejection in rejections}
    rows = [row for row in batch.rows if row.number not in rejected] if rejected else batch.rows
    if not rows:
        return Applied(0, 0, 0, rejections)
    function = statements.load(connection, table)
    stage(connection, batch, layout.names, texts(layout, rows))
    done = run(connection, function, len(rows))
    rejections += reasons.rejections(connection, layout, rows, done.objections)
    unchanged = len(rows) - done.inserted - done.changed - len(done.objections)
    return Applied(done.inserted, done.changed, unchanged, sorted(rejections, key=lambda rejection: rejection.row))


def _compare(connection: Connection[Any], batch: Batch) -> Compared:
    layout = layout_of(batch.dataset, batch.importer.row)
    table = find(connection, layout)
    if table is None or not table.types.keys() >= {"tenant", layout.key, "row_hash"}:
        return Compared(len(batch.rows), 0, 0)
    key = Identifier("t", layout.key)
    try:
        there, differing = _matches(connection, table, batch, key, raw(table.types[layout.key]))
    except DataError:  # some key of the file can be none of the table; then an index is of no use
        there, differing = _matches(connection, table, batch, SQL("CAST({} AS text)").format(key), raw("text"))
    return Compared(len(batch.rows) - there, differing, there - differing)


def _matches(
    connection: Connection[Any], table: DatasetTable, batch: Batch, key: Composable, of_type: Composed
) -> tuple[int, int]:
    """How many rows have a record of their key, and how many of those differ from it."""
    rows = [row for row in batch.rows if "\0" not in row.key]
    query = SQL(
        # a tenant that is no constant to the planner: why, is told with the statements that load
        "WITH s AS MATERIALIZED (SELECT %s::text AS tenant, * FROM unnest(%s::text[], %s::text[]) AS s (key, hash))"
        " SELECT count(*), count(*) FILTER (WHERE t.row_hash IS DISTINCT FROM s.hash)"
        " FROM s JOIN {table} t ON t.tenant = s.tenant AND {key} = CAST(s.key AS {type})"
    ).format(table=Identifier(table.layout.dataset), key=key, type=of_type)
    found = connection.execute(query, [batch.tenant, [row.key for row in rows], [row.hash for row in rows]]).fetchone()
    return found or (0, 0)


def _take_back(connection: Connection[Any], table: DatasetTable, batch: Batch, applied: Applied) -> Undone:
    rejected = {rejection.row for rejection in applied.rejections}
    rows = [row for row in batch.rows if row.number not in rejected]
    if not rows:
        return Undone(0)
    function = statements.undo(connection, table)
    stage(
        connection, batch, (table.layout.key,), ([place, row.key, row.hash] for place, row in enumerate(rows, start=1))
    )
    # with images missing from the archive, a row without one may have been there before: then it must not be deleted
    complete = _images(connection, table) >= applied.updated
    done = run(connection, function, len(rows), flag=complete)
    failed = [_stuck(table.layout, batch, rows[each.place - 1].key, each) for each in done.objections]
    stuck = {each.place for each in done.objections}
    kept = []
    for place, job in _left(connection, table):
        key = rows[place - 1].key
        if job != batch.job_id:
            kept.append(changed_since(key, job))
        elif place not in stuck:
            failed.append(KeptRow(key, job, "no-image"))
    return Undone(done.inserted + done.changed, kept, failed)


def _stuck(layout: TableLayout, batch: Batch, key: str, objection: Objection) -> KeptRow:
    code, params = reasons.coded(layout, objection)
    return KeptRow(key, batch.job_id, "objection", {"objection": {"code": code, "params": params}})


def _images(connection: Connection[Any], table: DatasetTable) -> int:
    """How many staged rows have an image that their job made."""
    query = SQL(
        "SELECT count(*) FROM {staged} s JOIN {archive} a"
        " ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id"
    )
    found = connection.execute(query.format(**statements.parts(table))).fetchone()
    return found[0] if found else 0


def _left(connection: Connection[Any], table: DatasetTable) -> list[tuple[int, str | None]]:
    """Staged rows that their job wrote and that are not as they were before it, with who wrote what is there now."""
    query = SQL(
        'SELECT s."#", t.job_id FROM {staged} s LEFT JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}'
        " WHERE t.job_id = s.job_id OR EXISTS (SELECT FROM {archive} a WHERE a.tenant = s.tenant AND a.{key} = {value}"
        " AND s.job_id IN (a.superseded_by, a.job_id)) ORDER BY 1"
    )
    return connection.execute(query.format(**statements.parts(table))).fetchall()


@dataclass(frozen=True)
class Done:
    """What a function made of the staged rows: rows it inserted (or deleted), rows it changed, rows it could not do."""

    inserted: int
    changed: int
    objections: list[Objection]


def stage(connection: Connection[Any], batch: Batch, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Copy rows into the temporary table of this transaction.

    Parameters
    ----------
    batch
        Whose rows these are.
    names
        The columns, each of type text.
    rows
        Place from 1 on, the columns' values, hash.
    """
    columns = SQL(", ").join(SQL("{} text").format(Identifier(name)) for name in names)
    connection.execute(
        # a violation that is found at the end only would be the whole chunk's, not a row's
        SQL(
            "SET CONSTRAINTS ALL IMMEDIATE;"
            ' CREATE TEMPORARY TABLE sluice_staged ("#" integer PRIMARY KEY, {}, row_hash text,'
            " tenant text DEFAULT {}, job_id text DEFAULT {}) ON COMMIT DROP;"
            ' CREATE TEMPORARY TABLE sluice_rejected ("#" integer, state text, "table" text, "column" text, rule text,'
            " message text) ON COMMIT DROP"
        ).format(columns, Literal(batch.tenant), Literal(batch.job_id))
    )
    given = SQL(", ").join(map(Identifier, ("#", *names, "row_hash")))
    with connection.cursor() as cursor, cursor.copy(SQL("COPY {} ({}) FROM STDIN").format(STAGED, given)) as copy:
        for row in rows:
            copy.write_row(row)


def run(connection: Connection[Any], function: Composed, count: int, *, flag: bool = True) -> Done:
    """Let a function do all staged rows."""
    inserted, changed = _sums(connection, function, [(1, count)], flag)
    for _ in range(_TURNS):
        again = _take(connection, _UNIQUE)
        more = _sums(connection, function, [(place, place) for place in again], flag)
        inserted, changed = inserted + more[0], changed + more[1]
        if more == (0, 0):
            break
    with connection.cursor(row_factory=class_row(Objection)) as cursor:
        query = SQL('SELECT "#" AS place, state, "table", "column", rule, message FROM {} ORDER BY 1').format(REJECTED)
        return Done(inserted, changed, cursor.execute(query).fetchall())


def _sums(
    connection: Connection[Any], function: Composed, ranges: list[tuple[int, int]], flag: bool
) -> tuple[int, int]:
    query = SQL(
        "SELECT coalesce(sum(done.inserted), 0)::integer, coalesce(sum(done.changed), 0)::integer"
        " FROM unnest(%s::integer[], %s::integer[]) AS these (first, last),"
        " LATERAL {}(these.first, these.last, %s) AS done"
    ).format(function)
    bounds = [[first for first, _ in ranges], [last for _, last in ranges]]
    found = connection.execute(query, [*bounds, flag]).fetchone()
    return found or (0, 0)


def _take(connection: Connection[Any], state: str) -> list[int]:
    """Take back the objections of one kind, to try their rows once more."""
    query = SQL('WITH these AS (DELETE FROM {} WHERE state = %s RETURNING "#") SELECT "#" FROM these ORDER BY 1')
    return [place for (place,) in connection.execute(query.format(REJECTED), [state]).fetchall()]
