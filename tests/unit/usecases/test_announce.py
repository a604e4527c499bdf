"""Who hears of what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.model.errors import NotFound
from sluice.model.event import Connection, event_name
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.announce import announce
from sluice.usecases.connect import connect
from tests.factories import make_job
from tests.fakes.sockets import MemoryConnections, MemorySockets
from tests.fakes.stores import MemoryJobs


def told(before: Job | None, after: Job, *watching: Connection, gone: frozenset[str] = frozenset()) -> MemorySockets:
    """Announce a change to some connections."""
    connections, sockets = MemoryConnections(), MemorySockets(gone)
    for connection in watching:
        connections.add(connection, now=0)
    announce(
        before,
        after,
        show=lambda event, job: f"{event} {job.ref.id}".encode(),
        connections=connections,
        sockets=sockets,
    )
    assert {each.id for each in connections.of_tenant(after.ref.tenant)} == {
        each.id for each in watching if each.tenant == after.ref.tenant
    } - gone
    return sockets


def test_all_of_the_tenant_hear_of_a_job() -> None:
    job = make_job("acme", status=Status.QUEUED)
    sockets = told(None, job, Connection("a", "acme"), Connection("b", "acme"))
    assert sockets.sent == {"a": [f"job.queued {job.ref.id}".encode()], "b": [f"job.queued {job.ref.id}".encode()]}


def test_another_tenant_hears_nothing() -> None:
    assert told(None, make_job("acme"), Connection("a", "other")).sent == {}


def test_who_watches_one_job_hears_of_that_one_alone() -> None:
    job = make_job("acme")
    sockets = told(None, job, Connection("a", "acme", job.ref.id), Connection("b", "acme", "01ANOTHER"))
    assert set(sockets.sent) == {"a"}


def test_a_connection_that_is_gone_is_forgotten() -> None:
    told(None, make_job("acme"), Connection("a", "acme"), Connection("b", "acme"), gone=frozenset({"a"}))


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
    ],
)
def test_an_event_is_named_for_what_happened(before: Status | None, after: Status, name: str) -> None:
    job = make_job()
    assert event_name(replace(job, status=before) if before else None, replace(job, status=after)) == name


def test_nobody_watches_a_job_of_another_tenant() -> None:
    jobs, connections = MemoryJobs(), MemoryConnections()
    job = make_job("acme")
    jobs.add(job)
    with pytest.raises(NotFound):
        connect(Connection("a", "other", job.ref.id), now=0, jobs=jobs, connections=connections)
    connect(Connection("a", "acme", job.ref.id), now=0, jobs=jobs, connections=connections)
    assert connections.of_tenant("acme") == [Connection("a", "acme", job.ref.id)]
