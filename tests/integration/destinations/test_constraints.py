"""PostgreSQL rejects rows by its own rules: exactly those are rejected, in plain words, and the rest is loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import psycopg
import pytest

from sluice.model.options import LoadOptions
from sluice.model.rejection import Rejection
from sluice.schema.staging import Applied, Undone
from sluice.wording import word_reason, word_rejection
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import batch

Sql = psycopg.Connection[Any]

#: A table that another program created before the first import, with rules and columns of its own.
OWN_TABLE = """
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE DOMAIN short AS text CHECK (length(value) < 5);
CREATE TABLE shops (name text PRIMARY KEY);
INSERT INTO shops VALUES ('Nord'), ('Süd');
CREATE TABLE things (
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant text NOT NULL,
    code varchar(8) NOT NULL,
    name text UNIQUE,
    price numeric(6, 2) CONSTRAINT price_is_fair CHECK (price BETWEEN 0 AND 1000),
    amount integer NOT NULL,
    size short,
    shop text NOT NULL DEFAULT 'Nord' REFERENCES shops,
    noted timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant, code)
);
"""


@pytest.fixture
def own(tables: Target, sql: Sql) -> Target:
    """Return PostgreSQL with a table of another program."""
    sql.execute(OWN_TABLE)
    return tables


def test_an_existing_table_is_loaded_and_gets_the_missing_columns(own: Target, sql: Sql) -> None:
    """Other columns keep their values; missing columns of Sluice are added."""
    sql.execute("INSERT INTO things (tenant, code, amount, shop) VALUES ('acme', 'A', 7, 'Süd')")
    rows = {"A": {"amount": 1, "price": "9.5", "sold": "2026-01-31"}, "B": {"amount": 2}}
    compared = own.destination.compare(batch(rows))  # the table lacks the columns of Sluice, and some of the importer
    assert (compared.inserted, compared.updated, compared.changed) == (
        1,
        1,
        {"price": 1, "amount": 1, "sold": 1, "active": 1},
    )
    assert own.destination.apply(batch(rows)) == Applied(1, 1, 0)
    assert own.all()["A"]["values"] | {"price": "9.5"} == {
        "code": "A",
        "name": None,
        "price": "9.5",
        "amount": 1,
        "sold": "2026-01-31",
        "active": True,
        "size": None,
        "tags": None,
    }
    assert sql.execute("SELECT code, shop FROM things ORDER BY code").fetchall() == [("A", "Süd"), ("B", "Nord")]
    assert own.destination.undo(batch(rows)) == Undone(2)
    found = sql.execute("SELECT code, amount, price, shop, row_hash, job_id FROM things").fetchall()
    assert found == [("A", 7, None, "Süd", "", "")]


@pytest.mark.parametrize(
    ("row", "rejection"),
    [
        (
            {"price": "1000.5"},
            Rejection("", 5, "Price", "1000.5", "database-check", {"rule": "price_is_fair"}),
        ),
        (
            {"price": "12345678"},
            Rejection("", 5, "Price", "12345678", "database-too-large"),
        ),
        (
            {"amount": 2**40},
            Rejection("", 5, "Amount", str(2**40), "database-too-large"),
        ),
        (
            {"amount": 2**80},
            Rejection("", 5, "Amount", str(2**80), "database-too-large"),
        ),
        ({"name": "one"}, Rejection("", 5, "Name", "one", "database-unique", {"rule": "things_name_key"})),
        ({"name": "a\0b"}, Rejection("", 5, "Name", "a�b", "database-nul")),
        (
            {"tags": ["a\0b"]},
            Rejection("", 5, "Tags", r'["a\u0000b"]', "database-nul"),
        ),
    ],
    ids=["check", "numeric", "integer", "bigint", "unique", "nul", "nul-in-json"],
)
def test_only_the_row_that_violates_a_constraint_is_rejected(
    own: Target, row: dict[str, Any], rejection: Rejection
) -> None:
    rows = batch({"A": {"name": "one"}, "B": 2, "C": 3, "bad": row, "D": 4})
    applied = own.destination.apply(rows)
    assert applied == Applied(4, 0, 0, [rejection])
    assert set(own.all()) == {"A", "B", "C", "D"}
    assert own.destination.apply(rows) == applied
    assert own.destination.undo(rows) == Undone(4)
    assert own.all() == {}


def test_a_column_that_only_the_tables_owner_can_fill_is_named(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch({"A": 1}))
    sql.execute("ALTER TABLE things ADD COLUMN shelf text; UPDATE things SET shelf = 'x'")
    sql.execute("ALTER TABLE things ALTER COLUMN shelf SET NOT NULL")
    applied = tables.destination.apply(batch({"A": 2, "B": 1}, job="02JOB"))
    empty = Rejection("", 3, None, "B", "database-empty-column", {"column": "shelf"})
    assert applied == Applied(0, 1, 0, [empty])


@pytest.mark.parametrize(
    ("alter", "row", "reported"),
    [
        (
            "ALTER COLUMN name TYPE varchar(5)",
            {"name": "too long"},
            ("Name", "is longer than the database's column allows"),
        ),
        ("ALTER COLUMN name SET NOT NULL", {}, ("Name", "is required by the database")),
        (
            "ALTER COLUMN name TYPE colour USING NULL",
            {"name": "blue"},
            ("Name", "is not what the database's column holds"),
        ),
        (
            "ALTER COLUMN name TYPE short",
            {"name": "longer"},
            ("Name", "is not allowed by the database's rule 'short_check'"),
        ),
        (
            "ADD FOREIGN KEY (name) REFERENCES shops",
            {"name": "West"},
            ("Name", "refers to something that is not in the database (rule 'things_name_fkey')"),
        ),
        (
            "ADD CONSTRAINT x CHECK (amount > 0 OR active)",
            {"active": False},
            (None, "is not allowed by the database's rule 'x'"),
        ),
        (
            "ADD UNIQUE (tenant, size) DEFERRABLE INITIALLY DEFERRED",
            {"size": "S"},
            ("Size", "is taken by another row (rule 'things_tenant_size_key')"),
        ),
        ("ADD EXCLUDE (size WITH =)", {"size": "S"}, ("Size", "conflicts with another row (rule 'things_size_excl')")),
    ],
)
def test_each_kind_of_constraint_is_reported_in_plain_words(
    tables: Target, sql: Sql, alter: str, row: dict[str, Any], reported: tuple[str | None, str]
) -> None:
    """The reason contains no SQL, and names the title of the column that is at fault."""
    sql.execute(OWN_TABLE)
    sql.execute("DROP TABLE things")
    tables.destination.apply(batch({}, job="00JOB"))
    sql.execute(f"ALTER TABLE things {alter}")
    fine = {"name": "red" if "colour" in alter else "Nord", "amount": 1, "size": "M" if "M" in alter else None}
    rows = {"A": fine | {"size": "S"}, "bad": row}
    [rejection] = tables.destination.apply(batch(rows)).rejections
    assert (rejection.row, rejection.column, word_rejection(rejection)) == (3, *reported)


def test_a_key_that_is_too_long_for_an_index_rejects_its_row(tables: Target) -> None:
    key = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(1000))  # cannot be compressed
    applied = tables.destination.apply(batch({"A": 1, key: 2, "B": 3}))
    assert (applied.inserted, len(applied.rejections)) == (2, 1)
    assert (applied.rejections[0].column, word_rejection(applied.rejections[0])) == (
        "Code",
        "is longer than the database's index allows",
    )


def test_the_text_of_a_trigger_is_reported(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch({}, job="00JOB"))
    sql.execute(
        "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN IF new.amount = 13 THEN RAISE EXCEPTION 'thirteen brings bad luck'; END IF; RETURN new; END$$"
    )
    sql.execute("CREATE TRIGGER look BEFORE INSERT OR UPDATE ON things FOR EACH ROW EXECUTE FUNCTION look()")
    applied = tables.destination.apply(batch({"A": 12, "B": 13, "C": 14}))
    assert applied == Applied(
        2, 0, 0, [Rejection("", 3, None, "B", "database-trigger", {"text": "thirteen brings bad luck"})]
    )


SKIPS = """
CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    IF coalesce(old.amount, new.amount) = 13 OR TG_OP = 'UPDATE' AND new.amount = 13 THEN RETURN NULL; END IF;
    RETURN coalesce(new, old);
END$$;
CREATE TRIGGER skip BEFORE INSERT OR UPDATE OR DELETE ON things FOR EACH ROW EXECUTE FUNCTION skip()
"""


@pytest.mark.parametrize("deletes", ["mark", "remove"])
def test_a_row_that_a_trigger_skips_without_an_error_is_rejected(
    tables: Target, sql: Sql, deletes: Literal["mark", "remove"]
) -> None:
    """Whether it is to be inserted, updated, marked or removed; no image of it is left in the archive."""
    tables.destination.apply(batch({"A": 1, "B": 2, "C": 3}, job="00JOB"))
    sql.execute(SKIPS)
    rows = batch({"A": 11, "B": 13, "D": 4, "E": 13, "F": 6}, job="01JOB")
    applied = tables.destination.apply(rows)
    skipped = [Rejection("", row, None, key, "database-skipped") for row, key in ((3, "B"), (5, "E"))]
    assert applied == Applied(2, 1, 0, skipped)
    assert tables.destination.apply(rows) == applied
    assert tables.amounts() == {"A": 11, "B": 2, "C": 3, "D": 4, "F": 6}
    assert tables.records.history("acme", "things", "B") == []
    assert word_rejection(skipped[0]) == ("is skipped by a trigger or a rule of the database's table")
    sql.execute("ALTER TABLE things DISABLE TRIGGER skip; UPDATE things SET amount = 13 WHERE code = 'C'")
    sql.execute("ALTER TABLE things ENABLE TRIGGER skip")
    gone = replace(batch({"A": 0, "C": 0}, job="02JOB"), options=LoadOptions("delete", deletes=deletes))
    assert tables.destination.apply(gone) == Applied(0, 0, 0, [Rejection("", 3, None, "C", "database-skipped")], 1)
    assert tables.destination.undo(gone) == Undone(1)
    assert tables.destination.undo(rows) == Undone(3)
    assert tables.amounts() == {"A": 1, "B": 2, "C": 13}


def test_a_row_that_a_trigger_keeps_from_being_restored_is_reported_as_failed(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch({"A": 13, "B": 2, "C": 1}, job="00JOB"))
    rows = batch({"A": 1, "B": 3, "D": 14, "E": 5}, job="01JOB")
    tables.destination.apply(rows)
    gone = replace(batch({"C": 0}, job="02JOB"), options=LoadOptions("delete"))
    tables.destination.apply(gone)
    sql.execute(SKIPS.replace("old.amount, new.amount) = 13", "old.amount, new.amount) IN (1, 14)"))
    undone = [tables.destination.undo(each) for each in (rows, gone)]
    assert [each.reversed for each in undone] == [2, 0]
    why = "cannot be put back, because it is skipped by a trigger or a rule of the database's table"
    assert [(left.key, word_reason(left.code, left.params)) for each in undone for left in each.failed] == [
        (key, why) for key in "ADC"
    ]
    assert tables.amounts() == {"A": 1, "B": 2, "D": 14}


def test_one_bad_row_in_ten_thousand_costs_some_dozen_statements(tables: Target, sql: Sql) -> None:
    """All other rows are inserted, updated and left unchanged as they would be without it."""
    tables.destination.apply(batch({f"P-{number}": number for number in range(0, 10_000, 2)}))
    sql.execute("ALTER TABLE things ADD CONSTRAINT unlucky CHECK (amount <> 6667)")
    sql.execute("CREATE TABLE tries (at serial)")
    sql.execute(
        "CREATE FUNCTION try() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN PERFORM nextval('tries_at_seq'); RETURN NULL; END$$"
    )
    sql.execute("CREATE TRIGGER try BEFORE INSERT ON things FOR EACH STATEMENT EXECUTE FUNCTION try()")
    rows = {f"P-{number}": number + (number % 4 == 0) for number in range(10_000)}
    applied = tables.destination.apply(batch(rows, job="02JOB"))
    assert applied == Applied(
        4_999, 2_500, 2_500, [Rejection("", 6_669, "Amount", "6667", "database-check", {"rule": "unlucky"})]
    )
    assert len(tables.all(limit=10_000)) == 9_999
    [(tries,)] = sql.execute("SELECT last_value FROM tries_at_seq").fetchall()
    assert tries < 60


def test_a_chunk_of_bad_rows_only_is_rejected_row_by_row(tables: Target, sql: Sql) -> None:
    tables.destination.apply(batch({}, job="00JOB"))
    sql.execute("ALTER TABLE things ALTER COLUMN amount TYPE smallint")
    applied = tables.destination.apply(batch({f"P-{number}": 100_000 + number for number in range(500)}))
    assert (applied.inserted, [rejection.row for rejection in applied.rejections]) == (0, list(range(2, 502)))
    assert {(rejection.column, rejection.value is None) for rejection in applied.rejections} == {("Amount", False)}


def test_a_unique_value_may_move_to_another_row_within_a_chunk(tables: Target, sql: Sql) -> None:
    """This works in either order and back again; two rows cannot have the same value."""
    tables.destination.apply(batch({}, job="00JOB"))
    sql.execute("ALTER TABLE things ADD UNIQUE (name)")
    tables.destination.apply(batch({"B": {"name": "one"}, "C": {"name": "two"}}))
    passed = batch({"A": {"name": "one"}, "B": {"name": "two"}, "C": {"name": "three"}}, job="02JOB")
    assert tables.destination.apply(passed) == Applied(1, 2, 0)
    assert tables.destination.undo(passed) == Undone(3)
    assert [record["values"]["name"] for record in tables.all().values()] == ["one", "two"]
    both = tables.destination.apply(batch({"D": {"name": "four"}, "E": {"name": "four"}}, job="03JOB"))
    assert (both.inserted, [rejection.row for rejection in both.rejections]) == (1, [3])


def test_rows_that_cannot_be_restored_are_reported_as_failed(tables: Target, sql: Sql) -> None:
    """The other rows are restored."""
    tables.destination.apply(batch({"A": 1, "B": 2, "C": 3}))
    tables.destination.apply(batch({"A": 11, "B": 12, "D": 14, "E": 15}, job="02JOB"))
    sql.execute("ALTER TABLE things ADD CONSTRAINT large CHECK (amount > 1) NOT VALID")
    sql.execute("ALTER TABLE things ADD UNIQUE (code); CREATE TABLE orders (code text REFERENCES things (code))")
    sql.execute("INSERT INTO orders VALUES ('E')")
    undone = tables.destination.undo(batch({"A": 11, "B": 12, "D": 14, "E": 15}, job="02JOB"))
    assert undone.reversed == 2
    assert [(left.key, left.job_id, word_reason(left.code, left.params)) for left in undone.failed] == [
        ("A", "02JOB", "cannot be put back, because it is not allowed by the database's rule 'large'"),
        ("E", "02JOB", "cannot be put back, because it is still in use by the table 'orders'"),
    ]
    assert tables.amounts() == {"A": 11, "B": 2, "C": 3, "E": 15}


def test_with_a_trimmed_archive_no_row_is_deleted_by_mistake(tables: Target, sql: Sql) -> None:
    """The ledger says that C was inserted, and that A, which has no image either, was not."""
    tables.destination.apply(batch({"A": 1, "B": 2}))
    tables.destination.apply(batch({"A": 11, "B": 12, "C": 13}, job="02JOB"))
    sql.execute("DELETE FROM things_archive WHERE code = 'A'")
    undone = tables.destination.undo(batch({"A": 11, "B": 12, "C": 13}, job="02JOB"))
    assert (undone.reversed, [left.key for left in undone.failed]) == (2, ["A"])
    assert tables.amounts() == {"A": 11, "B": 2}


def test_with_a_trimmed_archive_and_a_ledger_of_an_earlier_version_no_row_is_deleted(tables: Target, sql: Sql) -> None:
    """A row without an image looks like one that the job inserted, so none of them is deleted."""
    tables.destination.apply(batch({"A": 1, "B": 2}))
    tables.destination.apply(batch({"A": 11, "B": 12, "C": 13}, job="02JOB"))
    sql.execute("DELETE FROM things_archive WHERE code = 'A'; UPDATE sluice_ledger SET wrote = NULL")
    undone = tables.destination.undo(batch({"A": 11, "B": 12, "C": 13}, job="02JOB"))
    assert (undone.reversed, [left.key for left in undone.failed]) == (1, ["A", "C"])
    assert tables.amounts() == {"A": 11, "B": 2, "C": 13}


def test_rows_that_were_deleted_since_stay_deleted(tables: Target, sql: Sql) -> None:
    """Undoing an update of a row that was deleted does not insert the row."""
    tables.destination.apply(batch({"A": 1}))
    tables.destination.apply(batch({"A": 2, "B": 1}, job="02JOB"))
    sql.execute("DELETE FROM things")
    undone = tables.destination.undo(batch({"A": 2, "B": 1}, job="02JOB"))
    assert [(left.key, left.job_id, word_reason(left.code, left.params)) for left in undone.kept] == [
        ("A", None, "was removed since")
    ]
    assert tables.all() == {}


def test_an_error_that_no_row_causes_fails_the_chunk_and_writes_nothing(tables: Target, sql: Sql) -> None:
    """The message is delivered again, and an operator may have repaired the table by then."""
    tables.destination.apply(batch({"A": 1}))
    sql.execute("CREATE FUNCTION slip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM 1 / nothing; END$$")
    sql.execute("CREATE TRIGGER slip BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION slip()")
    before = tables.all()
    with pytest.raises(psycopg.errors.UndefinedColumn):
        tables.destination.apply(batch({"A": 2, "B": 3}, job="02JOB"))
    assert tables.all() == before
    sql.execute("DROP TRIGGER slip ON things")
    assert tables.destination.apply(batch({"A": 2, "B": 3}, job="02JOB")) == Applied(1, 1, 0)


def test_a_table_that_was_altered_since_is_inspected_again(tables: Target, sql: Sql) -> None:
    """Neither a new type nor a dropped column fails a chunk of a running worker."""
    tables.destination.apply(batch({"A": 1}))
    sql.execute("ALTER TABLE things ALTER COLUMN amount TYPE text; ALTER TABLE things DROP COLUMN sold")
    assert tables.destination.apply(batch({"A": {"amount": 2, "sold": "2026-01-31"}}, job="02JOB")) == Applied(0, 1, 0)
    assert sql.execute("SELECT amount, sold::text FROM things").fetchall() == [("2", "2026-01-31")]
