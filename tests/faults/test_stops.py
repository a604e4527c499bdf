"""What if a stop meets a worker? One of the two sees the other, whichever comes first."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.model.chunk import Chunk, ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Problem, TryLater
from sluice.model.status import Status
from sluice.schema.staging import Applied, Batch
from tests.factories import csv_file, products
from tests.fakes.course import LEASE, NOW, Course

STOPPED = {"outcome": "stopped"}
BOTH = pytest.mark.parametrize(("call", "end"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])


@pytest.fixture
def ref(course: Course) -> JobRef:
    """A job of 25 rows that are parsed and about to be loaded."""
    ref = course.upload(csv_file(products(25)))
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    return ref


@BOTH
def test_a_worker_that_has_its_lease_before_the_stop_looks_is_waited_for(
    course: Course, ref: JobRef, monkeypatch: pytest.MonkeyPatch, call: str, end: Status
) -> None:
    """It had read the job before; so it writes, and the stop is not answered before it has."""
    token = course.dispatch(ref, PhaseName.LOAD)
    apply = course.destination.apply

    def stopped_meanwhile(batch: Batch) -> Applied:
        getattr(course, call)(ref)
        assert token not in course.machine.answers
        return apply(batch)

    monkeypatch.setattr(course.destination, "apply", stopped_meanwhile)
    course.work(course.queue.messages.pop(0))
    assert course.machine.answers[token] == STOPPED
    job = course.finish(ref)
    assert (job.status, job.counts.inserted, course.destination.writes) == (end, 10, 10)


@BOTH
def test_a_worker_that_leases_between_the_stop_and_its_look_puts_its_chunk_back(
    course: Course, ref: JobRef, monkeypatch: pytest.MonkeyPatch, call: str, end: Status
) -> None:
    """The stop sees the lease and leaves the answer to the worker, which sees the stop."""
    token = course.dispatch(ref, PhaseName.LOAD)
    first = course.queue.messages.pop(0)
    barrier = course.chunks.barrier

    def leased_first(*args: Any) -> Any:
        monkeypatch.setattr(course.chunks, "barrier", barrier)
        assert course.chunks.lease(first, now=NOW, until=NOW + LEASE) is not None
        return barrier(*args)

    monkeypatch.setattr(course.chunks, "barrier", leased_first)
    getattr(course, call)(ref)
    assert token not in course.machine.answers
    course.work(first, now=NOW + LEASE)
    assert course.machine.answers[token] == STOPPED
    assert course.finish(ref).status is end
    assert course.destination.writes == 0


@BOTH
def test_a_worker_that_leases_after_the_look_puts_its_chunk_back_and_answers_again(
    course: Course, ref: JobRef, call: str, end: Status
) -> None:
    """The machine knows the token no more by then, and takes no notice."""
    token = course.dispatch(ref, PhaseName.LOAD)
    getattr(course, call)(ref)
    assert course.machine.answers[token] == STOPPED
    job = course.finish(ref)
    course.deliver()
    assert (course.jobs.get(ref), job.status, course.destination.writes) == (job, end, 0)
    assert {chunk.state for chunk in course.chunks.of_phase(ref, PhaseName.LOAD)} == {ChunkState.QUEUED}


@BOTH
def test_of_two_workers_that_put_their_chunks_back_the_last_one_answers(
    course: Course, ref: JobRef, monkeypatch: pytest.MonkeyPatch, call: str, end: Status
) -> None:
    """Each sees the other's lease until that is gone."""
    token = course.dispatch(ref, PhaseName.LOAD)
    first, second = course.queue.messages.pop(0), course.queue.messages.pop(0)
    release = course.chunks.release
    seen: list[bool] = []

    def after_the_other(chunk: Chunk, error: Problem | None = None, *, tried: bool = True) -> None:
        monkeypatch.setattr(course.chunks, "release", release)
        other = course.chunks.lease(second, now=NOW, until=NOW + LEASE)
        assert other is not None
        release(chunk, error, tried=tried)
        seen.append(token in course.machine.answers)
        release(other)

    course.jobs.transition(ref, Status.PAUSING if call == "pause" else Status.CANCELLING)
    monkeypatch.setattr(course.chunks, "release", after_the_other)
    course.work(first)
    assert seen == [False]
    assert course.machine.answers[token] == STOPPED
    assert course.finish(ref).status is end


@BOTH
def test_a_dead_worker_does_not_hold_up_a_stop_for_longer_than_its_lease(
    course: Course, ref: JobRef, call: str, end: Status
) -> None:
    """Its message comes again just after the lease, and whoever gets it puts the chunk back."""
    token = course.dispatch(ref, PhaseName.LOAD)
    dead = course.queue.messages.pop(0)
    course.chunks.lease(dead, now=NOW, until=NOW + LEASE)
    getattr(course, call)(ref)
    course.deliver()
    with pytest.raises(TryLater):
        course.work(dead, now=NOW + LEASE - 1)
    assert token not in course.machine.answers
    course.work(dead, now=NOW + LEASE)
    assert course.machine.answers[token] == STOPPED
    assert course.finish(ref).status is end


@BOTH
def test_a_stop_that_comes_when_the_lease_has_run_out_waits_for_nobody(
    course: Course, ref: JobRef, call: str, end: Status
) -> None:
    token = course.dispatch(ref, PhaseName.LOAD)
    course.chunks.lease(course.queue.messages.pop(0), now=NOW, until=NOW + LEASE)
    getattr(course, call)(ref, now=NOW + LEASE)
    assert course.machine.answers[token] == STOPPED
    assert course.finish(ref).status is end


@BOTH
def test_a_failing_chunk_answers_before_its_message_comes_again(
    course: Course, ref: JobRef, monkeypatch: pytest.MonkeyPatch, call: str, end: Status
) -> None:
    """Its attempt failed after the stop had looked; its message may not be back for minutes."""
    token = course.dispatch(ref, PhaseName.LOAD)
    first = course.queue.messages.pop(0)

    def breaks(_: Batch) -> Applied:
        getattr(course, call)(ref)
        raise OSError("reset")

    monkeypatch.setattr(course.destination, "apply", breaks)
    with pytest.raises(OSError, match="reset"):
        course.work(first)
    assert course.machine.answers[token] == STOPPED
    assert course.finish(ref).status is end


@BOTH
def test_a_chunk_that_is_given_up_while_its_job_stops_ends_the_stop(
    course: Course, ref: JobRef, call: str, end: Status
) -> None:
    """Nobody holds it any more; resumed, the job takes it up again."""
    token = course.dispatch(ref, PhaseName.LOAD)
    dead = course.queue.messages.pop(0)
    course.chunks.lease(dead, now=NOW, until=NOW + LEASE)
    getattr(course, call)(ref)
    assert course.give_up(dead, now=NOW + LEASE)
    assert course.machine.answers[token] == STOPPED
    assert course.finish(ref).status is end
    if call == "pause":
        course.queue.messages.clear()
        course.resume(ref)
        assert course.run(ref).counts == Counts(total=25, checked=25, inserted=25)


def test_a_message_of_the_run_before_does_its_chunk_in_the_next(course: Course, ref: JobRef) -> None:
    """It was in flight while the job was paused and resumed: each chunk counts once, whoever brings it."""
    course.dispatch(ref, PhaseName.LOAD)
    old = list(course.queue.messages)
    course.queue.messages.clear()
    course.pause(ref)
    course.finish(ref)
    course.resume(ref)
    course.work(old[0])
    token = course.dispatch(ref, PhaseName.LOAD)
    assert course.queue.messages == [ChunkRef(ref, PhaseName.LOAD, index) for index in (1, 2)]
    for message in old:
        course.work(message)
    assert course.machine.answers[token] == {"outcome": "done"}
    course.deliver()
    assert course.finish(ref).counts == Counts(total=25, checked=25, inserted=25)


def test_the_barrier_of_an_earlier_phase_stops_nothing(course: Course, ref: JobRef) -> None:
    """A late message of a chunk that is parsed finds its phase through, and the job's own phase untouched."""
    token = course.dispatch(ref, PhaseName.LOAD)
    held = course.queue.messages.pop(0)
    course.chunks.lease(held, now=NOW, until=NOW + LEASE)
    course.cancel(ref)
    course.work(ChunkRef(ref, PhaseName.PARSE, 0))
    assert token not in course.machine.answers


@BOTH
def test_a_dispatch_that_is_tried_again_waits_for_the_workers_of_the_first(
    course: Course, ref: JobRef, call: str, end: Status
) -> None:
    """The first one died when some messages were out; its token is worth nothing any more."""
    course.dispatch(ref, PhaseName.LOAD, "first")
    held = course.queue.messages.pop(0)
    course.chunks.lease(held, now=NOW, until=NOW + LEASE)
    getattr(course, call)(ref)
    course.dispatch(ref, PhaseName.LOAD, "second")
    assert course.machine.answers.keys() & {"first", "second"} == set()
    course.work(held, now=NOW + LEASE)
    assert course.machine.answers["second"] == STOPPED
    assert course.finish(ref).status is end


@BOTH
def test_a_stop_that_comes_while_a_phase_is_set_up_needs_no_message_to_end(
    course: Course, ref: JobRef, monkeypatch: pytest.MonkeyPatch, call: str, end: Status
) -> None:
    """The queue may be long; the dispatch itself sees the stop, or the stop sees its barrier."""
    open_barrier = course.chunks.open_barrier

    def stopped_first(*args: Any, **more: Any) -> Any:
        getattr(course, call)(ref)
        return open_barrier(*args, **more)

    monkeypatch.setattr(course.chunks, "open_barrier", stopped_first)
    token = course.dispatch(ref, PhaseName.LOAD)
    assert course.machine.answers[token] == STOPPED
    assert course.finish(ref).status is end
    course.deliver()
    assert course.destination.writes == 0


def test_a_rollback_waits_for_a_worker_that_a_broken_course_left_behind(course: Course, ref: JobRef) -> None:
    """What it writes is taken back too."""
    course.dispatch(ref, PhaseName.LOAD)
    held = course.queue.messages.pop(0)
    course.queue.messages.clear()
    course.chunks.lease(held, now=NOW, until=NOW + LEASE)
    course.finish(ref, error="States.Timeout")
    course.roll_back(ref)
    course.dispatch(ref, PhaseName.UNDO)
    with pytest.raises(TryLater) as later:
        course.work(course.queue.messages[0])
    assert later.value.seconds == LEASE
    course.deliver(each=lambda chunk: course.work(chunk, now=NOW + LEASE))
    assert course.finish(ref).status is Status.ROLLED_BACK
