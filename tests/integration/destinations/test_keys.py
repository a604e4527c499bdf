"""The keys of a dataset in ranges, and deletions that are for records only as they were seen; on every destination."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from local import postgres
from sluice.destinations.postgres import Database, PostgresDestination, keys
from sluice.model.errors import SluiceError
from sluice.model.job import Job
from sluice.model.options import Deletes, LoadOptions
from sluice.schema.staging import Applied, Batch
from sluice.usecases.absent import deleting
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import THINGS, batch
from tests.integration.destinations.test_worker_deaths import deaths, whole
from tests.support.factories import make_job

FIVE = {"A": 1, "B": 2, "C": 3, "D": 4, "é '\"": 5}


def seen(target: Target) -> dict[str, str]:
    """Return the fingerprint of every record by its key; a key in two ranges is an error."""
    found: dict[str, str] = {}
    for each in target.destination.key_ranges("acme", THINGS):
        for key, fingerprint in target.destination.keys_in("acme", THINGS, each):
            assert key not in found
            found[key] = fingerprint
    return found


def job_that(deletes: Deletes) -> Job:
    return replace(make_job(), options=LoadOptions(mode="mirror", deletes=deletes))


def deletion(records: Iterable[tuple[str, str]], deletes: Deletes = "mark", job: str = "09JOB") -> Batch:
    """Return the chunk of a mirror that deletes records as they were seen."""
    return deleting(job_that(deletes), batch({}, job=job, index=800_000), sorted(records))


def test_ranges_have_every_record_once_but_the_deleted_ones(target: Target) -> None:
    """Other tenants' records are in none of them, and a dataset that nothing was loaded into has none."""
    assert seen(target) == {}
    target.destination.apply(batch(FIVE))
    target.destination.apply(batch({"X": 1}, tenant="other"))
    assert seen(target).keys() == FIVE.keys()
    target.destination.apply(deletion([("A", seen(target)["A"])]))
    assert seen(target).keys() == FIVE.keys() - {"A"}


def test_a_fingerprint_changes_if_a_record_is_written(target: Target) -> None:
    """Rows that change nothing write nothing."""
    target.destination.apply(batch(FIVE))
    before = seen(target)
    target.destination.apply(batch({"A": 1, "B": 7}, job="02JOB"))
    after = seen(target)
    assert {key for key in before if before[key] != after[key]} == {"B"}


@pytest.mark.parametrize("deletes", ["mark", "remove"])
def test_only_records_that_are_as_they_were_seen_are_deleted(target: Target, deletes: Deletes) -> None:
    """The others are named with the job that wrote them; the result is the same however often the chunk is applied."""
    target.destination.apply(batch(FIVE))
    before, chunk = target.all(), deletion(seen(target).items(), deletes)
    target.destination.apply(batch({"B": 7}, job="02JOB"))
    gone = replace(batch({"C": 0}, job="03JOB"), options=LoadOptions(mode="delete"))
    target.destination.apply(gone)
    applied = target.destination.apply(chunk)
    assert (applied.deleted, applied.inserted, applied.updated, applied.unchanged) == (3, 0, 0, 0)
    codes = {chunk.rows[each.row - 1].key: (each.code, each.params.get("job")) for each in applied.rejections}
    assert codes == {"B": ("changed-since", "02JOB"), "C": ("key-unknown", None)}
    assert target.amounts() == {"B": 7}
    assert target.destination.apply(chunk) == applied
    undone = target.destination.undo(chunk)
    assert (undone.reversed, undone.kept, undone.failed) == (3, [], [])
    assert {key: target.all()[key] for key in ("A", "D", "é '\"")} == {key: before[key] for key in ("A", "D", "é '\"")}
    assert target.amounts().keys() == FIVE.keys() - {"C"}


def test_a_comparison_shows_the_records_with_their_values(target: Target) -> None:
    target.destination.apply(batch(FIVE))
    compared = target.destination.compare(deletion(seen(target).items()))
    assert compared.deleted == 5
    assert {change.key: change.before["amount"] for change in compared.changes} == FIVE
    assert target.amounts() == FIVE


def test_ranges_share_the_records(tables: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that is added later is in one of them, wherever its key is."""
    monkeypatch.setattr(keys, "_ROWS", 10)
    rows = {f"K{number:03d}": number for number in range(95)}
    tables.destination.apply(batch(rows))
    ranges = tables.destination.key_ranges("acme", THINGS)
    assert [len(list(tables.destination.keys_in("acme", THINGS, each))) for each in ranges] == [10] * 9 + [5]
    tables.destination.apply(batch({"!": 1, "K010x": 1, "zz": 1, "-": 1} | {}, job="02JOB", index=1))
    assert len([key for each in ranges for key, _ in tables.destination.keys_in("acme", THINGS, each)]) == 99
    monkeypatch.setattr(keys, "_RANGES", 4)
    assert len(tables.destination.key_ranges("acme", THINGS)) == 4


def test_what_plain_sql_writes_is_left(tables: Target, sql: psycopg.Connection[Any]) -> None:
    """The job that wrote a record last did not write it last then; a column that no importer fills counts too."""
    sql.execute("CREATE TABLE things (tenant text, code text, shelf text, PRIMARY KEY (tenant, code))")
    tables.destination.apply(batch(FIVE))
    chunk = deletion(seen(tables).items(), "remove")
    sql.execute("UPDATE things SET amount = 70 WHERE code = 'A'")
    sql.execute("UPDATE things SET shelf = 'left' WHERE code = 'B'")
    sql.execute("UPDATE things SET amount = amount WHERE code = 'C'")
    sql.execute("DELETE FROM things WHERE code = 'D'")
    applied = tables.destination.apply(chunk)
    codes = {chunk.rows[each.row - 1].key: each.code for each in applied.rejections}
    assert codes == {"A": "changed-since", "B": "changed-since", "D": "key-unknown"}
    assert applied.deleted == 2
    assert tables.amounts() == {"A": 70, "B": 2}


def test_a_column_that_the_load_adds_changes_no_fingerprint(tables: Target, sql: psycopg.Connection[Any]) -> None:
    """A table of another program gets Sluice's columns with the first load, after the comparison."""
    sql.execute("CREATE TABLE things (tenant text, code text, amount bigint, PRIMARY KEY (tenant, code))")
    sql.execute("INSERT INTO things VALUES ('acme', 'A', 1), ('acme', 'B', 2)")
    chunk = deletion(seen(tables).items())
    tables.destination.apply(batch({"C": 3}))
    assert tables.destination.apply(chunk) == Applied(0, 0, 0, deleted=2)
    assert tables.amounts() == {"C": 3}


@pytest.mark.parametrize(("of_key", "key"), [("char(4)", "AB"), ("varchar(9)", "AB")])
def test_a_key_is_the_text_that_a_file_has(tables: Target, sql: psycopg.Connection[Any], of_key: str, key: str) -> None:
    """The padding of char(n) is no part of it."""
    sql.execute(f"CREATE TABLE things (tenant text, code {of_key}, PRIMARY KEY (tenant, code))")
    tables.destination.apply(batch({key: 1}))
    assert seen(tables).keys() == {key}
    assert tables.destination.apply(deletion(seen(tables).items())).deleted == 1


@pytest.mark.parametrize("of_key", ["bigint", "numeric", "uuid", 'text COLLATE "loose"'])
def test_a_table_that_takes_two_texts_for_one_key_has_no_ranges(
    tables: Target, sql: psycopg.Connection[Any], server: postgres.Postgres, of_key: str
) -> None:
    """007 and 7 would be the same record, and the file's row would not be found."""
    sql.execute('CREATE COLLATION loose FROM "C"')
    with server.connect(
        "sluice", "postgres"
    ) as superuser:  # a collation of ICU can be loose, which not every build has
        superuser.execute("UPDATE pg_collation SET collisdeterministic = false WHERE collname = 'loose'")
    sql.execute(f"CREATE TABLE things (tenant text, code {of_key}, PRIMARY KEY (tenant, code))")
    with pytest.raises(SluiceError) as raised:
        tables.destination.key_ranges("acme", THINGS)
    assert raised.value.problem.code == "unusable-table/mirror-key"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("deletes", ["mark", "remove"])
def test_a_list_is_deleted_whole_or_not_at_all(
    open_database: Callable[[], Database], after: bool, deletes: Deletes
) -> None:
    """A worker may die at any statement; the next attempt deletes the same records, and counts each once."""
    there = whole(open_database)
    there.destination.apply(batch(FIVE))
    before, chunk = there.all(), deletion(seen(there).items(), deletes)
    there.destination.apply(batch({"B": 7}, job="02JOB"))
    answers, states = [], []

    def delete(worker: PostgresDestination) -> None:
        states.append(len(there.amounts()))
        answers.append(worker.apply(chunk))

    assert deaths(open_database, after, delete) > 8
    assert [answer.deleted for answer in answers] == [4]
    assert set(states) == {5}
    assert there.amounts() == {"B": 7}
    undone: list[int] = []
    assert deaths(open_database, after, lambda worker: undone.append(worker.undo(chunk).reversed)) > 8
    assert undone == [4]
    assert {key: each for key, each in there.all().items() if key != "B"} == {
        key: each for key, each in before.items() if key != "B"
    }
