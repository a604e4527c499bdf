"""Sources whose rows move, disappear and come back during and between syncs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sluice.model.chunk import Chunk, PhaseName
from sluice.model.status import Status
from sluice.upstream.source import Source, SourcePage
from sluice.usecases.artifacts import job_folder
from tests.support.harness import Harness
from tests.unit.usecases.syncs import AT, promotion, pulling, raising, start


@pytest.fixture
def harness() -> Harness:
    """Return a harness whose upstream has 4,050 rows: three chunks, the last of less than a page."""
    return pulling(4_050)


def test_rows_that_are_added_at_the_end_during_a_sync_are_read_too(harness: Harness) -> None:
    ref = start(harness).job.ref
    harness.plan(ref)
    harness.upstreams.rows["pangkat"] += [promotion(number) for number in range(4_050, 4_300)]
    harness.phase(ref, PhaseName.PARSE)
    assert harness.jobs.get(ref).counts.total == 4_300


def test_a_source_whose_rows_move_during_a_sync_is_read_again(harness: Harness) -> None:
    """A deleted row at the front shifts the pages behind it, so one row is on none of the pages."""
    ref = start(harness).job.ref
    harness.plan(ref)
    parse, rows = harness.dispatch(ref, PhaseName.PARSE), harness.upstreams.rows["pangkat"]
    harness.work(harness.queue.messages.pop(0))
    rows.pop(0)
    harness.deliver()
    assert harness.machine.answers[parse] == {"outcome": "done"}
    assert harness.jobs.get(ref).counts.checked == 4_049, "one of them was deleted upstream, and one is missing"
    assert harness.phase(ref, PhaseName.LOAD) == "again"
    job = harness.run(ref)
    assert (job.status, job.reads, job.counts.total, job.counts.inserted) == (Status.COMPLETED, 2, 4_049, 4_049)
    assert sorted(harness.destination.values("acme", "pangkat")) == sorted(str(row["nip"]) for row in rows)
    assert "rows moved while they were read; read 2 of at most 3" in [entry.note for entry in harness.jobs.entries(ref)]


def test_nothing_of_the_first_reading_is_left_after_the_second(harness: Harness) -> None:
    ref = start(harness).job.ref
    harness.plan(ref)
    harness.upstreams.rows["pangkat"][4_049] = promotion(4_049, golonganBaru="nonsense")
    harness.phase(ref, PhaseName.PARSE)
    harness.jobs.read_again(harness.jobs.get(ref), note="")
    harness.upstreams.rows["pangkat"] = [promotion(number) for number in range(100)]
    job = harness.run(ref)
    assert (job.counts.total, job.counts.inserted, job.counts.rejected) == (100, 100, 0)
    assert harness.files.names(f"{job_folder(ref)}rejections/") == []


def test_a_source_that_never_stops_changing_is_taken_as_it_is(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that no page contained are not marked as deleted."""
    harness.run(start(harness).job.ref)
    read = harness.upstreams.read

    def moving(*asked: Any, **more: Any) -> Any:
        harness.upstreams.rows["pangkat"].pop(0)
        return read(*asked, **more)

    monkeypatch.setattr(harness.upstreams, "read", moving)
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.status, job.reads, job.counts.deleted_upstream) == (Status.COMPLETED, 3, 0)


def test_a_row_that_was_deleted_upstream_is_marked_and_unmarked_when_it_returns(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    deleted = harness.upstreams.rows["pangkat"].pop(7)
    second = harness.run(start(harness, force=True).job.ref)
    assert (second.counts.total, second.counts.unchanged, second.counts.updated, second.counts.deleted_upstream) == (
        4_050,
        4_049,
        1,
        1,
    )
    assert harness.destination.values("acme", "pangkat")[str(deleted["nip"])]["gone_since"] == AT.date().isoformat()
    third = harness.run(start(harness, force=True).job.ref)
    assert (third.counts.total, third.counts.unchanged, third.counts.deleted_upstream) == (4_049, 4_049, 0), (
        "it is marked once"
    )
    harness.upstreams.rows["pangkat"].append(deleted)
    fourth = harness.run(start(harness, force=True).job.ref)
    assert (fourth.counts.updated, fourth.counts.unchanged) == (1, 4_049)
    assert harness.destination.values("acme", "pangkat")[str(deleted["nip"])]["gone_since"] is None


def test_a_rollback_removes_the_mark(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    deleted = harness.upstreams.rows["pangkat"].pop(7)
    job = harness.run(start(harness, force=True).job.ref)
    harness.roll_back(job.ref)
    assert harness.run(job.ref).counts.reversed == 1
    assert harness.destination.values("acme", "pangkat")[str(deleted["nip"])]["gone_since"] is None


def test_a_rejected_row_is_not_marked_as_deleted(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    harness.upstreams.rows["pangkat"][7] = promotion(7, golonganBaru="nonsense")
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.counts.rejected, job.counts.deleted_upstream) == (1, 0)


def test_rows_that_an_upstream_withholds_are_not_marked_as_deleted(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some registers report more rows than they return, because they stop at an undocumented limit."""
    harness.run(start(harness).job.ref)
    read = harness.upstreams.read

    def stopping(source: Source, offsets: Sequence[int], *, before: float) -> list[SourcePage]:
        return [
            replace(page, rows=page.rows if page.offset < 3_000 else [])
            for page in read(source, offsets, before=before)
        ]

    monkeypatch.setattr(harness.upstreams, "read", stopping)
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.status, job.reads, job.counts.total, job.counts.deleted_upstream) == (Status.COMPLETED, 3, 3_000, 0)


def test_an_empty_upstream_marks_no_row_as_deleted(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    harness.upstreams.rows["pangkat"] = []
    assert harness.run(start(harness, force=True).job.ref).counts.deleted_upstream == 0


def test_a_key_with_another_spelling_is_present_even_if_its_row_is_rejected(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    harness.upstreams.rows["pangkat"][7] = promotion(7, nip=" 00000000 0000000-007", golonganBaru="nonsense")
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.counts.rejected, job.counts.deleted_upstream) == (1, 0)


def test_pages_of_two_runs_are_not_one_reading(harness: Harness) -> None:
    """As many rows may have been added as deleted between the runs, so the source is read again."""
    ref = start(harness).job.ref
    harness.plan(ref)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.work(harness.queue.messages.pop(0))
    harness.pause(ref)
    harness.finish(ref)
    harness.queue.messages.clear()
    harness.upstreams.rows["pangkat"].append(harness.upstreams.rows["pangkat"].pop(0))
    harness.resume(ref)
    job = harness.run(ref)
    assert (job.status, job.reads, job.counts.inserted, job.counts.rejected) == (Status.COMPLETED, 2, 4_050, 0)


def test_a_plan_that_died_leaves_no_stale_chunk(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the next attempt, the source may grow beyond the end of a chunk."""
    del harness.upstreams.rows["pangkat"][3_999:]
    ref = start(harness).job.ref
    describe = harness.jobs.describe
    monkeypatch.setattr(harness.jobs, "describe", raising(MemoryError()))
    with pytest.raises(MemoryError):
        harness.plan(ref)
    monkeypatch.setattr(harness.jobs, "describe", describe)
    harness.upstreams.rows["pangkat"] += [promotion(number) for number in range(3_999, 4_001)]
    job = harness.run(ref)
    assert (job.status, job.counts.total, job.counts.inserted) == (Status.COMPLETED, 4_001, 4_001)


def test_rows_are_not_marked_as_deleted_when_some_pages_were_not_read(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    ref = start(harness, force=True).job.ref
    harness.plan(ref)
    harness.upstreams.rows["pangkat"].pop(4_049)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.give_up(harness.queue.messages.pop(0))
    harness.deliver()
    harness.phase(ref, PhaseName.LOAD)
    job = harness.finish(ref)
    assert (job.status, job.counts.deleted_upstream, job.counts.unprocessed) == (Status.FAILED, 0, 2_000)
    harness.retry(ref)
    job = harness.run(ref)
    assert (job.status, job.counts.unprocessed, job.counts.unchanged) == (Status.COMPLETED, 0, 4_049)


def test_marking_that_died_halfway_is_done_once(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.run(start(harness).job.ref)
    del harness.upstreams.rows["pangkat"][:3_000]
    ref = start(harness, force=True).job.ref
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    add_done, added = harness.chunks.add_done, list[Chunk]()

    def dying(chunk: Chunk) -> None:
        if added:
            raise MemoryError
        added.append(chunk)
        add_done(chunk)

    monkeypatch.setattr(harness.chunks, "add_done", dying)
    with pytest.raises(MemoryError):
        harness.dispatch(ref, PhaseName.LOAD)
    monkeypatch.undo()
    harness.phase(ref, PhaseName.LOAD)
    job = harness.finish(ref)
    assert (job.status, job.counts.deleted_upstream, job.counts.updated, job.counts.total) == (
        Status.COMPLETED,
        3_000,
        3_000,
        4_050,
    )
