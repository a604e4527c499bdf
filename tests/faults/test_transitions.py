"""What if the process dies between a transition and the start of its run, or an older run is late?"""

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
from tests.support.deaths import dying
from tests.support.factories import csv_file, products
from tests.support.harness import NOW, Harness

LATE = timedelta(minutes=16)
WHOLE = Counts(total=25, checked=25, inserted=25)


def in_review(harness: Harness) -> JobRef:
    ref = harness.upload(csv_file(products(25)), review=True)
    harness.run(ref)
    return ref


def paused(harness: Harness, phase: PhaseName = PhaseName.LOAD) -> JobRef:
    """Return a paused job; two of three chunks of the phase are open."""
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    if phase is PhaseName.LOAD:
        harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, phase)
    harness.work(harness.queue.messages.pop(0))
    harness.pause(ref)
    harness.queue.messages.clear()
    harness.finish(ref)
    return ref


def failed(harness: Harness) -> JobRef:
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    harness.give_up(harness.queue.messages.pop())
    harness.deliver()
    harness.finish(ref)
    return ref


def completed(harness: Harness) -> JobRef:
    ref = harness.upload(csv_file(products(25)))
    harness.run(ref)
    return ref


ACTIONS: list[tuple[Callable[[Harness], JobRef], str]] = [
    (in_review, "commit"),
    (paused, "resume"),
    (failed, "retry"),
    (completed, "roll_back"),
]


@pytest.mark.parametrize(("bring", "call"), ACTIONS, ids=[call for _, call in ACTIONS])
def test_the_sweeper_starts_a_run_that_was_never_started(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, bring: Callable[[Harness], JobRef], call: str
) -> None:
    """The job is in its new state, and no execution belongs to it until the sweeper looks."""
    ref = bring(harness)
    with dying(monkeypatch, harness.machine, "start"):
        getattr(harness, call)(ref)
    assert (ref, 2) not in harness.machine.started
    assert harness.jobs.get(ref).run == 2
    assert harness.sweep(after=timedelta(minutes=14)) == 0
    assert harness.sweep(after=LATE) == 1
    assert harness.machine.started[-1] == (ref, 2)
    done = harness.run(ref)
    if call == "roll_back":
        assert (done.status, done.counts.reversed) == (Status.ROLLED_BACK, 25)
    else:
        assert done.status is Status.COMPLETED
        assert (done.counts.inserted, done.counts.unprocessed) == (25, 0)
    assert harness.destination.writes == (50 if call == "roll_back" else 25)


@pytest.mark.parametrize(("bring", "call"), ACTIONS, ids=[call for _, call in ACTIONS])
def test_messages_that_the_sweeper_sends_before_the_run_begins_do_no_harm(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, bring: Callable[[Harness], JobRef], call: str
) -> None:
    """Chunks may count down the barrier of the earlier run; the new barrier starts from their states."""
    ref = bring(harness)
    with monkeypatch.context() as patched:
        patched.setattr(harness.machine, "start", lambda _: None)
        getattr(harness, call)(ref)
    harness.sweep(after=LATE)
    harness.deliver()
    done = harness.run(ref)
    assert done.status is (Status.ROLLED_BACK if call == "roll_back" else Status.COMPLETED)
    assert (done.counts.inserted, done.counts.unprocessed) == (25, 0)
    assert harness.destination.writes == (50 if call == "roll_back" else 25)


@pytest.mark.parametrize("error", [None, "States.Timeout"])
@pytest.mark.parametrize(("bring", "call"), ACTIONS, ids=[call for _, call in ACTIONS])
def test_the_last_step_of_an_earlier_run_changes_nothing(
    harness: Harness, bring: Callable[[Harness], JobRef], call: str, error: str | None
) -> None:
    """Step Functions retried the step, and by then the job had a later run."""
    ref = bring(harness)
    job = getattr(harness, call)(ref)
    assert finish(ref, 1, error=error, now=NOW, services=harness) == job
    assert harness.jobs.get(ref) == job


def test_a_step_of_an_earlier_run_does_nothing(harness: Harness) -> None:
    """Its outcome is `over`, which ends the execution."""
    ref = paused(harness, PhaseName.PARSE)
    harness.resume(ref)
    before = (harness.jobs.get(ref), dict(harness.chunks.items), dict(harness.chunks.phases))
    assert plan(ref, 1, before=NOW + 900, services=harness) == "over"
    for name in PhaseName:
        dispatch(ref, 1, name, f"late {name}", now=NOW, services=harness)
        assert harness.machine.answers[f"late {name}"] == {"outcome": "over"}
    assert before == (harness.jobs.get(ref), harness.chunks.items, harness.chunks.phases)
    assert harness.queue.messages == []
    assert harness.run(ref).counts == WHOLE


def test_a_step_of_an_earlier_run_does_not_stop_the_next(harness: Harness) -> None:
    """The job is pausing again, but in another run, which completes its own token."""
    ref = paused(harness, PhaseName.PARSE)
    harness.resume(ref)
    token = harness.dispatch(ref, PhaseName.PARSE)
    harness.pause(ref)
    dispatch(ref, 1, PhaseName.PARSE, "late", now=NOW, services=harness)
    assert harness.machine.answers["late"] == {"outcome": "over"}
    assert harness.machine.answers[token] == {"outcome": "stopped"}


def test_of_two_simultaneous_resumes_one_starts_the_run(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both read a paused job; both return the job, and the run is started once."""
    ref = paused(harness)
    transition = harness.jobs.transition

    def second(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(harness.jobs, "transition", transition)
        harness.resume(ref)
        return transition(*args, **more)

    monkeypatch.setattr(harness.jobs, "transition", second)
    assert harness.resume(ref).run == 2
    assert harness.machine.started.count((ref, 2)) == 1
    assert harness.run(ref).counts == WHOLE


@pytest.mark.parametrize("call", ["pause", "cancel"])
@pytest.mark.parametrize("step", ["dispatch", "finish"])
def test_a_step_that_meets_a_stop_is_retried(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, call: str, step: str
) -> None:
    """It reads the job before the stop and writes it after: the write is rejected, and Step Functions retries."""
    ref = harness.upload(csv_file(products(25)))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    if step == "finish":
        harness.phase(ref, PhaseName.LOAD)
    transition = harness.jobs.transition

    def stopped_first(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(harness.jobs, "transition", transition)
        getattr(harness, call)(ref)
        return transition(*args, **more)

    monkeypatch.setattr(harness.jobs, "transition", stopped_first)
    with pytest.raises(Conflict):
        harness.dispatch(ref, PhaseName.LOAD) if step == "dispatch" else harness.finish(ref)
    if step == "dispatch":
        token = harness.dispatch(ref, PhaseName.LOAD)
        assert harness.machine.answers[token] == {"outcome": "stopped"}
    assert harness.finish(ref).status is (Status.PAUSED if call == "pause" else Status.CANCELLED)
