"""What if a worker dies while it compares rows, deletes what a file lacks, or rolls a job back?"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from sluice.destinations.dynamodb.stored import Image
from sluice.model.chunk import ChunkRef, JobRef, PhaseName
from sluice.model.counts import Counts
from sluice.model.options import Deletes, Guards, LoadOptions
from sluice.model.status import Status
from sluice.schema.staging import Batch, Undone
from sluice.usecases import absent
from tests.support.deaths import Killed, deliver_with_deaths, killed_at
from tests.support.factories import csv_file, products
from tests.support.harness import LEASE, NOW, Harness

OTHERS = {f"P-{number:06d}" for number in (13, 14)}


@pytest.fixture
def known(harness: Harness) -> Harness:
    """Return a harness with a dataset of 17 products."""
    harness.run(harness.upload(csv_file(products(17))))
    return harness


def changes(harness: Harness, **more: Any) -> JobRef:
    """Return a queued job of 25 rows: 12 known and unchanged, 5 known and changed, 8 new."""
    rows = [*products(12), *products(5, first=13, price="1.5"), *products(8, first=18)]
    return harness.upload(csv_file(rows), **more)


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
    deaths = killed_at(monkeypatch, getattr(known, store), call, after=after)
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
    deaths = killed_at(monkeypatch, getattr(known, store), call, after=after)
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


MIRROR = LoadOptions(mode="mirror", guards=Guards(max_deleted=10))


def mirrored(harness: Harness, deletes: Deletes = "mark") -> JobRef:
    """Return a mirror of 2 changed and 5 unchanged products whose 10 absent records are to be deleted now."""
    rows = [*products(5), *products(2, first=6, price="1.5")]
    ref = harness.upload(csv_file(rows), options=replace(MIRROR, deletes=deletes))
    harness.plan(ref)
    for phase in (PhaseName.PARSE, PhaseName.LOAD, PhaseName.COMPARE, PhaseName.LOAD):
        harness.phase(ref, phase)
    return ref


class Interrupted(dict[str, Image]):
    """Records whose writer dies once, after some writes."""

    def __init__(self, records: dict[str, Image], writes: int) -> None:
        super().__init__(records)
        self.left = writes

    def __setitem__(self, key: str, image: Image) -> None:
        self.left -= 1
        if self.left == -1:
            raise Killed
        super().__setitem__(key, image)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("store", "call"),
    [
        ("chunks", "lease"),
        ("jobs", "get"),
        ("files", "read"),
        ("destination", "keys_in"),
        ("files", "write"),
        ("chunks", "close"),
        ("machine", "succeed"),
    ],
)
def test_a_worker_that_dies_while_it_lists_absent_records_costs_only_time(
    known: Harness, monkeypatch: pytest.MonkeyPatch, store: str, call: str, after: bool
) -> None:
    """Each record is on one list."""
    monkeypatch.setattr(absent, "_RECORDS", 2)
    ref = known.upload(csv_file(products(7)), options=MIRROR)
    known.plan(ref)
    known.phase(ref, PhaseName.PARSE)
    known.phase(ref, PhaseName.LOAD)
    token = known.dispatch(ref, PhaseName.COMPARE)
    deaths = killed_at(monkeypatch, getattr(known, store), call, after=after)
    deliver_with_deaths(known)
    assert deaths, "the process died where this test meant it to"
    assert token in known.machine.answers
    counts = known.jobs.get(ref).counts
    assert (counts.in_scope, counts.to_absent, counts.to_leave) == (17, 10, 7)
    for phase in (PhaseName.LOAD, PhaseName.ABSENT):
        known.phase(ref, phase)
    assert known.finish(ref).counts.absent == 10


def test_lists_of_an_attempt_that_died_mean_nothing(known: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next attempt finds fewer absent records, because another job has deleted some in between."""
    monkeypatch.setattr(absent, "_RECORDS", 2)
    ref = known.upload(csv_file(products(7)), options=MIRROR)
    known.plan(ref)
    known.phase(ref, PhaseName.PARSE)
    known.phase(ref, PhaseName.LOAD)
    known.dispatch(ref, PhaseName.COMPARE)
    lists = [chunk for chunk in known.queue.messages if absent.is_list(chunk.index)]
    known.deliver(each=lambda chunk: None if chunk in lists else known.work(chunk))
    deaths = killed_at(monkeypatch, known.chunks, "close", after=False)
    for chunk in lists:
        with suppress(Killed):
            known.work(chunk)
    assert deaths, "the process died where this test meant it to"
    keys = [(f"P-{number:06d}",) for number in range(8, 16)]
    known.run(known.upload(csv_file(keys, ("Part Number",)), options=LoadOptions(mode="delete")))
    for chunk in lists:
        known.work(chunk, now=NOW + LEASE + 1)
    found = known.jobs.get(ref).counts.to_absent
    for phase in (PhaseName.LOAD, PhaseName.ABSENT):
        known.phase(ref, phase)
    counts = known.finish(ref).counts
    assert counts.absent + counts.absent_left == found < 10
    assert len(known.destination.values("acme", "products")) == 7


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("store", "call"),
    [
        ("chunks", "lease"),
        ("files", "write_once"),
        ("destination", "apply"),
        ("chunks", "close"),
        ("machine", "succeed"),
    ],
)
@pytest.mark.parametrize("deletes", ["mark", "remove"])
def test_a_worker_that_dies_at_any_call_of_a_deletion_costs_only_time(
    known: Harness, monkeypatch: pytest.MonkeyPatch, store: str, call: str, after: bool, deletes: Deletes
) -> None:
    """Between the journal and the first write too; each record is deleted once, and comes back once."""
    before = dict(known.destination.datasets["acme", "products"])
    ref = mirrored(known, deletes)
    token = known.dispatch(ref, PhaseName.ABSENT)
    deaths = killed_at(monkeypatch, getattr(known, store), call, after=after)
    deliver_with_deaths(known)
    assert deaths, "the process died where this test meant it to"
    assert known.machine.answers[token] == {"outcome": "done"}
    assert_mirrored(known, ref, before)


@pytest.mark.parametrize("writes", range(10))
def test_a_worker_that_dies_between_two_deletions_costs_only_time(known: Harness, writes: int) -> None:
    """A later attempt deletes the others."""
    before = dict(known.destination.datasets["acme", "products"])
    ref = mirrored(known)
    there = Interrupted(known.destination.datasets["acme", "products"], writes)
    known.destination.datasets["acme", "products"] = there
    known.dispatch(ref, PhaseName.ABSENT)
    deliver_with_deaths(known)
    assert there.left < 0, "the process died where this test meant it to"
    assert_mirrored(known, ref, before)


def assert_mirrored(harness: Harness, ref: JobRef, before: dict[str, Image]) -> None:
    """Check what became of the job and its dataset, and that a rollback leaves no trace."""
    job = harness.finish(ref)
    assert (job.status, job.counts.updated, job.counts.unchanged) == (Status.COMPLETED, 2, 5)
    assert (job.counts.absent, job.counts.absent_left) == (10, 0)
    assert len(harness.destination.values("acme", "products")) == 7
    job = harness.run(harness.roll_back(ref).ref)
    assert (job.status, job.counts.reversed, job.counts.conflicts) == (Status.ROLLED_BACK, 12, 0)
    assert dict(harness.destination.datasets["acme", "products"]) == before


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
