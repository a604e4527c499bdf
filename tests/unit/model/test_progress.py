"""How far a job is, in a sentence a person reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.model.counts import Counts
from sluice.model.errors import Problem
from sluice.model.job import Job, Progress, progress_of
from sluice.model.status import Status
from tests.factories import make_job
from tests.unit.model.test_counts import COUNTS

HALF = Counts(total=2000, checked=1000, inserted=300, updated=100, unchanged=50, refused=50)
WHOLE = Counts(total=2000, checked=2000, inserted=1500, updated=400, unchanged=50, refused=50)


def job_with(status: Status, counts: Counts = HALF, problem: Problem | None = None) -> Job:
    """A job in a state of its life."""
    return replace(make_job(status=status), counts=counts, problem=problem)


@pytest.mark.parametrize(
    ("status", "counts", "progress"),
    [
        (Status.WAITING_FOR_FILE, Counts(), Progress(0, 0, 0, "Waiting for the file")),
        (Status.QUEUED, Counts(), Progress(0, 0, 0, "Waiting to start")),
        (Status.PARSING, Counts(), Progress(0, 0, 0, "Reading the file")),
        (Status.PARSING, HALF, Progress(1000, 2000, 50, "Checked 1,000 of 2,000 rows")),
        (Status.LOADING, HALF, Progress(500, 2000, 25, "Loaded 450 of 2,000 rows")),
        (Status.COMPLETED, WHOLE, Progress(2000, 2000, 100, "Loaded 1,950 of 2,000 rows")),
        (Status.COMPLETED, Counts(), Progress(0, 0, 100, "Loaded 0 of 0 rows")),
        (Status.FAILED, HALF, Progress(500, 2000, 25, "Loaded 450 of 2,000 rows")),
        (Status.CANCELLED, HALF, Progress(500, 2000, 25, "Loaded 450 of 2,000 rows")),
    ],
)
def test_progress_says_what_the_job_is_at(status: Status, counts: Counts, progress: Progress) -> None:
    """Rows checked while it parses, rows settled from then on."""
    assert progress_of(job_with(status, counts)) == progress


def test_a_job_whose_file_was_refused_says_why() -> None:
    """There are no rows to speak of."""
    refused = job_with(Status.FAILED, Counts(), Problem("empty-file", "The file is empty", "It has no row."))
    assert progress_of(refused).message == "The file is empty"


@given(st.sampled_from(Status), COUNTS)
def test_percent_is_a_percentage(status: Status, counts: Counts) -> None:
    """100 only when everything is settled, whatever a doubled chunk may have counted."""
    progress = progress_of(job_with(status, counts))
    assert 0 <= progress.percent <= 100
    assert progress.total == counts.total
    assert progress.message
    if status is Status.COMPLETED:
        assert progress.percent == 100
    elif progress.current < counts.total:
        assert progress.percent < 100
