"""Watchers: who is connected, and what is posted to them when a job changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sluice.model.chunk import JobRef
from sluice.model.event import PROGRESS, Connection, event_name
from sluice.model.job import Job
from sluice.usecases.ports import Connections, Jobs, Show, Sockets

Change = tuple[Job | None, Job]
"""A job on both sides of a change; before it there may have been none."""

# A post takes some 10 ms, nearly all of it waiting.
_AT_ONCE = 16
# While $connect is under way the connection is kept already, and yet cannot be posted to.
_CONNECTING_SECONDS = 10


def worth_telling(changes: Sequence[Change]) -> list[Change]:
    """Leave out progress that has been overtaken: a change of the same job that comes later says more."""
    last = {after.ref: place for place, (_, after) in enumerate(changes)}
    return [change for place, change in enumerate(changes) if place == last[change[1].ref] or is_new_state(*change)]


def is_new_state(before: Job | None, after: Job) -> bool:
    """Whether a change is more than progress."""
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
    """Post the job to every connection that hears of it; a connection that is gone is forgotten.

    Parameters
    ----------
    before, after
        The job on both sides of the change.
    show
        Writes the message from the event's name and the job.

    Returns
    -------
    int
        Connections that the message was posted to.
    """
    watching = [connection for connection in connections.of_tenant(after.ref.tenant) if connection.hears_of(after)]
    if not watching:
        return 0
    return _post(watching, show(_name(before, after), after), now, connections, sockets)


def announce_queues(
    tenant: str, *, show: Callable[[], bytes], now: int, connections: Connections, sockets: Sockets
) -> int:
    """Post the state of the queues to the connections that hear of all jobs of a tenant; answers to how many."""
    watching = [connection for connection in connections.of_tenant(tenant) if connection.job_id is None]
    return _post(watching, show(), now, connections, sockets) if watching else 0


def _name(before: Job | None, after: Job) -> str:
    return event_name(before.status if before else None, after)


def _post(watching: Sequence[Connection], message: bytes, now: int, connections: Connections, sockets: Sockets) -> int:
    """Post to all, before anything else is posted to any: each hears of things in their order."""

    def post(connection: Connection) -> bool | Exception:
        try:
            arrived = sockets.post(connection.id, message)
            if not arrived and now - connection.since > _CONNECTING_SECONDS:
                connections.remove(connection.id)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not cost the next watcher the news
            return error
        return arrived

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(post, watching))
    if failures := [answer for answer in answers if isinstance(answer, Exception)]:
        raise ExceptionGroup("some watchers were not notified", failures)
    return answers.count(True)


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
