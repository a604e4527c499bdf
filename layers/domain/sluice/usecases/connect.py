"""Let somebody watch jobs over a WebSocket connection."""

from __future__ import annotations

from sluice.model.chunk import JobRef
from sluice.model.event import Connection
from sluice.usecases.ports import Jobs
from sluice.usecases.watchers import Connections


def connect(connection: Connection, *, now: int, jobs: Jobs, connections: Connections) -> None:
    """Keep a connection, so that `announce` finds it.

    Raises
    ------
    NotFound
        If it asks for a job that its tenant does not have.
    """
    if connection.job_id is not None:
        jobs.get(JobRef(connection.tenant, connection.job_id))
    connections.add(connection, now=now)
