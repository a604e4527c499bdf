"""Announcements of changes: which connections get which events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.model.errors import NotFound
from sluice.model.event import Connection, event_name
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.watchers import announce, announce_queues, connect, worth_telling
from tests.support.factories import make_job
from tests.support.sockets import MemoryConnections, MemorySockets
from tests.support.tables import MemoryJobs


def announced(
    before: Job | None, after: Job, *watching: Connection, closed: frozenset[str] = frozenset(), now: int = 1000
) -> MemorySockets:
    """Announce a change to some connections."""
    connections, sockets = MemoryConnections(), MemorySockets(closed)
    for connection in watching:
        connections.add(connection, now=0)
    announce(
        before,
        after,
        show=lambda event, job: f"{event} {job.ref.id}".encode(),
        now=now,
        connections=connections,
        sockets=sockets,
    )
    assert {each.id for each in connections.of_tenant(after.ref.tenant)} == {
        each.id for each in watching if each.tenant == after.ref.tenant
    } - closed
    return sockets


def test_all_connections_of_the_tenant_get_an_event_of_a_job() -> None:
    job = make_job("acme", status=Status.QUEUED)
    sockets = announced(None, job, Connection("a", "acme"), Connection("b", "acme"))
    said = [f"job.queued {job.ref.id}".encode()]
    assert sockets.sent == {"a": said, "b": said}


def test_a_connection_to_all_jobs_of_a_tenant_gets_the_queue() -> None:
    connections, sockets = MemoryConnections(), MemorySockets()
    for connection in (Connection("all", "acme"), Connection("one", "acme", "01JOB"), Connection("other", "other")):
        connections.add(connection, now=0)
    assert announce_queues("acme", show=lambda: b"queues", now=0, connections=connections, sockets=sockets) == 1
    assert sockets.sent == {"all": [b"queues"]}


def test_the_queue_is_not_read_when_no_connection_watches() -> None:
    def show() -> bytes:
        raise AssertionError("three calls of SQS for nothing")

    assert announce_queues("acme", show=show, now=0, connections=MemoryConnections(), sockets=MemorySockets()) == 0


def test_progress_that_was_overtaken_is_omitted() -> None:
    def at(version: int, status: Status = Status.LOADING) -> Job:
        return replace(job, version=version, status=status)

    job, other = make_job("acme", status=Status.LOADING), make_job("acme", status=Status.LOADING)
    changes = [(at(1), at(2)), (at(2), at(3)), (None, other), (at(3), at(4, Status.COMPLETED))]
    assert worth_telling(changes) == changes[2:]
    changes = [(at(1, Status.PARSING), at(2, Status.IN_REVIEW)), (at(2, Status.IN_REVIEW), at(3)), (at(3), at(4))]
    assert worth_telling(changes) == [changes[0], changes[2]], (
        "a new state is announced even if the job is in a later one"
    )


def test_a_change_that_callers_do_not_see_is_not_announced() -> None:
    """A job that has ended gives its lock back; its end was the last event."""
    ended = replace(make_job("acme", status=Status.COMPLETED), version=7)
    assert worth_telling([(replace(ended, hold=3), ended)]) == []


def test_a_connection_that_is_still_being_opened_is_kept() -> None:
    job = make_job("acme")
    connections = MemoryConnections()
    connections.add(Connection("a", "acme", since=995), now=995)
    sockets = MemorySockets(frozenset({"a"}))
    for now, left in ((1000, 1), (1006, 0)):
        announce(
            None,
            job,
            show=lambda event, job: b"",
            now=now,
            connections=connections,
            sockets=sockets,
        )
        assert len(connections.of_tenant("acme")) == left


def test_another_tenant_gets_no_event() -> None:
    assert announced(None, make_job("acme"), Connection("a", "other")).sent == {}


def test_a_connection_to_one_job_gets_events_of_that_job_alone() -> None:
    job = make_job("acme")
    sockets = announced(None, job, Connection("a", "acme", job.ref.id), Connection("b", "acme", "01ANOTHER"))
    assert set(sockets.sent) == {"a"}


def test_a_closed_connection_is_removed() -> None:
    announced(None, make_job("acme"), Connection("a", "acme"), Connection("b", "acme"), closed=frozenset({"a"}))


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        (None, Status.QUEUED, "job.queued"),
        (Status.QUEUED, Status.PARSING, "job.started"),
        (Status.PARSING, Status.PARSING, "job.progress"),
        (Status.PARSING, Status.LOADING, "job.progress"),
        (Status.PARSING, Status.IN_REVIEW, "job.in_review"),
        (Status.LOADING, Status.COMPLETED, "job.completed"),
        (Status.LOADING, Status.FAILED, "job.failed"),
        (Status.CANCELLING, Status.CANCELLED, "job.cancelled"),
        (Status.PAUSING, Status.PAUSED, "job.paused"),
        (Status.ROLLING_BACK, Status.ROLLED_BACK, "job.rolled_back"),
    ],
)
def test_an_event_has_the_name_of_the_change(before: Status | None, after: Status, name: str) -> None:
    job = make_job()
    assert event_name(before, replace(job, status=after)) == name


def test_a_job_of_another_tenant_cannot_be_watched() -> None:
    jobs, connections = MemoryJobs(), MemoryConnections()
    job = make_job("acme")
    jobs.add(job)
    with pytest.raises(NotFound):
        connect(Connection("a", "other", job.ref.id), now=0, jobs=jobs, connections=connections)
    connect(Connection("a", "acme", job.ref.id), now=0, jobs=jobs, connections=connections)
    assert connections.of_tenant("acme") == [Connection("a", "acme", job.ref.id)]


def test_a_connection_whose_token_has_expired_is_closed_and_gets_nothing() -> None:
    """Its client connects again, with a token that is valid or not at all."""
    expired, valid = Connection("old", "acme", until=1000), Connection("new", "acme", until=1001)
    connections, sockets = MemoryConnections(), MemorySockets()
    for connection in (expired, valid):
        connections.add(connection, now=0)
    assert announce_queues("acme", show=lambda: b"queues", now=1000, connections=connections, sockets=sockets) == 1
    assert (set(sockets.sent), sockets.closed, connections.of_tenant("acme")) == ({"new"}, frozenset({"old"}), [valid])
