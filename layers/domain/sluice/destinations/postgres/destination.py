"""Tables of a PostgreSQL database as a destination; each chunk is one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from psycopg import Connection, ProgrammingError

from sluice.destinations.base import changed_since
from sluice.destinations.postgres import constraints, statements, stored
from sluice.destinations.postgres.connection import Database
from sluice.destinations.postgres.constraints import Objection
from sluice.destinations.postgres.tables import DatasetTable, TableLayout, find, layout_of, prepare, texts
from sluice.schema.staging import Applied, Batch, Compared, KeptRow, Undone

T = TypeVar("T")


class PostgresDestination:
    """The `Destination` port on PostgreSQL.

    A row that a constraint, a type or a trigger of the table does not allow is rejected; the rest of the chunk is
    loaded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables: dict[TableLayout, DatasetTable] = {}

    def apply(self, batch: Batch) -> Applied:
        """Deliver a chunk; the same chunk again changes nothing and gives the same result."""
        return self._run(lambda connection: self._apply(connection, batch))

    def compare(self, batch: Batch) -> Compared:
        """Say what `apply` would do now; nothing is written, and what the database would reject is not known."""
        return self._database.run(lambda connection: _compare(connection, batch))

    def undo(self, batch: Batch) -> Undone:
        """Put the rows of a chunk back as they were, where they are still as the job left them.

        A chunk that was not applied yet is not applied any more. Rows of the job whose image is missing in the archive
        stay as they are, and count as failed.
        """
        return self._run(lambda connection: self._undo(connection, batch))

    def _apply(self, connection: Connection[Any], batch: Batch) -> Applied:
        table = self._table(connection, batch)
        with connection.transaction():
            if not stored.begin_load(connection, batch):
                return stored.read_applied(connection, batch)
            applied = _load(connection, table, batch)
            stored.write_applied(connection, batch, applied)
        return applied

    def _undo(self, connection: Connection[Any], batch: Batch) -> Undone:
        table = self._table(connection, batch)
        with connection.transaction():
            if not stored.begin_undo(connection, batch):
                return stored.read_undone(connection, batch)
            if stored.begin_load(connection, batch):
                stored.write_applied(connection, batch, Applied(0, 0, 0))
                undone = Undone(0)
            else:
                undone = _take_back(connection, table, batch, stored.read_applied(connection, batch))
            stored.write_undone(connection, batch, undone)
        return undone

    def _run(self, work: Callable[[Connection[Any]], T]) -> T:
        """Call a function with the connection; once more if the tables, as they were read, have changed since."""
        known = bool(self._tables)
        try:
            return self._database.run(work)
        except ProgrammingError:
            self._tables.clear()
            if not known:
                raise
        return self._database.run(work)

    def _table(self, connection: Connection[Any], batch: Batch) -> DatasetTable:
        """Return the table of a batch; it is inspected once in the life of a process."""
        layout = layout_of(batch.dataset, batch.importer.row)
        if layout not in self._tables:
            self._tables[layout] = prepare(connection, layout)
        return self._tables[layout]


def _load(connection: Connection[Any], table: DatasetTable, batch: Batch) -> Applied:
    layout = table.layout
    rejections = list(constraints.with_nul(layout, batch.rows))
    rejected = {rejection.row for rejection in rejections}
    rows = [row for row in batch.rows if row.number not in rejected] if rejected else batch.rows
    if not rows:
        return Applied(0, 0, 0, rejections)
    statements.stage(connection, batch, layout.names, texts(layout, rows))
    done = statements.load(connection, table, len(rows))
    rejections += constraints.rejections(connection, layout, rows, done.objections)
    unchanged = len(rows) - done.inserted - done.changed - len(done.objections)
    return Applied(done.inserted, done.changed, unchanged, sorted(rejections, key=lambda rejection: rejection.row))


def _compare(connection: Connection[Any], batch: Batch) -> Compared:
    layout = layout_of(batch.dataset, batch.importer.row)
    table = find(connection, layout)
    if table is None or not table.types.keys() >= {"tenant", layout.key, "row_hash"}:
        return Compared(len(batch.rows), 0, 0)
    there, differing = statements.count_matches(connection, table, batch)
    return Compared(len(batch.rows) - there, differing, there - differing)


def _take_back(connection: Connection[Any], table: DatasetTable, batch: Batch, applied: Applied) -> Undone:
    rejected = {rejection.row for rejection in applied.rejections}
    rows = [row for row in batch.rows if row.number not in rejected]
    if not rows:
        return Undone(0)
    staged = ([place, row.key, row.hash] for place, row in enumerate(rows, start=1))
    statements.stage(connection, batch, (table.layout.key,), staged)
    # if images are missing in the archive, a row without one may have existed before: then it must not be deleted
    complete = statements.count_images(connection, table) >= applied.updated
    done = statements.undo(connection, table, len(rows), delete=complete)
    failed = [_rejected(table.layout, batch, rows[each.place - 1].key, each) for each in done.objections]
    rejected_places = {each.place for each in done.objections}
    kept = []
    for place, job in statements.rows_left(connection, table):
        key = rows[place - 1].key
        if job != batch.job_id:
            kept.append(changed_since(key, job))
        elif place not in rejected_places:
            failed.append(KeptRow(key, job, "no-image"))
    return Undone(done.inserted + done.changed, kept, failed)


def _rejected(layout: TableLayout, batch: Batch, key: str, objection: Objection) -> KeptRow:
    code, params = constraints.coded(layout, objection)
    return KeptRow(key, batch.job_id, "objection", {"objection": {"code": code, "params": params}})
