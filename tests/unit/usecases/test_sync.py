"""Syncs: one at a time for each source, page by page, then as any import."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sluice.catalog import registry
from sluice.catalog.civil_service.pangkat import pangkat
from sluice.model.chunk import ChunkState, JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound, NotYet, UpstreamRejected
from sluice.model.job import SYNC
from sluice.model.lock import source_lock
from sluice.model.status import Status
from sluice.usecases.sync import SyncStart, clean_up, start_sync
from tests.fakes.course import NOW, Course
from tests.unit.usecases.syncs import AT, promotion, pulling, raising, start


@pytest.fixture
def course() -> Course:
    """An upstream with 4,050 rows: three chunks, the last of less than a page."""
    return pulling(4_050)


def test_rows_of_all_pages_arrive_once(course: Course) -> None:
    job = course.run(start(course).job.ref)
    assert (job.kind, job.status) == (SYNC, Status.COMPLETED)
    assert (job.counts.total, job.counts.inserted) == (4_050, 4_050)
    again = course.run(start(course, force=True).job.ref)
    assert (again.counts.inserted, again.counts.unchanged) == (0, 4_050)


def test_a_row_that_is_wrong_is_rejected_by_its_place_in_the_source(course: Course) -> None:
    course.upstreams.rows["pangkat"][2_500] = promotion(2_500, golonganBaru="nonsense")
    job = course.run(start(course).job.ref)
    assert (job.status, job.counts.rejected, job.counts.inserted) == (Status.COMPLETED, 1, 4_049)


def test_a_sync_that_is_retried_has_half_an_hour_anew(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = start(course, at=AT - timedelta(hours=6)).job.ref
    read = course.upstreams.read
    monkeypatch.setattr(
        course.upstreams,
        "read",
        raising(UpstreamRejected("bad-answer", upstream="siasn", what="pangkat from row 1 on", got="status 403")),
    )
    assert course.run(ref).status is Status.FAILED
    monkeypatch.setattr(course.upstreams, "read", read)
    course.retry(ref)
    assert course.run(ref).status is Status.COMPLETED


def test_a_new_sync_waits_for_workers_of_the_one_before(course: Course) -> None:
    """One of them may still write what it has read earlier."""
    first = start(course).job.ref
    course.plan(first)
    course.phase(first, PhaseName.PARSE)
    course.dispatch(first, PhaseName.LOAD)
    held = course.queue.messages.pop(0)
    course.queue.messages.clear()
    assert course.chunks.lease(held, now=NOW, until=NOW + 40)
    second = start(course, force=True).job.ref
    course.plan(second)
    course.phase(second, PhaseName.PARSE)
    course.dispatch(second, PhaseName.LOAD)
    mine = course.queue.messages[0]
    with pytest.raises(NotYet) as waiting:
        course.work(mine)
    assert waiting.value.seconds == 40
    there = course.chunks.get(mine)
    assert there is not None
    assert (there.state, there.attempts) == (ChunkState.QUEUED, 0), "that was no attempt"
    for message in course.queue.messages:
        course.work(message, now=NOW + 41)
    assert course.finish(second).status is Status.COMPLETED


def test_a_job_that_was_superseded_by_somebody_who_died_stops_loading(course: Course) -> None:
    first = start(course).job
    course.plan(first.ref)
    course.phase(first.ref, PhaseName.PARSE)
    token = course.dispatch(first.ref, PhaseName.LOAD)
    course.jobs.add(
        replace(first, ref=JobRef("acme", "2")), owning=source_lock("acme", "pangkat"), instead_of=first.ref
    )
    course.deliver()
    assert course.machine.answers[token] == {"outcome": "stopped"}
    assert course.finish(first.ref).status is Status.CANCELLED
    assert course.destination.values("acme", "pangkat") == {}


def test_nothing_is_pulled_while_the_job_before_is_being_rolled_back(course: Course) -> None:
    ref = start(course).job.ref
    course.run(ref)
    course.roll_back(ref)
    with pytest.raises(Conflict) as rejected:
        start(course, force=True)
    assert rejected.value.problem.type == "rolling-back"
    course.run(ref)
    assert start(course, force=True).is_new


def test_an_empty_source_is_a_sync_without_rows(course: Course) -> None:
    course.upstreams.rows["pangkat"] = []
    job = course.run(start(course).job.ref)
    assert (job.status, job.counts.total) == (Status.COMPLETED, 0)


def test_a_source_without_a_total_is_read_to_its_end(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._SOURCES, "pangkat", replace(pangkat, has_total=False))
    job = course.run(start(course).job.ref)
    assert (job.status, job.counts.inserted) == (Status.COMPLETED, 4_050)
    offsets = [offset for _, offset in course.upstreams.asked]
    assert offsets == sorted(set(offsets)), "one page after the other, none twice"


def test_an_upstream_that_rejects_ends_the_job_with_its_reason(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def reject(*_: object, **__: object) -> None:
        raise UpstreamRejected("bad-answer", upstream="siasn", what="pangkat from row 1 on", got="status 403")

    monkeypatch.setattr(course.upstreams, "read", reject)
    job = course.run(start(course).job.ref)
    assert (job.status, job.problem and job.problem.type) == (Status.FAILED, "upstream-rejected")


def test_a_source_has_one_job_until_it_is_forced(course: Course) -> None:
    first = start(course)
    assert first.is_new
    assert start(course) == SyncStart(first.job, is_new=False)
    done = course.run(first.job.ref)
    assert start(course) == SyncStart(done, is_new=False)
    forced = start(course, force=True)
    assert forced.is_new
    assert forced.job.ref != first.job.ref
    assert course.jobs.get(first.job.ref).status is Status.COMPLETED


def test_force_cancels_the_job_that_is_under_way(course: Course) -> None:
    first = start(course).job.ref
    course.plan(first)
    course.dispatch(first, PhaseName.PARSE)
    forced = start(course, force=True).job.ref
    course.deliver()
    assert course.finish(first).status is Status.CANCELLED
    assert any(f"superseded by job {forced.id}" in entry.note for entry in course.jobs.entries(first))
    assert course.run(forced).counts.inserted == 4_050


def test_a_superseded_job_that_nobody_cancelled_stops_by_itself_before_it_loads(course: Course) -> None:
    """As if the call had died between taking its place and cancelling it."""
    first = start(course).job.ref
    course.plan(first)
    course.phase(first, PhaseName.PARSE)
    course.locks.owners[source_lock("acme", "pangkat")] = JobRef("acme", "01ANOTHER")
    course.phase(first, PhaseName.LOAD)
    assert course.finish(first).status is Status.CANCELLED
    assert course.destination.datasets == {}


def test_tenants_pull_the_same_source_side_by_side(course: Course) -> None:
    assert start(course).job.ref.id
    assert start(course, tenant="other").is_new


def test_of_many_starts_at_once_one_makes_the_job(course: Course) -> None:
    with ThreadPoolExecutor(20) as pool:
        starts = list(pool.map(lambda _: start(course), range(50)))
    assert len({each.job.ref for each in starts}) == 1
    assert [each.is_new for each in starts].count(True) == 1


def test_there_is_no_sync_of_what_is_no_source(course: Course) -> None:
    with pytest.raises(NotFound):
        start_sync("acme", "products", by="ann", force=False, now=AT, services=course)


def test_a_sync_that_takes_longer_than_half_an_hour_is_ended(course: Course) -> None:
    ref = start(course).job.ref
    course.plan(ref)
    token = course.dispatch(ref, PhaseName.PARSE)
    course.work(course.queue.messages.pop(0), now=NOW + 1_801)
    job = course.jobs.get(ref)
    assert (job.status, job.problem and job.problem.type) == (Status.FAILED, "sync-overdue")
    assert course.machine.answers[token] == {"outcome": "over"}


def test_stuck_syncs_are_cleaned_up_and_counted_by_their_state(course: Course) -> None:
    ref = start(course, at=datetime.now(UTC)).job.ref
    course.plan(ref)

    def cleaned(after: timedelta) -> dict[str, int]:
        now = datetime.now(UTC) + after
        return dict(clean_up("acme", ["pangkat", "skk"], by="ann", now=now, services=course))

    assert cleaned(timedelta(minutes=10)) == {}
    assert cleaned(timedelta(minutes=20)) == {"parsing": 1}
    assert course.jobs.get(ref).status is Status.CANCELLING
