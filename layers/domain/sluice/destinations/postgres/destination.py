"""Rows into tables of a PostgreSQL database, each chunk in one transaction.

Beside the table of a dataset stands ``<dataset>_archive`` with what its rows were before, of every importer, since
that is what a rollback reads; and for all of them ``sluice_ledger``, which tells what was done about a chunk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from psycopg import Connection, DataError, ProgrammingError
from psycopg.sql import SQL, Composable, Composed, Identifier

from sluice.destinations.left import changed_since
from sluice.destinations.postgres import ledger, reasons, statements
from sluice.destinations.postgres.connection import Database
from sluice.destinations.postgres.layout import Layout, layout_of, texts
from sluice.destinations.postgres.reasons import Objection
from sluice.destinations.postgres.staging import run, stage
from sluice.destinations.postgres.tables import Table, find, prepare, raw
from sluice.rows.staged import Applied, Batch, Compared, Left, Undone

T = TypeVar("T")


class PostgresDestination:
    """The `Destination` port on PostgreSQL.

    A constraint, a type or a trigger of the table that objects to a row refuses that row, whoever made it; the rest of
    the chunk is loaded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables: dict[Layout, Table] = {}

    def apply(self, batch: Batch) -> Applied:
        """Deliver a chunk; the same chunk again changes nothing and gives the same answer."""
        return self._run(lambda connection: self._apply(connection, batch))

    def compare(self, batch: Batch) -> Compared:
        """Say what `apply` would do now; nothing is written, and what the database would refuse is not known."""
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

    def _table(self, connection: Connection[Any], batch: Batch) -> Table:
        """The table, looked at once in the life of a process."""
        layout = layout_of(batch.dataset, batch.importer.row)
        if layout not in self._tables:
            self._tables[layout] = prepare(connection, layout)
        return self._tables[layout]


def _load(connection: Connection[Any], table: Table, batch: Batch) -> Applied:
    layout = table.layout
    refusals = list(reasons.with_nul(layout, batch.rows))
    refused = {refusal.row for refusal in refusals}
    rows = [row for row in batch.rows if row.number not in refused] if refused else batch.rows
    if not rows:
        return Applied(0, 0, 0, refusals)
    function = statements.load(connection, table)
    stage(connection, batch, layout.names, texts(layout, rows))
    done = run(connection, function, len(rows))
    refusals += reasons.refusals(connection, layout, rows, done.objections)
    unchanged = len(rows) - done.inserted - done.changed - len(done.objections)
    return Applied(done.inserted, done.changed, unchanged, sorted(refusals, key=lambda refusal: refusal.row))


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
    connection: Connection[Any], table: Table, batch: Batch, key: Composable, of_type: Composed
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


def _take_back(connection: Connection[Any], table: Table, batch: Batch, applied: Applied) -> Undone:
    refused = {refusal.row for refusal in applied.refusals}
    rows = [row for row in batch.rows if row.number not in refused]
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
            failed.append(Left(key, job, "cannot be put back, for what it was before is not in the archive any more"))
    return Undone(done.inserted + done.changed, kept, failed)


def _stuck(layout: Layout, batch: Batch, key: str, objection: Objection) -> Left:
    return Left(key, batch.job_id, f"cannot be put back, for it {reasons.reason_of(layout, objection)}")


def _images(connection: Connection[Any], table: Table) -> int:
    """How many staged rows have an image that their job made."""
    query = SQL(
        "SELECT count(*) FROM {staged} s JOIN {archive} a"
        " ON a.tenant = s.tenant AND a.{key} = {value} AND a.superseded_by = s.job_id"
    )
    found = connection.execute(query.format(**statements.parts(table))).fetchone()
    return found[0] if found else 0


def _left(connection: Connection[Any], table: Table) -> list[tuple[int, str | None]]:
    """Staged rows that their job wrote and that are not as they were before it, with who wrote what is there now."""
    query = SQL(
        'SELECT s."#", t.job_id FROM {staged} s LEFT JOIN {table} t ON t.tenant = s.tenant AND t.{key} = {value}'
        " WHERE t.job_id = s.job_id OR EXISTS (SELECT FROM {archive} a WHERE a.tenant = s.tenant AND a.{key} = {value}"
        " AND s.job_id IN (a.superseded_by, a.job_id)) ORDER BY 1"
    )
    return connection.execute(query.format(**statements.parts(table))).fetchall()
