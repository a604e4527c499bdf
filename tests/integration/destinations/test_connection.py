"""The connection to PostgreSQL: it is reused, opened again after a failure, and never shows its password."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest

from sluice import bootstrap
from sluice.config import WorkSettings
from sluice.destinations.postgres import Database, PostgresDestination
from sluice.model.errors import DatabaseDown, NotYet, SluiceError
from sluice.schema.staging import Applied
from sluice.wording import word_detail
from tests.integration.destinations.sample import batch

Sql = psycopg.Connection[Any]
Reach = Callable[..., Database]
#: Settings of a worker, of which only those of the database matter here.
SETTINGS = {name: "x" for name, info in WorkSettings.model_fields.items() if info.is_required()} | {
    "keep_days": 90,
    "lease_seconds": 70,
}


class Vault:
    """A secret that can be rotated; a cached copy is returned until a caller requests a fresh one."""

    def __init__(self, secret: Mapping[str, Any]) -> None:
        self.secret = self.copy = dict(secret)
        self.asked: list[bool] = []

    def __call__(self, fresh: bool) -> Mapping[str, Any]:
        self.asked.append(fresh)
        if fresh:
            self.copy = self.secret
        return self.copy


@pytest.fixture
def vault(secret: dict[str, Any]) -> Vault:
    return Vault(secret)


@pytest.fixture
def reach(vault: Vault) -> Iterator[Reach]:
    """Return a function that opens the database of the vault's secret."""
    made: list[Database] = []

    def one(seconds: int = 5) -> Database:
        made.append(Database(vault, statement_seconds=seconds))
        return made[-1]

    yield one
    for database in made:
        database.close()


def pid(database: Database) -> int:
    """Return the server's process id of the connection."""
    found: int = database.run(lambda connection: connection.info.backend_pid)
    return found


def test_one_connection_serves_all_calls(reach: Reach, vault: Vault) -> None:
    database = reach()
    assert len({pid(database) for _ in range(3)}) == 1
    assert vault.asked == [False]
    database.close()
    pid(database)
    assert vault.asked == [False, False]


def test_all_ports_of_a_process_share_one_connection_that_it_can_release(
    secret: dict[str, Any], sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many connections as environments are busy, not as many as are warm."""
    monkeypatch.setattr(bootstrap, "_secret_of", lambda _, fresh: secret)
    monkeypatch.setattr(bootstrap, "_databases", {})
    services = bootstrap.AwsServices(WorkSettings.model_validate(SETTINGS))
    count = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND pid <> pg_backend_pid()"

    def opened() -> int:
        found = sql.execute(count, [sql.info.user]).fetchone()
        assert found is not None
        return int(found[0])

    bootstrap.release_connections()  # none is open
    services.destination.apply(batch({"A": 1}))
    services.records.page("acme", "products", limit=1, cursor=None)
    assert opened() == 1
    bootstrap.release_connections()
    deadline = time.monotonic() + 30
    while opened() and time.monotonic() < deadline:  # the server ends a session a moment later
        time.sleep(0.01)
    assert opened() == 0
    services.records.page("acme", "products", limit=1, cursor=None)
    assert opened() == 1
    bootstrap.release_connections()


def test_a_broken_connection_is_opened_again(reach: Reach, sql: Sql) -> None:
    """A failover closes connections, and so does a server whose client was frozen for long."""
    database = reach()
    destination = PostgresDestination(database)
    destination.apply(batch({"A": 1}))
    for job in ("02JOB", "03JOB"):
        sql.execute("SELECT pg_terminate_backend(%s)", [pid(database)])
        assert destination.apply(batch({job: 1}, job=job)) == Applied(1, 0, 0)


def test_the_secret_is_fetched_again_after_a_rotation(reach: Reach, vault: Vault, sql: Sql) -> None:
    database = reach()
    pid(database)
    sql.execute(f"ALTER ROLE {sql.info.user} PASSWORD 'battery staple'")
    pid(database)  # the open connection stays valid
    database.close()
    vault.secret = vault.secret | {"password": "battery staple"}
    pid(database)
    assert vault.asked == [False, False, True]


def test_a_wrong_password_is_an_error_that_does_not_show_it(
    reach: Reach, vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    vault.secret = vault.copy = vault.secret | {"password": "very secret"}
    with caplog.at_level(logging.DEBUG), pytest.raises(DatabaseDown) as error:
        pid(reach())
    assert "password authentication failed" in caplog.text
    assert "very secret" not in f"{error.value!r} {error.value} {caplog.text}"
    assert vault.asked == [False, True]


@pytest.mark.parametrize("broken", [{"host": None}, {"username": ""}, {"password": None}])
def test_an_incomplete_secret_is_an_error_that_names_what_is_missing(
    reach: Reach, vault: Vault, broken: dict[str, Any]
) -> None:
    vault.secret = vault.copy = vault.secret | broken
    with pytest.raises(SluiceError) as error:
        pid(reach())
    assert word_detail(error.value.problem) == f"It has no {next(iter(broken))}. Add the missing fields to the secret."


def test_the_connection_is_encrypted_by_default(reach: Reach, vault: Vault, caplog: pytest.LogCaptureFixture) -> None:
    del vault.secret["sslmode"]
    with pytest.raises(DatabaseDown):
        pid(reach())
    assert "SSL" in caplog.text


def test_a_statement_that_takes_too_long_is_cancelled_and_not_retried(reach: Reach) -> None:
    """The worker's own timeout is near; the message is delivered again."""
    database = reach(1)
    tries = []

    def dawdle(connection: Sql) -> None:
        tries.append(connection.info.backend_pid)
        connection.execute("SELECT pg_sleep(20)")

    with pytest.raises(psycopg.errors.QueryCanceled):
        database.run(dawdle)
    assert len(tries) == 1
    pid(database)


def test_a_worker_that_stops_in_the_middle_releases_its_locks(reach: Reach, sql: Sql) -> None:
    database = reach(1)
    sql.execute("CREATE TABLE locked ()")
    database.run(lambda connection: connection.execute("BEGIN; LOCK TABLE locked"))
    sql.execute("SET lock_timeout = '10s'")
    with sql.transaction():
        sql.execute("LOCK TABLE locked")  # waits at most the second of the other worker's timeout
    assert pid(database)


@pytest.mark.parametrize("tries", [1, 3])
def test_a_deadlock_is_retried(reach: Reach, tries: int) -> None:
    database = reach()
    left = [psycopg.errors.DeadlockDetected() for _ in range(tries)]

    def work(_: Sql) -> str:
        if left:
            raise left.pop()
        return "done"

    assert database.run(work) == "done"


def test_a_deadlock_that_comes_every_time_is_an_error(reach: Reach) -> None:
    """The message is delivered again later."""
    tries = []

    def work(_: Sql) -> None:
        tries.append(1)
        raise psycopg.errors.DeadlockDetected

    with pytest.raises(psycopg.errors.DeadlockDetected):
        reach().run(work)
    assert len(tries) < 10


def test_a_connection_to_a_server_that_became_a_standby_is_closed(reach: Reach, sql: Sql) -> None:
    database = reach()
    sql.execute("CREATE TABLE written (at int)")
    seen: set[int] = set()

    def work(connection: Sql) -> None:
        if not seen:
            connection.execute("SET default_transaction_read_only = on")
        seen.add(connection.info.backend_pid)
        connection.execute("INSERT INTO written VALUES (1)")

    database.run(work)
    assert len(seen) == 2


def test_an_unreachable_server_is_an_error_within_seconds(reach: Reach, vault: Vault) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        vault.secret = vault.copy = vault.secret | {"port": closed.getsockname()[1]}
        with pytest.raises(DatabaseDown):
            pid(reach())


def test_a_lock_of_another_program_is_waited_for_and_is_no_failure(reach: Reach, sql: psycopg.Connection[Any]) -> None:
    """A chunk that waits counts no attempt, however long a table is being rebuilt."""
    sql.execute("CREATE TABLE things (code text)")
    database = reach(5)  # so a lock is waited for for a second
    with sql.transaction():
        sql.execute("LOCK TABLE things IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(NotYet):
            database.run(lambda connection: connection.execute("SELECT count(*) FROM things").fetchone())
    assert database.run(lambda connection: connection.execute("SELECT count(*) FROM things").fetchone()) == (0,)
