"""What if anything happens, in any order? Whatever becomes of a job, in the end each row counts once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.model.chunk import CLOSED, ChunkRef, JobRef, PhaseName
from sluice.model.errors import Conflict, TryLater
from sluice.model.job import allowed_actions
from sluice.model.status import INACTIVE, Status
from tests.support.factories import csv_file
from tests.support.harness import LEASE, NOW, Harness, small_chunks

#: Four chunks of three rows; a key that comes in three of them, and one twice in the last.
KEYS = (1, 2, 99, 3, 99, 4, 5, 6, 99, 7, 8, 8)
#: Two of those are there before, one of them with another price.
KNOWN = ((3, "3"), (4, "400"))


class Killed(BaseException):
    """The process is gone: no handler of exceptions runs on."""


def part(key: int, price: object) -> tuple[str, str, str, int]:
    return (f"P-{key:06d}", f"Part {key}", str(price), 1)


@dataclass
class Life:
    """A job to which things happen, and the state machine beside it. A worker that lives is done in one step."""

    harness: Harness = field(default_factory=Harness)
    clock: int = NOW
    run: int = 0
    step: str = ""
    token: str | None = None

    def begin(self, *, review: bool) -> None:
        self.harness.run(self.harness.upload(csv_file([part(*known) for known in KNOWN])))
        self.before = dict(self.harness.destination.datasets["acme", "products"])
        self.ref: JobRef = self.harness.upload(csv_file([part(key, key) for key in KEYS]), review=review)

    def reach(self, stage: str) -> None:
        """Let all go well until the messages of a phase are out."""
        for _ in range(20):
            if self.step == stage and self.token is not None:
                return
            while self.harness.queue.messages:
                self.work(0)
            self.advance(0)
            if self.harness.jobs.get(self.ref).status is Status.IN_REVIEW:
                self.harness.commit(self.ref)

    def advance(self, _: int) -> None:
        """The state machine takes a step, if it has one to take."""
        harness, job = self.harness, self.harness.jobs.get(self.ref)
        if self.run != job.run and (self.ref, job.run) in harness.machine.started:
            self.run, self.step, self.token = job.run, job.entry, None
        elif self.token is not None and self.token in harness.machine.answers:
            outcome = str(harness.machine.answers[self.token]["outcome"])
            self.step, self.token = Harness._after(self.step, outcome), None
        with suppress(Conflict):  # Step Functions tries again
            if self.step == "plan":
                self.step = Harness._after("plan", harness.plan(self.ref))
            elif self.step == "finish":
                harness.finish(self.ref)
                self.step = ""
            elif self.step and self.token is None:
                self.token = harness.dispatch(self.ref, PhaseName(self.step), now=self.clock)

    def dispatch_again(self, _: int) -> None:
        """The function was killed, or took too long; its first attempt may have come far."""
        if self.token is not None and self.token not in self.harness.machine.answers:
            self.token = None
            self.advance(0)

    def break_off(self, _: int) -> None:
        """The execution ends with an error."""
        if self.step and self.harness.jobs.get(self.ref).run == self.run:
            with suppress(Conflict):
                self.harness.finish(self.ref, error="States.Timeout")
                self.step, self.token = "", None

    def work(self, which: int) -> None:
        """A message is delivered; one whose chunk is held comes again."""
        if (chunk := self.message(which)) is not None:
            with suppress(TryLater):
                self.harness.work(chunk, now=self.clock)
                return
            self.harness.queue.messages.append(chunk)

    def die(self, which: int) -> None:
        """The worker dies before it closes its chunk, or just after; its message comes again."""
        if (chunk := self.message(which)) is None:
            return
        chunks, close = self.harness.chunks, self.harness.chunks.close

        def dying(*args: Any, **more: Any) -> bool:
            if which % 2:
                close(*args, **more)
            raise Killed

        chunks.close = dying  # type: ignore[method-assign]  # put back below
        try:
            with suppress(Killed, TryLater):
                self.harness.work(chunk, now=self.clock)
        finally:
            chunks.close = close  # type: ignore[method-assign]  # as it was
        self.harness.queue.messages.append(chunk)

    def give_up(self, which: int) -> None:
        """A message has become a dead letter."""
        if (chunk := self.message(which)) is not None:
            with suppress(TryLater):
                self.harness.give_up(chunk, now=self.clock)
                return
            self.harness.queue.messages.append(chunk)

    def lose(self, which: int) -> None:
        self.message(which)

    def double(self, which: int) -> None:
        if (chunk := self.message(which)) is not None:
            self.harness.queue.messages += [chunk, chunk]

    def wait(self, _: int) -> None:
        self.clock += LEASE + 1

    def move(self, which: int) -> None:
        """Somebody asks for one of the moves that the job allows; nobody cancels it, for it is to come to its end."""
        allowed = [
            name for name in allowed_actions(self.harness.jobs.get(self.ref)) if name not in {"cancel", "rollback"}
        ]
        if allowed:
            getattr(self, f"ask_{allowed[which % len(allowed)]}")()

    def ask_pause(self) -> None:
        self.harness.pause(self.ref, now=self.clock)

    def ask_resume(self) -> None:
        self.harness.resume(self.ref)

    def ask_retry(self) -> None:
        self.harness.retry(self.ref)

    def ask_commit(self) -> None:
        self.harness.commit(self.ref)

    def message(self, which: int) -> ChunkRef | None:
        waiting = self.harness.queue.messages
        return waiting.pop(which % len(waiting)) if waiting else None

    def happen(self, what: str, which: int) -> None:
        """Let something happen; while the job stands still, nothing is written."""
        resting = self.harness.jobs.get(self.ref).status in INACTIVE
        writes = self.harness.destination.writes
        getattr(self, what)(which)
        if resting:
            assert self.harness.destination.writes == writes

    def heal(self, end: Status) -> None:
        """From now on nothing goes wrong any more, and whoever looks after the job sets it going."""
        for _ in range(200):
            job = self.harness.jobs.get(self.ref)
            if job.status is end:
                return
            self.clock += LEASE + 1
            if job.phase is not None and self.harness.chunks.barrier(self.ref, job.phase) is not None:
                found = self.harness.chunks.of_phase(self.ref, job.phase)
                self.harness.queue.send([chunk.ref for chunk in found if chunk.state not in CLOSED], urgent=False)
            while self.harness.queue.messages:
                self.work(0)
            if job.phase is not None and self.token is not None:
                self.harness.dispatch(self.ref, PhaseName(self.step), self.token, now=self.clock)
            self.advance(0)
            if job.status in INACTIVE:
                self.move(0)
        raise AssertionError(f"the job stays {self.harness.jobs.get(self.ref)}")


EVENTS = ["advance"] * 4 + ["work"] * 4 + ["die", "give_up", "lose", "double", "wait", "dispatch_again", "break_off"]
HAPPENING = st.lists(st.tuples(st.sampled_from([*EVENTS, "move"]), st.integers(0, 11)), max_size=60)
STAGES = st.sampled_from(["plan", "parse", "compare", "load"])
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(STAGES, HAPPENING, st.booleans())
def test_a_job_comes_to_its_end_with_every_row_counted_once(
    monkeypatch: pytest.MonkeyPatch, stage: str, happening: list[tuple[str, int]], review: bool
) -> None:
    small_chunks(monkeypatch, 3)
    life = Life()
    life.begin(review=review)
    if stage != "plan" and (review or stage != "compare"):
        life.reach(stage)
    for what, which in happening:
        life.happen(what, which)
    life.heal(Status.COMPLETED)
    counts = life.harness.jobs.get(life.ref).counts
    assert (counts.total, counts.checked, counts.rejected, counts.unprocessed) == (12, 12, 3, 0)
    assert (counts.inserted, counts.updated, counts.unchanged) == (7, 1, 1)
    assert set(life.harness.destination.values("acme", "products")) == {f"P-{key:06d}" for key in KEYS}


@MANY
@given(STAGES, HAPPENING, HAPPENING)
def test_a_job_that_is_cancelled_and_taken_back_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch, stage: str, happening: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    small_chunks(monkeypatch, 3)
    life = Life()
    life.begin(review=stage == "compare")
    if stage != "plan":
        life.reach(stage)
    for what, which in happening:
        life.happen(what, which)
    with suppress(Conflict):
        life.harness.cancel(life.ref, now=life.clock)
    for what, which in after:
        life.happen(what, which)
    status = life.harness.jobs.get(life.ref).status
    if status is Status.CANCELLING:
        life.heal(Status.CANCELLED)
    with suppress(Conflict):
        life.harness.roll_back(life.ref)
        life.heal(Status.ROLLED_BACK)
        assert life.harness.destination.datasets["acme", "products"] == life.before
