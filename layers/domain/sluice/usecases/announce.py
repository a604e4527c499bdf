"""Tell those who watch that a job has changed."""

from __future__ import annotations

from sluice.model.event import event_name
from sluice.model.job import Job
from sluice.usecases.ports import Connections, Show, Sockets


def announce(before: Job | None, after: Job, *, show: Show, connections: Connections, sockets: Sockets) -> int:
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
        Connections that were told.
    """
    watching = [connection for connection in connections.of_tenant(after.ref.tenant) if connection.hears_of(after)]
    if not watching:
        return 0
    message = show(event_name(before, after), after)
    told = 0
    failures: list[Exception] = []
    for connection in watching:
        try:
            if sockets.post(connection.id, message):
                told += 1
            else:
                connections.remove(connection.id)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not cost the next watcher the news
            failures.append(error)
    if failures:
        raise ExceptionGroup("some watchers were not told", failures)
    return told
