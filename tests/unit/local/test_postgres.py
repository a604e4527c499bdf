"""The PostgreSQL of a local stack starts, stops and reports errors."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local import postgres
from local.errors import LocalProblem
from local.processes import BackgroundProcess, port_in_use


@pytest.fixture
def folder() -> Iterator[Path]:
    """A stack's folder that the server's user can reach; pytest's own is private to the user of the tests."""
    made = Path(tempfile.mkdtemp(prefix="sluice-postgres-"))
    yield made
    postgres.stop(made)
    shutil.rmtree(made)


def test_a_server_starts_once_and_stop_removes_process_and_data(folder: Path) -> None:
    """An open connection does not prevent it."""
    server = postgres.start(folder)
    assert postgres.start(folder) == server
    client = server.connect()
    client.execute("CREATE TABLE kept AS SELECT 1")
    assert postgres.stop(folder)
    assert not port_in_use(server.port)
    assert not BackgroundProcess(folder, "postgres").alive()
    assert not (folder / "postgres").exists()
    with pytest.raises(psycopg.OperationalError):
        client.execute("SELECT * FROM kept")
    client.close()
    assert not postgres.stop(folder)


def test_sluice_connects_with_a_password_as_a_role_without_further_rights(folder: Path) -> None:
    """Otherwise the tests would pass with rights that the role does not have on AWS."""
    server = postgres.start(folder)
    secret = server.secret()
    assert {"host", "port", "username", "password", "dbname"} <= secret.keys()
    with server.connect() as connection:
        found = connection.execute("SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = user")
        assert found.fetchall() == [(False, False, False)]
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        postgres.Postgres(server.port, "guessed").connect()
    mode = (folder / "postgres" / "password").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_failed_start_shows_the_log_and_the_next_start_works(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_SETTINGS", {"no_such_setting": "1"})
    with pytest.raises(LocalProblem, match="no_such_setting"):
        postgres.start(folder)
    monkeypatch.undo()
    with postgres.start(folder).connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
def test_a_folder_that_the_servers_user_cannot_reach_is_an_error_that_says_so(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    with pytest.raises(LocalProblem, match="It runs as 'daemon'"):
        postgres.start(folder / "closed" / "stack")
