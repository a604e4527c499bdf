"""Sources whose rows move, go and come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sluice.model.chunk import Chunk, PhaseName
from sluice.model.status import Status
from sluice.upstream.source import Source, SourcePage
from sluice.usecases.artifacts import job_folder
from tests.fakes.course import Course
from tests.unit.usecases.syncs import AT, promotion, pulling, raising, start


@pytest.fixture
def course() -> Course:
    """An upstream with 4,050 rows: three chunks, the last of less than a page."""
    return pulling(4_050)


def test_rows_that_come_up_behind_the_end_while_it_is_read_are_read_too(course: Course) -> None:
    ref = start(course).job.ref
    course.plan(ref)
    course.upstreams.rows["pangkat"] += [promotion(number) for number in range(4_050, 4_300)]
    course.phase(ref, PhaseName.PARSE)
    assert course.jobs.get(ref).counts.total == 4_300


def test_a_source_whose_rows_move_while_they_are_read_is_read_again(course: Course) -> None:
    """A row at the front goes: the pages behind it have shifted, and one row was on none of them."""
    ref = start(course).job.ref
    course.plan(ref)
    parse, rows = course.dispatch(ref, PhaseName.PARSE), course.upstreams.rows["pangkat"]
    course.work(course.queue.messages.pop(0))
    rows.pop(0)
    course.deliver()
    assert course.machine.answers[parse] == {"outcome": "done"}
    assert course.jobs.get(ref).counts.checked == 4_049, "one of them is a row that is gone, and one is missing"
    assert course.phase(ref, PhaseName.LOAD) == "again"
    job = course.run(ref)
    assert (job.status, job.reads, job.counts.total, job.counts.inserted) == (Status.COMPLETED, 2, 4_049, 4_049)
    assert sorted(course.destination.values("acme", "pangkat")) == sorted(str(row["nip"]) for row in rows)
    assert "rows moved while they were read; read 2 of at most 3" in [entry.note for entry in course.jobs.entries(ref)]


def test_nothing_of_the_first_reading_is_left_when_it_is_read_again(course: Course) -> None:
    ref = start(course).job.ref
    course.plan(ref)
    course.upstreams.rows["pangkat"][4_049] = promotion(4_049, golonganBaru="nonsense")
    course.phase(ref, PhaseName.PARSE)
    course.jobs.read_again(course.jobs.get(ref), note="")
    course.upstreams.rows["pangkat"] = [promotion(number) for number in range(100)]
    job = course.run(ref)
    assert (job.counts.total, job.counts.inserted, job.counts.rejected) == (100, 100, 0)
    assert course.files.names(f"{job_folder(ref)}rejections/") == []


def test_a_source_that_never_stands_still_is_taken_as_it_is(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was not met is not called gone."""
    course.run(start(course).job.ref)
    read = course.upstreams.read

    def moving(*asked: Any, **more: Any) -> Any:
        course.upstreams.rows["pangkat"].pop(0)
        return read(*asked, **more)

    monkeypatch.setattr(course.upstreams, "read", moving)
    job = course.run(start(course, force=True).job.ref)
    assert (job.status, job.reads, job.counts.deleted_upstream) == (Status.COMPLETED, 3, 0)


def test_a_row_that_the_upstream_has_no_longer_is_marked_and_comes_back(course: Course) -> None:
    course.run(start(course).job.ref)
    gone = course.upstreams.rows["pangkat"].pop(7)
    second = course.run(start(course, force=True).job.ref)
    assert (second.counts.total, second.counts.unchanged, second.counts.updated, second.counts.deleted_upstream) == (
        4_050,
        4_049,
        1,
        1,
    )
    assert course.destination.values("acme", "pangkat")[str(gone["nip"])]["gone_since"] == AT.date().isoformat()
    third = course.run(start(course, force=True).job.ref)
    assert (third.counts.total, third.counts.unchanged, third.counts.deleted_upstream) == (4_049, 4_049, 0), (
        "it is marked once"
    )
    course.upstreams.rows["pangkat"].append(gone)
    fourth = course.run(start(course, force=True).job.ref)
    assert (fourth.counts.updated, fourth.counts.unchanged) == (1, 4_049)
    assert course.destination.values("acme", "pangkat")[str(gone["nip"])]["gone_since"] is None


def test_a_rollback_takes_the_mark_back(course: Course) -> None:
    course.run(start(course).job.ref)
    gone = course.upstreams.rows["pangkat"].pop(7)
    job = course.run(start(course, force=True).job.ref)
    course.roll_back(job.ref)
    assert course.run(job.ref).counts.reversed == 1
    assert course.destination.values("acme", "pangkat")[str(gone["nip"])]["gone_since"] is None


def test_a_row_that_is_rejected_is_not_gone(course: Course) -> None:
    course.run(start(course).job.ref)
    course.upstreams.rows["pangkat"][7] = promotion(7, golonganBaru="nonsense")
    job = course.run(start(course, force=True).job.ref)
    assert (job.counts.rejected, job.counts.deleted_upstream) == (1, 0)


def test_rows_that_an_upstream_keeps_back_are_not_called_gone(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """It speaks of more rows than it gives: some registers stop at a place that they do not name."""
    course.run(start(course).job.ref)
    read = course.upstreams.read

    def stopping(source: Source, offsets: Sequence[int], *, before: float) -> list[SourcePage]:
        return [
            replace(page, rows=page.rows if page.offset < 3_000 else [])
            for page in read(source, offsets, before=before)
        ]

    monkeypatch.setattr(course.upstreams, "read", stopping)
    job = course.run(start(course, force=True).job.ref)
    assert (job.status, job.reads, job.counts.total, job.counts.deleted_upstream) == (Status.COMPLETED, 3, 3_000, 0)


def test_an_upstream_that_has_nothing_at_all_calls_no_row_gone(course: Course) -> None:
    course.run(start(course).job.ref)
    course.upstreams.rows["pangkat"] = []
    assert course.run(start(course, force=True).job.ref).counts.deleted_upstream == 0


def test_a_key_that_is_written_otherwise_is_there_even_if_its_row_is_rejected(course: Course) -> None:
    course.run(start(course).job.ref)
    course.upstreams.rows["pangkat"][7] = promotion(7, nip=" 00000000 0000000-007", golonganBaru="nonsense")
    job = course.run(start(course, force=True).job.ref)
    assert (job.counts.rejected, job.counts.deleted_upstream) == (1, 0)


def test_pages_of_two_runs_are_not_one_reading(course: Course) -> None:
    """Between them as many rows may have come as went; so the source is read again."""
    ref = start(course).job.ref
    course.plan(ref)
    course.dispatch(ref, PhaseName.PARSE)
    course.work(course.queue.messages.pop(0))
    course.pause(ref)
    course.finish(ref)
    course.queue.messages.clear()
    course.upstreams.rows["pangkat"].append(course.upstreams.rows["pangkat"].pop(0))
    course.resume(ref)
    job = course.run(ref)
    assert (job.status, job.reads, job.counts.inserted, job.counts.rejected) == (Status.COMPLETED, 2, 4_050, 0)


def test_a_plan_that_broke_off_leaves_nothing_of_what_it_was_told(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the time of the next attempt the source may have grown over the end of a chunk."""
    del course.upstreams.rows["pangkat"][3_999:]
    ref = start(course).job.ref
    describe = course.jobs.describe
    monkeypatch.setattr(course.jobs, "describe", raising(MemoryError()))
    with pytest.raises(MemoryError):
        course.plan(ref)
    monkeypatch.setattr(course.jobs, "describe", describe)
    course.upstreams.rows["pangkat"] += [promotion(number) for number in range(3_999, 4_001)]
    job = course.run(ref)
    assert (job.status, job.counts.total, job.counts.inserted) == (Status.COMPLETED, 4_001, 4_001)


def test_rows_are_not_called_gone_when_some_pages_were_not_read(course: Course) -> None:
    course.run(start(course).job.ref)
    ref = start(course, force=True).job.ref
    course.plan(ref)
    course.upstreams.rows["pangkat"].pop(4_049)
    course.dispatch(ref, PhaseName.PARSE)
    course.give_up(course.queue.messages.pop(0))
    course.deliver()
    course.phase(ref, PhaseName.LOAD)
    job = course.finish(ref)
    assert (job.status, job.counts.deleted_upstream, job.counts.unprocessed) == (Status.FAILED, 0, 2_000)
    course.retry(ref)
    job = course.run(ref)
    assert (job.status, job.counts.unprocessed, job.counts.unchanged) == (Status.COMPLETED, 0, 4_049)


def test_marking_that_broke_off_is_done_once(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    course.run(start(course).job.ref)
    del course.upstreams.rows["pangkat"][:3_000]
    ref = start(course, force=True).job.ref
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    add_done, added = course.chunks.add_done, list[Chunk]()

    def dying(chunk: Chunk) -> None:
        if added:
            raise MemoryError
        added.append(chunk)
        add_done(chunk)

    monkeypatch.setattr(course.chunks, "add_done", dying)
    with pytest.raises(MemoryError):
        course.dispatch(ref, PhaseName.LOAD)
    monkeypatch.undo()
    course.phase(ref, PhaseName.LOAD)
    job = course.finish(ref)
    assert (job.status, job.counts.deleted_upstream, job.counts.updated, job.counts.total) == (
        Status.COMPLETED,
        3_000,
        3_000,
        4_050,
    )
