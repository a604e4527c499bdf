"""What if the process dies between a move and its start, or an older run speaks up late?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.errors import Conflict
from sluice.model.status import Status
from sluice.usecases.dispatch import dispatch
from sluice.usecases.finish import finish
from sluice.usecases.plan import plan
from tests.factories import csv_file, products
from tests.fakes.course import NOW, Course

LATE = timedelta(minutes=16)
WHOLE = Counts(total=25, checked=25, inserted=25)


class Killed(BaseException):
    """The process is gone: no handler of exceptions runs on."""


def in_review(course: Course) -> JobRef:
    ref = course.upload(csv_file(products(25)), review=True)
    course.run(ref)
    return ref


def paused(course: Course, phase: PhaseName = PhaseName.LOAD) -> JobRef:
    """Two of three chunks of the phase are open."""
    ref = course.upload(csv_file(products(25)))
    course.plan(ref)
    if phase is PhaseName.LOAD:
        course.phase(ref, PhaseName.PARSE)
    course.dispatch(ref, phase)
    course.work(course.queue.messages.pop(0))
    course.pause(ref)
    course.queue.messages.clear()
    course.finish(ref)
    return ref


def failed(course: Course) -> JobRef:
    ref = course.upload(csv_file(products(25)))
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    course.dispatch(ref, PhaseName.LOAD)
    course.give_up(course.queue.messages.pop())
    course.deliver()
    course.finish(ref)
    return ref


def completed(course: Course) -> JobRef:
    ref = course.upload(csv_file(products(25)))
    course.run(ref)
    return ref


MOVES: list[tuple[Callable[[Course], JobRef], str]] = [
    (in_review, "commit"),
    (paused, "resume"),
    (failed, "retry"),
    (completed, "roll_back"),
]


@pytest.mark.parametrize(("bring", "call"), MOVES, ids=[call for _, call in MOVES])
def test_a_run_that_was_never_started_is_started_by_the_clock(
    course: Course, monkeypatch: pytest.MonkeyPatch, bring: Callable[[Course], JobRef], call: str
) -> None:
    """The job says that it goes on; nobody does until tidy looks."""
    ref = bring(course)

    def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(course.machine, "start", dies)
        with pytest.raises(Killed):
            getattr(course, call)(ref)
    assert (ref, 2) not in course.machine.started
    assert course.jobs.get(ref).run == 2
    assert course.sweep(after=timedelta(minutes=14)) == 0
    assert course.sweep(after=LATE) == 1
    assert course.machine.started[-1] == (ref, 2)
    done = course.run(ref)
    if call == "roll_back":
        assert (done.status, done.counts.reversed) == (Status.ROLLED_BACK, 25)
    else:
        assert done.status is Status.COMPLETED
        assert (done.counts.inserted, done.counts.unprocessed) == (25, 0)
    assert course.destination.writes == (50 if call == "roll_back" else 25)


@pytest.mark.parametrize(("bring", "call"), MOVES, ids=[call for _, call in MOVES])
def test_messages_that_tidy_sends_before_the_run_begins_cost_nothing(
    course: Course, monkeypatch: pytest.MonkeyPatch, bring: Callable[[Course], JobRef], call: str
) -> None:
    """The barrier of the run before may still stand: chunks count it down, and the new one counts anew."""
    ref = bring(course)
    with monkeypatch.context() as patched:
        patched.setattr(course.machine, "start", lambda _: None)
        getattr(course, call)(ref)
    course.sweep(after=LATE)
    course.deliver()
    done = course.run(ref)
    assert done.status is (Status.ROLLED_BACK if call == "roll_back" else Status.COMPLETED)
    assert (done.counts.inserted, done.counts.unprocessed) == (25, 0)
    assert course.destination.writes == (50 if call == "roll_back" else 25)


@pytest.mark.parametrize("error", [None, "States.Timeout"])
@pytest.mark.parametrize(("bring", "call"), MOVES, ids=[call for _, call in MOVES])
def test_the_end_of_a_run_that_was_left_behind_changes_nothing(
    course: Course, bring: Callable[[Course], JobRef], call: str, error: str | None
) -> None:
    """Step Functions tried its last step again, and by then the job had gone on."""
    ref = bring(course)
    job = getattr(course, call)(ref)
    assert finish(ref, 1, error=error, services=course) == job
    assert course.jobs.get(ref) == job


def test_a_step_of_a_run_that_was_left_behind_does_nothing(course: Course) -> None:
    """It is told so, and ends."""
    ref = paused(course, PhaseName.PARSE)
    course.resume(ref)
    before = (course.jobs.get(ref), dict(course.chunks.items), dict(course.chunks.phases))
    assert plan(ref, 1, before=NOW + 900, services=course) == "over"
    for name in PhaseName:
        dispatch(ref, 1, name, f"late {name}", now=NOW, services=course)
        assert course.machine.answers[f"late {name}"] == {"outcome": "over"}
    assert before == (course.jobs.get(ref), course.chunks.items, course.chunks.phases)
    assert course.queue.messages == []
    assert course.run(ref).counts == WHOLE


def test_a_step_of_a_run_that_was_left_behind_does_not_stop_the_next(course: Course) -> None:
    """Its job is to be paused again, but in another run: it is not this step that says when."""
    ref = paused(course, PhaseName.PARSE)
    course.resume(ref)
    token = course.dispatch(ref, PhaseName.PARSE)
    course.pause(ref)
    dispatch(ref, 1, PhaseName.PARSE, "late", now=NOW, services=course)
    assert course.machine.answers["late"] == {"outcome": "over"}
    assert course.machine.answers[token] == {"outcome": "stopped"}


def test_of_two_that_resume_at_once_one_begins_the_run(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both saw it paused; both are answered the job, and the run is started once."""
    ref = paused(course)
    move = course.jobs.transition

    def second(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(course.jobs, "transition", move)
        course.resume(ref)
        return move(*args, **more)

    monkeypatch.setattr(course.jobs, "transition", second)
    assert course.resume(ref).run == 2
    assert course.machine.started.count((ref, 2)) == 1
    assert course.run(ref).counts == WHOLE


@pytest.mark.parametrize("call", ["pause", "cancel"])
@pytest.mark.parametrize("step", ["dispatch", "finish"])
def test_a_step_that_meets_a_stop_is_tried_again(
    course: Course, monkeypatch: pytest.MonkeyPatch, call: str, step: str
) -> None:
    """It read the job before the stop and writes it after: the write is rejected, and Step Functions calls again."""
    ref = course.upload(csv_file(products(25)))
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    if step == "finish":
        course.phase(ref, PhaseName.LOAD)
    move = course.jobs.transition

    def stopped_first(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(course.jobs, "transition", move)
        getattr(course, call)(ref)
        return move(*args, **more)

    monkeypatch.setattr(course.jobs, "transition", stopped_first)
    with pytest.raises(Conflict):
        course.dispatch(ref, PhaseName.LOAD) if step == "dispatch" else course.finish(ref)
    if step == "dispatch":
        token = course.dispatch(ref, PhaseName.LOAD)
        assert course.machine.answers[token] == {"outcome": "stopped"}
    assert course.finish(ref).status is (Status.PAUSED if call == "pause" else Status.CANCELLED)
