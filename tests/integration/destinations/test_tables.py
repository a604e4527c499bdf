"""Tables are created and altered to the row model, by many workers at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import psycopg
import pytest

from sluice.destinations.postgres import Database, PostgresDestination, PostgresRecords
from sluice.destinations.postgres.tables import layout_of
from sluice.model.errors import NotFound, RequestRejected, SluiceError
from sluice.schema.cell_types import Date, Flag, Money, Number, Whole
from sluice.schema.importer import Importer, Row, column
from sluice.schema.staging import Applied, Batch, Compared, Undone
from sluice.wording import word_detail
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import THINGS, Thing, batch, good

Sql = psycopg.Connection[Any]

COLUMNS = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND table_schema = %s"


class Wider(Thing):
    """The model of a thing with an additional field."""

    weight: Number | None = column("Weight", default=None)
    colour: str = column("Colour", default="grey")


WIDER = replace(THINGS, row=Wider)


class Numbered(Row):
    """A row whose key is a number."""

    number: Whole = column("Number", key=True)
    name: str = column("Name")


NUMBERED = Importer("numbered", row=Numbered, dataset="numbered", title="Numbered", archive=True)


def columns(sql: Sql, table: str) -> dict[str, str]:
    """Return the columns of a table and their types."""
    return dict(sql.execute(COLUMNS, [table, sql.info.user]).fetchall())


def test_each_type_of_field_has_its_column(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch({"A": 1}))
    values = {
        "tenant": "text",
        "code": "text",
        "name": "text",
        "price": "numeric",
        "amount": "bigint",
        "sold": "date",
        "active": "boolean",
        "size": "text",
        "tags": "jsonb",
        "row_hash": "text",
        "job_id": "text",
        "valid_from": "timestamp with time zone",
        "gone_since": "date",
    }
    assert columns(sql, "things") == values
    more = {"valid_until": "timestamp with time zone", "superseded_by": "text", "other_columns": "jsonb"}
    assert columns(sql, "things_archive") == values | more


class Colour(StrEnum):
    """A type without a column type of its own."""

    RED = "red"


def test_any_other_type_is_stored_as_json() -> None:
    class Odd(Row):
        key: str = column("Key", key=True)
        money: Money | None = column("Money", default=None)
        day: Date = column("Day")
        flag: Flag | None = column("Flag")
        either: int | str = column("Either")
        moment: datetime = column("Moment")
        real: float = column("Real")
        colour: Colour = column("Colour")
        number: Literal[1, 2] = column("Number")

    types = {field.name: field.type for field in layout_of("odd", Odd).fields}
    assert types == {
        "key": "text",
        "money": "numeric",
        "day": "date",
        "flag": "boolean",
        "either": "jsonb",
        "moment": "jsonb",
        "real": "jsonb",
        "colour": "jsonb",
        "number": "jsonb",
    }


def test_a_new_field_of_the_model_becomes_a_new_column(tables: Target, database: Database, sql: Sql) -> None:
    """Table and archive have the column; earlier rows have NULL in it, and a rollback restores that."""
    tables.destination.apply(batch({"A": 1}))
    wider = PostgresRecords(database, [WIDER])
    assert "weight" not in wider.get("acme", "things", "A")["values"]
    before = tables.all()
    row = good(2, Wider(code="A", amount=2, weight=Decimal("1.50")))
    change = Batch("acme", WIDER, "02JOB", 0, [row])
    assert PostgresDestination(database).apply(change) == Applied(0, 1, 0)
    assert wider.get("acme", "things", "A")["values"]["weight"] == "1.50"
    [version] = wider.history("acme", "things", "A")
    assert (version["values"]["weight"], version["values"]["amount"]) == (None, 1)
    # a worker with the old model
    assert tables.destination.apply(batch({"B": 1}, job="03JOB")) == Applied(1, 0, 0)
    assert PostgresDestination(database).undo(change) == Undone(1)
    assert tables.all()["A"] == before["A"]
    assert sql.execute("SELECT weight, colour FROM things WHERE code = 'A'").fetchall() == [(None, None)]


def test_workers_may_create_and_alter_the_same_tables_at_once(open_database: Callable[[], Database], sql: Sql) -> None:
    workers = [PostgresDestination(open_database()) for _ in range(6)]

    def load(number: int) -> Applied:
        row = good(2, Wider(code=f"P-{number}", colour="red"))
        narrow = batch({f"N-{number}": 1}, job="01JOB", index=number)
        wide = Batch("acme", WIDER, "02JOB", number, [row])
        return workers[number].apply(narrow if number % 2 else wide)

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(load, range(6))) == [Applied(1, 0, 0)] * 6
    assert sql.execute("SELECT count(*), count(colour) FROM things").fetchall() == [(6, 3)]


def test_a_table_is_inspected_once_in_the_life_of_a_process(database: Database, sql: Sql) -> None:
    destination = PostgresDestination(database)
    destination.apply(batch({"A": 1}))
    sql.execute("ALTER TABLE sluice_ledger RENAME TO elsewhere")  # a second inspection would not find the table
    sql.execute("CREATE VIEW sluice_ledger AS SELECT tenant, job, phase, chunk, result, wrote FROM elsewhere")
    assert destination.apply(batch({"B": 1}, job="02JOB")) == Applied(1, 0, 0)


def test_a_key_may_be_a_number(database: Database) -> None:
    """Numeric keys sort by value, and a text that is no number finds no record."""
    destination, records = PostgresDestination(database), PostgresRecords(database, [NUMBERED])
    for job, name in (("01JOB", "a"), ("02JOB", "b")):
        rows = [good(number, Numbered(number=number, name=name), "number") for number in (2, 9, 10)]
        destination.apply(Batch("acme", NUMBERED, job, 0, rows))
    page = records.page("acme", "numbered", limit=2, cursor=None)
    rest = records.page("acme", "numbered", limit=2, cursor=page.next)
    assert [record["key"] for record in page.items + rest.items] == ["2", "9", "10"]
    assert records.get("acme", "numbered", "9")["values"] == {"number": 9, "name": "b"}
    assert [version["values"]["name"] for version in records.history("acme", "numbered", "9")] == ["a"]
    for key in ("nine", "", "9" * 40):
        with pytest.raises(NotFound):
            records.get("acme", "numbered", key)
        assert records.history("acme", "numbered", key) == []
    with pytest.raises(RequestRejected):
        records.page("acme", "numbered", limit=2, cursor="WyJuaW5lIl0=")  # ["nine"]


def test_only_the_row_whose_key_the_table_cannot_store_is_rejected(database: Database) -> None:
    """Both the comparison before and the rollback after work."""
    destination = PostgresDestination(database)
    rows = [good(number, Numbered(number=10**number, name="a"), "number") for number in (1, 2, 30)]
    change = Batch("acme", NUMBERED, "01JOB", 0, rows)
    destination.apply(Batch("acme", NUMBERED, "00JOB", 0, rows[:1]))
    assert destination.compare(change) == Compared(2, 0, 1)
    applied = destination.apply(change)
    assert (applied.inserted, applied.unchanged, [rejection.column for rejection in applied.rejections]) == (
        1,
        1,
        ["Number"],
    )
    assert destination.undo(change) == Undone(1)


@pytest.mark.parametrize(
    ("create", "reported"),
    [
        ("CREATE TABLE things (code text PRIMARY KEY, amount int)", "has no columns 'tenant' and 'code'"),
        ("CREATE TABLE things (tenant text, code text)", "no unique index on (tenant, code)"),
        ("CREATE TABLE things (tenant text, code text, UNIQUE (code))", "no unique index on (tenant, code)"),
        (
            (
                "CREATE TABLE things (tenant text, code text);"
                " CREATE UNIQUE INDEX ON things (tenant, code) WHERE code > '5'"
            ),
            "no unique index on (tenant, code)",
        ),
    ],
)
def test_a_table_without_a_unique_key_is_an_error_that_says_so(
    tables: Target, sql: Sql, create: str, reported: str
) -> None:
    sql.execute(create)
    with pytest.raises(SluiceError) as error:
        tables.destination.apply(batch({"A": 1}))
    assert reported in word_detail(error.value.problem)


def test_a_table_of_another_program_is_listed_once_rows_were_imported_into_it(tables: Target, sql: Sql) -> None:
    sql.execute("CREATE TABLE things (tenant text, code text, amount int, UNIQUE (tenant, code))")
    sql.execute("INSERT INTO things VALUES ('acme', 'A', 1)")
    assert tables.all() == {}
    assert tables.records.history("acme", "things", "A") == []
    tables.destination.apply(batch({"B": 1}))
    assert {key: record["job"] for key, record in tables.all().items()} == {"A": "", "B": "01JOB"}


@pytest.mark.parametrize("name", ["tenant", "row_hash", "job_id", "valid_from", "superseded_by", "ctid", "x" * 64])
def test_a_field_whose_name_is_no_valid_column_is_an_error_that_names_it(name: str) -> None:
    row: type[Row] = type(
        "Clash", (Row,), {"__annotations__": {"key": str, name: str}, "key": column("K", key=True), name: column("N")}
    )
    with pytest.raises(SluiceError) as error:
        layout_of("things", row)
    assert f"'{name}'" in word_detail(error.value.problem)


@pytest.mark.parametrize("name", ["", "sluice_ledger", "things_archive", "100%", "x" * 56])
def test_a_dataset_whose_name_is_no_valid_table_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(SluiceError) as error:
        layout_of(name, Thing)
    assert name in word_detail(error.value.problem)


def test_names_are_always_quoted(database: Database) -> None:
    class Select(Row):
        order: str = column("Order", key=True)
        user: str = column("User")
        Größe: str = column("Größe")  # noqa: PLC2401 - on purpose
        n: Whole = column("N", default=1)
        inserted: Whole = column("Inserted", default=1)

    odd = Importer("odd", row=Select, dataset='select "from" {x}; --', title="Odd", archive=True)
    destination, records = PostgresDestination(database), PostgresRecords(database, [odd])

    def change(number: int) -> Batch:
        row = good(2, Select(order="A", user="me", Größe="XL", n=number), "order")
        return Batch("acme", odd, f"0{number}JOB", 0, [row])

    for number in (1, 2):
        destination.apply(change(number))
    values = {"order": "A", "user": "me", "Größe": "XL", "n": 2, "inserted": 1}
    assert records.get("acme", odd.dataset, "A")["values"] == values
    assert records.history("acme", odd.dataset, "A")[0]["values"] == values | {"n": 1}
    assert destination.undo(change(2)) == Undone(1)


def test_values_are_shown_by_the_type_of_their_column(tables: Target, sql: Sql) -> None:
    """Numbers are JSON numbers and amounts are text, as the row model writes them."""
    sql.execute(
        "CREATE TABLE things (tenant text, code text, price double precision, amount numeric, sold timestamptz,"
        " PRIMARY KEY (tenant, code))"
    )
    tables.destination.apply(batch({"A": {"price": "9.5", "amount": 3, "sold": date(2026, 1, 31)}}))
    values = tables.all()["A"]["values"]
    assert (values["price"], values["amount"], values["sold"]) == ("9.5", 3, "2026-01-31T00:00:00Z")
