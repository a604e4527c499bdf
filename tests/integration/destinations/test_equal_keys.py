"""Two rows whose keys are other texts, and one key of the table: the second one is rejected, and names the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from local import postgres
from sluice.destinations.postgres import Database, PostgresDestination, keys
from sluice.model.chunk import PhaseName
from sluice.model.job import Job
from sluice.model.options import LoadOptions, Mode
from sluice.model.status import Status
from sluice.schema.importer import Importer, Row, column
from sluice.usecases.artifacts import JobFiles
from sluice.wording import word_rejection
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import THINGS
from tests.support.factories import csv_file
from tests.support.harness import Harness, small_chunks

Groups = list[list[str]]


class Lot(Row):
    """A row whose key is a number."""

    number: Decimal = column("Number", key=True)


LOTS = Importer("lots", row=Lot, dataset="lots", title="Lots")


# The extension of that name, which not every build has; so its type is made here, with the same cast and equality.
_CITEXT = """
    CREATE TYPE public.citext;
    CREATE FUNCTION citext_in(cstring) RETURNS citext LANGUAGE internal IMMUTABLE STRICT AS 'textin';
    CREATE FUNCTION citext_out(citext) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
    CREATE TYPE public.citext (
        INPUT = citext_in, OUTPUT = citext_out, STORAGE = extended, CATEGORY = 'S', COLLATABLE = true
    );
    CREATE CAST (citext AS text) WITHOUT FUNCTION AS IMPLICIT;
    CREATE CAST (text AS citext) WITHOUT FUNCTION AS ASSIGNMENT;
    CREATE FUNCTION citext_cmp(citext, citext) RETURNS integer LANGUAGE sql IMMUTABLE STRICT
        AS 'SELECT bttextcmp(lower(CAST($1 AS text)), lower(CAST($2 AS text)))';
"""
_OPERATORS = {"<": 1, "<=": 2, "=": 3, ">=": 4, ">": 5}


@pytest.fixture(scope="module")
def citext(server: postgres.Postgres) -> str:
    """Create the type of texts whose case does not matter, and return its name."""
    with server.connect("sluice", "postgres") as superuser:
        superuser.execute(_CITEXT)
        for operator, number in _OPERATORS.items():
            superuser.execute(
                f"CREATE FUNCTION citext_{number}(citext, citext) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT"
                f" AS 'SELECT citext_cmp($1, $2) {operator} 0'"
            )
            superuser.execute(
                f"CREATE OPERATOR {operator} (LEFTARG = citext, RIGHTARG = citext, FUNCTION = citext_{number})"
            )
        operators = ", ".join(f"OPERATOR {number} {operator}" for operator, number in _OPERATORS.items())
        superuser.execute(
            "CREATE OPERATOR CLASS citext_ops DEFAULT FOR TYPE citext USING btree"
            f" AS {operators}, FUNCTION 1 citext_cmp(citext, citext)"
        )
        superuser.execute("CREATE DOMAIN code_domain AS citext CHECK (VALUE <> 'none')")
    return "citext"


def groups(target: Target, importer: Importer, candidates: Iterable[str]) -> Groups:
    """Return the keys that are one key of the dataset, in groups."""
    listed = list(candidates)
    equal = target.destination.equal_keys(importer, lambda: listed)
    found: dict[str, list[str]] = {}
    for key, one in equal.items():
        assert one not in equal
        found.setdefault(one, [one]).append(key)
    return sorted(sorted(group) for group in found.values())


def test_keys_that_are_texts_are_not_looked_at(target: Target) -> None:
    """There is no table yet, so it will have a column of text."""

    def candidates() -> Iterator[str]:
        raise AssertionError

    assert target.destination.equal_keys(THINGS, candidates) == {}


@pytest.mark.parametrize("of_key", ["text", "varchar(9)", "char(9)"])
def test_keys_in_a_column_of_text_are_not_looked_at(tables: Target, sql: psycopg.Connection[Any], of_key: str) -> None:
    sql.execute(f"CREATE TABLE things (tenant text, code {of_key}, PRIMARY KEY (tenant, code))")
    test_keys_that_are_texts_are_not_looked_at(tables)


@pytest.mark.parametrize(
    ("of_key", "candidates", "expected"),
    [
        ("numeric", ["1", "x", "1.0", "2", "1.00", "x", "X", "2e0", "\0", "3"], [["1", "1.0", "1.00"], ["2", "2e0"]]),
        ("numeric(8,1)", ["1.01", "1.04", "1.06", "123456789", "123456789.0"], [["1.01", "1.04"]]),
        ("bigint", ["7", "007", "7.0", "+7", "8", ""], [["+7", "007", "7"]]),
        ("citext", ["A", "a", "b", "Ä", "ä"], [["A", "a"], ["Ä", "ä"]]),
        ("code_domain", ["A", "a", "none", "b"], [["A", "a"]]),
        ("date", ["2025-01-02", "20250102", "2025-02-30"], [["2025-01-02", "20250102"]]),
        (
            "uuid",
            ["6b3a0cde-0000-4000-8000-00000000000a", "6B3A0CDE-0000-4000-8000-00000000000A", "6b3a0cde", "6b3a0cde"],
            [["6B3A0CDE-0000-4000-8000-00000000000A", "6b3a0cde-0000-4000-8000-00000000000a"]],
        ),
    ],
)
@pytest.mark.parametrize("at_once", [2, 50_000])
@pytest.mark.usefixtures("citext")
def test_other_texts_of_one_key_are_found(
    tables: Target,
    sql: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
    of_key: str,
    candidates: list[str],
    expected: Groups,
    at_once: int,
) -> None:
    """What the type does not take is no key; the database looks at some at once."""
    monkeypatch.setattr(keys, "_ROWS", at_once)
    sql.execute(f"CREATE TABLE things (tenant text, code {of_key}, PRIMARY KEY (tenant, code))")
    for _ in range(2):
        assert groups(tables, THINGS, candidates) == expected
    assert sql.execute("SELECT count(*) FROM things").fetchone() == (0,)


def test_a_table_that_the_load_creates_has_a_column_of_numbers(tables: Target) -> None:
    assert groups(tables, LOTS, ["1", "1.0", "2"]) == [["1", "1.0"]]


@pytest.mark.parametrize("columns", ["tenant text, code json", "code numeric", "tenant text, code numeric"])
def test_a_table_that_cannot_be_used_has_no_equal_keys(
    tables: Target, sql: psycopg.Connection[Any], columns: str
) -> None:
    """The load names what is wrong with it."""
    sql.execute(f"CREATE TABLE things ({columns})")
    assert groups(tables, THINGS, ["1", "1.0"]) == []
    nameless = replace(THINGS, dataset="x" * 64)
    assert groups(tables, nameless, ["1", "1.0"]) == []


# ------------------------------------------------------------------ jobs


def shop_of(database: Database, sql: psycopg.Connection[Any], of_key: str) -> Harness:
    """Return a harness over a table of products whose key is of a type."""
    sql.execute(f"CREATE TABLE products (tenant text, part_number {of_key}, PRIMARY KEY (tenant, part_number))")
    harness = Harness()
    harness.destination = PostgresDestination(database)  # type: ignore[assignment]  # it is declared as the fake
    return harness


@pytest.fixture
def shop(database: Database, sql: psycopg.Connection[Any]) -> Harness:
    """Return a harness over a table of products whose key is a number."""
    return shop_of(database, sql, "numeric")


def prices(sql: psycopg.Connection[Any]) -> dict[str, str]:
    return {str(key): str(price) for key, price in sql.execute("SELECT part_number, price FROM products").fetchall()}


def file_of(*rows: tuple[str, str]) -> bytes:
    """Return a file of parts ``(key, price)``."""
    return csv_file([(key, "Part", price, 1) for key, price in rows])


def rejected(harness: Harness, job: Job) -> list[tuple[int, str | None, str]]:
    """Return row, value and reason of each rejection."""
    found = JobFiles(job, harness.files).rejections_page(limit=20, cursor=None).items
    return [(each.row, each.value, word_rejection(each)) for each in found]


OTHERS = [("101", "7"), ("102", "7"), ("103", "7")]
DUPLICATES = [(5, "01", "repeats the Part Number of row 2"), (7, "1.00", "repeats the Part Number of row 2")]


@pytest.mark.parametrize("rows_of_chunk", [100, 2], ids=["one-chunk", "many-chunks"])
@pytest.mark.parametrize(
    ("mode", "before", "effect", "after"),
    [
        ("upsert", None, "inserted", "5"),
        ("upsert", "5", "unchanged", "5"),
        ("upsert", "4", "updated", "5"),
        ("insert", None, "inserted", "5"),
        ("update", "4", "updated", "5"),
        ("update", "5", "unchanged", "5"),
        ("delete", "4", "deleted", None),
    ],
)
def test_the_first_row_is_loaded_and_the_others_name_it(
    shop: Harness,
    sql: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
    rows_of_chunk: int,
    mode: Mode,
    before: str | None,
    effect: str,
    after: str | None,
) -> None:
    """In the comparison as in the load; a rollback gives back what was there."""
    small_chunks(monkeypatch, rows_of_chunk)
    there = [("200", "7"), *([("1", before)] if before else []), *([] if mode == "insert" else OTHERS)]
    shop.run(shop.upload(file_of(*there)))
    earlier = prices(sql)
    file = file_of(("1", "5"), *OTHERS[:2], ("01", "6"), OTHERS[2], ("1.00", "5"))
    ref = shop.upload(file, review=True, options=LoadOptions(mode=mode))
    compared = shop.run(ref)
    counts = asdict(compared.counts)
    to = {"inserted": "to_insert", "updated": "to_update", "unchanged": "to_leave", "deleted": "to_delete"}
    assert (compared.status, counts["to_reject"]) == (Status.IN_REVIEW, 2)
    others = {"insert": "inserted", "delete": "deleted"}.get(mode, "unchanged")
    expected = Counter({effect: 1}) + Counter({others: 3})
    assert {name: counts[to[name]] for name in to} == {name: expected[name] for name in to}
    shop.commit(ref)
    done = shop.run(ref)
    counts = asdict(done.counts)
    assert (done.status, done.counts.rejected, done.counts.unprocessed) == (Status.COMPLETED, 2, 0)
    assert {name: counts[name] for name in to} == {name: expected[name] for name in to}
    assert rejected(shop, done) == DUPLICATES
    assert prices(sql).get("1") == after
    shop.roll_back(ref)
    undone = shop.run(ref)
    assert (undone.status, undone.counts.conflicts, undone.counts.rollback_failed) == (Status.ROLLED_BACK, 0, 0)
    assert prices(sql) == earlier


def test_a_key_that_the_column_does_not_take_is_rejected_for_its_own_content(
    shop: Harness, sql: psycopg.Connection[Any]
) -> None:
    job = shop.run(shop.upload(file_of(("x", "5"), ("1", "5"), ("X", "5"), ("01", "5"))))
    reasons = {row: reason for row, _, reason in rejected(shop, job)}
    assert reasons.keys() == {2, 4, 5}
    assert reasons[5] == "repeats the Part Number of row 3"
    assert reasons[2] == reasons[4]
    assert "repeats" not in reasons[2]
    assert prices(sql) == {"1": "5"}


def test_a_row_that_may_be_loaded_comes_first(
    shop: Harness, sql: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first chunk could not be parsed, and is parsed when the second one is loaded."""
    small_chunks(monkeypatch, 2)
    ref = shop.upload(file_of(("1", "5"), OTHERS[0], ("01", "6"), ("1.00", "7")))
    shop.plan(ref)
    shop.dispatch(ref, PhaseName.PARSE)
    shop.give_up(shop.queue.messages.pop(0))
    shop.deliver()
    shop.phase(ref, PhaseName.LOAD)
    assert shop.finish(ref).counts.unprocessed == 2
    shop.retry(ref)
    done = shop.run(ref)
    assert (done.status, done.counts.inserted, done.counts.rejected) == (Status.COMPLETED, 2, 2)
    assert rejected(shop, done) == [
        (2, "1", "repeats the Part Number of row 4"),
        (5, "1.00", "repeats the Part Number of row 4"),
    ]
    assert prices(sql) == {"1": "6", "101": "7"}


def test_a_key_that_the_column_rounds_is_found_again(database: Database, sql: psycopg.Connection[Any]) -> None:
    """What a file says of it the second time is written, and compared with what is there."""
    shop = shop_of(database, sql, "numeric(9,1)")
    for price, effect in (("5", "inserted"), ("6", "updated"), ("6", "unchanged")):
        job = shop.run(shop.upload(file_of(("1.04", price), ("1.01", "7")), force=True))
        assert asdict(job.counts)[effect] == 1
        assert rejected(shop, job) == [(3, "1.01", "repeats the Part Number of row 2")]
        assert prices(sql) == {"1.0": price}
