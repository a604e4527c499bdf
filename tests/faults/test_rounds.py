"""What if a decision changes after rows were parsed? Exactly the chunks that depend on it are parsed once more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from sluice.model.chunk import ChunkRef, ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, SluiceError, TryLater
from sluice.model.job import Job
from sluice.model.status import ENDED, Status
from tests.support.deaths import Killed, dying, killing
from tests.support.factories import csv_file
from tests.support.harness import LEASE, NOW, Harness, small_chunks
from tests.support.state_machine import step_after

#: How a test begins the second round: by a cell that proves the comma, or by an answer.
BEGINNINGS = ("proof", "answer")


class Prices:
    """A file of prices most of which have one reading.

    Some chunks have a cell that may be a thousand or a fraction, and one a wrong cell. The last may prove the comma.
    """

    def __init__(self, chunks: int, rows: int, ambiguous: tuple[int, ...], wrong: int, beginning: str) -> None:
        self.chunks, self.rows, self.ambiguous, self.wrong = chunks, rows, ambiguous, wrong
        self.is_proved = beginning == "proof"
        self.cells = ["7"] * (chunks * rows)
        for chunk in ambiguous:
            self.cells[chunk * rows + 1] = "1.250"
        self.cells[wrong * rows] = "free"
        if self.is_proved:
            self.cells[-1] = "2,5"

    @property
    def body(self) -> bytes:
        return csv_file([(f"P-{n:06d}", f"Part {n}", price, 1) for n, price in enumerate(self.cells, start=1)])

    @property
    def loaded(self) -> dict[str, str]:
        """The prices that are right, by key."""
        read = {"7": "7", "1.250": "1250", "2,5": "2.5"}
        return {f"P-{n:06d}": read[price] for n, price in enumerate(self.cells, start=1) if price != "free"}

    def check(self, harness: Harness, ref: JobRef) -> None:
        """Expect the job to be completed, with no value wrong and each row counted once."""
        job, counts = harness.jobs.get(ref), harness.jobs.get(ref).counts
        assert (job.status, job.problem) == (Status.COMPLETED, None)
        total = len(self.cells)
        assert (counts.total, counts.checked, counts.inserted, counts.rejected) == (total, total, total - 1, 1)
        values = harness.destination.values("acme", "products")
        assert {key: each["price"] for key, each in values.items()} == self.loaded


class Parses(Counter[int]):
    """Counts how often each chunk is parsed."""

    def __init__(self, harness: Harness) -> None:
        super().__init__()
        close = harness.chunks.close

        def counting(ref: ChunkRef, *args: Any, **more: Any) -> bool:
            closed = close(ref, *args, **more)
            self[ref.index] += closed and ref.phase is PhaseName.PARSE
            return closed

        harness.chunks.close = counting  # type: ignore[method-assign]  # counts what it passes on


def in_second_round(harness: Harness, file: Prices) -> JobRef:
    """Return a job whose second round has begun, and is not planned yet."""
    ref = harness.upload(file.body, review=not file.is_proved)
    if not file.is_proved:
        harness.run(ref)
        harness.answer(ref, {"decimal.price": ","})
        return ref
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    assert harness.phase(ref, PhaseName.LOAD) == "over"
    return ref


def end(harness: Harness, ref: JobRef) -> None:
    """Let a job go on to its end; it is committed if it waits for that."""
    if harness.run(ref).status is Status.IN_REVIEW:
        harness.commit(ref)
        harness.run(ref)


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_the_chunks_that_depend_on_a_decision_are_parsed_twice_and_the_others_once(
    monkeypatch: pytest.MonkeyPatch, beginning: str
) -> None:
    small_chunks(monkeypatch, 4)
    harness, file = Harness(), Prices(30, 4, (3, 17, 28), 11, beginning)
    parses = Parses(harness)
    ref = in_second_round(harness, file)
    end(harness, ref)
    file.check(harness, ref)
    print({index: parses[index] for index in range(30)})
    assert {index for index, times in parses.items() if times == 2} == {3, 17, 28, 11}
    assert set(parses.values()) == {1, 2}
    assert len(parses) == 30


#: What changes something outside of a process, by port.
STEPS = {
    "jobs": ("transition", "decide", "enter_phase", "describe", "split_anew"),
    "chunks": ("add", "drop", "take_off", "reopen_one", "open_barrier", "lease", "release", "close"),
    "files": ("write", "remove", "remove_file"),
    "queue": ("send",),
    "machine": ("start", "succeed"),
}


class Executions:
    """Runs the executions of a job, one of whose processes is killed at a step, before or after it has its effect.

    Like Step Functions and SQS it repeats what has not ended: a task in its run, a message when its lease is over.
    """

    def __init__(self, harness: Harness, ref: JobRef, kill_at: int, *, has_effect: bool) -> None:
        self.harness, self.ref, self.kill_at, self.has_effect = harness, ref, kill_at, has_effect
        self.clock, self.steps = NOW, 0
        for port, names in STEPS.items():
            for name in names:
                target = getattr(harness, port)
                setattr(target, name, partial(self._step, getattr(target, name)))

    def _step(self, do: Callable[..., Any], *args: Any, **more: Any) -> Any:
        self.steps += 1
        if self.steps != self.kill_at:
            return do(*args, **more)
        return killing(do, after=self.has_effect)(*args, **more)

    def repeat(self, do: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Call a process again if it was killed."""
        for _ in range(3):
            with suppress(Killed):
                return do(*args, **more)
            self.clock += LEASE + 1
        raise AssertionError("only one process is killed")

    def go_on(self) -> None:
        """Run the executions that were started to their end."""
        seen = 0
        while True:
            job = self.harness.jobs.get(self.ref)
            if job.run == seen or job.status in ENDED or (self.ref, job.run) not in self.harness.machine.started:
                return
            seen = job.run
            self._execution(job)

    def _execution(self, job: Job) -> None:
        harness, run, step = self.harness, job.run, str(job.entry)
        while step != "finish":
            if step == "plan":
                outcome = self.repeat(harness.plan, self.ref, run=run)
            else:
                outcome = self._phase(PhaseName(step), run)
            step = step_after(step, outcome)
        self.repeat(harness.finish, self.ref, run=run, now=self.clock)

    def _phase(self, name: PhaseName, run: int) -> str:
        harness, token = self.harness, f"{name}-{run}-{self.clock}-{len(self.harness.machine.answers)}"
        for _ in range(3):
            self.repeat(harness.dispatch, self.ref, name, token, run=run, now=self.clock)
            while harness.queue.messages:
                message = harness.queue.messages.pop(0)
                try:
                    harness.work(message, now=self.clock)
                except (Killed, TryLater):
                    self.clock += LEASE + 1
                    harness.queue.messages.append(message)
            if token in harness.machine.answers:
                return str(harness.machine.answers[token]["outcome"])
        raise AssertionError(f"the token of {name} was not answered")


def small(beginning: str) -> tuple[Harness, Prices]:
    return Harness(), Prices(4, 2, (0, 2), 1, beginning)


@pytest.mark.parametrize("has_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_a_process_that_is_killed_at_any_step_of_a_job_with_two_rounds_changes_nothing_of_its_result(
    monkeypatch: pytest.MonkeyPatch, beginning: str, has_effect: bool
) -> None:
    """At each step of the whole job, if a cell proves the comma; at each step after the answer, if there is one."""
    small_chunks(monkeypatch, 2)

    def run(kill_at: int) -> int:
        harness, file = small(beginning)
        ref = harness.upload(file.body) if file.is_proved else in_second_round(harness, file)
        executions = Executions(harness, ref, kill_at, has_effect=has_effect)
        executions.go_on()
        if not file.is_proved:
            assert harness.jobs.get(ref).status is Status.IN_REVIEW
            executions.repeat(harness.commit, ref)  # as its caller does
            executions.go_on()
        file.check(harness, ref)
        return executions.steps

    steps = run(0)
    assert steps > 40
    for kill_at in range(1, steps + 1):
        run(kill_at)


@pytest.mark.parametrize("step", ["transition", "start"])
def test_an_answer_that_is_killed_is_given_again(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The first call may have begun the round without starting it."""
    small_chunks(monkeypatch, 2)
    harness, file = small("answer")
    ref = harness.upload(file.body, recipe={"decimal": {"price": "."}})
    assert harness.run(ref).status is Status.COMPLETED
    ref = harness.upload(file.body, review=True, force=True)
    version = harness.run(ref).recipe.version
    target: Any = harness.jobs if step == "transition" else harness.machine
    with dying(monkeypatch, target, step):
        harness.answer(ref, {"decimal.price": ","}, version=version)
    harness.answer(ref, {"decimal.price": ","}, version=version)
    assert harness.answer(ref, {"decimal.price": ","}, version=version).run == 2
    end(harness, ref)
    values = harness.destination.values("acme", "products")
    assert {key: each["price"] for key, each in values.items()} == file.loaded


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("how", ["delivered", "dead letters"])
def test_messages_of_the_first_round_change_nothing_in_the_second(
    monkeypatch: pytest.MonkeyPatch, beginning: str, how: str
) -> None:
    """They come again at each of its steps."""
    small_chunks(monkeypatch, 2)
    harness, file = small(beginning)
    sent: list[ChunkRef] = []
    send = harness.queue.send

    def recording(chunks: Any, *, urgent: bool) -> None:
        sent.extend(chunks)
        send(chunks, urgent=urgent)

    harness.queue.send = recording  # type: ignore[method-assign]  # records what it passes on
    ref = in_second_round(harness, file)
    first = [ref for ref in sent if ref.phase is PhaseName.PARSE]
    assert len(first) == 4

    def again() -> None:
        for message in first:
            with suppress(TryLater):
                if how == "delivered":
                    harness.work(message)
                else:
                    assert not harness.give_up(message)

    def deliver(message: ChunkRef) -> None:
        again()
        harness.work(message)

    harness.plan(ref)
    again()
    token = harness.dispatch(ref, PhaseName.PARSE)
    harness.deliver(each=deliver)
    assert harness.machine.answers[token]["outcome"] == "done"
    again()
    assert all(chunk.state is ChunkState.DONE for chunk in harness.chunks.of_phase(ref, PhaseName.PARSE))
    end(harness, ref)
    again()
    file.check(harness, ref)


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("stop", ["pause", "cancel", "fail"])
def test_a_round_that_is_stopped_in_the_middle_goes_on_or_ends(
    monkeypatch: pytest.MonkeyPatch, beginning: str, stop: str
) -> None:
    small_chunks(monkeypatch, 2)
    harness, file = small(beginning)
    ref = in_second_round(harness, file)
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.work(harness.queue.messages.pop(0))
    if stop == "fail":
        harness.finish(ref, "States.Timeout")
        harness.queue.messages.clear()
        harness.retry(ref)
    else:
        getattr(harness, stop)(ref)
        harness.deliver()
        status = harness.finish(ref).status
        if stop == "cancel":
            assert status is Status.CANCELLED
            assert harness.destination.writes == 0
            with pytest.raises(Conflict):
                harness.answer(ref, {"decimal.price": "."})
            return
        harness.resume(ref)
    end(harness, ref)
    file.check(harness, ref)


@pytest.mark.parametrize("phase", [PhaseName.COMPARE, PhaseName.LOAD])
def test_a_stale_chunk_is_neither_compared_nor_loaded(monkeypatch: pytest.MonkeyPatch, phase: PhaseName) -> None:
    """Nothing sends one; if a mistake of Sluice does, it is an error and no value."""
    small_chunks(monkeypatch, 2)
    harness, file = small("proof")
    ref = in_second_round(harness, file)
    (stale, *_) = harness.chunks.of_phase(ref, PhaseName.PARSE)
    wrong = ChunkRef(ref, phase, stale.ref.index)
    harness.chunks.add([type(stale)(wrong, stale.first_row, stale.rows)])
    if phase is PhaseName.LOAD:
        harness.jobs.transition(ref, Status.LOADING)
    with pytest.raises(SluiceError) as error:
        harness.work(wrong)
    assert error.value.problem.type == "stale-chunk"
    assert harness.destination.writes == 0
