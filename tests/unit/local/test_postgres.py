"""The laptop's PostgreSQL starts and stops like the other processes of a stack."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local import postgres
from local.processes import Background, port_in_use
from local.errors import LocalProblem


@pytest.fixture
def folder() -> Iterator[Path]:
    """A stack's folder; not pytest's, for as root the server runs as somebody else, who has to get at it."""
    made = Path(tempfile.mkdtemp(prefix="sluice-postgres-"))
    yield made
    postgres.stop(made)
    shutil.rmtree(made)


def test_a_server_is_started_once_and_leaves_nothing(folder: Path) -> None:
    """Neither a process nor data, even with a client that has not gone."""
    server = postgres.start(folder)
    assert postgres.start(folder) == server
    client = server.connect()
    client.execute("CREATE TABLE kept AS SELECT 1")
    assert postgres.stop(folder)
    assert not port_in_use(server.port)
    assert not Background(folder, "postgres").alive()
    assert not (folder / "postgres").exists()
    with pytest.raises(psycopg.OperationalError):
        client.execute("SELECT * FROM kept")
    client.close()
    assert not postgres.stop(folder)


def test_sluice_gets_a_role_that_may_no_more_than_it_needs(folder: Path) -> None:
    """What passes here must not fail for want of rights on AWS; and nobody comes in without the password."""
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


def test_a_server_that_cannot_start_says_why_and_is_not_taken_for_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_SETTINGS", {"no_such_setting": "1"})
    with pytest.raises(LocalProblem, match="no_such_setting"):
        postgres.start(folder)
    monkeypatch.undo()
    with postgres.start(folder).connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as somebody else")
def test_a_folder_that_the_servers_user_cannot_reach_is_a_problem_that_says_so(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    with pytest.raises(LocalProblem, match="As root it is run as 'nobody'"):
        postgres.start(folder / "closed" / "stack")
