"""What if PostgreSQL is away for a minute in the middle of a load? No chunk fails, and the job goes on by itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest

from sluice.destinations.postgres import Database, PostgresDestination
from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import DatabaseDown, NotYet
from sluice.model.status import Status
from sluice.usecases.control import auto_resume, auto_resume_after
from tests.support.factories import csv_file, products
from tests.support.harness import NOW, Harness, small_chunks
from tests.support.outages import Server
from tests.support.sizes import size

T = TypeVar("T")

ROWS = size(2_000, 100_000)
CHUNKS = 10
#: Seconds for which the database is away, in simulated time: that is how long a standby takes to replace a server.
AWAY = 60


@pytest.fixture
def own_server() -> Iterator[Server]:
    """Start a server that a test may stop."""
    folder = Path(tempfile.mkdtemp(prefix="sluice-postgres-"))  # as the fixture `server`
    server = Server(folder)
    yield server
    server.remove()
    shutil.rmtree(folder)


class Failing(Database):
    """A database that fails at a call in the middle of a chunk, before its statements are executed."""

    def __init__(self, server: Server, at: int) -> None:
        super().__init__(lambda _: server.postgres.secret(), statement_seconds=30)
        self._server, self._at = server, at

    def run(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        def failing(connection: psycopg.Connection[Any]) -> T:
            self._at -= 1
            if self._at == 0:
                self._server.stop()
            return work(connection)

        return super().run(failing)


@pytest.mark.storm
def test_a_load_waits_for_a_database_that_is_away_and_completes(
    own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its job is suspended, and resumed after the waits of its execution; a rollback waits in its queue."""
    small_chunks(monkeypatch, ROWS // CHUNKS)
    harness = Harness()
    harness.destination = PostgresDestination(database := Failing(own_server, at=0))  # type: ignore[assignment]
    ref = harness.upload(csv_file(products(ROWS)))
    harness.plan(ref)
    assert harness.phase(ref, PhaseName.PARSE) == "done"
    calls = iter(range(4, 4 + CHUNKS * 10))
    harness.dispatch(ref, PhaseName.LOAD)
    for _ in range(CHUNKS // 2):
        harness.work(harness.queue.messages.pop(0))
    database._at = 2
    waited = suspended = 0
    while harness.jobs.get(ref).status is not Status.COMPLETED:
        assert next(calls), "the job does not end"
        harness.deliver()
        assert not [each for each in harness.chunks.of_phase(ref, PhaseName.LOAD) if each.state is ChunkState.FAILED]
        job = harness.finish(ref)
        if job.status is Status.PAUSED:
            assert job.suspended is not None
            assert job.suspended.type == "database-down"
            suspended += 1
            waited += auto_resume_after(job)
            if waited >= AWAY and not own_server.running:
                own_server.start()
            auto_resume(ref, job.run, now=NOW + waited, services=harness)
            harness.dispatch(ref, PhaseName.LOAD)
    job = harness.jobs.get(ref)
    assert (job.counts.inserted, job.counts.unprocessed, job.counts.rejected) == (ROWS, 0, 0)
    assert suspended >= 2
    assert _rows(own_server) == ROWS

    harness.roll_back(ref)
    harness.dispatch(ref, PhaseName.UNDO)
    own_server.stop()
    for message in harness.queue.messages:
        with pytest.raises(NotYet):
            harness.work(message)
    own_server.start()
    harness.deliver()
    job = harness.finish(ref)
    assert (job.status, job.counts.reversed, _rows(own_server)) == (Status.ROLLED_BACK, ROWS, 0)
    database.close()


def _rows(server: Server) -> int:
    with server.postgres.connect() as connection:
        return int(connection.execute("SELECT count(*) FROM products").fetchone()[0])


def test_dispatch_is_called_again_by_the_state_machine_when_the_database_is_away(
    own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks the database which keys are equal; its error has the name that the retries of its task know."""
    small_chunks(monkeypatch, 10)
    harness = Harness()
    database = Database(lambda _: own_server.postgres.secret(), statement_seconds=30)
    harness.destination = PostgresDestination(database)  # type: ignore[assignment]
    ref: JobRef = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    own_server.stop()
    with pytest.raises(DatabaseDown):
        harness.dispatch(ref, PhaseName.LOAD)
    own_server.start()
    assert harness.phase(ref, PhaseName.LOAD) == "done"
    assert harness.finish(ref).counts.inserted == 25
    database.close()
