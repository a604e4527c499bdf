"""What if files of the drop folder overtake each other? They are loaded in the order in which they arrived, or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.model.chunk import ChunkRef, JobRef, PhaseName
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.start_import import Arrival, start_job
from sluice.wording import word_detail
from tests.support.factories import csv_file, products
from tests.support.files import etag_of
from tests.support.harness import Harness

NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)


def drop(harness: Harness, minute: int, *, price: int = 0, review: bool = False, tenant: str = "acme") -> JobRef:
    """Drop a file of 25 rows; in each of them the price is the given one."""
    body = csv_file([(number, title, price or minute + 1, stock) for number, title, _, stock in products(25)])
    key = f"incoming/{tenant}/products/{minute}.csv"
    harness.files.write(key, body)
    job = start_job(Arrival(key, len(body), etag_of(body), NINE + timedelta(minutes=minute)), harness)
    assert job is not None
    harness.jobs.items[job.ref] = replace(job, review=review)
    return job.ref


def until_load(harness: Harness, ref: JobRef) -> str:
    """Parse a file and dispatch its load; return the outcome, empty if it loads."""
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    token = harness.dispatch(ref, PhaseName.LOAD)
    return str(harness.machine.answers.get(token, {}).get("outcome", ""))


def goes_on(harness: Harness, ref: JobRef) -> Job:
    """Run what an earlier job has started when it ended."""
    assert (ref, harness.jobs.get(ref).run) in harness.machine.started
    return harness.run(ref)


def prices(harness: Harness) -> set[str]:
    return {str(row["price"]) for row in harness.destination.values("acme", "products").values()}


@pytest.mark.parametrize("older_is", ["queued", "parsing", "loading"])
def test_a_newer_file_waits_for_an_older_one(harness: Harness, older_is: str) -> None:
    """In the end the newer values are there."""
    older, newer = drop(harness, 0), drop(harness, 1)
    waiting: list[ChunkRef] = []
    if older_is == "parsing":
        harness.plan(older)
    elif older_is == "loading":
        assert until_load(harness, older) == ""
        harness.queue.messages, waiting = [], harness.queue.messages
    assert until_load(harness, newer) == "queued"
    harness.finish(newer)
    if older_is == "loading":
        harness.queue.messages = waiting
        harness.deliver()
        harness.finish(older)
    else:
        assert harness.run(older).status is Status.COMPLETED
    assert goes_on(harness, newer).status is Status.COMPLETED
    assert prices(harness) == {"2"}


@pytest.mark.parametrize("how", ["in_review", "paused"])
def test_a_file_that_waits_for_a_person_holds_no_newer_one_up_and_ends_as_overtaken(harness: Harness, how: str) -> None:
    older, newer = drop(harness, 0, review=how == "in_review"), drop(harness, 1)
    if how == "paused":
        until_load(harness, older)
        harness.queue.messages.clear()
        harness.pause(older)
        harness.finish(older)
    else:
        harness.run(older)
    assert harness.jobs.get(older).status == how
    assert harness.run(newer).status is Status.COMPLETED
    job = harness.commit(older) if how == "in_review" else harness.resume(older)
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, "overtaken")
    assert newer.id in word_detail(job.problem)
    assert prices(harness) == {"2"}


def test_a_file_whose_event_comes_late_is_overtaken(harness: Harness) -> None:
    """The newer one was loaded before its job was known."""
    assert harness.run(drop(harness, 1)).status is Status.COMPLETED
    job = harness.run(drop(harness, 0))
    assert job.problem is not None
    assert (job.status, job.problem.type, prices(harness)) == (Status.FAILED, "overtaken", {"2"})


def test_a_file_in_line_that_is_overtaken_ends_when_its_turn_comes(harness: Harness) -> None:
    """Another job loaded while both waited, and the newer one had been first because the older one was paused."""
    other = harness.upload(csv_file(products(25)), filename="other.csv")
    older, newer = drop(harness, 0), drop(harness, 1)
    assert until_load(harness, other) == ""
    messages, harness.queue.messages = harness.queue.messages, []
    assert until_load(harness, older) == "queued"
    harness.pause(older)
    assert until_load(harness, newer) == "queued"
    harness.queue.messages = messages
    harness.deliver()
    harness.finish(other)
    assert goes_on(harness, newer).status is Status.COMPLETED
    job = harness.resume(older)
    assert (job.status, job.problem and job.problem.type) == (Status.FAILED, "overtaken")


def test_a_retry_of_an_overtaken_file_is_a_conflict(harness: Harness) -> None:
    older, newer = drop(harness, 0), drop(harness, 1)
    until_load(harness, older)
    harness.queue.messages.clear()
    harness.finish(older, error="States.Timeout")
    assert harness.run(newer).status is Status.COMPLETED
    with pytest.raises(Conflict) as rejected:
        harness.retry(older)
    assert rejected.value.problem.type == "overtaken"


def test_a_forced_file_is_loaded_over_a_newer_one(harness: Harness) -> None:
    assert harness.run(drop(harness, 1)).status is Status.COMPLETED
    older = drop(harness, 0)
    harness.jobs.items[older] = replace(harness.jobs.get(older), force=True)
    assert harness.run(older).status is Status.COMPLETED
    assert prices(harness) == {"1"}


def test_a_rollback_waits_for_no_older_file(harness: Harness) -> None:
    newer = drop(harness, 1)
    harness.run(newer)
    drop(harness, 0)
    harness.roll_back(newer)
    assert harness.run(newer).status is Status.ROLLED_BACK


def test_other_jobs_and_other_tenants_pass_by(harness: Harness) -> None:
    """Order is that of the drop folder of one tenant."""
    drop(harness, 0)
    blocked = drop(harness, 1)
    assert until_load(harness, blocked) == "queued"
    assert harness.run(drop(harness, 2, tenant="other")).status is Status.COMPLETED
    assert harness.run(harness.upload(csv_file(products(25)))).status is Status.COMPLETED


def test_a_dispatch_that_died_in_between_is_made_up_for_by_the_sweeper(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older job ended, and died before it passed the lock on."""
    older, newer = drop(harness, 0), drop(harness, 1)
    assert until_load(harness, newer) == "queued"
    with monkeypatch.context() as patched:
        patched.setattr("sluice.usecases.control.release", lambda job, **_: job)
        harness.cancel(older)
    assert harness.jobs.get(newer).is_in_line
    harness.sweep(after=timedelta(minutes=1))
    assert goes_on(harness, newer).status is Status.COMPLETED


def test_an_empty_object_that_the_file_replaces_becomes_no_job(harness: Harness) -> None:
    """File systems on S3 write one first; the event of the file itself follows."""
    key = "incoming/acme/products/a.csv"
    body = csv_file(products(3))
    harness.files.write(key, body)
    assert start_job(Arrival(key, 0, etag_of(b""), NINE), harness) is None
    job = start_job(Arrival(key, len(body), etag_of(body), NINE), harness)
    assert job is not None
    assert harness.run(job.ref).status is Status.COMPLETED


def test_an_empty_file_that_stays_empty_is_rejected_as_before(harness: Harness) -> None:
    key = "incoming/acme/products/a.csv"
    harness.files.write(key, b"")
    job: Any = start_job(Arrival(key, 0, etag_of(b""), NINE), harness)
    assert harness.run(job.ref).status is Status.FAILED
