"""What a tenant may have under way: counted exactly, and given back with every end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from sluice.aws.jobs import DynamoJobs
from sluice.model.errors import Conflict, Problem, QuotaReached
from sluice.model.job import Job
from sluice.model.quota import Limits
from sluice.model.status import ENDED, TRANSITIONS, Status
from tests.integration.aws.conftest import KEEP_DAYS
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.factories import make_job

#: A path through the states to each end.
ENDS = {
    "completed": [Status.QUEUED, Status.PARSING, Status.LOADING, Status.COMPLETED],
    "rejected": [Status.QUEUED, Status.PARSING, Status.FAILED],
    "never uploaded": [Status.FAILED],
    "review expired": [Status.QUEUED, Status.PARSING, Status.IN_REVIEW, Status.CANCELLED],
    "cancelled": [Status.QUEUED, Status.PARSING, Status.CANCELLING, Status.CANCELLED],
    "paused and cancelled": [Status.QUEUED, Status.PAUSED, Status.CANCELLED],
    "taken back": [Status.QUEUED, Status.PARSING, Status.LOADING, Status.ROLLING_BACK, Status.ROLLED_BACK],
}


@pytest.fixture
def limited(aws: None) -> Callable[..., DynamoJobs]:
    """Return a maker of the store of jobs with limits, on one table."""
    table = boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))
    return lambda **limits: DynamoJobs(table, KEEP_DAYS, Limits(**limits))


def job_of(
    tenant: str = "acme", *, number: int = 0, size: int = 10, kind: str = "import", status: Status | None = None
) -> Job:
    job = make_job(tenant, number=number, status=status or Status.WAITING_FOR_FILE)
    return replace(job, kind=kind, file=replace(job.file, bytes=size), created_at=datetime.now(UTC))


def reached(jobs: DynamoJobs, job: Job) -> str | None:
    """Add a job; return the limit that it meets."""
    try:
        assert jobs.add(job)
    except QuotaReached as error:
        return str(error.problem.params["case"])
    return None


@pytest.mark.parametrize("path", ENDS.values(), ids=list(ENDS))
def test_a_job_takes_its_share_until_it_ends(limited: Callable[..., DynamoJobs], path: list[Status]) -> None:
    """Whatever end it is, its transaction gives the share back."""
    jobs = limited(jobs=1)
    first = job_of()
    assert jobs.add(first)
    for status in path:
        assert reached(jobs, job_of(number=9)) == "jobs", f"before {status}"
        jobs.transition(first.ref, status)
    assert reached(jobs, job_of(number=9)) is None


def test_each_state_before_an_end_counts(limited: Callable[..., DynamoJobs]) -> None:
    """The paths above go through all of them."""
    assert set(TRANSITIONS) - ENDED - {Status.WAITING_FOR_FILE} <= {each for path in ENDS.values() for each in path} | {
        Status.PAUSING
    }
    jobs = limited(jobs=1)
    for number, status in enumerate(sorted(ENDED)):
        assert jobs.add(job_of(number=number, status=status)), "a job that is added as it ends takes no share"
    assert reached(jobs, job_of(number=20)) is None


def test_bytes_and_syncs_have_limits_of_their_own(limited: Callable[..., DynamoJobs]) -> None:
    """A job without a file takes no bytes."""
    jobs = limited(bytes=100, syncs=1)
    assert reached(jobs, job_of(number=1, size=60)) is None
    assert reached(jobs, job_of(number=2, size=41)) == "bytes"
    assert reached(jobs, job_of(number=3, size=40)) is None
    assert reached(jobs, job_of(number=4, size=0, kind="sync")) is None
    assert reached(jobs, job_of(number=5, size=0, kind="sync")) == "syncs"
    assert reached(jobs, job_of(number=6, size=0)) is None


def test_tenants_do_not_affect_each_other(limited: Callable[..., DynamoJobs]) -> None:
    """Even if one's name begins as the other's."""
    jobs = limited(jobs=2)
    for tenant in ("acme", "acme2", "other"):
        assert [reached(jobs, job_of(tenant, number=number)) for number in range(3)] == [None, None, "jobs"]


@pytest.mark.usefixtures("atomic_updates")
def test_of_many_jobs_at_once_exactly_as_many_begin_as_may(limited: Callable[..., DynamoJobs]) -> None:
    """Calls that read the same state do not all go on from it; another tenant's are not rejected."""
    jobs = limited(jobs=5)
    wanted = [job_of("acme", number=number) for number in range(12)] + [job_of("other", number=1)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda job: reached(jobs, job), wanted))
    assert sorted(outcomes[:12], key=str) == [None] * 5 + ["jobs"] * 7
    assert outcomes[12] is None
    assert len(jobs.page("acme", status=None, importer=None, limit=50, cursor=None).items) == 5


def test_a_second_creation_takes_no_second_share(limited: Callable[..., DynamoJobs]) -> None:
    """The event of a dropped file may come twice; the file's job is itself no other job."""
    jobs = limited(jobs=1)
    job = job_of()
    assert jobs.add(job)
    assert not jobs.add(job)
    jobs.transition(job.ref, Status.FAILED)
    assert not jobs.add(job)
    assert reached(jobs, job_of(number=2)) is None


def test_a_job_that_goes_on_after_its_end_is_counted_and_not_rejected(limited: Callable[..., DynamoJobs]) -> None:
    """A retry and a rollback must not wait for other jobs."""
    jobs = limited(jobs=1)
    failed = job_of(number=1)
    jobs.add(failed)
    failed = jobs.transition(failed.ref, Status.FAILED, problem=Problem("system-error"))
    other = job_of(number=2)
    assert jobs.add(other)
    jobs.transition(failed.ref, Status.PARSING, since=failed, new_run=True)
    jobs.transition(other.ref, Status.FAILED)
    assert reached(jobs, job_of(number=3)) == "jobs"
    jobs.transition(failed.ref, Status.FAILED)
    assert reached(jobs, job_of(number=3)) is None


def test_the_retry_of_a_job_that_never_began_needs_a_free_share(limited: Callable[..., DynamoJobs]) -> None:
    """Else a drop folder would have no limit."""
    jobs = limited(jobs=1)
    first, waiting = job_of(number=1), job_of(number=2, status=Status.FAILED)
    jobs.add(first)
    jobs.add(replace(waiting, problem=Problem("quota", {"case": "jobs", "limit": 1, "found": 1})))
    seen = jobs.get(waiting.ref)
    with pytest.raises(QuotaReached):
        jobs.transition(waiting.ref, Status.PARSING, since=seen, new_run=True)
    jobs.transition(first.ref, Status.FAILED)
    assert jobs.transition(waiting.ref, Status.PARSING, since=seen, new_run=True).status is Status.PARSING
    assert reached(jobs, job_of(number=3)) == "jobs"


def test_a_transition_that_fails_keeps_the_share(limited: Callable[..., DynamoJobs]) -> None:
    """Both are in one transaction."""
    jobs = limited(jobs=1)
    job = job_of()
    jobs.add(job)
    with pytest.raises(Conflict):
        jobs.transition(job.ref, Status.COMPLETED)
    assert reached(jobs, job_of(number=2)) == "jobs"


def test_a_share_lasts_until_the_end_of_its_job(limited: Callable[..., DynamoJobs]) -> None:
    """A job that has been paused for months is there still, and counts."""
    jobs = limited(jobs=1)
    old = replace(job_of(), created_at=datetime.now(UTC) - timedelta(days=KEEP_DAYS, seconds=1))
    jobs.add(old)
    assert reached(jobs, job_of(number=2)) == "jobs"
    jobs.transition(old.ref, Status.CANCELLED)
    assert reached(jobs, job_of(number=2)) is None


def test_without_limits_jobs_are_counted_and_nothing_is_read(limited: Callable[..., DynamoJobs]) -> None:
    """Limits that are set later hold for the jobs that are there."""
    unlimited = limited()
    for number in range(3):
        assert unlimited.add(job_of(number=number))
    assert reached(limited(jobs=3), job_of(number=9)) == "jobs"
    assert reached(limited(jobs=4), job_of(number=9)) is None
