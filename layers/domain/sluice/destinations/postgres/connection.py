"""One connection for each process: kept between invocations, opened anew when it broke."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import psycopg
from psycopg.errors import DeadlockDetected, ReadOnlySqlTransaction, SerializationFailure

from sluice.model.errors import SluiceError

T = TypeVar("T")

# What a secret of RDS has ("JSON structure of AWS Secrets Manager secrets"); `sslmode` is an addition of ours.
_NEEDED = ("host", "username", "password")
_CONNECT_SECONDS = 5
# A network that swallows packets is noticed well before a worker's time-out.
_SILENCE_SECONDS = 20
# Two jobs that lock each other out, or a connection that broke while nobody used it: once more is nearly always enough.
_TRIES = 4
_WAIT_SECONDS = 0.2


class Database:
    """A PostgreSQL database that a secret tells how to reach.

    Parameters
    ----------
    secret
        Gives ``{host, username, password, port?, dbname?, sslmode?}``; its argument asks for a fresh copy, for a
        password may have been rotated since. Without ``sslmode`` the connection is encrypted (``require``).
    statement_seconds
        How long a statement may take; below the time-out of the function that waits for it.
    """

    def __init__(self, secret: Callable[[bool], Mapping[str, Any]], *, statement_seconds: int) -> None:
        self._secret = secret
        self._statement_seconds = statement_seconds
        self._connection: psycopg.Connection[Any] | None = None

    def run(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Do something with the connection, which commits by itself; all of it again after a deadlock or a breakdown.

        Hence work has to be a single transaction, or to change nothing at its second time.
        """
        for left in reversed(range(_TRIES)):
            connection = self._open()
            try:
                return work(connection)
            except (DeadlockDetected, SerializationFailure):
                if not left:
                    raise
            except ReadOnlySqlTransaction:  # this server has become the standby
                connection.close()
                if not left:
                    raise
            except psycopg.Error:
                if not connection.closed or not left:
                    raise
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
        """Connect as the secret says; after a failure, as it says by now."""
        told = self._secret(False)
        try:
            return self._connect_as(told)
        except psycopg.OperationalError:
            fresh = self._secret(True)
            if fresh == told:
                raise
        return self._connect_as(fresh)

    def _connect_as(self, told: Mapping[str, Any]) -> psycopg.Connection[Any]:
        if missing := [name for name in _NEEDED if not told.get(name)]:
            raise SluiceError("unusable-secret", fields=missing)
        connection = psycopg.connect(
            host=told["host"],
            port=told.get("port") or 5432,
            user=told["username"],
            password=told["password"],
            dbname=told.get("dbname") or "postgres",
            sslmode=told.get("sslmode") or "require",
            application_name="sluice",
            client_encoding="utf8",
            connect_timeout=_CONNECT_SECONDS,
            keepalives_idle=_SILENCE_SECONDS,
            tcp_user_timeout=_SILENCE_SECONDS * 1000,
            autocommit=True,
            # each statement runs once a chunk; and a pooler between us and the database could mix prepared ones up
            prepare_threshold=None,
        )
        try:
            self._settle(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _settle(self, connection: psycopg.Connection[Any]) -> None:
        if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
            raise SluiceError("unusable-database", encoding=encoding)
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        # the second: a worker that died in the middle must not hold its locks for longer than it could have lived
        connection.execute(
            "SELECT set_config('statement_timeout', %(limit)s, false),"
            " set_config('idle_in_transaction_session_timeout', %(limit)s, false),"
            " set_config('timezone', 'UTC', false), set_config('datestyle', 'ISO', false)",
            {"limit": f"{self._statement_seconds}s"},
        )
