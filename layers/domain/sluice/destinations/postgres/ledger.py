"""The ledger: what was done about each chunk, written in the very transaction that did it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from sluice.model.rejection import Rejection
from sluice.rows.staged import Applied, Batch, Left, Undone

LOAD = "load"
UNDO = "undo"


def claim(connection: Connection[Any], batch: Batch, phase: str) -> bool:
    """Begin a phase of a chunk; ``False`` when it was done before.

    Whoever comes second waits until the first has committed or given up.
    """
    done = connection.execute(
        "INSERT INTO sluice_ledger (tenant, job, phase, chunk) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        _key(batch, phase),
    )
    return done.rowcount == 1


def note(connection: Connection[Any], batch: Batch, phase: str, outcome: Applied | Undone) -> None:
    """Write down what came of a phase that was claimed."""
    connection.execute(
        "UPDATE sluice_ledger SET result = %s WHERE tenant = %s AND job = %s AND phase = %s AND chunk = %s",
        [Jsonb(asdict(outcome)), *_key(batch, phase)],
    )


def applied(connection: Connection[Any], batch: Batch) -> Applied:
    """What came of the load of a chunk."""
    told = _read(connection, batch, LOAD)
    refusals = [Rejection(**each) for each in told["refusals"]]
    return Applied(told["inserted"], told["updated"], told["unchanged"], refusals)


def undone(connection: Connection[Any], batch: Batch) -> Undone:
    """What came of the undoing of a chunk."""
    told = _read(connection, batch, UNDO)
    return Undone(told["reversed"], [Left(**each) for each in told["kept"]], [Left(**each) for each in told["failed"]])


def _read(connection: Connection[Any], batch: Batch, phase: str) -> dict[str, Any]:
    found = connection.execute(
        "SELECT result FROM sluice_ledger WHERE tenant = %s AND job = %s AND phase = %s AND chunk = %s",
        _key(batch, phase),
    ).fetchone()
    told: dict[str, Any] = found[0] if found else {}
    return told


def _key(batch: Batch, phase: str) -> list[Any]:
    return [batch.tenant, batch.job_id, phase, batch.index]
