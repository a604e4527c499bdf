"""What if a worker dies while it compares rows, or rolls them back?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sluice.model.chunk import ChunkRef, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.status import Status
from sluice.schema.staging import Batch, Undone
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness

OTHERS = {f"P-{number:06d}" for number in (13, 14)}


class Killed(BaseException):
    """A process that is killed: no exception handler continues."""


@pytest.fixture
def known(harness: Harness) -> Harness:
    """Return a harness with a dataset of 17 products."""
    harness.run(harness.upload(csv_file(products(17))))
    return harness


def changes(harness: Harness, **more: Any) -> JobRef:
    """Return a queued job of 25 rows: 12 known and unchanged, 5 known and changed, 8 new."""
    rows = [*products(12), *products(5, first=13, price="1.5"), *products(8, first=18)]
    return harness.upload(csv_file(rows), **more)


def dying(monkeypatch: pytest.MonkeyPatch, target: Any, name: str, *, after: bool) -> list[int]:
    """Let the process die once, before or after a call; the returned list has one item for each death."""
    real: Callable[..., Any] = getattr(target, name)
    deaths: list[int] = []

    def die(*args: Any, **kwargs: Any) -> Any:
        if deaths:
            return real(*args, **kwargs)
        deaths.append(1)
        if after:
            real(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(target, name, die)
    return deaths


def deliver_with_deaths(harness: Harness) -> None:
    """Deliver all messages; one whose worker died is delivered again after its lease has expired."""
    clock = NOW

    def deliver(chunk: ChunkRef) -> None:
        nonlocal clock
        try:
            harness.work(chunk, now=clock)
        except Killed:
            clock += LEASE + 1
            harness.queue.messages.append(chunk)

    harness.deliver(each=deliver)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("store", "call"),
    [
        ("chunks", "lease"),
        ("jobs", "get"),
        ("files", "read"),
        ("destination", "compare"),
        ("chunks", "close"),
        ("machine", "succeed"),
    ],
)
def test_a_worker_that_dies_at_any_call_of_a_comparison_costs_only_time(
    known: Harness, monkeypatch: pytest.MonkeyPatch, store: str, call: str, after: bool
) -> None:
    ref = changes(known, review=True)
    known.plan(ref)
    known.phase(ref, PhaseName.PARSE)
    writes = known.destination.writes
    token = known.dispatch(ref, PhaseName.COMPARE)
    deaths = dying(monkeypatch, getattr(known, store), call, after=after)
    deliver_with_deaths(known)
    assert deaths, "the process died where this test meant it to"
    assert token in known.machine.answers
    job = known.finish(ref)
    assert job.status is Status.IN_REVIEW
    assert job.counts == Counts(total=25, checked=25, to_insert=8, to_update=5, to_leave=12)
    assert known.destination.writes == writes, "a comparison writes nothing"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("store", "call"),
    [
        ("chunks", "lease"),
        ("files", "write_once"),
        ("destination", "undo"),
        ("files", "write"),
        ("chunks", "close"),
        ("machine", "succeed"),
    ],
)
def test_a_worker_that_dies_at_any_call_of_a_rollback_costs_only_time(
    known: Harness, monkeypatch: pytest.MonkeyPatch, store: str, call: str, after: bool
) -> None:
    """Rows that an earlier attempt reversed are counted once, and so are conflicts."""
    before = dict(known.destination.datasets["acme", "products"])
    ref = changes(known)
    known.run(ref)
    later = known.upload(csv_file(products(2, first=13, price="3")))
    known.run(later)
    known.roll_back(ref)
    token = known.dispatch(ref, PhaseName.UNDO)
    deaths = dying(monkeypatch, getattr(known, store), call, after=after)
    deliver_with_deaths(known)
    assert known.machine.answers[token] == {"outcome": "done"}
    assert deaths, "the process died where this test meant it to"
    job = known.finish(ref)
    assert (job.status, job.counts.reversed, job.counts.conflicts, job.counts.rollback_failed) == (
        Status.ROLLED_BACK,
        11,
        2,
        0,
    )
    there = known.destination.datasets["acme", "products"]
    assert {key for key in there if there[key] != before.get(key)} == OTHERS
    assert {there[key].job_id for key in OTHERS} == {later.id}


def test_a_failed_attempt_at_a_rollback_is_followed_by_others(known: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two attempts fail halfway, and the third one succeeds."""
    ref = changes(known)
    known.run(ref)
    known.roll_back(ref)
    undo = known.destination.undo
    failures = iter([OSError("reset"), OSError("reset")])

    def flaky(batch: Batch) -> Undone:
        undo(batch)
        if error := next(failures, None):
            raise error
        return undo(batch)

    monkeypatch.setattr(known.destination, "undo", flaky)
    token = known.dispatch(ref, PhaseName.UNDO)

    def deliver(chunk: ChunkRef) -> None:
        try:
            known.work(chunk)
        except OSError:
            known.queue.messages.append(chunk)

    known.deliver(each=deliver)
    assert token in known.machine.answers
    assert known.finish(ref).counts.reversed == 13
