"""Progress of a job, in rows and in a sentence for people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.model.chunk import PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Problem, UpstreamDown
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.usecases.views import progress_of
from sluice.wording import word_progress
from tests.support.factories import make_job
from tests.unit.model.test_counts import COUNTS

HALF = Counts(total=2000, checked=1000, inserted=300, updated=100, unchanged=50, rejected=50)
WHOLE = Counts(total=2000, checked=2000, inserted=1500, updated=400, unchanged=50, rejected=50)


UNDONE = replace(WHOLE, reversed=800, conflicts=150, rollback_failed=50)


def job_with(
    status: Status, counts: Counts = HALF, problem: Problem | None = None, phase: PhaseName | None = None
) -> Job:
    """Make a job in a given state."""
    return replace(make_job(status=status), counts=counts, problem=problem, phase=phase)


def shown(job: Job) -> tuple[int, int, int, str]:
    """Return rows done, rows in all, percent and sentence."""
    progress = progress_of(job)
    return progress.current, progress.total, progress.percent, word_progress(job, progress_of(job).code)


@pytest.mark.parametrize(
    ("status", "counts", "progress"),
    [
        (Status.WAITING_FOR_FILE, Counts(), (0, 0, 0, "Waiting for the file")),
        (Status.QUEUED, Counts(), (0, 0, 0, "Waiting to start")),
        (Status.PARSING, Counts(), (0, 0, 0, "Reading the file")),
        (Status.PARSING, HALF, (1000, 2000, 50, "Checked 1,000 of 2,000 rows")),
        (Status.LOADING, HALF, (500, 2000, 25, "Loaded 450 of 2,000 rows")),
        (Status.COMPLETED, WHOLE, (2000, 2000, 100, "Loaded 1,950 of 2,000 rows")),
        (Status.COMPLETED, Counts(), (0, 0, 100, "Loaded 0 of 0 rows")),
        (Status.FAILED, HALF, (500, 2000, 25, "Loaded 450 of 2,000 rows")),
        (Status.CANCELLED, HALF, (500, 2000, 25, "Loaded 450 of 2,000 rows")),
        (Status.IN_REVIEW, WHOLE, (2000, 2000, 100, "Waiting for review: 1,950 of 2,000 rows can be loaded")),
        (Status.ROLLING_BACK, WHOLE, (0, 1900, 0, "Rolled back 0 rows")),
        (Status.ROLLING_BACK, UNDONE, (1000, 1900, 52, "Rolled back 800 rows, kept 150 that were changed since")),
        (Status.ROLLED_BACK, UNDONE, (1000, 1900, 100, "Rolled back 800 rows, kept 150 that were changed since")),
    ],
)
def test_progress_describes_the_current_step(
    status: Status, counts: Counts, progress: tuple[int, int, int, str]
) -> None:
    """It counts checked rows while the job parses, and loaded or rejected rows afterwards."""
    assert shown(job_with(status, counts)) == progress


def test_a_comparison_counts_the_compared_rows() -> None:
    """Rejected rows are not compared."""
    compared = replace(HALF, checked=2000, to_insert=500, to_update=200, to_leave=250)
    job = job_with(Status.PARSING, compared, phase=PhaseName.COMPARE)
    assert shown(job) == (1000, 2000, 50, "Compared 950 of 1,950 rows with what is there")


@pytest.mark.parametrize("status", [Status.PAUSING, Status.PAUSED, Status.CANCELLING])
@pytest.mark.parametrize(("phase", "percent"), [(PhaseName.PARSE, 50), (PhaseName.LOAD, 25)])
def test_a_stopped_job_shows_the_progress_of_its_phase(status: Status, phase: PhaseName, percent: int) -> None:
    """A progress bar must not jump back when a caller pauses the job."""
    assert progress_of(job_with(status, HALF, phase=phase)).percent == percent


def test_a_rollback_of_more_rows_than_were_counted_stays_within_100_percent() -> None:
    """A worker that died had written rows before they were counted."""
    uncounted = Counts(total=20, checked=20, inserted=5, reversed=10)
    assert progress_of(job_with(Status.ROLLING_BACK, uncounted)).total == 10


def test_a_job_whose_file_was_rejected_shows_the_reason() -> None:
    """It has no rows to count."""
    rejected = job_with(Status.FAILED, Counts(), Problem("empty-file", {"case": "no-row"}))
    assert word_progress(rejected, progress_of(rejected).code) == "The file has no rows"


def test_a_suspended_job_shows_the_reason() -> None:
    """It resumes automatically."""
    paused = replace(job_with(Status.PAUSED), suspended=UpstreamDown("SIASN").problem)
    assert (
        word_progress(paused, progress_of(paused).code)
        == "SIASN does not answer. The job resumes automatically when it does."
    )


@given(st.sampled_from(Status), st.sampled_from([None, *PhaseName]), COUNTS)
def test_percent_is_a_percentage(status: Status, phase: PhaseName | None, counts: Counts) -> None:
    """It is 100 only at the end, even if a chunk was counted twice."""
    job = job_with(status, counts, phase=phase)
    progress = progress_of(job)
    assert 0 <= progress.percent <= 100
    if status in {Status.ROLLING_BACK, Status.ROLLED_BACK}:
        assert progress.total == max(counts.changed, counts.undone)
    elif phase is PhaseName.ABSENT:
        assert progress.total == counts.to_absent
    else:
        assert progress.total == counts.total
    assert word_progress(job, progress_of(job).code)[0].isupper()
    if status in {Status.COMPLETED, Status.ROLLED_BACK}:
        assert progress.percent == 100
    elif progress.current < progress.total:
        assert progress.percent < 100
