"""The contract of the `EndedJobs` port, and what an earlier version has left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from ulid import ULID

from sluice.aws import stored
from sluice.aws.chunks import DynamoChunks
from sluice.aws.expiry import DynamoEndedJobs
from sluice.aws.jobs import DynamoJobs
from sluice.aws.locks import DynamoLocks
from sluice.aws.s3 import S3Files
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import NotFound
from sluice.model.job import Job
from sluice.model.lock import file_lock
from sluice.model.retention import Stage
from sluice.model.status import Status
from sluice.usecases.expiry import EndedJobs
from sluice.usecases.ports import Chunks, Jobs
from tests.integration.aws.conftest import KEEP_DAYS
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.expiry import MemoryEndedJobs
from tests.support.factories import make_chunk, make_job
from tests.support.files import MemoryFiles
from tests.support.tables import MemoryChunks, MemoryJobs

LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> tuple[Jobs, Chunks, EndedJobs]:
    """Return jobs, chunks and the jobs that have ended, of one store."""
    if request.param == "memory":
        jobs = MemoryJobs()
        chunks = MemoryChunks(jobs)
        return jobs, chunks, MemoryEndedJobs(jobs, chunks)
    request.getfixturevalue("aws")
    table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
    return DynamoJobs(table, KEEP_DAYS), DynamoChunks(table), DynamoEndedJobs(table, KEEP_DAYS)


def ids(ended: EndedJobs, stage: Stage, *, before: datetime = LATER) -> list[str]:
    return [job.ref.id for job in ended.of_stage(stage, before=before)]


def stages(ended: EndedJobs, job: Job) -> list[Stage]:
    return [stage for stage in Stage if job.ref.id in ids(ended, stage)]


def test_a_job_is_in_the_stage_of_its_end_and_in_none_while_it_goes_on(
    store: tuple[Jobs, Chunks, EndedJobs],
) -> None:
    jobs, _, ended = store
    jobs.add(job := make_job(status=Status.LOADING))
    assert stages(ended, job) == []
    ended.keep(failed := jobs.transition(job.ref, Status.FAILED))
    assert (stages(ended, job), failed.version) == ([Stage.KEPT], jobs.get(job.ref).version)
    jobs.transition(job.ref, Status.ROLLING_BACK)
    assert stages(ended, job) == []
    assert [each.ref for each in jobs.active()] == [job.ref]
    failed = jobs.transition(job.ref, Status.FAILED)
    assert stages(ended, job) == [Stage.FAILED]
    jobs.log(failed, note="changed")
    ended.keep(failed)
    assert stages(ended, job) == [Stage.FAILED], "it has changed since it was read"
    jobs.transition(job.ref, Status.ROLLING_BACK)
    jobs.transition(job.ref, Status.ROLLED_BACK)
    assert stages(ended, job) == [Stage.ENDED]
    assert list(jobs.active()) == []


def test_a_job_that_is_added_as_it_ends_expires_as_well(store: tuple[Jobs, Chunks, EndedJobs]) -> None:
    jobs, _, ended = store
    jobs.add(job := replace(make_job(status=Status.FAILED), finished_at=datetime.now(UTC)))
    assert stages(ended, job) == [Stage.FAILED]


def test_only_jobs_that_are_old_enough_are_read(store: tuple[Jobs, Chunks, EndedJobs]) -> None:
    jobs, _, ended = store
    made = [make_job(number=number) for number in (1, 2, 3)]
    for job in made:
        jobs.add(job)
        jobs.transition(job.ref, Status.CANCELLED)
    assert ids(ended, Stage.ENDED, before=made[1].created_at) == [made[0].ref.id]


def test_a_job_is_removed_with_its_log_and_its_chunks(store: tuple[Jobs, Chunks, EndedJobs]) -> None:
    jobs, chunks, ended = store
    first, second = make_job(number=1, status=Status.LOADING), make_job(number=2, status=Status.LOADING)
    for job in (first, second):
        jobs.add(job)
        chunks.add(make_chunk(job.ref, index) for index in range(30))
        jobs.transition(job.ref, Status.COMPLETED)
    ended.forget(first.ref)
    with pytest.raises(NotFound):
        jobs.get(first.ref)
    assert (jobs.entries(first.ref), list(chunks.of_phase(first.ref, PhaseName.PARSE))) == ([], [])
    assert (len(jobs.entries(second.ref)), len(list(chunks.of_phase(second.ref, PhaseName.PARSE)))) == (2, 30)
    assert ended.missing([second.ref, first.ref]) == [first.ref]
    assert stages(ended, first) == []


@pytest.mark.parametrize(
    ("age", "is_found"),
    [(timedelta(), True), (timedelta(hours=23), True), (timedelta(days=3), False), (timedelta(hours=-2), False)],
)
def test_the_job_of_a_dropped_file_is_found_by_its_time(
    store: tuple[Jobs, Chunks, EndedJobs], age: timedelta, is_found: bool
) -> None:
    """A multipart upload has the time at which it began, up to a day before its event."""
    jobs, _, ended = store
    written = datetime(2026, 1, 1, tzinfo=UTC)
    key = "incoming/acme/products/a.csv"
    job = make_job()
    jobs.add(replace(job, ref=JobRef("acme", str(ULID.from_datetime(written + age))), file=replace(job.file, key=key)))
    assert ended.has_file("acme", key, written) is is_found
    assert not ended.has_file("other", key, written)
    assert not ended.has_file("acme", key + "2", written)


def test_the_time_of_what_a_job_leaves_begins_with_its_end(store: tuple[Jobs, Chunks, EndedJobs]) -> None:
    """It was created months ago, and paused since."""
    jobs, _, _ = store
    jobs.add(job := make_job(status=Status.PAUSED))
    ended = jobs.transition(job.ref, Status.CANCELLED)
    assert ended.finished_at is not None
    assert ended.kept_until == ended.finished_at + timedelta(days=KEEP_DAYS)


@dataclass
class Earlier:
    """A table with a job that an earlier version has written, each item with its expiry."""

    table: Any
    jobs: DynamoJobs
    ended: DynamoEndedJobs
    job: Job

    def item(self) -> dict[str, Any]:
        found: dict[str, Any] = self.table.get_item(Key=stored.job_key(self.job.ref))["Item"]
        return found

    def expiring(self) -> int:
        return sum("expires_at" in item for item in self.table.scan()["Items"])


@pytest.fixture
def earlier(aws: None) -> Callable[[Status], Earlier]:
    def write(status: Status) -> Earlier:
        table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
        jobs = DynamoJobs(table, KEEP_DAYS)
        job = make_job(status=status)
        job = replace(job, file=replace(job.file, sha256="ab"))
        jobs.add(job)
        DynamoChunks(table).add([make_chunk(job.ref)])
        DynamoLocks(table).acquire(file_lock("acme", job.importer, "ab"), job.ref)
        for item in table.scan()["Items"]:
            if item["sk"] != "#":
                table.put_item(Item=item | {"expires_at": int((job.created_at + timedelta(days=90)).timestamp())})
        return Earlier(table, jobs, DynamoEndedJobs(table, KEEP_DAYS), job)

    return write


def test_a_job_of_an_earlier_version_that_waits_does_not_expire(earlier: Callable[[Status], Earlier]) -> None:
    """The next sweep takes the expiry off all its items: job, chunk, log, share of the limits, lock of its file."""
    found = earlier(Status.PAUSED)
    assert found.expiring() == 5
    before = found.item()
    assert [job.ref for job in found.jobs.active()] == [found.job.ref]
    assert found.expiring() == 0
    assert {name for name in before if before[name] != found.item().get(name)} == {"expires_at"}


def test_a_sweep_that_died_while_it_did_so_does_it_again(
    earlier: Callable[[Status], Earlier], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = earlier(Status.PAUSED)
    real, calls = found.table.update_item, [0]

    def update_item(**call: Any) -> Any:
        calls[0] += 1
        if calls[0] == 3:
            raise OSError("killed")
        return real(**call)

    with monkeypatch.context() as patched:
        patched.setattr(found.table, "update_item", update_item)
        with pytest.raises(OSError, match="killed"):
            list(found.jobs.active())
    assert found.expiring() == 3
    list(found.jobs.active())
    assert found.expiring() == 0


def test_a_job_that_an_earlier_version_has_ended_goes_when_that_has_said(
    earlier: Callable[[Status], Earlier],
) -> None:
    found = earlier(Status.LOADING)
    found.table.update_item(
        Key=stored.job_key(found.job.ref),
        UpdateExpression="SET #status = :completed, finished_at = :now REMOVE active",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":completed": "completed", ":now": datetime.now(UTC).isoformat()},
    )
    assert stages(found.ended, found.job) == []
    assert found.jobs.get(found.job.ref).kept_until == found.job.created_at + timedelta(days=90)
    rolled_back = found.jobs.transition(found.job.ref, Status.ROLLING_BACK)
    assert list(found.jobs.active()) == [rolled_back]
    assert found.expiring() == 0
    ended = found.jobs.transition(found.job.ref, Status.ROLLED_BACK)
    assert ended.finished_at is not None
    assert ended.kept_until == ended.finished_at + timedelta(days=90)


def test_the_bucket_is_read_by_folders_and_by_age(files: MemoryFiles | S3Files) -> None:
    for key in ("jobs/acme/01B/x", "jobs/acme/01B/y/z", "jobs/acme/01A/x", "jobs/bolt/01C/x", "jobs/x", "incoming/a"):
        files.write(key, b"1")
    assert list(files.folders("jobs/")) == ["jobs/acme/", "jobs/bolt/"]
    assert list(files.folders("jobs/acme/")) == ["jobs/acme/01A/", "jobs/acme/01B/"]
    now = datetime.now(UTC)
    assert list(files.written_before("incoming/", now - timedelta(hours=1))) == []
    (found,) = files.written_before("incoming/", now + timedelta(hours=1))
    assert (found.key, found.etag) == ("incoming/a", files.stat("incoming/a")[1])
    assert abs(found.written - now) < timedelta(minutes=5)
