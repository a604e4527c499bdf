"""Pausing a job and resuming it: chunks are put back, and nothing is done twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.status import ENDED, Status
from tests.factories import csv_file, products
from tests.fakes.course import LEASE, NOW, Course


@pytest.fixture
def ref(course: Course) -> JobRef:
    """A planned job of 45 rows in five chunks."""
    ref = course.upload(csv_file(products(45)))
    course.plan(ref)
    return ref


def states(course: Course, ref: JobRef, name: PhaseName) -> list[ChunkState]:
    return [chunk.state for chunk in course.chunks.of_phase(ref, name)]


def begun(course: Course, ref: JobRef, name: PhaseName) -> str:
    """Let a phase come to where two chunks are done and one is at a worker; answers its token."""
    if name is PhaseName.LOAD:
        course.phase(ref, PhaseName.PARSE)
    token = course.dispatch(ref, name)
    for _ in range(2):
        course.work(course.queue.messages.pop(0))
    course.chunks.lease(course.queue.messages[0], now=NOW, until=NOW + LEASE)
    return token


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_job_is_paused_when_the_last_worker_is_done(course: Course, ref: JobRef, name: PhaseName) -> None:
    """Not before, and its token is answered by whoever is the last."""
    token = begun(course, ref, name)
    held = course.queue.messages.pop(0)
    assert course.pause(ref).status is Status.PAUSING
    assert token not in course.machine.answers
    course.deliver()
    assert token not in course.machine.answers, "a worker may still be writing"
    course.chunks.close(held, ChunkState.DONE, Counts())
    course.work(held)
    assert course.machine.answers[token] == {"outcome": "stopped"}
    job = course.finish(ref)
    assert (job.status, job.phase) == (Status.PAUSED, name)


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_chunks_that_come_up_while_a_job_is_stopped_are_put_back(course: Course, ref: JobRef, name: PhaseName) -> None:
    """Their messages are dropped; nothing of them was counted."""
    begun(course, ref, name)
    course.queue.messages.pop(0)
    before = course.pause(ref).counts
    course.deliver()
    assert states(course, ref, name) == ["done", "done", "running", "queued", "queued"]
    assert course.jobs.get(ref).counts == before


@pytest.mark.parametrize("name", [PhaseName.PARSE, PhaseName.LOAD])
def test_a_resumed_job_does_exactly_what_is_left(course: Course, ref: JobRef, name: PhaseName) -> None:
    """Whatever was delivered in between, the counts are as if it had never stopped."""
    begun(course, ref, name)
    held = course.queue.messages.pop(0)
    course.pause(ref)
    course.deliver()
    course.work(held, now=NOW + LEASE)  # its worker died, and the message came again
    assert course.finish(ref).status is Status.PAUSED
    writes = course.destination.writes
    job = course.resume(ref)
    assert (job.status, job.run) == (Status.LOADING if name is PhaseName.LOAD else Status.PARSING, 2)
    assert course.machine.started[-1] == (ref, 2)
    assert course.plan(ref) == ("planned" if name is PhaseName.PARSE else "over")
    token = course.dispatch(ref, name)
    assert course.queue.messages == [ChunkRef(ref, name, index) for index in (2, 3, 4)]
    course.deliver()
    assert course.machine.answers[token] == {"outcome": "done"}
    if name is PhaseName.PARSE:
        course.phase(ref, PhaseName.LOAD)
    done = course.finish(ref)
    assert done.counts == Counts(total=45, checked=45, inserted=45)
    assert done.status is Status.COMPLETED
    assert course.destination.writes - writes == (45 if name is PhaseName.PARSE else 25)


def test_a_job_nobody_is_at_is_paused_at_once(course: Course, ref: JobRef) -> None:
    """Its messages wait in the queue; whoever asks sees that no lease is out."""
    token = course.dispatch(ref, PhaseName.PARSE)
    course.pause(ref)
    assert course.machine.answers[token] == {"outcome": "stopped"}


def test_a_job_is_paused_before_its_plan(course: Course) -> None:
    ref = course.upload(csv_file(products(45)))
    assert course.pause(ref).status is Status.PAUSING
    assert course.plan(ref) == "over"
    assert course.finish(ref).status is Status.PAUSED
    assert course.jobs.get(ref).phase is None
    assert course.resume(ref).entry == "plan"
    assert course.run(ref).counts == Counts(total=45, checked=45, inserted=45)


def test_a_job_that_is_paused_while_its_file_is_cut_is_cut_once(course: Course) -> None:
    """The plan comes to its end, and the phase after it does not begin."""
    ref = course.upload(csv_file(products(45)))
    course.plan(ref)
    course.pause(ref)
    token = course.dispatch(ref, PhaseName.PARSE)
    assert course.machine.answers[token] == {"outcome": "stopped"}
    assert course.queue.messages == []
    assert course.finish(ref).status is Status.PAUSED
    course.resume(ref)
    assert course.run(ref).counts == Counts(total=45, checked=45, inserted=45)


def test_a_long_plan_looks_whether_it_is_still_wanted(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is made anew when the job is resumed."""
    ref = course.upload(csv_file(products(45)))
    clock = iter(range(0, 1000, 3))
    seen: list[int] = []

    def hours() -> float:
        seen.append(1)
        if len(seen) == 3:
            course.pause(ref)
        return float(next(clock))

    with monkeypatch.context() as patched:
        patched.setattr("sluice.usecases.plan.time.monotonic", hours)
        assert course.plan(ref) == "over"
    assert list(course.chunks.of_phase(ref, PhaseName.PARSE)) == []
    assert not course.jobs.get(ref).planned
    assert course.finish(ref).status is Status.PAUSED
    course.resume(ref)
    assert course.run(ref).counts == Counts(total=45, checked=45, inserted=45)


def test_a_comparison_is_paused_and_resumed(course: Course) -> None:
    """The rows that were compared are not compared again."""
    ref = course.upload(csv_file(products(45)), review=True)
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    course.dispatch(ref, PhaseName.COMPARE)
    course.work(course.queue.messages.pop(0))
    course.pause(ref)
    course.queue.messages.clear()
    job = course.finish(ref)
    assert (job.status, job.phase) == (Status.PAUSED, PhaseName.COMPARE)
    assert course.resume(ref).status is Status.PARSING
    done = course.run(ref)
    assert (done.status, done.counts.to_insert) == (Status.IN_REVIEW, 45)


def test_pausing_twice_pauses_once(course: Course, ref: JobRef) -> None:
    course.dispatch(ref, PhaseName.PARSE)
    pausing = course.pause(ref)
    assert course.pause(ref) == pausing
    paused = course.finish(ref)
    assert course.pause(ref) == paused


def test_a_job_is_paused_again_after_it_was_resumed(course: Course, ref: JobRef) -> None:
    for run in (1, 2, 3):
        token = course.dispatch(ref, PhaseName.PARSE)
        course.work(course.queue.messages.pop(0))
        course.pause(ref)
        assert course.machine.answers[token] == {"outcome": "stopped"}
        course.deliver()
        assert course.finish(ref).run == run
        course.resume(ref)
    assert course.run(ref).counts == Counts(total=45, checked=45, inserted=45)


def test_a_job_that_was_resumed_is_not_resumed_again(course: Course, ref: JobRef) -> None:
    """Its course is started all the same: the first call may have died before it could."""
    course.dispatch(ref, PhaseName.PARSE)
    course.pause(ref)
    course.finish(ref)
    resumed = course.resume(ref)
    course.machine.started.clear()
    assert course.resume(ref) == resumed
    assert course.machine.started == [(ref, 2)]


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PAUSED])
def test_only_a_paused_job_is_resumed(course: Course, ref: JobRef, status: Status) -> None:
    course.jobs.items[ref] = replaced(course, ref, status)
    before = course.jobs.get(ref)
    with pytest.raises(Conflict) as rejected:
        course.resume(ref)
    assert rejected.value.problem.type == "illegal-transition"
    assert course.jobs.get(ref) == before


@pytest.mark.parametrize(
    "status",
    [*sorted(ENDED), Status.WAITING_FOR_FILE, Status.IN_REVIEW, Status.CANCELLING, Status.ROLLING_BACK],
)
def test_what_is_not_under_way_is_not_paused(course: Course, ref: JobRef, status: Status) -> None:
    course.jobs.items[ref] = replaced(course, ref, status)
    with pytest.raises(Conflict):
        course.pause(ref)


def replaced(course: Course, ref: JobRef, status: Status) -> Job:
    """The job in a state of a test's choice."""
    return replace(course.jobs.get(ref), status=status)


def test_a_pause_that_comes_after_the_last_chunk_holds_the_job_before_its_end(course: Course, ref: JobRef) -> None:
    """It was asked for, so it is done; resumed, the job has nothing left to do."""
    course.phase(ref, PhaseName.PARSE)
    course.phase(ref, PhaseName.LOAD)
    course.pause(ref)
    assert course.finish(ref).status is Status.PAUSED
    course.resume(ref)
    done = course.run(ref)
    assert (done.status, done.counts.inserted) == (Status.COMPLETED, 45)
