"""Retrying a job that failed for a reason not in its file: just what is missing is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Conflict
from sluice.model.job import Job, allowed_actions
from sluice.model.status import Status
from sluice.usecases.artifacts import JobFiles
from sluice.wording import word_rejection
from tests.factories import csv_file, products
from tests.fakes.course import LEASE, NOW, Course

ROWS = 45


@pytest.fixture
def ref(course: Course) -> JobRef:
    """A queued job of 45 rows in five chunks."""
    return course.upload(csv_file(products(ROWS)))


def without(course: Course, ref: JobRef, name: PhaseName, *indexes: int) -> Job:
    """Take the job to its end; some chunks of a phase are given up."""
    course.plan(ref)
    for phase in (PhaseName.PARSE, PhaseName.LOAD):
        course.dispatch(ref, phase)

        def deliver(chunk: ChunkRef) -> None:
            if chunk.phase is name and chunk.index in indexes:
                assert course.give_up(chunk)
            else:
                course.work(chunk)

        course.deliver(each=deliver)
    return course.finish(ref)


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_retry_goes_on_with_just_the_chunks_that_were_given_up(course: Course, ref: JobRef, name: PhaseName) -> None:
    failed = without(course, ref, name, 1, 4)
    assert (failed.status, failed.counts.loaded, failed.counts.unprocessed) == (Status.FAILED, 30, 15)
    writes = course.destination.writes
    job = course.retry(ref)
    assert (job.problem, job.finished_at, job.run) == (None, None, 2)
    assert job.status is (Status.PARSING if name is PhaseName.PARSE else Status.LOADING)
    assert course.machine.started[-1] == (ref, 2)
    done = course.run(ref)
    assert (done.status, done.counts) == (Status.COMPLETED, Counts(total=ROWS, checked=ROWS, inserted=ROWS))
    assert course.destination.writes - writes == 15
    assert len(course.destination.values("acme", "products")) == ROWS


def test_blank_rows_of_a_chunk_that_was_given_up_leave_the_total_at_the_retry(course: Course) -> None:
    rows: list[tuple[object, ...]] = list(products(20))
    rows[12:12] = [("", "", "", "")] * 3
    ref = course.upload(csv_file(rows))
    assert without(course, ref, PhaseName.PARSE, 1).counts.total == 23
    course.retry(ref)
    assert course.run(ref).counts == Counts(total=20, checked=20, inserted=20)


def test_a_retry_that_fails_again_is_retried_again(course: Course, ref: JobRef) -> None:
    without(course, ref, PhaseName.LOAD, 2)
    for run in (2, 3):
        course.retry(ref)
        course.dispatch(ref, PhaseName.LOAD)
        assert course.give_up(course.queue.messages.pop())
        job = course.finish(ref)
        assert (job.status, job.run, job.counts.unprocessed) == (Status.FAILED, run, 10)
    course.retry(ref)
    assert course.run(ref).counts.inserted == ROWS


def keyed(*keys: int) -> bytes:
    """A file whose rows have these keys, and prices that tell them apart."""
    return csv_file([(f"P-{key:06d}", f"Part {key}", str(place), 1) for place, key in enumerate(keys, start=2)])


def rejected(course: Course, ref: JobRef) -> dict[int, str]:
    """Rejected rows and why."""
    found = JobFiles(ref, course.files).rejections_page(limit=100, cursor=None).items
    return {rejection.row: word_rejection(rejection) for rejection in found}


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_key_that_comes_in_every_chunk_is_loaded_exactly_once(course: Course, name: PhaseName, index: int) -> None:
    """Whichever chunk comes late: two rows are rejected, and the third is in the dataset."""
    ref = course.upload(keyed(*range(1, 10), 99, *range(11, 20), 99, *range(21, 30), 99))
    failed = without(course, ref, name, index)
    assert failed.status is Status.FAILED
    course.retry(ref)
    done = course.run(ref)
    assert (done.status, done.counts.inserted, done.counts.rejected) == (Status.COMPLETED, 28, 2)
    rows = {11, 21, 31}
    kept = rows - set(rejected(course, ref))
    assert len(kept) == 1
    price = course.destination.values("acme", "products")["P-000099"]["price"]
    assert price == str(next(iter(kept))), "the row that was not rejected is the one that is there"
    assert set(rejected(course, ref).values()) == {f"repeats the Part Number of row {kept.pop()}"}


def test_a_key_whose_first_row_came_late_is_rejected_for_the_one_that_is_loaded(course: Course) -> None:
    """It is delivered already; what is delivered is not taken back for a row further up."""
    ref = course.upload(keyed(*range(1, 10), 99, *range(11, 20), 99))
    without(course, ref, PhaseName.PARSE, 0)
    course.retry(ref)
    course.run(ref)
    assert rejected(course, ref) == {11: "repeats the Part Number of row 21"}


def test_a_key_that_a_dead_worker_may_have_loaded_stays_with_its_row(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chunk was given up after it had written, and an earlier one was parsed after that; the counts add up."""
    ref = course.upload(keyed(*range(1, 10), 99, *range(11, 20), 99))
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.give_up(course.queue.messages.pop(0))
    course.deliver()
    course.dispatch(ref, PhaseName.LOAD)
    (dead,) = course.queue.messages
    with monkeypatch.context() as patched:
        patched.setattr(course.chunks, "close", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            course.work(dead)
    course.queue.messages.clear()
    course.give_up(dead, now=NOW + LEASE)
    assert course.finish(ref).counts.unprocessed == 20
    course.retry(ref)
    done = course.run(ref)
    assert (done.status, done.counts.inserted, done.counts.rejected) == (Status.COMPLETED, 19, 1)
    assert rejected(course, ref) == {11: "repeats the Part Number of row 21"}
    assert course.destination.values("acme", "products")["P-000099"]["price"] == "21"


def test_a_course_that_broke_goes_on_where_it_was(course: Course, ref: JobRef) -> None:
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    course.dispatch(ref, PhaseName.LOAD)
    for _ in range(2):
        course.work(course.queue.messages.pop(0))
    held = course.queue.messages.pop(0)
    course.chunks.lease(held, now=NOW, until=NOW + LEASE)
    course.queue.messages.clear()
    assert course.finish(ref, error="States.Timeout").problem is not None
    assert course.retry(ref).status is Status.LOADING
    token = course.dispatch(ref, PhaseName.LOAD)
    course.queue.messages.remove(held)
    course.deliver()
    assert token not in course.machine.answers, "a worker of the run before is still at its chunk"
    course.work(held, now=NOW + LEASE)
    assert token in course.machine.answers
    assert course.finish(ref).counts == Counts(total=ROWS, checked=ROWS, inserted=ROWS)


def test_a_plan_that_broke_is_made_again(course: Course, ref: JobRef) -> None:
    course.finish(ref, error="Lambda.OutOfMemory")
    job = course.retry(ref)
    assert (job.status, job.entry, job.started_at is not None) == (Status.PARSING, "plan", True)
    assert course.run(ref).counts.inserted == ROWS


def test_a_committed_job_is_not_reviewed_again_at_a_retry(course: Course) -> None:
    ref = course.upload(csv_file(products(ROWS)), review=True)
    course.run(ref)
    course.commit(ref)
    token = course.dispatch(ref, PhaseName.LOAD)
    course.give_up(course.queue.messages.pop())
    course.deliver()
    assert course.machine.answers[token] == {"outcome": "done"}
    assert course.finish(ref).status is Status.FAILED
    assert course.retry(ref).status is Status.LOADING
    assert course.run(ref).status is Status.COMPLETED


def test_a_job_that_broke_before_its_review_is_reviewed_at_the_retry(course: Course) -> None:
    ref = course.upload(csv_file(products(ROWS)), review=True)
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    course.dispatch(ref, PhaseName.COMPARE)
    course.work(course.queue.messages.pop(0))
    course.queue.messages.clear()
    course.finish(ref, error="States.Timeout")
    assert course.retry(ref).status is Status.PARSING
    job = course.run(ref)
    assert (job.status, job.counts.to_insert) == (Status.IN_REVIEW, ROWS)


def test_a_retry_that_comes_twice_begins_one_run(course: Course, ref: JobRef) -> None:
    without(course, ref, PhaseName.LOAD, 1)
    course.retry(ref)
    course.machine.started.clear()
    assert course.retry(ref).run == 2
    assert course.machine.started == [(ref, 2)], "it may not have been started the first time"


@pytest.mark.parametrize("body", [b"%PDF-1.7", csv_file(products(2), titles=("Part Number", "Price", "Stock"))])
def test_a_rejected_file_is_not_retried(course: Course, body: bytes) -> None:
    """It would be rejected again."""
    ref = course.upload(body)
    course.run(ref)
    with pytest.raises(Conflict) as rejected:
        course.retry(ref)
    assert rejected.value.problem.type == "not-retryable"
    assert course.jobs.get(ref).status is Status.FAILED
    assert allowed_actions(course.jobs.get(ref)) == []


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.FAILED])
def test_only_a_failed_job_is_retried(course: Course, ref: JobRef, status: Status) -> None:
    course.jobs.items[ref] = replace(course.jobs.get(ref), status=status)
    with pytest.raises(Conflict) as rejected:
        course.retry(ref)
    assert rejected.value.problem.type == "illegal-transition"


@pytest.mark.parametrize(
    ("fail", "moves"),
    [
        (lambda course, ref: without(course, ref, PhaseName.LOAD, 1), ["retry", "rollback"]),
        (lambda course, ref: course.finish(ref, error="States.Timeout"), ["retry"]),
    ],
    ids=["some rows are loaded", "nothing was read"],
)
def test_a_failed_job_says_what_can_be_done(
    course: Course, ref: JobRef, fail: Callable[[Course, JobRef], Job], moves: list[str]
) -> None:
    """Of what was never cut nothing can be taken back."""
    assert allowed_actions(fail(course, ref)) == moves


def test_chunks_that_are_done_stay_as_they_are(course: Course, ref: JobRef) -> None:
    without(course, ref, PhaseName.PARSE, 1)
    before = list(course.chunks.of_phase(ref, PhaseName.LOAD))
    course.retry(ref)
    course.run(ref)
    after = {chunk.ref: chunk for chunk in course.chunks.of_phase(ref, PhaseName.LOAD)}
    assert [after.pop(chunk.ref) for chunk in before] == before
    assert [(chunk.ref.index, chunk.state) for chunk in after.values()] == [(1, ChunkState.DONE)]
