"""The connection of a process to PostgreSQL: kept between invocations, opened again after a failure."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable, ReadOnlySqlTransaction, SerializationFailure

from sluice.model.errors import DatabaseDown, NotYet, SluiceError

T = TypeVar("T")
_log = logging.getLogger("sluice.postgres")

# Fields of a secret of RDS ("JSON structure of AWS Secrets Manager secrets"); `sslmode` is an addition of Sluice.
_REQUIRED = ("host", "username", "password")
_CONNECT_SECONDS = 5
# A network that drops packets is noticed well before a worker's timeout.
_SILENCE_SECONDS = 20
# After a deadlock of two jobs, or a connection that broke while it was idle, the second try nearly always succeeds.
_TRIES = 4
_WAIT_SECONDS = 0.2
# A wait for a lock ends so long before its statement would, and is tried again after a while.
_LOCK_MARGIN = 5
_UNTIL_UNLOCKED = 10


def _down(error: psycopg.Error) -> DatabaseDown:
    """Build the error of a database that is away, and log the reason, which only an operator may see."""
    _log.warning("the database accepts no connection: %s", error)
    return DatabaseDown()


class Database:
    """A PostgreSQL database whose address and credentials are in a secret.

    Parameters
    ----------
    secret
        Returns ``{host, username, password, port?, dbname?, sslmode?}``; its argument requests a fresh copy, because
        the password may have been rotated since. Without ``sslmode`` the connection is encrypted (``require``).
    statement_seconds
        Time limit of a statement; below the timeout of the function that waits for it.
    """

    def __init__(self, secret: Callable[[bool], Mapping[str, Any]], *, statement_seconds: int) -> None:
        self._secret = secret
        self._statement_seconds = statement_seconds
        self._connection: psycopg.Connection[Any] | None = None

    def run(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Call a function with the connection, which is in autocommit mode; again after a deadlock or a failure of it.

        Hence the function has to be a single transaction, or to change nothing when it is repeated.

        Raises
        ------
        DatabaseDown
            If the database accepts no connection, or breaks it each time: it restarts, or another server takes over.
        NotYet
            If another program holds a lock for longer than a statement may take.
        """
        for left in reversed(range(_TRIES)):
            connection = self._open()
            try:
                return work(connection)
            except (DeadlockDetected, SerializationFailure):
                if not left:
                    raise
            except LockNotAvailable as error:
                raise NotYet("table-locked", _UNTIL_UNLOCKED) from error
            except ReadOnlySqlTransaction as error:  # this server has become the standby
                connection.close()
                if not left:
                    raise _down(error) from error
            except psycopg.Error as error:
                if not connection.closed:
                    raise
                if not left:
                    raise _down(error) from error
            time.sleep(random.uniform(0, _WAIT_SECONDS))  # noqa: S311  (jitter, not a secret)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._connection is not None:
            self._connection.close()

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> psycopg.Connection[Any]:
        """Connect with the secret; after a failure with a fresh copy of it, if that differs."""
        cached = self._secret(False)
        try:
            return self._connect_with(cached)
        except psycopg.OperationalError as error:
            fresh = self._secret(True)
            if fresh == cached:
                raise _down(error) from error
        try:
            return self._connect_with(fresh)
        except psycopg.OperationalError as error:
            raise _down(error) from error

    def _connect_with(self, secret: Mapping[str, Any]) -> psycopg.Connection[Any]:
        if missing := [name for name in _REQUIRED if not secret.get(name)]:
            raise SluiceError("unusable-secret", fields=missing)
        connection = psycopg.connect(
            host=secret["host"],
            port=secret.get("port") or 5432,
            user=secret["username"],
            password=secret["password"],
            dbname=secret.get("dbname") or "postgres",
            sslmode=secret.get("sslmode") or "require",
            application_name="sluice",
            client_encoding="utf8",
            connect_timeout=_CONNECT_SECONDS,
            keepalives_idle=_SILENCE_SECONDS,
            tcp_user_timeout=_SILENCE_SECONDS * 1000,
            autocommit=True,
            # each statement runs once a chunk; and a pooler in between could confuse prepared statements of its clients
            prepare_threshold=None,
        )
        try:
            self._configure(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _configure(self, connection: psycopg.Connection[Any]) -> None:
        if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
            raise SluiceError("unusable-database", encoding=encoding)
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        # the second: a worker that died in a transaction must not hold its locks for longer than a worker can run
        connection.execute(
            "SELECT set_config('statement_timeout', %(limit)s, false),"
            " set_config('lock_timeout', %(lock)s, false),"
            " set_config('idle_in_transaction_session_timeout', %(limit)s, false),"
            " set_config('timezone', 'UTC', false), set_config('datestyle', 'ISO', false)",
            {"limit": f"{self._statement_seconds}s", "lock": f"{max(1, self._statement_seconds - _LOCK_MARGIN)}s"},
        )
