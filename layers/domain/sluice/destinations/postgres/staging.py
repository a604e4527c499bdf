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

# A unique value that an earlier row still had when this one was tried may be free by the end.
_UNIQUE = "23505"


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
    inserted, changed = _sums(connection, function, [[1, count]], flag)
    objections = _objections(connection)
    again = [each.place for each in objections if each.state == _UNIQUE]
    if again and len(objections) < count:
        connection.execute(SQL("DELETE FROM {} WHERE state = %s").format(REFUSED), [_UNIQUE])
        more = _sums(connection, function, [[place, place] for place in again], flag)
        inserted, changed = inserted + more[0], changed + more[1]
        objections = _objections(connection)
    return Done(inserted, changed, objections)


def _sums(connection: Connection[Any], function: Composed, ranges: list[list[int]], flag: bool) -> tuple[int, int]:
    firsts, lasts = zip(*ranges, strict=True)
    query = SQL(
        "SELECT sum(done.inserted)::integer, sum(done.changed)::integer"
        " FROM unnest(%s::integer[], %s::integer[]) AS these (first, last),"
        " LATERAL {}(these.first, these.last, %s) AS done"
    ).format(function)
    found = connection.execute(query, [list(firsts), list(lasts), flag]).fetchone()
    return found if found else (0, 0)


def _objections(connection: Connection[Any]) -> list[Objection]:
    with connection.cursor(row_factory=class_row(Objection)) as cursor:
        query = SQL('SELECT "#" AS place, state, "table", "column", rule, message FROM {} ORDER BY 1').format(REFUSED)
        return cursor.execute(query).fetchall()
