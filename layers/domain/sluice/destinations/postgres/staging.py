"""The rows of a chunk in temporary tables, functions of the session that work on them, and the rows that they reject.

Such a function works on a range of the staged rows at once. If the database rejects that, it works on the halves one
after the other, down to the rows that are at fault: one wrong row in 10,000 costs some thirty statements, and none of
them a round trip. A function of the session (``pg_temp``) needs no right except to create temporary tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal
from pydantic_core import from_json

from sluice.destinations.base import written_since
from sluice.destinations.postgres.tables import DatasetTable, TableLayout, text_of
from sluice.model.options import Mode
from sluice.model.rejection import Rejection
from sluice.schema.rejections import as_text
from sluice.schema.said import Values
from sluice.schema.staging import Batch
from sluice.schema.validation import GoodRow

STAGED = SQL("pg_temp.sluice_staged")
REJECTED = SQL("pg_temp.sluice_rejected")
#: Rows that a function has found something to do for, or to say of.
FOUND = SQL("pg_temp.sluice_found")
#: What a mode rejects, in place of an SQLSTATE.
KEY_EXISTS, KEY_UNKNOWN, CHANGED_SINCE = "key-exists", "key-unknown", "changed-since"
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
    "23SKP": "database-skipped",  # raised by `_FRAME`
}
# The error that a trigger raises itself; its author wrote the text for people.
_RAISED = "P0001"
# A foreign key: of the table itself, or of another one that refers to a row to be deleted.
_REFERENCE = "23503"
_NAMING_A_RULE = frozenset({_REFERENCE, "23505", "23514", "23P01"})
# A unique value may pass from one row to another, which the database rejects while the first row still has it. It is
# free by the next pass; chains of such rows that need more passes than this do not occur in real files.
_UNIQUE_VIOLATION = "23505"
_PASSES = 5

# The errors that a row's content can cause, those that a trigger raises included; no other error is the row's fault.
_FRAME = SQL("""
#variable_conflict use_column
DECLARE
    amount integer;
    due integer := 0;
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
    IF due > 0 THEN
        RAISE EXCEPTION 'skipped' USING ERRCODE = '23SKP', TABLE = 'sluice_staged';
    END IF;
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


@dataclass(frozen=True)
class Shape:
    """The columns of staged rows.

    Parameters
    ----------
    names
        Columns that are staged.
    always
        Those that every row says.
    sometimes
        Those that some rows say; a flag in each row tells whether it does.
    """

    names: tuple[str, ...]
    always: frozenset[str]
    sometimes: tuple[str, ...]

    def says(self, name: str) -> Composed:
        """Compose whether a staged row says a column."""
        if name in self.sometimes:
            return SQL("s.{}").format(_flag(self.sometimes.index(name)))
        return SQL("TRUE" if name in self.always else "FALSE").format()


def shape_of(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> Shape:
    """Find which of the columns all rows say, and which only some; ``names`` are those to stage."""
    shapes = [set(shape) for shape in {tuple(row) for row in rows}] or [set[str]()]
    always = set.intersection(*shapes)
    some = set.union(*shapes) - always
    return Shape(tuple(names), frozenset(always), tuple(name for name in names if name in some))


@dataclass(frozen=True)
class Done:
    """What a function did with the staged rows.

    Parameters
    ----------
    inserted, changed
        What it has counted.
    objections
        Rows that the database rejected.
    """

    inserted: int
    changed: int
    objections: list[Objection]


def stage(connection: Connection[Any], batch: Batch, shape: Shape, rows: Iterable[Sequence[Any]], *more: str) -> None:
    """Copy rows into the temporary table of this transaction.

    Parameters
    ----------
    rows
        Place from 1 on, the columns' values as text, the flags, the hash, and ``more``: ``?inserted``, whether the job
        inserted the row, and ``?others``, the digest of its other columns.
    """
    flags = [_flag(number) for number in range(len(shape.sometimes))]
    columns = [SQL("{} text").format(Identifier(name)) for name in shape.names]
    columns += [SQL("{} boolean").format(flag) for flag in flags]
    connection.execute(
        # a violation that is found only at the commit would reject the whole chunk, not the row
        SQL(
            "SET CONSTRAINTS ALL IMMEDIATE;"
            ' CREATE TEMPORARY TABLE sluice_staged ("#" integer PRIMARY KEY, {}, row_hash text, "?inserted" boolean,'
            ' "?others" text, tenant text DEFAULT {}, job_id text DEFAULT {}) ON COMMIT DROP;'
            ' CREATE TEMPORARY TABLE sluice_found ("#" integer PRIMARY KEY, attempt integer, kind text,'
            " columns text[], job text, kept integer) ON COMMIT DROP;"
            ' CREATE TEMPORARY TABLE sluice_rejected ("#" integer, state text, "table" text, "column" text, rule text,'
            " message text) ON COMMIT DROP"
        ).format(comma_separated(columns), Literal(batch.tenant), Literal(batch.job_id))
    )
    names = [Identifier("#"), *map(Identifier, shape.names), *flags, *map(Identifier, ("row_hash", *more))]
    copied = SQL("COPY {} ({}) FROM STDIN").format(STAGED, comma_separated(names))
    with connection.cursor() as cursor, cursor.copy(copied) as copy:
        for row in rows:
            copy.write_row(row)


def lines(
    layout: TableLayout, shape: Shape, rows: list[GoodRow], said: list[Values], defaults: Values, *, seen: bool = False
) -> Iterator[list[Any]]:
    """Yield rows as `stage` takes them, with defaults of columns that they do not say; ``seen``: with fingerprints."""
    fields = [(name, name in layout.as_json, defaults.get(name)) for name in shape.names]
    columns = len(layout.fields)
    for place, (row, values) in enumerate(zip(rows, said, strict=True), start=1):
        get = values.get
        line: list[Any] = [place]
        for name, is_json, default in fields:
            value = get(name, default)
            # nearly every value of every row is one of these; a call for each would take longer than sending them
            line.append(value if value is None or (type(value) is str and not is_json) else text_of(value))
        if shape.sometimes:
            line.extend(name in values for name in shape.sometimes)
        line.append(row.hash if seen or len(values) == columns else "")
        yield line


def blame(connection: Connection[Any], table: DatasetTable, names: Sequence[str]) -> Composed:
    """Compose what finds the column that is at fault, among those that are staged."""
    tries = [
        SQL('INSERT INTO sluice_tried ({name}) SELECT {value} FROM {staged} s WHERE s."#" = $1').format(
            name=Identifier(name), value=table.staged(name), staged=STAGED
        )
        for name in names
    ]
    return _BLAME.format(
        names=comma_separated(map(Identifier, names)),
        table=Identifier(table.layout.dataset),
        count=Literal(len(tries)),
        tries=comma_separated(Literal(each.as_string(connection)) for each in tries),
        columns=comma_separated(map(Literal, names)),
    )


def comma_separated(fragments: Iterable[Composable]) -> Composed:
    """Join fragments."""
    return SQL(", ").join(fragments)


def _flag(number: int) -> Identifier:
    return Identifier(f"?{number}")


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
    connection: Connection[Any], layout: TableLayout, mode: Mode, rows: list[GoodRow], objections: list[Objection]
) -> list[Rejection]:
    """Build the rejections of the rows that the mode or the database rejected, in the order of the rows."""
    columns = {rule: _columns(connection, layout, rule) for rule in {each.rule for each in objections} if rule}
    found = []
    for each in sorted(objections, key=lambda each: each.place):
        row = rows[each.place - 1]
        if each.state in {KEY_EXISTS, KEY_UNKNOWN}:
            found.append(key_rejection(layout, mode, row))
            continue
        if each.state == CHANGED_SINCE:
            found.append(written_since(row, each.message))
            continue
        named = {each.column} if each.column else columns.get(each.rule, set())
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


def key_rejection(layout: TableLayout, mode: Mode, row: GoodRow) -> Rejection:
    """Build the rejection of a row whose key the mode does not allow."""
    title = next(field.title for field in layout.fields if field.name == layout.key)
    code, params = (KEY_EXISTS, {}) if mode == "insert" else (KEY_UNKNOWN, {"mode": mode})
    return Rejection("", row.number, title, _shown(row.key), code, params)


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


def function(connection: Connection[Any], work: Composed, otherwise: Composed) -> Composed:
    """Create the function unless the session has it; its name is a digest of its text.

    Its arguments are the first and the last row of the range, and a flag. ``otherwise`` is done for a single row that
    the database rejects.
    """
    text = (work + otherwise).as_string(connection)
    name = f"sluice_{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"
    this = SQL("pg_temp.{}").format(Identifier(name))
    known = connection.execute("SELECT to_regprocedure(%s)", [f"pg_temp.{name}(integer, integer, boolean)"]).fetchone()
    if known == (None,):
        body = _FRAME.format(work=work, blame=otherwise, rejected=REJECTED, this=this).as_string(connection)
        connection.execute(
            SQL(
                "CREATE FUNCTION {} (integer, integer, boolean, OUT inserted integer, OUT changed integer)"
                " LANGUAGE plpgsql AS {}"
            ).format(this, Literal(body))
        )
    return this


def run(connection: Connection[Any], function: Composed, count: int, *, flag: bool) -> Done:
    """Call a function with all staged rows, then again with those that met a unique value of another row."""
    inserted, changed = _call(connection, function, [(1, count)], flag)
    for _ in range(_PASSES):
        again = _take_objections(connection, _UNIQUE_VIOLATION)
        more = _call(connection, function, [(place, place) for place in again], flag)
        inserted, changed = inserted + more[0], changed + more[1]
        if more == (0, 0):
            break
    with connection.cursor(row_factory=class_row(Objection)) as cursor:
        query = SQL('SELECT "#" AS place, state, "table", "column", rule, message FROM {} ORDER BY 1').format(REJECTED)
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
    return [place for (place,) in connection.execute(query.format(REJECTED), [state]).fetchall()]
