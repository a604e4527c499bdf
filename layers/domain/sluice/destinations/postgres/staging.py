"""Rows on their way: copied into a temporary table as text, and done from there by a function of the session."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from sluice.destinations.postgres.reasons import Objection
from sluice.destinations.postgres.statements import REFUSED, STAGED
from sluice.rows.staged import Batch

# A unique value may pass from one row to another, which is tried while the first still has it; by the next turn it is
# free. A longer chain of such rows than there are turns is not of this world.
_UNIQUE = "23505"
_TURNS = 5


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
            ' CREATE TEMPORARY TABLE sluice_refused ("#" integer, state text, "table" text, "column" text, rule text,'
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
        query = SQL('SELECT "#" AS place, state, "table", "column", rule, message FROM {} ORDER BY 1').format(REFUSED)
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
    return [place for (place,) in connection.execute(query.format(REFUSED), [state]).fetchall()]
