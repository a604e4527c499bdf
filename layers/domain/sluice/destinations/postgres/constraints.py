"""What PostgreSQL has against a row, as the code and the parameters of a rejection."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.sql import Identifier
from pydantic_core import from_json

from sluice.destinations.postgres.tables import TableLayout
from sluice.model.rejection import Rejection
from sluice.schema.rejections import as_text
from sluice.schema.validation import GoodRow

#: By SQLSTATE (PostgreSQL documentation, "PostgreSQL Error Codes").
SQLSTATE_CODES: Mapping[str, str] = {
    "22001": "database-too-long",
    "22003": "database-too-large",
    "22008": "database-no-date",
    "22P05": "database-nul",
    "23502": "database-required",
    "23503": "database-reference",
    "23505": "database-unique",
    "23514": "database-check",
    "23P01": "database-exclusion",
    "54000": "database-index",
}
# The error that a trigger raises itself; its author wrote the text for people.
_RAISED = "P0001"
# A foreign key: of the table itself, or of another one that refers to a row to be deleted.
_REFERENCE = "23503"
_NAMING_A_RULE = frozenset({_REFERENCE, "23505", "23514", "23P01"})


@dataclass(frozen=True)
class Objection:
    """The error that the database raised about one row.

    Parameters
    ----------
    place
        Number of the row within its batch, from 1 on.
    state
        SQLSTATE.
    table, column, rule
        The table, the column and the constraint or index that the database named; empty if it named none.
    message
        The database's own text.
    """

    place: int
    state: str
    table: str
    column: str
    rule: str
    message: str


def rejections(
    connection: Connection[Any], layout: TableLayout, rows: list[GoodRow], objections: list[Objection]
) -> list[Rejection]:
    """Build the rejections of the rows that the database rejected, in the order of the rows."""
    columns = {rule: _columns(connection, layout, rule) for rule in {each.rule for each in objections} if rule}
    found = []
    for each in sorted(objections, key=lambda each: each.place):
        row, named = rows[each.place - 1], {each.column} if each.column else columns.get(each.rule, set())
        fields = [field for field in layout.fields if field.name in named]
        code, params = coded(layout, each)
        if len(fields) == 1:
            value = from_json(row.values).get(fields[0].name)
            found.append(Rejection("", row.number, fields[0].title, _shown(value), code, params))
        else:
            if each.column and not fields:
                code, params = "database-empty-column", {"column": each.column}
            found.append(Rejection("", row.number, None, _shown(row.key), code, params))
    return found


def coded(layout: TableLayout, objection: Objection) -> tuple[str, dict[str, str]]:
    """Return code and parameters of an objection."""
    if objection.state == _RAISED:
        return "database-trigger", {"text": as_text(objection.message)}
    if objection.state == _REFERENCE and objection.table != layout.dataset:
        return "database-in-use", {"table": objection.table}
    params = {"rule": objection.rule} if objection.state in _NAMING_A_RULE else {}
    return SQLSTATE_CODES.get(objection.state, "database-type"), params


def with_nul(layout: TableLayout, rows: list[GoodRow]) -> Iterator[Rejection]:
    """Yield the rejections of rows that have a NUL in a text, the one character that PostgreSQL's texts cannot hold."""
    for row in rows:
        if rb"\u0000" in row.values:
            values = from_json(row.values)
            for field in layout.fields:
                value = values.get(field.name)
                if isinstance(value, str) and "\0" in value:
                    yield Rejection("", row.number, field.title, _shown(value), "database-nul")
                    break


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    return as_text(text).replace("\0", "\ufffd")


def _columns(connection: Connection[Any], layout: TableLayout, rule: str) -> set[str]:
    """Return the columns of a constraint or an index of the table, without the tenant."""
    rows = connection.execute(
        "SELECT attname FROM pg_attribute JOIN ("
        "SELECT conrelid, conkey FROM pg_constraint WHERE conrelid = to_regclass(%(table)s) AND conname = %(rule)s"
        " UNION ALL SELECT indrelid, indkey::int2[] FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE indrelid = to_regclass(%(table)s) AND relname = %(rule)s"
        ") AS named (relation, numbers) ON attrelid = relation AND attnum = ANY (numbers)",
        {"table": Identifier(layout.dataset).as_string(connection), "rule": rule},
    )
    return {column for (column,) in rows.fetchall()} - {"tenant"}
