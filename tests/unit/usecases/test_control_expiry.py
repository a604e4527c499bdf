"""What is kept of a job that has ended, and what calls are answered when it is not any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict
from sluice.model.job import allowed_actions
from sluice.model.status import Status
from sluice.usecases.corrections import check_corrected
from sluice.usecases.downloads import download
from sluice.usecases.views import preview
from sluice.wording import word_detail
from tests.support.factories import csv_file, products
from tests.support.harness import Harness

WRONG = ("P-000099", "Wrong", "-1", "many")


@pytest.fixture
def harness() -> Harness:
    return Harness()


@pytest.fixture
def ref(harness: Harness) -> JobRef:
    """Return a completed job with a rejected row."""
    ref = harness.upload(csv_file([*products(5), WRONG]))
    assert harness.run(ref).status is Status.COMPLETED
    return ref


def aged(harness: Harness, ref: JobRef, *, days: float) -> None:
    """Let a job have ended so many days ago."""
    job, age = harness.jobs.get(ref), timedelta(days=days)
    assert job.finished_at is not None
    assert job.kept_until is not None
    harness.jobs.items[ref] = replace(job, finished_at=job.finished_at - age, kept_until=job.kept_until - age)


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def correct(harness: Harness, ref: JobRef) -> object:
    return check_corrected(ref, "products", harness.jobs)


CALLS: dict[str, Callable[[Harness, JobRef], object]] = {
    "rollback": lambda harness, ref: harness.roll_back(ref, now=now()),
    "correct": correct,
    "download": lambda harness, ref: download(ref, "errors.csv", seconds=0, services=harness),
    "preview": lambda harness, ref: preview(
        ref, limit=1, jobs=harness.jobs, chunks=harness.chunks, files=harness.files
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_whose_rows_or_files_are_not_kept_any_more_says_until_when_they_were(
    harness: Harness, ref: JobRef, call: str
) -> None:
    aged(harness, ref, days=91)
    with pytest.raises(Conflict) as rejected:
        CALLS[call](harness, ref)
    until = harness.jobs.get(ref).kept_until
    assert until is not None
    problem = rejected.value.problem
    assert (problem.type, problem.params["expired_at"]) == ("expired", until.isoformat())
    assert str(until.date()) in word_detail(problem)


def test_a_day_before_everything_is_there(harness: Harness, ref: JobRef) -> None:
    aged(harness, ref, days=89)
    assert correct(harness, ref)
    assert CALLS["preview"](harness, ref)
    assert harness.roll_back(ref, now=now()).status is Status.ROLLING_BACK


def test_the_actions_of_a_job_are_those_that_are_possible_still(harness: Harness, ref: JobRef) -> None:
    job, time = harness.jobs.get(ref), datetime.now(UTC)
    assert allowed_actions(job, time) == ["rollback"]
    assert allowed_actions(job, time + timedelta(days=91)) == []


def test_a_job_that_is_under_way_has_no_such_time(harness: Harness, ref: JobRef) -> None:
    aged(harness, ref, days=80)
    assert harness.roll_back(ref, now=now()).kept_until is None
    assert harness.run(ref).kept_until is not None


def test_a_job_of_an_earlier_version_has_no_such_time(harness: Harness, ref: JobRef) -> None:
    """It is answered as before."""
    harness.jobs.items[ref] = replace(harness.jobs.get(ref), kept_until=None)
    later: Any = now() + 10_000_000
    assert harness.roll_back(ref, now=later).status is Status.ROLLING_BACK
