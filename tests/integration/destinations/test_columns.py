"""PostgreSQL: what a column makes of a value, what others write into the table, and what a rollback restores of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.sql import Identifier
from pydantic import model_validator

from sluice.destinations.postgres import Database, PostgresDestination, PostgresRecords
from sluice.destinations.postgres.tables import StoredColumn
from sluice.model.options import LoadOptions
from sluice.model.rejection import Rejection
from sluice.schema.importer import Importer, Row
from sluice.schema.staging import Applied, Batch, Change, KeptRow, Undone
from sluice.schema.validation import GoodRow
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import THINGS, Thing, batch
from tests.integration.destinations.test_concurrency import at_once

Sql = psycopg.Connection[Any]

UPDATE = LoadOptions("update")
INSERT = LoadOptions("insert")
DELETE = LoadOptions("delete")
MARK = LoadOptions("delete", deletes="mark")


def says(
    rows: Mapping[str, Mapping[str, Any]],
    job: str = "02JOB",
    options: LoadOptions = UPDATE,
    importer: Importer = THINGS,
    matched: frozenset[str] = frozenset(),
) -> Batch:
    """Return a chunk whose rows say only these fields."""
    good = [
        GoodRow(number, code, "hash", json.dumps({"code": code, **fields}).encode())
        for number, (code, fields) in enumerate(rows.items(), start=2)
    ]
    return Batch("acme", importer, job, 0, good, options, matched=matched)


def rows_of(sql: Sql, table: str = "things") -> dict[str, str]:
    """Return the rows of a table by code, each with all its columns, as the database writes them."""
    found = sql.execute(f"SELECT code, to_jsonb({table})::text FROM {table} ORDER BY code").fetchall()
    return dict(found)


FULL: dict[str, Any] = {
    f"P-{number:02d}": {"name": f"n{number}", "price": Decimal("1.50"), "amount": number} for number in range(30)
}
CHANGED_BY_SQL = "UPDATE things SET amount = amount + 100 WHERE code < 'P-10'"


def test_a_rollback_of_two_columns_leaves_what_sql_changed_in_another(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch(FULL))
    prices = says({code: {"price": "2.50"} for code in FULL})
    assert tables.destination.apply(prices) == Applied(0, 30, 0)
    sql.execute(CHANGED_BY_SQL)
    before = {code: values["amount"] for code, values in FULL.items()}
    assert tables.destination.undo(prices) == Undone(30)
    assert sql.execute("SELECT count(*) FROM things WHERE price::text = '1.50' AND job_id = '01JOB'").fetchall() == [
        (30,)
    ]
    assert tables.amounts() == {code: amount + 100 * (code < "P-10") for code, amount in before.items()}


@pytest.mark.parametrize("known", [True, False], ids=["updated", "inserted"])
def test_a_rollback_names_each_row_and_column_that_sql_has_changed(tables: Target, sql: Sql, known: bool) -> None:
    """The other columns of an updated row are restored; an inserted row stays as it is."""
    if known:
        tables.destination.apply(batch(dict.fromkeys(FULL, -1), job="00JOB"))
    tables.destination.apply(batch(FULL))
    sql.execute(CHANGED_BY_SQL)
    undone = tables.destination.undo(batch(FULL))
    assert undone == Undone(
        20, [KeptRow(f"P-{number:02d}", "01JOB", "changed-since", columns=("amount",)) for number in range(10)]
    )
    left = {code: record["values"]["name"] for code, record in tables.all().items() if code < "P-10"}
    assert left == {code: None if known else FULL[code]["name"] for code in list(FULL)[:10]}
    assert len(tables.all()) == (30 if known else 10)


def test_the_same_file_again_writes_what_sql_has_changed(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch(FULL))
    sql.execute(CHANGED_BY_SQL)
    assert tables.destination.apply(batch(FULL, job="02JOB")) == Applied(0, 10, 20)
    assert tables.amounts() == {code: values["amount"] for code, values in FULL.items()}


OWN_TYPES = """
CREATE TABLE things (
    tenant text, code text, name char(3), price numeric(10, 2), amount integer, sold timestamp(0), size varchar(1),
    tags json, PRIMARY KEY (tenant, code));
CREATE TABLE others (
    tenant text, code text, name varchar(3), price double precision, amount numeric(5, 1), tags point,
    PRIMARY KEY (tenant, code));
"""
CAPITALS = """
CREATE FUNCTION capitals() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN new.name := left(new.name, 1) || '!'; RETURN new; END$$;
CREATE TRIGGER capitals BEFORE INSERT OR UPDATE ON things FOR EACH ROW EXECUTE FUNCTION capitals();
"""
TYPED = {"name": "a", "price": "12.504", "amount": 3, "size": "S", "tags": ["x", "ü", "\\u0000"]}
TYPED_ROWS = {f"T-{number}": TYPED for number in range(4)}


def test_a_value_is_compared_as_its_column_stores_it(tables: Target, sql: Sql) -> None:
    sql.execute(OWN_TYPES)
    tables.destination.apply(batch(TYPED_ROWS))
    assert sql.execute("SELECT DISTINCT price::text, name FROM things").fetchall() == [("12.50", "a  ")]
    again = batch(TYPED_ROWS, job="02JOB")
    assert tables.destination.compare(again).unchanged == 4
    assert tables.destination.apply(again) == Applied(0, 0, 4)
    assert tables.destination.undo(batch(TYPED_ROWS)) == Undone(4)
    assert tables.all() == {}


def test_a_column_that_a_trigger_rewrites_is_updated_each_time_and_restored(tables: Target, sql: Sql) -> None:
    sql.execute(OWN_TYPES + CAPITALS)
    sql.execute("ALTER TABLE things ALTER COLUMN tags TYPE jsonb")
    tables.destination.apply(batch({}, job="00JOB"))
    tables.destination.apply(batch(TYPED_ROWS))
    before = rows_of(sql)
    again = batch(TYPED_ROWS, job="02JOB")
    compared = tables.destination.compare(again)
    assert (compared.updated, compared.changed) == (4, {"name": 4})
    assert tables.destination.apply(again) == Applied(0, 4, 0)
    assert tables.destination.undo(again) == Undone(4)
    assert rows_of(sql) == before
    assert tables.destination.undo(batch(TYPED_ROWS)) == Undone(4)
    assert tables.all() == {}


def test_a_rollback_restores_a_column_that_only_a_trigger_wrote(tables: Target, sql: Sql) -> None:
    """What SQL changes afterwards in such a column is a conflict of that column."""
    tables.destination.apply(batch({"A": {"name": "a"}, "B": {"name": "b"}}))
    before = rows_of(sql)
    sql.execute(CAPITALS.replace("left(new.name, 1) || '!'", "new.amount || '!'"))
    change = says({"A": {"amount": 5}, "B": {"amount": 5}})
    assert tables.destination.apply(change) == Applied(0, 2, 0)
    sql.execute("ALTER TABLE things DISABLE TRIGGER capitals; UPDATE things SET name = 'mine' WHERE code = 'B'")
    assert tables.destination.undo(change) == Undone(1, [KeptRow("B", "02JOB", "changed-since", columns=("name",))])
    assert rows_of(sql)["A"] == before["A"]
    assert [(record["values"]["name"], record["values"]["amount"]) for record in tables.all().values()] == [
        ("a", 0),
        ("mine", 0),
    ]


@pytest.mark.parametrize(
    ("kind", "field", "value", "stored", "code"),
    [
        ("varchar(3)", "name", "abcd", "abc", "database-too-long"),
        ("char(3)", "name", "abcd", "abc", "database-too-long"),
        ("short", "name", "abcd", "abc", "database-too-long"),
        ("numeric(3, 1)", "price", "100", "10.0", "database-too-large"),
        ("varchar(3)[]", "name", "{abcd}", "{abc}", "database-too-long"),
        ("bit(3)", "name", "1111", "111", "database-type"),
    ],
)
def test_a_value_that_does_not_fit_is_rejected_and_never_equal_to_a_part_of_it(
    tables: Target, sql: Sql, kind: str, field: str, value: str, stored: str, code: str
) -> None:
    sql.execute("CREATE DOMAIN short AS varchar(3)")
    sql.execute(f"CREATE TABLE things (tenant text, code text, {field} {kind}, PRIMARY KEY (tenant, code))")
    sql.execute(f"INSERT INTO things VALUES ('acme', 'A', '{stored}')")
    rows = batch({"A": {field: value}})
    assert tables.destination.compare(rows).updated == 1
    applied = tables.destination.apply(rows)
    assert [rejection.code for rejection in applied.rejections] in ([code], ["database-too-long"])
    assert sql.execute(f"SELECT {field}::text FROM things").fetchall() == [(stored,)]


@pytest.mark.parametrize("kind", ["text", "varchar", "citext"])
def test_texts_that_a_column_takes_for_equal_are_different_values(kind: str) -> None:
    """The server of the tests has neither `citext` nor nondeterministic collations."""
    column = StoredColumn(kind, kind, "S")
    there, said = (column.comparable(Identifier("name"), staged=staged).as_string() for staged in (False, True))
    assert there == said == 'CAST("name" AS text) COLLATE "C"'


OTHER_COLUMNS = (
    "ALTER TABLE things ADD COLUMN id integer GENERATED ALWAYS AS IDENTITY, ADD COLUMN shop text DEFAULT 'Nord',"
    " ADD COLUMN twice bigint GENERATED ALWAYS AS (amount * 2) STORED"
)


def test_an_inserted_row_whose_other_columns_were_filled_stays(tables: Target, sql: Sql) -> None:
    """The columns are those that no importer fills; what other programs have noted in them is not lost."""
    tables.destination.apply(batch({}, job="00JOB"))
    sql.execute(OTHER_COLUMNS)
    rows = batch({"A": 1, "B": 2})
    tables.destination.apply(rows)
    sql.execute("UPDATE things SET shop = 'Süd' WHERE code = 'B'")
    assert tables.destination.undo(rows) == Undone(1, [KeptRow("B", "01JOB", "changed-since")])
    assert sql.execute("SELECT code, shop FROM things").fetchall() == [("B", "Süd")]


def test_a_removed_row_comes_back_with_all_its_columns(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch({"A": {"name": "a", "price": "1.50"}, "B": 2, "C": 3}))
    sql.execute(OTHER_COLUMNS)
    sql.execute("UPDATE things SET shop = CASE code WHEN 'A' THEN 'Süd' END")
    before = rows_of(sql)
    removal = says({"A": {}, "B": {}, "X": {}}, options=DELETE)
    compared = tables.destination.compare(removal)
    assert (compared.deleted, [change.key for change in compared.changes]) == (2, ["A", "B"])
    unknown = Rejection("", 4, "Code", "X", "key-unknown", {"mode": "delete"})
    assert tables.destination.apply(removal) == Applied(0, 0, 0, [unknown], deleted=2)
    assert list(tables.all()) == ["C"]
    assert [version["job"] for version in tables.records.history("acme", "things", "A")] == ["01JOB"]
    tables.destination.apply(says({"B": {"amount": 9}}, job="03JOB", options=LoadOptions()))
    assert tables.destination.undo(removal) == Undone(1, [KeptRow("B", "03JOB", "changed-since")])
    assert rows_of(sql)["A"] == before["A"]
    assert tables.records.history("acme", "things", "A") == []


def test_a_row_that_another_table_refers_to_is_not_removed(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch({"A": 1, "B": 2}))
    sql.execute("ALTER TABLE things ADD UNIQUE (code); CREATE TABLE orders (code text REFERENCES things (code))")
    sql.execute("INSERT INTO orders VALUES ('A')")
    applied = tables.destination.apply(says({"A": {}, "B": {}}, options=DELETE))
    assert (applied.deleted, applied.rejections) == (
        1,
        [Rejection("", 2, None, "A", "database-in-use", {"table": "orders"})],
    )


def test_a_marked_row_is_hidden_and_revived_as_new(tables: Target, sql: Sql, database: Database) -> None:
    """Its image is the deleted row, so that a rollback gives values and mark back."""
    tables.destination.apply(batch({"A": {"name": "a", "amount": 7}, "B": 2}))
    begin = rows_of(sql)
    assert tables.destination.apply(says({"A": {}}, options=MARK)).deleted == 1
    marked = rows_of(sql)
    records = PostgresRecords(database, [THINGS])
    assert list(tables.all()) == ["B"]
    assert [item["key"] for item in records.page("acme", "things", limit=9, cursor=None, deleted=True).items] == [
        "A",
        "B",
    ]
    for options in (UPDATE, DELETE):
        [rejection] = tables.destination.apply(says({"A": {"amount": 1}}, options.mode, options)).rejections
        assert rejection.code == "key-unknown"
    revival = says({"A": {"price": "2.5"}}, job="03JOB", options=INSERT)
    assert tables.destination.compare(revival).inserted == 1
    assert tables.destination.apply(revival) == Applied(1, 0, 0)
    assert tables.all()["A"]["values"] == json.loads(Thing(code="A", price=Decimal("2.5")).model_dump_json())
    assert tables.destination.undo(revival) == Undone(1)
    assert rows_of(sql) == marked
    assert tables.destination.undo(says({"A": {}}, options=MARK)) == Undone(1)
    assert rows_of(sql) == begin


def test_a_key_that_appears_while_a_chunk_inserts_it_is_rejected(
    open_database: Callable[[], Database], sql: Sql
) -> None:
    """One of two jobs inserts each key, and the other one has it rejected."""
    one, other = (PostgresDestination(open_database()) for _ in range(2))
    one.apply(batch({}, job="00JOB"))
    rows = {f"P-{number}": {"amount": number} for number in range(200)}
    answers = at_once(lambda: one.apply(says(rows, "01JOB", INSERT)), lambda: other.apply(says(rows, "02JOB", INSERT)))
    assert sum(each.inserted for each in answers) == sum(len(each.rejections) for each in answers) == 200
    assert {rejection.code for each in answers for rejection in each.rejections} == {"key-exists"}


class Ruled(Thing):
    """A thing with a rule over two columns."""

    @model_validator(mode="after")
    def _is_named_if_dear(self) -> Ruled:
        if self.price is not None and self.price > 10 and not self.name:
            raise ValueError("is dear and has no name")
        return self


def _sold_out(row: Row) -> Row:
    return row.model_copy(update={"size": "S"}) if getattr(row, "amount") == 0 else row  # noqa: B009  (mypy)


RULED = replace(THINGS, row=Ruled, normalise=_sold_out)


def test_rules_see_the_record_as_it_is_and_what_they_write_is_rolled_back(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch({"A": {"name": "a", "amount": 3}, "B": 4, "C": 5}))
    before = rows_of(sql)
    change = says(
        {"A": {"price": "20", "amount": 0}, "B": {"price": "20"}, "C": {"amount": 6}, "D": {"price": "20"}},
        options=LoadOptions(),
        importer=RULED,
    )
    assert tables.destination.compare(change).changed == {"price": 1, "amount": 2, "size": 1}
    applied = tables.destination.apply(change)
    assert (applied.inserted, applied.updated) == (0, 2)
    assert [(rejection.row, rejection.params) for rejection in applied.rejections] == [
        (3, {"text": "is dear and has no name"}),
        (5, {"text": "is dear and has no name"}),
    ]
    assert tables.all()["A"]["values"]["size"] == "S"
    assert tables.destination.undo(change) == Undone(2)
    assert rows_of(sql) == before


def test_a_key_that_appears_after_the_rules_have_seen_none_is_looked_at_again(
    tables: Target, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record keeps what the row does not say."""
    tables.destination.apply(batch({}, job="00JOB"))
    real = psycopg.Connection.execute
    waits: list[float] = []
    monkeypatch.setattr("sluice.destinations.postgres.connection.time.sleep", waits.append)

    def insert_first(connection: Sql, query: Any, *arguments: Any, **more: Any) -> Any:
        if "sluice_staged" in str(query) and not waits and connection is not sql:
            real(sql, "INSERT INTO things (tenant, code, name) VALUES ('acme', 'A', 'mine') ON CONFLICT DO NOTHING")
        return real(connection, query, *arguments, **more)

    monkeypatch.setattr(psycopg.Connection, "execute", insert_first)
    applied = tables.destination.apply(says({"A": {"price": "2", "amount": 1}}, options=LoadOptions(), importer=RULED))
    monkeypatch.undo()
    assert (applied, len(waits)) == (Applied(0, 1, 0), 1)
    assert sql.execute("SELECT name, price::text FROM things").fetchall() == [("mine", "2")]


def test_blank_cells_that_keep_a_value_are_counted(tables: Target) -> None:
    """Neither a record that is inserted nor a column without a value counts."""
    tables.destination.apply(batch({"A": {"name": "a", "price": "1"}, "B": {"name": "b"}}))
    rows = says(
        {"A": {"amount": 5}, "B": {"amount": 5, "name": "x"}, "C": {"amount": 1}},
        options=LoadOptions(),
        matched=frozenset({"code", "name", "price", "amount"}),
    )
    assert tables.destination.compare(rows).kept_blank == 2
    assert tables.destination.apply(rows) == Applied(1, 2, 0, kept_blank=2)
    assert tables.destination.apply(rows) == Applied(1, 2, 0, kept_blank=2)


def test_a_comparison_shows_values_as_the_table_would_hold_them(tables: Target, sql: Sql) -> None:
    sql.execute(OWN_TYPES)
    tables.destination.apply(batch({"A": {"price": "1", "name": "abc"}, "B": 2}))
    before = rows_of(sql)
    compared = tables.destination.compare(
        says({"A": {"price": "12.504"}, "B": {"price": None, "amount": 3}, "C": {"amount": 1}})
    )
    assert compared.changes == [
        Change(2, "A", {"price": "1.00"}, {"price": "12.50"}),
        Change(3, "B", {"amount": 2}, {"amount": 3}),
    ]
    assert (compared.updated, compared.changed) == (2, {"price": 1, "amount": 1})
    assert [rejection.code for rejection in compared.rejections] == ["key-unknown"]
    assert rows_of(sql) == before


def test_a_comparison_goes_on_after_a_value_that_its_column_cannot_hold(tables: Target, sql: Sql) -> None:
    sql.execute(OWN_TYPES)
    tables.destination.apply(batch({"A": 1, "B": 2, "C": 3}))
    compared = tables.destination.compare(says({"A": {"amount": 2**40}, "B": {"amount": 5}, "C": {"amount": 3}}))
    assert (compared.updated, compared.unchanged) == (2, 1)
    assert [(change.key, change.after) for change in compared.changes] == [
        ("A", {"amount": 2**40}),
        ("B", {"amount": 5}),
    ]


def test_a_partial_update_leaves_no_hash_and_sets_only_what_rows_say(tables: Target, sql: Sql) -> None:
    """Rows of one chunk may say different columns."""
    tables.destination.apply(
        batch({"A": {"name": "a", "price": Decimal("1.50")}, "B": {"name": "b", "price": Decimal("1.50")}})
    )
    change = says({"A": {"price": "2"}, "B": {"name": None}})
    assert tables.destination.apply(change) == Applied(0, 2, 0)
    found = sql.execute("SELECT code, name, price::text, row_hash FROM things ORDER BY code").fetchall()
    assert found == [("A", "a", "2", ""), ("B", None, "1.50", "")]
    assert tables.destination.undo(change) == Undone(2)
    assert sql.execute("SELECT count(*) FROM things WHERE row_hash = '' OR price::text <> '1.50'").fetchall() == [(0,)]


def test_a_rollback_of_the_earlier_of_two_partial_jobs_keeps_the_later_one(tables: Target) -> None:
    tables.destination.apply(batch({"A": {"price": "1", "amount": 1}}))
    prices = says({"A": {"price": "2"}}, "02JOB")
    stocks = says({"A": {"amount": 2}}, "03JOB")
    tables.destination.apply(prices)
    tables.destination.apply(stocks)
    assert tables.destination.undo(prices) == Undone(1)
    record = tables.all()["A"]
    assert (record["job"], record["values"]["price"], record["values"]["amount"]) == ("03JOB", "1", 2)
    assert tables.destination.undo(stocks) == Undone(1)
    assert (tables.all()["A"]["values"]["price"], tables.amounts()) == ("1", {"A": 1})
