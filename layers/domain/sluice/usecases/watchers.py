"""Watchers: their WebSocket connections, and the messages that are posted to them when a job changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sluice.model.chunk import JobRef
from sluice.model.event import PROGRESS, Connection, event_name
from sluice.model.job import Job
from sluice.usecases.ports import Connections, Jobs, Show, Sockets

Change = tuple[Job | None, Job]
"""A job on both sides of a change; before it there may have been none."""

# Concurrent posts; each takes some 10 ms, nearly all of it waiting.
_AT_ONCE = 16
# While $connect is under way, the connection is already stored but does not accept messages yet.
_CONNECTING_SECONDS = 10


def worth_telling(changes: Sequence[Change]) -> list[Change]:
    """Drop progress that a later change of the same job supersedes, and changes that callers do not see.

    A job that gives a lock back after its end keeps its version.
    """
    changes = [(before, after) for before, after in changes if before is None or before.version != after.version]
    last = {after.ref: place for place, (_, after) in enumerate(changes)}
    return [change for place, change in enumerate(changes) if place == last[change[1].ref] or is_new_state(*change)]


def is_new_state(before: Job | None, after: Job) -> bool:
    """Return whether a change is more than progress."""
    return _name(before, after) != PROGRESS


def announce(
    before: Job | None,
    after: Job,
    *,
    show: Show,
    now: int,
    connections: Connections,
    sockets: Sockets,
) -> int:
    """Post the job to every connection that watches it; remove connections that are closed.

    Parameters
    ----------
    before, after
        The job before and after the change; ``before`` is ``None`` for a new job.
    show
        Writes the message from the event's name and the job.
    now
        Epoch seconds.

    Returns
    -------
    int
        Number of connections that received the message.

    Raises
    ------
    ExceptionGroup
        If some posts failed; all others were made.
    """
    watching = [connection for connection in connections.of_tenant(after.ref.tenant) if connection.hears_of(after)]
    if not watching:
        return 0
    return _post(watching, show(_name(before, after), after), now, connections, sockets)


def announce_queues(
    tenant: str, *, show: Callable[[], bytes], now: int, connections: Connections, sockets: Sockets
) -> int:
    """Post the state of the queues to the connections that watch all jobs of a tenant; return their number."""
    watching = [connection for connection in connections.of_tenant(tenant) if connection.job_id is None]
    return _post(watching, show(), now, connections, sockets) if watching else 0


def connect(connection: Connection, *, now: int, jobs: Jobs, connections: Connections) -> None:
    """Store a connection, so that `announce` finds it.

    Raises
    ------
    NotFound
        If the connection names a job that its tenant does not have.
    """
    if connection.job_id is not None:
        jobs.get(JobRef(connection.tenant, connection.job_id))
    connections.add(connection, now=now)


def _name(before: Job | None, after: Job) -> str:
    return event_name(before.status if before else None, after)


def _post(watching: Sequence[Connection], message: bytes, now: int, connections: Connections, sockets: Sockets) -> int:
    """Post a message to all connections and wait for all posts, so that each receives messages in order."""

    def post(connection: Connection) -> bool | Exception:
        try:
            arrived = sockets.post(connection.id, message)
            if not arrived and now - connection.since > _CONNECTING_SECONDS:
                connections.remove(connection.id)
        except Exception as error:  # noqa: BLE001 - an error of one post must not keep the message from the others
            return error
        return arrived

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(post, watching))
    if failures := [answer for answer in answers if isinstance(answer, Exception)]:
        raise ExceptionGroup("some watchers were not notified", failures)
    return answers.count(True)
