"""A worker may die at any statement that it sends to PostgreSQL: a chunk is done once, and whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from sluice.destinations.postgres import Database, PostgresDestination, PostgresRecords
from sluice.schema.staging import Applied, Undone
from tests.integration.destinations.conftest import Target
from tests.integration.destinations.sample import THINGS, batch

Open = Callable[[], Database]

BEFORE = batch({"A": 1, "B": 2, "C": 3})
CHANGE = batch({"A": 1, "B": 5, "D": 4}, job="02JOB")


class Death(Exception):
    """The death of a worker."""


class Dying(Database):
    """A database whose connection breaks before a given statement, or right after its result."""

    def __init__(self, real: Database, *, at: int, after: bool) -> None:
        self._real = real
        self.left = at
        self._after = after

    def run(self, work: Callable[[psycopg.Connection[Any]], Any]) -> Any:
        def with_death(connection: psycopg.Connection[Any]) -> Any:
            send = connection.execute

            def execute(*arguments: Any, **more: Any) -> Any:
                self.left -= 1
                if self.left == -1:
                    if self._after:
                        send(*arguments, **more)
                    connection.pgconn.finish()
                    raise Death
                return send(*arguments, **more)

            connection.execute = execute  # type: ignore[method-assign]
            return work(connection)

        return self._real.run(with_death)


def whole(open_database: Open) -> Target:
    database = open_database()
    return Target(PostgresDestination(database), PostgresRecords(database, [THINGS]))


def deaths(open_database: Open, after: bool, do: Callable[[PostgresDestination], object]) -> int:
    """Call a function in workers that die one statement later each time, until one survives; return the deaths."""
    died = 0
    while True:
        worker = PostgresDestination(Dying(open_database(), at=died, after=after))
        try:
            do(worker)
        except Death:
            died += 1
        else:
            return died


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_load_is_done_whole_or_not_at_all(open_database: Open, sql: psycopg.Connection[Any], after: bool) -> None:
    """The load includes the creation of the tables."""
    there = whole(open_database)
    answers = []

    def load(worker: PostgresDestination) -> None:
        answers.append(worker.apply(BEFORE))

    assert deaths(open_database, after, load) > 8
    assert answers == [Applied(3, 0, 0)]
    assert there.amounts() == {"A": 1, "B": 2, "C": 3}
    seen = []

    def update(worker: PostgresDestination) -> None:
        seen.append(there.amounts())
        answers.append(worker.apply(CHANGE))

    assert deaths(open_database, after, update) > 8
    assert answers[1:] == [Applied(1, 1, 1)]
    assert all(state == {"A": 1, "B": 2, "C": 3} for state in seen)
    assert sql.execute("SELECT code, amount, superseded_by FROM things_archive").fetchall() == [("B", 2, "02JOB")]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_undo_is_done_whole_or_not_at_all(open_database: Open, after: bool) -> None:
    there = whole(open_database)
    there.destination.apply(BEFORE)
    before = there.all()
    there.destination.apply(CHANGE)
    loaded = there.all()
    answers, seen = [], []

    def undo(worker: PostgresDestination) -> None:
        seen.append(there.all())
        answers.append(worker.undo(CHANGE))

    assert deaths(open_database, after, undo) > 8
    assert answers == [Undone(2)]
    assert all(state == loaded for state in seen)
    assert there.all() == before


def test_the_ledger_has_the_result_of_a_commit_whose_confirmation_was_lost(
    open_database: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection broke between the commit and its confirmation: the load is not done twice."""
    there = whole(open_database)
    there.destination.apply(BEFORE)
    commit = psycopg.Transaction.__exit__
    broken: list[int] = []

    def lose(transaction: psycopg.Transaction, *arguments: Any) -> Any:
        done = commit(transaction, *arguments)
        if not broken:
            broken.append(1)
            transaction.connection.close()
            raise psycopg.OperationalError("the connection is lost")
        return done

    monkeypatch.setattr(psycopg.Transaction, "__exit__", lose)
    assert there.destination.apply(CHANGE) == Applied(1, 1, 1)
    monkeypatch.undo()
    assert there.amounts() == {"A": 1, "B": 5, "C": 3, "D": 4}
    assert len(there.records.history("acme", "things", "B")) == 1
