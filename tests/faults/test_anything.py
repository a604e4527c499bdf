"""What if any event happens, in any order? In the end each row counts once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.model.chunk import CLOSED, ChunkRef, JobRef, PhaseName
from sluice.model.errors import REJECTIONS, Conflict, TryLater
from sluice.model.job import HALF_UNDONE, allowed_actions
from sluice.model.lock import dataset_lock
from sluice.model.options import Guards, LoadOptions
from sluice.model.status import ENDED, HOLDING, INACTIVE, Status
from sluice.usecases import absent
from sluice.usecases.queueing import repair
from tests.support.deaths import Killed, killing
from tests.support.factories import csv_file
from tests.support.harness import LEASE, NOW, Harness, small_chunks
from tests.support.state_machine import step_after
from tests.support.strict import StrictDestination

#: Four chunks of three rows: one key is in three of them, and another one twice in the last.
KEYS = (1, 2, 99, 3, 99, 4, 5, 6, 99, 7, 8, 8)
#: Two of those keys are in the dataset before, one of them with another price.
KNOWN = ((3, "3"), (4, "400"))
#: Keys of the dataset that a mirror deletes; in both of its ranges, and in one of them more than fit into a list.
LACKED = tuple((key, "1") for key in range(50, 57))
MIRROR = LoadOptions(mode="mirror", guards=Guards(max_deleted=len(LACKED)))
#: The rows of the file: the price of each is its key.
SAME = tuple((key, key) for key in KEYS)
#: The same with prices that may be a thousand or a fraction in two chunks, and one in the last that proves the comma.
PROVEN = tuple((key, {1: "1.250", 5: "1.250", 7: "2,5"}.get(key, key)) for key in KEYS)
#: The same with a price that proves the point as well, so that the job asks; the comma rejects it.
ASKED = tuple((key, {6: "0.75"}.get(key, price)) for key, price in PROVEN)


def part(key: int, price: object) -> tuple[str, str, str, int]:
    return (f"P-{key:06d}", f"Part {key}", str(price), 1)


@dataclass
class Life:
    """A job, its state machine, and events that happen to both. A worker that survives finishes in one step."""

    harness: Harness = field(default_factory=Harness)
    clock: int = NOW
    run: int = 0
    step: str = ""
    token: str | None = None
    other: JobRef | None = None

    def begin(
        self,
        *,
        review: bool,
        prices: Sequence[tuple[int, object]] = SAME,
        known: Sequence[tuple[int, object]] = KNOWN,
        options: Any = None,
    ) -> None:
        self.harness.run(self.harness.upload(csv_file([part(*each) for each in known])))
        self.before = dict(self.harness.destination.datasets["acme", "products"])
        file = csv_file([part(*each) for each in prices])
        self.ref: JobRef = self.harness.upload(file, review=review, options=options)

    def reach(self, stage: str) -> None:
        """Run without faults until the messages of a phase are sent, or the job waits in line behind another one."""
        if stage == "line":
            self.reach("parse")
            self.rival(0)
            stage = "load"
        for _ in range(20):
            if self.step == stage and self.token is not None:
                return
            while self.harness.queue.messages:
                self.work(0)
            self.advance(0)
            if self.harness.jobs.get(self.ref).status is Status.IN_REVIEW:
                self.act(0)

    def advance(self, _: int) -> None:
        """Let the state machine take a step, if it has one to take."""
        harness, job = self.harness, self.harness.jobs.get(self.ref)
        if self.run != job.run and (self.ref, job.run) in harness.machine.started:
            self.run, self.step, self.token = job.run, job.entry, None
        elif self.token is not None and self.token in harness.machine.answers:
            outcome = str(harness.machine.answers[self.token]["outcome"])
            self.step, self.token = step_after(self.step, outcome), None
        with suppress(Conflict):  # Step Functions retries the task
            if self.step == "plan":
                self.step = step_after("plan", harness.plan(self.ref, run=self.run))
            elif self.step == "finish":
                harness.finish(self.ref, run=self.run, now=self.clock)
                self.step = ""
            elif self.step and self.token is None:
                self.token = harness.dispatch(self.ref, PhaseName(self.step), run=self.run, now=self.clock)

    def dispatch_again(self, _: int) -> None:
        """Repeat a dispatch that was killed or timed out; its first attempt may have done most of its work."""
        if self.token is not None and self.token not in self.harness.machine.answers:
            self.token = None
            self.advance(0)

    def fail_execution(self, _: int) -> None:
        """End the execution with an error."""
        if self.step and self.harness.jobs.get(self.ref).run == self.run:
            with suppress(Conflict):
                self.harness.finish(self.ref, error="States.Timeout", now=self.clock)
                self.step, self.token = "", None

    def work(self, which: int) -> None:
        """Deliver a message; one whose chunk has a lease is delivered again."""
        if (chunk := self.message(which)) is not None:
            with suppress(TryLater):
                self.harness.work(chunk, now=self.clock)
                return
            self.harness.queue.messages.append(chunk)

    def die(self, which: int) -> None:
        """Let a worker die just before or just after it closes its chunk; its message is delivered again."""
        if (chunk := self.message(which)) is None:
            return
        chunks, close = self.harness.chunks, self.harness.chunks.close
        chunks.close = killing(close, after=bool(which % 2))  # type: ignore[method-assign]  # restored below
        try:
            with suppress(Killed, TryLater):
                self.harness.work(chunk, now=self.clock)
        finally:
            chunks.close = close  # type: ignore[method-assign]  # restored
        self.harness.queue.messages.append(chunk)

    def give_up(self, which: int) -> None:
        """Turn a message into a dead letter."""
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

    def act(self, which: int) -> None:
        """Take one of the actions that the job allows, except those that would keep it from completing."""
        allowed = [
            name for name in allowed_actions(self.harness.jobs.get(self.ref)) if name not in {"cancel", "rollback"}
        ]
        if allowed:
            getattr(self, f"ask_{allowed[which % len(allowed)]}")()

    def ask_pause(self) -> None:
        self.harness.pause(self.ref, now=self.clock)

    def ask_resume(self) -> None:
        self.harness.resume(self.ref, now=self.clock)

    def ask_retry(self) -> None:
        self.harness.retry(self.ref, now=self.clock)

    def ask_answers(self) -> None:
        """Answer that the comma is the decimal mark, whether it was asked, proven or answered before."""
        self.harness.answer(self.ref, {"decimal.price": ","}, now=self.clock)

    def ask_commit(self) -> None:
        self.harness.commit(self.ref, now=self.clock)

    def rival(self, which: int) -> None:
        """Let another job with the same keys, which would write other rows, go on by a step or end."""
        if self.other is None:
            messages, self.harness.queue.messages = self.harness.queue.messages, []
            self.other = self.harness.upload(
                csv_file([part(key, 7_000 + which) for key in KEYS]), review=True, force=True
            )
            self.harness.run(self.other)
            self.harness.queue.messages = messages
        status = self.harness.jobs.get(self.other).status
        if status is Status.IN_REVIEW:
            self.harness.commit(self.other, now=self.clock)
        elif status in {Status.QUEUED, Status.LOADING}:
            self.harness.cancel(self.other, now=self.clock)
        elif status is Status.CANCELLING:
            self.harness.finish(self.other, now=self.clock)

    def message(self, which: int) -> ChunkRef | None:
        waiting = self.harness.queue.messages
        return waiting.pop(which % len(waiting)) if waiting else None

    def happen_all(self, events: Sequence[tuple[str, int]]) -> None:
        for what, which in events:
            self.happen(what, which)

    def happen(self, what: str, which: int) -> None:
        """Let an event happen; while the job is inactive, nothing is written."""
        job = self.harness.jobs.get(self.ref)
        writes = self.harness.destination.writes
        getattr(self, what)(which)
        if job.status in INACTIVE or job.is_in_line:
            assert self.harness.destination.writes == writes
        self.check_lock()

    def check_lock(self) -> None:
        """Expect at most one job to hold the lock, as its item says; who writes holds it, and who waits does not."""
        jobs = [job for job in self.harness.jobs.items.values() if job.hold]
        held = self.harness.locks.held(dataset_lock("acme", "products"))
        assert [job.ref for job in jobs] == ([held.owner] if held.owner else [])
        assert all(job.hold == held.number for job in jobs)
        for job in self.harness.jobs.items.values():
            assert job.hold or job.status not in HOLDING or job.is_in_line
            assert not (job.hold and job.waits_for)
        line = [waiting.ref for waiting in self.harness.locks.line(dataset_lock("acme", "products"), 99)]
        assert {job.ref for job in self.harness.jobs.items.values() if job.is_in_line} <= set(line)

    def heal(self, *ends: Status | str) -> None:
        """Let no more faults happen, and continue the job as an operator would, to a state or a type of problem."""
        for _ in range(200):
            job = self.harness.jobs.get(self.ref)
            if job.status in ends or (job.problem and job.status in ENDED and job.problem.type in ends):
                return
            self.clock += LEASE + 1
            if self.other is not None and self.harness.jobs.get(self.other).status not in ENDED:
                self.rival(0)
            if job.is_in_line:  # as the sweeper does
                repair(job, now=self.clock, services=self.harness)
            if job.phase is not None and self.harness.chunks.barrier(self.ref, job.phase) is not None:
                found = self.harness.chunks.of_phase(self.ref, job.phase)
                self.harness.queue.send([chunk.ref for chunk in found if chunk.state not in CLOSED], urgent=False)
            while self.harness.queue.messages:
                self.work(0)
            if job.phase is not None and self.token is not None:
                self.harness.dispatch(self.ref, PhaseName(self.step), self.token, run=self.run, now=self.clock)
            self.advance(0)
            if job.problem and job.problem.type == HALF_UNDONE:
                self.harness.roll_back(self.ref)
            elif job.status in INACTIVE:
                self.act(0)
        raise AssertionError(f"the job stays {self.harness.jobs.get(self.ref)}")


EVENTS = (
    ["advance"] * 4 + ["work"] * 4 + ["die", "give_up", "lose", "double", "wait", "dispatch_again", "fail_execution"]
)
HAPPENING = st.lists(st.tuples(st.sampled_from([*EVENTS, "act", "rival", "rival"]), st.integers(0, 11)), max_size=60)
STAGES = st.sampled_from(["plan", "parse", "compare", "load", "line"])
STAGES_OF_MIRRORS = st.sampled_from(["plan", "parse", "compare", "load", "absent", "line"])
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(STAGES, HAPPENING, st.booleans())
def test_a_job_completes_with_every_row_counted_once(
    monkeypatch: pytest.MonkeyPatch, stage: str, happening: list[tuple[str, int]], review: bool
) -> None:
    small_chunks(monkeypatch, 3)
    life = Life()
    life.begin(review=review)
    if stage != "plan" and (review or stage != "compare"):
        life.reach(stage)
    life.happen_all(happening)
    life.heal(Status.COMPLETED)
    counts = life.harness.jobs.get(life.ref).counts
    assert (counts.total, counts.checked, counts.rejected, counts.unprocessed) == (12, 12, 3, 0)
    assert (counts.inserted, counts.updated, counts.unchanged) == (7, 1, 1)
    assert set(life.harness.destination.values("acme", "products")) == {f"P-{key:06d}" for key in KEYS}


@MANY
@given(STAGES, HAPPENING, st.booleans(), st.booleans())
def test_a_job_of_two_rounds_completes_with_every_row_read_by_the_mark_that_was_proven_or_answered(
    monkeypatch: pytest.MonkeyPatch, stage: str, happening: list[tuple[str, int]], review: bool, asked: bool
) -> None:
    small_chunks(monkeypatch, 3)
    life = Life()
    life.begin(review=review, prices=ASKED if asked else PROVEN)
    if stage != "plan" and (review or asked or stage != "compare"):
        life.reach(stage)
    life.happen_all(happening)
    life.heal(Status.COMPLETED)
    counts = life.harness.jobs.get(life.ref).counts
    assert (counts.total, counts.checked, counts.rejected, counts.unprocessed) == (12, 12, 3 + asked, 0)
    assert (counts.inserted, counts.updated, counts.unchanged) == (7 - asked, 1, 1)
    values = life.harness.destination.values("acme", "products")
    prices = {key: values[f"P-{key:06d}"]["price"] for key in (1, 5, 7)}
    assert prices == {1: "1250", 5: "1250", 7: "2.5"}
    assert ("P-000006" in values) is not asked


@MANY
@given(STAGES_OF_MIRRORS, HAPPENING, st.booleans())
def test_a_mirror_deletes_each_record_that_its_file_lacks_once(
    monkeypatch: pytest.MonkeyPatch, stage: str, happening: list[tuple[str, int]], review: bool
) -> None:
    small_chunks(monkeypatch, 3)
    monkeypatch.setattr(absent, "_RECORDS", 2)
    life = Life()
    life.begin(review=review, known=KNOWN + LACKED, options=MIRROR)
    if stage != "plan":
        life.reach(stage)
        assert life.step == ("load" if stage == "line" else stage)
    life.happen_all(happening)
    life.heal(Status.COMPLETED)
    counts = life.harness.jobs.get(life.ref).counts
    assert (counts.inserted, counts.updated, counts.unchanged, counts.rejected) == (7, 1, 1, 3)
    assert (counts.in_scope, counts.to_absent, counts.absent, counts.absent_left) == (9, 7, 7, 0)
    assert set(life.harness.destination.values("acme", "products")) == {f"P-{key:06d}" for key in KEYS}


#: Rows that the other modes insert, update, delete and reject of a file with three duplicates: two of nine keys exist.
OF_MODE = {"insert": (7, 0, 0, 0, 5), "update": (0, 1, 1, 0, 10), "delete": (0, 0, 0, 2, 10)}


@MANY
@given(STAGES, HAPPENING, st.sampled_from(sorted(OF_MODE)))
def test_each_other_mode_changes_its_records_once_and_is_rolled_back(
    monkeypatch: pytest.MonkeyPatch, stage: str, happening: list[tuple[str, int]], mode: Any
) -> None:
    small_chunks(monkeypatch, 3)
    life = Life()
    life.begin(review=False, options=LoadOptions(mode=mode))
    if stage != "plan":
        life.reach(stage)
    life.happen_all(happening)
    life.heal(Status.COMPLETED)
    counts = life.harness.jobs.get(life.ref).counts
    found = (counts.inserted, counts.updated, counts.unchanged, counts.deleted, counts.rejected)
    assert (*found, counts.unprocessed) == (*OF_MODE[mode], 0)
    there = {"insert": set(KEYS), "update": {key for key, _ in KNOWN}, "delete": set()}[mode]
    assert set(life.harness.destination.values("acme", "products")) == {f"P-{key:06d}" for key in there}
    life.harness.roll_back(life.ref, now=life.clock)
    life.heal(Status.ROLLED_BACK)
    assert life.harness.destination.datasets["acme", "products"] == life.before


@MANY
@given(STAGES_OF_MIRRORS, HAPPENING, HAPPENING, st.booleans())
def test_a_job_that_is_cancelled_and_rolled_back_leaves_no_trace(
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    happening: list[tuple[str, int]],
    after: list[tuple[str, int]],
    mirror: bool,
) -> None:
    """Neither does a mirror, at any time."""
    small_chunks(monkeypatch, 3)
    monkeypatch.setattr(absent, "_RECORDS", 2)
    life = Life()
    more: dict[str, Any] = {"known": KNOWN + LACKED, "options": MIRROR} if mirror else {}
    life.begin(review=stage == "compare", **more)
    if stage != "plan" and (mirror or stage != "absent"):
        life.reach(stage)
    life.happen_all(happening)
    with suppress(Conflict):
        life.harness.cancel(life.ref, now=life.clock)
    life.happen_all(after)
    status = life.harness.jobs.get(life.ref).status
    if status is Status.CANCELLING:
        life.heal(Status.CANCELLED)
    with suppress(Conflict):
        life.harness.roll_back(life.ref, now=life.clock)
        life.heal(Status.ROLLED_BACK)
        assert life.harness.destination.datasets["acme", "products"] == life.before


@MANY
@given(STAGES, HAPPENING, st.booleans(), st.sampled_from(["parsed", "compared", "loaded"]))
def test_a_job_that_loads_all_rows_or_none_leaves_no_trace_of_a_file_with_a_wrong_row(
    monkeypatch: pytest.MonkeyPatch, stage: str, happening: list[tuple[str, int]], review: bool, shown: str
) -> None:
    """Wherever the row is rejected: when it is parsed, or compared, or only by a constraint while others load."""
    small_chunks(monkeypatch, 3)
    life = Life()
    life.harness.destination = dataset = StrictDestination(life.harness.files)
    dataset.known, dataset.constrained = ({"P-000007"} if shown == name else set() for name in ("compared", "loaded"))
    prices = [(key, "free" if shown == "parsed" and key == 7 else key) for key in range(1, 13)]
    life.begin(review=review, prices=prices, options=LoadOptions(on_rejections="stop"))
    if stage != "plan" and (stage != "load" or shown == "loaded"):
        life.reach(stage)
    life.happen_all(happening)
    # a rollback that was given up half way is rolled back once more by a caller
    life.heal(REJECTIONS, Status.ROLLED_BACK)
    assert dataset.datasets["acme", "products"] == life.before
    counts = life.harness.jobs.get(life.ref).counts
    assert counts.loaded - counts.unchanged <= counts.reversed
    assert counts.rejected == 1
