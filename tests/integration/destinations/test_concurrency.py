"""Concurrent workers in PostgreSQL: no row is lost or counted twice, and no worker waits forever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from sluice.destinations.postgres import Database, PostgresDestination, PostgresRecords
from sluice.schema.staging import Applied, Undone
from tests.integration.destinations.sample import THINGS, batch

Sql = psycopg.Connection[Any]
Open = Callable[[], Database]


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Call functions in threads that start together."""
    gate = threading.Barrier(len(work))

    def wait_and_do(one: Callable[[], Any]) -> Any:
        gate.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(wait_and_do, work))


def workers(open_database: Open, count: int) -> list[PostgresDestination]:
    """Return workers that have loaded a chunk before."""
    made = [PostgresDestination(open_database()) for _ in range(count)]
    for number, worker in enumerate(made):
        worker.apply(batch({}, job=f"00JOB-{number}"))
    return made


def keys(order: int = 1) -> Sequence[str]:
    return [f"P-{number:04d}" for number in range(400)][::order]


def test_a_chunk_that_two_workers_load_at_once_is_loaded_once(open_database: Open, sql: Sql) -> None:
    one, other = workers(open_database, 2)
    rows = batch(dict.fromkeys(keys(), 1))
    assert at_once(lambda: one.apply(rows), lambda: other.apply(rows)) == [Applied(400, 0, 0)] * 2
    assert sql.execute("SELECT count(*) FROM things").fetchall() == [(400,)]


@pytest.mark.parametrize("known", [True, False], ids=["update", "insert"])
def test_concurrent_jobs_with_the_same_keys_count_their_own_changes(open_database: Open, sql: Sql, known: bool) -> None:
    """The first job inserts, all later ones update; each has an image of what the one before it wrote."""
    made = workers(open_database, 4)
    if known:
        made[0].apply(batch(dict.fromkeys(keys(), 0)))
    loads = [
        (
            lambda worker=worker, number=number: worker.apply(
                batch(dict.fromkeys(keys(1 if number % 2 else -1), number), job=f"1{number}JOB")
            )
        )
        for number, worker in enumerate(made, start=1)
    ]
    answers = at_once(*loads)
    assert sum(each.inserted for each in answers) == (0 if known else 400)
    assert sum(each.updated for each in answers) == 1600 - (0 if known else 400)
    assert all(each.inserted + each.updated == 400 for each in answers)
    assert sql.execute("SELECT count(*) FROM things").fetchall() == [(400,)]
    images = "SELECT count(*), count(DISTINCT (code, job_id)), count(*) FILTER (WHERE valid_from > valid_until)"
    count = sum(each.updated for each in answers)
    assert sql.execute(f"{images} FROM things_archive").fetchall() == [(count, count, 0)]


def test_a_chunk_is_either_loaded_before_it_is_undone_or_never(open_database: Open, sql: Sql) -> None:
    for attempt in range(5):
        one, other = workers(open_database, 2)
        rows = batch(dict.fromkeys(keys(), 1), job=f"1{attempt}JOB")
        applied, undone = at_once(lambda: one.apply(rows), lambda: other.undo(rows))  # noqa: B023 - called in the same iteration
        assert (applied.inserted, undone) in ((400, Undone(400)), (0, Undone(0)))
        assert sql.execute("SELECT count(*) FROM things").fetchall() == [(0,)]


def test_a_job_inserts_rows_that_an_undo_deletes_while_it_updates_them(open_database: Open, sql: Sql) -> None:
    """One job is undone while the other loads: in any order, the other's rows exist in the end."""
    for attempt in range(5):
        one, other = workers(open_database, 2)
        first, second = (batch(dict.fromkeys(keys(), value), job=f"1{attempt}JOB-{value}") for value in (1, 2))
        one.apply(first)
        undone, applied = at_once(lambda: one.undo(first), lambda: other.apply(second))  # noqa: B023 - as above
        assert applied.inserted + applied.updated == 400
        assert undone.reversed + len(undone.kept) == 400
        assert sql.execute("SELECT count(*) FROM things WHERE amount = 2").fetchall() == [(400,)]
        other.undo(second)
        sql.execute("DELETE FROM things")


def test_two_jobs_in_a_deadlock_both_succeed(open_database: Open, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    """Triggers of a table may lock rows in any order; PostgreSQL ends the deadlock, and one job retries."""
    one, other = workers(open_database, 2)
    sql.execute("ALTER TABLE things ADD UNIQUE (name)")
    sql.execute(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(0.3); RETURN new; END$$"
    )
    sql.execute("CREATE TRIGGER dawdle BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION dawdle()")
    waits: list[float] = []
    monkeypatch.setattr("sluice.destinations.postgres.connection.time.sleep", waits.append)
    left = batch({"A": {"name": "x"}, "B": {"name": "y"}})
    right = batch({"C": {"name": "y"}, "D": {"name": "x"}}, job="02JOB")
    answers = at_once(lambda: one.apply(left), lambda: other.apply(right))
    assert sorted((each.inserted, len(each.rejections)) for each in answers) == [(0, 2), (2, 0)]
    assert len(waits) == 1
    assert sql.execute("SELECT name FROM things ORDER BY name").fetchall() == [("x",), ("y",)]


def test_readers_see_all_rows_of_a_chunk_or_none(open_database: Open) -> None:
    [worker] = workers(open_database, 1)
    records = PostgresRecords(open_database(), [THINGS])
    seen: set[int] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(len(records.page("acme", "things", limit=1000, cursor=None).items))

    def load() -> None:
        try:
            worker.apply(batch(dict.fromkeys(keys(), 1)))
        finally:
            done.set()

    at_once(look, load)
    assert seen <= {0, 400}
