"""Stored names of PostgreSQL: the tables of a dataset, and the ledger.

``<dataset>`` has the column ``tenant``, one for each field of the row model, and those of `DATASET_COLUMNS`.
``<dataset>_archive`` has ``tenant``, the same fields and `ARCHIVE_COLUMNS`. It holds earlier versions of the rows, of
every importer, because a rollback reads them. ``sluice_ledger`` has a row for each phase of a chunk, written in the
transaction that carries it out; its ``result`` is described in `sluice.destinations.stored`.

The SQL of the modules beside this one writes these names out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from sluice.destinations.stored import dump_applied, dump_undone, load_applied, load_undone
from sluice.schema.staging import Applied, Batch, Undone

TENANT = {"tenant": "text NOT NULL"}
# The defaults are for rows that other programs insert, and for those of a table that was there before the first import.
DATASET_COLUMNS = {
    "row_hash": "text NOT NULL DEFAULT ''",
    "job_id": "text NOT NULL DEFAULT ''",
    "valid_from": "timestamptz NOT NULL DEFAULT now()",
}
ARCHIVE_COLUMNS = {
    "row_hash": "text NOT NULL",
    "job_id": "text NOT NULL",
    "valid_from": "timestamptz NOT NULL",
    "valid_until": "timestamptz NOT NULL",
    "superseded_by": "text NOT NULL",
}
LEDGER = "sluice_ledger"
LEDGER_COLUMNS = TENANT | {
    "job": "text NOT NULL",
    "phase": "text NOT NULL",
    "chunk": "integer NOT NULL",
    "result": "jsonb",
    "at": "timestamptz NOT NULL DEFAULT now()",
}
LEDGER_KEY = ("tenant", "job", "phase", "chunk")
_LOAD = "load"
_UNDO = "undo"


def dataset_columns(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a dataset's table with their types; ``fields`` are those of the row model."""
    return TENANT | dict(fields) | DATASET_COLUMNS


def dataset_key(key: str) -> tuple[str, ...]:
    """Return the primary key of a dataset's table; ``key`` is the key of the row model."""
    return ("tenant", key)


def archive_of(dataset: str) -> str:
    """Return the name of a dataset's archive."""
    return f"{dataset}_archive"


def archive_columns(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a dataset's archive with their types."""
    return TENANT | dict(fields) | ARCHIVE_COLUMNS


def archive_key(key: str) -> tuple[str, ...]:
    """Return the primary key of a dataset's archive."""
    return ("tenant", key, "superseded_by")


def is_reserved_table(name: str) -> bool:
    """Whether no dataset can have the name, because it is that of a table of Sluice's own."""
    return name == LEDGER or name.endswith(archive_of(""))


def begin_load(connection: Connection[Any], batch: Batch) -> bool:
    """Enter the load of a chunk into the ledger; ``False`` if it was done before.

    A second worker waits until the first one's transaction has ended.
    """
    return _begin(connection, batch, _LOAD)


def begin_undo(connection: Connection[Any], batch: Batch) -> bool:
    """Enter the rollback of a chunk into the ledger; ``False`` if it was done before."""
    return _begin(connection, batch, _UNDO)


def write_applied(connection: Connection[Any], batch: Batch, applied: Applied) -> None:
    """Write the result of a load that has begun."""
    _write(connection, batch, _LOAD, dump_applied(applied))


def write_undone(connection: Connection[Any], batch: Batch, undone: Undone) -> None:
    """Write the result of a rollback that has begun."""
    _write(connection, batch, _UNDO, dump_undone(undone))


def read_applied(connection: Connection[Any], batch: Batch) -> Applied:
    """Read the result of a chunk's load; raises `NewerFormat`."""
    return load_applied(_read(connection, batch, _LOAD))


def read_undone(connection: Connection[Any], batch: Batch) -> Undone:
    """Read the result of a chunk's rollback; raises `NewerFormat`."""
    return load_undone(_read(connection, batch, _UNDO))


def _begin(connection: Connection[Any], batch: Batch, phase: str) -> bool:
    done = connection.execute(
        "INSERT INTO sluice_ledger (tenant, job, phase, chunk) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        _entry(batch, phase),
    )
    return done.rowcount == 1


def _write(connection: Connection[Any], batch: Batch, phase: str, result: dict[str, Any]) -> None:
    connection.execute(
        "UPDATE sluice_ledger SET result = %s WHERE tenant = %s AND job = %s AND phase = %s AND chunk = %s",
        [Jsonb(result), *_entry(batch, phase)],
    )


def _read(connection: Connection[Any], batch: Batch, phase: str) -> dict[str, Any]:
    found = connection.execute(
        "SELECT result FROM sluice_ledger WHERE tenant = %s AND job = %s AND phase = %s AND chunk = %s",
        _entry(batch, phase),
    ).fetchone()
    result: dict[str, Any] = found[0] if found else {}
    return result


def _entry(batch: Batch, phase: str) -> list[Any]:
    return [batch.tenant, batch.job_id, phase, batch.index]
