"""Sources whose rows move, disappear and come back during and between syncs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sluice.model.chunk import PhaseName
from sluice.model.counts import Counts
from sluice.model.job import Job
from sluice.model.status import Status
from sluice.upstream.source import Source, SourcePage
from sluice.usecases.artifacts import job_folder
from sluice.wording import word_problem
from tests.support.harness import LEASE, NOW, Harness
from tests.unit.usecases.syncs import promotion, pulling, raising, start


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    """Return a harness whose upstream has 450 rows: three chunks of two pages, the last of less than a page."""
    return pulling(monkeypatch)


def notes(harness: Harness, job: Job) -> list[str]:
    return [entry.note for entry in harness.jobs.entries(job.ref)]


def counted(job: Job) -> Counts:
    """Return the counts of a job without those of the comparison."""
    compared = dict.fromkeys(("to_insert", "to_update", "to_leave", "in_scope", "to_absent"), 0)
    return replace(job.counts, **compared)


def test_rows_that_are_added_at_the_end_during_a_sync_are_read_too(harness: Harness) -> None:
    ref = start(harness).job.ref
    harness.plan(ref)
    harness.upstreams.rows["pangkat"] += [promotion(number) for number in range(450, 550)]
    harness.phase(ref, PhaseName.PARSE)
    assert harness.jobs.get(ref).counts.total == 550


def test_a_source_whose_rows_move_during_a_sync_is_read_again(harness: Harness) -> None:
    """A deleted row at the front shifts the pages behind it, so one row is on none of the pages."""
    ref = start(harness).job.ref
    harness.plan(ref)
    parse, rows = harness.dispatch(ref, PhaseName.PARSE), harness.upstreams.rows["pangkat"]
    harness.work(harness.queue.messages.pop(0))
    rows.pop(0)
    harness.deliver()
    assert harness.machine.answers[parse] == {"outcome": "done"}
    assert harness.jobs.get(ref).counts.checked == 449, "one of them was deleted upstream, and one is missing"
    assert harness.phase(ref, PhaseName.LOAD) == "again"
    job = harness.run(ref)
    assert (job.status, job.reads, job.counts.total, job.counts.inserted) == (Status.COMPLETED, 2, 449, 449)
    assert sorted(harness.destination.values("acme", "pangkat")) == sorted(str(row["nip"]) for row in rows)
    assert "rows moved while they were read; read 2 of at most 3" in [entry.note for entry in harness.jobs.entries(ref)]


def test_nothing_of_the_first_reading_is_left_after_the_second(harness: Harness) -> None:
    ref = start(harness).job.ref
    harness.plan(ref)
    harness.upstreams.rows["pangkat"][449] = promotion(449, golonganBaru="nonsense")
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
    assert (job.status, job.reads, job.counts.absent) == (Status.COMPLETED, 3, 0)
    assert "marks no record as deleted: rows moved while they were read" in notes(harness, job)


def test_a_row_that_was_deleted_upstream_is_marked_and_revived_when_it_returns(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    deleted = harness.upstreams.rows["pangkat"].pop(7)
    second = harness.run(start(harness, force=True).job.ref)
    assert counted(second) == Counts(total=449, checked=449, unchanged=449, absent=1)
    record = harness.records.get("acme", "pangkat", str(deleted["nip"]))
    assert (record["job"], bool(record["deleted_at"])) == (second.ref.id, True)
    third = harness.run(start(harness, force=True).job.ref)
    assert counted(third) == Counts(total=449, checked=449, unchanged=449), "it is marked once"
    harness.upstreams.rows["pangkat"].append(deleted)
    fourth = harness.run(start(harness, force=True).job.ref)
    assert counted(fourth) == Counts(total=450, checked=450, inserted=1, unchanged=449)
    assert "deleted_at" not in harness.records.get("acme", "pangkat", str(deleted["nip"]))
    harness.run(harness.roll_back(fourth.ref).ref)
    assert harness.records.get("acme", "pangkat", str(deleted["nip"])) == record


def test_a_rollback_removes_the_mark(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    before = dict(harness.destination.datasets["acme", "pangkat"])
    harness.upstreams.rows["pangkat"].pop(7)
    job = harness.run(start(harness, force=True).job.ref)
    harness.roll_back(job.ref)
    assert harness.run(job.ref).counts.reversed == 1
    assert harness.destination.datasets["acme", "pangkat"] == before


def test_half_a_list_trips_the_guard_until_a_caller_lets_it_through(harness: Harness) -> None:
    """Nothing is loaded before; the problem names the call."""
    harness.run(start(harness).job.ref)
    del harness.upstreams.rows["pangkat"][:300]
    harness.upstreams.rows["pangkat"][0]["nama"] = "Another"
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.status, job.problem and job.problem.type, job.counts.loaded) == (Status.FAILED, "guard", 0)
    assert job.problem
    said = word_problem(job.problem)[1]
    assert 'POST /v1/syncs/pangkat?force=true with the guards {"max_deleted": 300}' in said
    assert len(harness.destination.values("acme", "pangkat")) == 450
    job = harness.run(start(harness, force=True, max_deleted=300).job.ref)
    assert (job.status, job.counts.absent, job.counts.updated) == (Status.COMPLETED, 300, 1)


def test_a_field_that_no_row_has_fails_the_sync(harness: Harness) -> None:
    """Its nulls would clear the column of every record; one row that has it is enough, even with null."""
    harness.run(start(harness).job.ref)
    before = dict(harness.destination.datasets["acme", "pangkat"])
    for row in harness.upstreams.rows["pangkat"]:
        del row["golonganLama"]
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.status, job.problem and job.problem.type) == (Status.FAILED, "source-drift")
    assert job.problem
    assert "golonganLama" in word_problem(job.problem)[1]
    assert harness.destination.datasets["acme", "pangkat"] == before
    harness.upstreams.rows["pangkat"][400]["golonganLama"] = None
    assert harness.run(start(harness, force=True).job.ref).counts.updated == 450


def test_a_rejected_row_is_not_marked_as_deleted(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    harness.upstreams.rows["pangkat"][7] = promotion(7, golonganBaru="nonsense")
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.counts.rejected, job.counts.absent) == (1, 0)


def test_rows_that_an_upstream_withholds_are_not_marked_as_deleted(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some registers report more rows than they return, because they stop at an undocumented limit."""
    harness.run(start(harness).job.ref)
    read = harness.upstreams.read

    def stopping(source: Source, offsets: Sequence[int], *, before: float) -> list[SourcePage]:
        return [
            replace(page, rows=page.rows if page.offset < 300 else []) for page in read(source, offsets, before=before)
        ]

    monkeypatch.setattr(harness.upstreams, "read", stopping)
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.status, job.reads, job.counts.total, job.counts.absent) == (Status.COMPLETED, 3, 300, 0)
    assert "marks no record as deleted: rows moved while they were read" in notes(harness, job)


def test_an_empty_upstream_marks_no_row_as_deleted(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    harness.upstreams.rows["pangkat"] = []
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.status, job.counts.absent) == (Status.COMPLETED, 0)
    assert "marks no record as deleted: its upstream has no rows" in notes(harness, job)


def test_a_row_without_a_readable_key_is_rejected_and_no_record_marked(harness: Harness) -> None:
    """It may be the row of any record; a sync has no person to ask, so it loads the other rows."""
    harness.run(start(harness).job.ref)
    harness.upstreams.rows["pangkat"][7] = promotion(7, nip=None)
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.status, job.counts.rejected, job.counts.absent) == (Status.COMPLETED, 1, 0)
    assert "marks no record as deleted: the key of a row could not be read" in notes(harness, job)


def test_a_key_with_another_spelling_is_present_even_if_its_row_is_rejected(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    harness.upstreams.rows["pangkat"][7] = promotion(7, nip=" 00000000 0000000-007", golonganBaru="nonsense")
    job = harness.run(start(harness, force=True).job.ref)
    assert (job.counts.rejected, job.counts.absent) == (1, 0)


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
    assert (job.status, job.reads, job.counts.inserted, job.counts.rejected) == (Status.COMPLETED, 2, 450, 0)


def test_a_plan_that_died_leaves_no_stale_chunk(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the next attempt, the source may grow beyond the end of a chunk."""
    del harness.upstreams.rows["pangkat"][399:]
    ref = start(harness).job.ref
    describe = harness.jobs.describe
    monkeypatch.setattr(harness.jobs, "describe", raising(MemoryError()))
    with pytest.raises(MemoryError):
        harness.plan(ref)
    monkeypatch.setattr(harness.jobs, "describe", describe)
    harness.upstreams.rows["pangkat"] += [promotion(number) for number in range(399, 401)]
    job = harness.run(ref)
    assert (job.status, job.counts.total, job.counts.inserted) == (Status.COMPLETED, 401, 401)


def test_nothing_is_loaded_or_marked_when_some_pages_were_not_read(harness: Harness) -> None:
    harness.run(start(harness).job.ref)
    ref = start(harness, force=True).job.ref
    harness.plan(ref)
    harness.upstreams.rows["pangkat"].pop(449)
    harness.dispatch(ref, PhaseName.PARSE)
    harness.give_up(harness.queue.messages.pop(0))
    harness.deliver()
    harness.phase(ref, PhaseName.LOAD)
    job = harness.finish(ref)
    assert (job.status, job.counts.absent, job.counts.unprocessed) == (Status.FAILED, 0, 449)
    harness.retry(ref)
    job = harness.run(ref)
    assert (job.status, job.counts.unprocessed, job.counts.unchanged) == (Status.COMPLETED, 0, 449)
    assert (job.reads, job.counts.absent) == (2, 1), "pages of two runs are no list, so it is read again"


def test_marking_that_died_halfway_is_done_once(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.run(start(harness).job.ref)
    del harness.upstreams.rows["pangkat"][:300]
    ref = start(harness, force=True, max_deleted=300).job.ref
    harness.plan(ref)
    for name in (PhaseName.PARSE, PhaseName.LOAD, PhaseName.COMPARE, PhaseName.LOAD):
        harness.phase(ref, name)
    harness.dispatch(ref, PhaseName.ABSENT)
    close, died = harness.chunks.close, list[object]()

    def dying(*given: object, **more: object) -> bool:
        if not died:
            died.append(given)
            raise MemoryError
        return bool(close(*given, **more))  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(harness.chunks, "close", dying)
    chunk = harness.queue.messages.pop(0)
    with pytest.raises(MemoryError):
        harness.work(chunk)
    harness.work(chunk, now=NOW + LEASE + 1)
    harness.deliver()
    job = harness.finish(ref)
    assert (job.status, job.counts.absent, job.counts.total) == (Status.COMPLETED, 300, 150)
