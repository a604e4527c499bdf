"""What jobs leave, at each age, and what calls are answered then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, NotFound
from sluice.model.job import Job, allowed_actions
from sluice.model.status import ENDED, Status
from sluice.usecases import expiry
from sluice.usecases.control import delete_job
from tests.support.factories import PRODUCT_TITLES, csv_file, products
from tests.support.factories_files import written_by_openpyxl
from tests.unit.usecases.aging import ITEMS, OBJECTS, Aging
from tests.unit.usecases.test_control_expiry import CALLS, WRONG, aged, now


@pytest.fixture
def aging() -> Aging:
    return Aging()


def workbook(rows: int = 25) -> bytes:
    return written_by_openpyxl([PRODUCT_TITLES, *products(rows), WRONG])


def uploaded(aging: Aging, **more: Any) -> JobRef:
    return aging.upload(workbook(), filename="a.xlsx", **more)


def completed(aging: Aging) -> JobRef:
    ref = uploaded(aging)
    assert aging.run(ref).status is Status.COMPLETED
    aging.make_file(ref, "errors.csv")
    return ref


def rolled_back(aging: Aging) -> JobRef:
    ref = completed(aging)
    aging.roll_back(ref, now=now())
    assert aging.run(ref).status is Status.ROLLED_BACK
    return ref


def cancelled(aging: Aging) -> JobRef:
    ref = in_review(aging)
    assert aging.cancel(ref).status is Status.CANCELLED
    return ref


def failed(aging: Aging) -> JobRef:
    ref = uploaded(aging)
    aging.plan(ref)
    aging.phase(ref, aging.jobs.get(ref).phase or pytest.fail("no phase"))
    assert aging.finish(ref, error="States.Timeout").status is Status.FAILED
    return ref


def in_review(aging: Aging) -> JobRef:
    ref = uploaded(aging, review=True)
    assert aging.run(ref).status is Status.IN_REVIEW
    return ref


def paused(aging: Aging) -> JobRef:
    ref = uploaded(aging)
    aging.plan(ref)
    aging.pause(ref)
    assert aging.finish(ref).status is Status.PAUSED
    return ref


def waiting(aging: Aging) -> JobRef:
    ref = uploaded(aging)
    aging.jobs.items[ref] = replace(aging.jobs.get(ref), status=Status.WAITING_FOR_FILE)
    return ref


ENDS: dict[str, Callable[[Aging], JobRef]] = {
    "completed": completed,
    "rolled back": rolled_back,
    "cancelled": cancelled,
    "failed": failed,
}
WAITS: dict[str, Callable[[Aging], JobRef]] = {"in review": in_review, "paused": paused, "waiting": waiting}


@pytest.mark.parametrize("end", ENDS)
def test_each_kind_of_object_and_item_has_its_time_after_the_end(aging: Aging, end: str) -> None:
    """The parts of the file 14 days for a retry, all else `RetentionDays`, and the job says so for three more days."""
    ref = ENDS[end](aging)
    at_first = aging.kinds(ref)
    assert at_first >= {"slices", "staged", "rejections", "rejected", "uploads", *ITEMS}
    for days in (0, 13.9, 14.1, 89, 92.9):
        aging.expire(days=days)
        has_parts = end == "failed" and days < 14
        assert aging.kinds(ref) == (at_first if has_parts else at_first - {"slices"}), days
    aging.expire(days=93.1)
    assert (aging.kinds(ref), aging.files.names(f"jobs/acme/{ref.id}/")) == (set(), [])
    assert aging.complaints == []


def test_the_kinds_are_those_that_jobs_leave(aging: Aging) -> None:
    assert aging.kinds(completed(aging)) == OBJECTS | ITEMS


@pytest.mark.parametrize("wait", WAITS)
def test_nothing_of_a_job_that_has_not_ended_expires(aging: Aging, wait: str) -> None:
    """It is years old, and goes on as if it had waited for a minute."""
    ref = WAITS[wait](aging)
    kinds, objects = aging.kinds(ref), dict(aging.files.objects)
    for key in objects:
        aging.files.written[key] = datetime.now(UTC)
    aging.expire(days=1_000)
    assert (aging.kinds(ref), aging.files.objects, aging.complaints) == (kinds, objects, [])
    if wait == "paused":
        aging.resume(ref)
        assert aging.run(ref).counts.inserted == 25


@pytest.mark.parametrize(("days", "answer"), [(89, None), (91, "expired"), (94, NotFound)])
@pytest.mark.parametrize("call", CALLS)
def test_calls_are_answered_by_what_is_kept(aging: Aging, call: str, days: int, answer: Any) -> None:
    """While it is kept they do what they say; then they say until when it was, and at last the job is unknown."""
    ref = completed(aging)
    aging.expire(days=days)
    if answer is NotFound:
        with pytest.raises(NotFound):
            CALLS[call](aging, ref)
        return
    aged(aging, ref, days=days)
    if answer is None:
        assert CALLS[call](aging, ref)
        return
    with pytest.raises(Conflict) as rejected:
        CALLS[call](aging, ref)
    until = aging.jobs.get(ref).kept_until
    assert until is not None
    assert rejected.value.problem.type == "expired"
    assert rejected.value.problem.params["expired_at"] == until.isoformat()


@pytest.mark.parametrize(("days", "is_kept"), [(13.9, True), (14.1, False)])
def test_a_failed_job_is_retried_within_14_days_of_its_end(aging: Aging, days: float, is_kept: bool) -> None:
    ref = failed(aging)
    aging.expire(days=days)
    aged(aging, ref, days=days)
    job = aging.jobs.get(ref)
    assert ("retry" in allowed_actions(job, datetime.now(UTC))) is is_kept
    if is_kept:
        aging.retry(ref, now=now())
        assert aging.run(ref).counts.inserted == 25
        return
    with pytest.raises(Conflict) as rejected:
        aging.retry(ref, now=now())
    assert job.finished_at is not None
    assert rejected.value.problem.code == "expired/retry"
    assert rejected.value.problem.params["expired_at"] == (job.finished_at + timedelta(days=14)).isoformat()


def test_a_job_that_goes_on_has_its_time_from_its_next_end(aging: Aging) -> None:
    ref = completed(aging)
    aging.expire(days=0)
    aged(aging, ref, days=80)
    aging.roll_back(ref, now=now())
    aging.expire(days=1_000)
    assert aging.run(ref).counts.reversed == 25
    aging.expire(days=92)
    assert "journal" in aging.kinds(ref)
    aging.expire(days=94)
    assert aging.kinds(ref) == set()


@pytest.mark.parametrize("end", ENDS)
def test_a_job_that_was_paused_for_months_before_its_end_has_the_same_time(aging: Aging, end: str) -> None:
    ref = ENDS[end](aging)
    at_first = aging.kinds(ref)
    aged(aging, ref, days=-100)
    for days in (100, 113.9, 114.1, 189, 192.9):
        aging.expire(days=days)
        has_parts = end == "failed" and days < 114
        assert aging.kinds(ref) == (at_first if has_parts else at_first - {"slices"}), days
    aging.expire(days=193.1)
    assert aging.kinds(ref) == set()


def test_reports_and_a_rollback_need_no_part_of_the_file(aging: Aging) -> None:
    ref = completed(aging)
    job = aging.jobs.get(ref)
    aging.expire(days=0)
    assert {name.rpartition("/")[2] for name in aging.files.names(f"jobs/acme/{ref.id}/slices/")} == {"layout.json"}
    assert b"P-000099" in aging.make_file(ref, "errors.csv")
    assert aging.make_file(ref, "loaded.csv")
    assert CALLS["preview"](aging, ref)
    aging.roll_back(ref, now=now())
    assert aging.run(ref).counts.reversed == job.counts.inserted


def test_the_results_of_a_lookup_show_its_rows_as_long_as_all_else_is_kept(aging: Aging) -> None:
    ref = completed(aging)
    aging.jobs.items[ref] = replace(aging.jobs.get(ref), lookup="commission")
    aging.expire(days=89)
    assert "slices" in aging.kinds(ref)
    aging.expire(days=94)
    assert aging.kinds(ref) == set()


def test_the_parts_of_every_split_of_a_file_go(aging: Aging) -> None:
    ref = completed(aging)
    aging.jobs.items[ref] = replace(aging.jobs.get(ref), split=1)
    aging.files.write(f"jobs/acme/{ref.id}/split-1/slices/000000.slice", b"x")
    aging.expire(days=0)
    assert "slices" not in aging.kinds(ref)


def test_a_job_that_holds_its_dataset_still_keeps_the_parts_of_its_file(aging: Aging) -> None:
    """A worker counts first what a dead one has delivered."""
    ref = cancelled(aging)
    aging.jobs.items[ref] = replace(aging.jobs.get(ref), hold=1)
    aging.expire(days=1)
    assert "slices" in aging.kinds(ref)
    aging.expire(days=94)
    assert aging.kinds(ref) == set()


@pytest.mark.parametrize("keep", [30, 200])
def test_another_retention_holds_for_jobs_that_have_ended_before(aging: Aging, keep: int) -> None:
    ref = completed(aging)
    retention = timedelta(days=keep)
    aging.expire(days=1)
    job = aging.jobs.get(ref)
    assert job.finished_at is not None
    aging.jobs.items[ref] = replace(job, kept_until=job.finished_at + retention)  # as it is read then
    aging.expire(days=keep + 2, keep=retention)
    assert "journal" in aging.kinds(ref)
    aging.expire(days=keep + 4, keep=retention)
    assert aging.kinds(ref) == set()


def test_a_retention_below_the_time_of_a_retry_holds_for_failed_jobs_too(aging: Aging) -> None:
    ref, retention = failed(aging), timedelta(days=8)
    job = aging.jobs.get(ref)
    assert job.finished_at is not None
    aging.jobs.items[ref] = replace(job, kept_until=job.finished_at + retention)
    aging.expire(days=9, keep=retention)
    assert "slices" not in aging.kinds(ref)
    aging.expire(days=12, keep=retention)
    assert aging.kinds(ref) == set()


class Died(BaseException):
    """The process was killed."""


def test_a_look_that_dies_anywhere_is_made_up_for_by_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed at each of its writes in turn; a call in between never finds a job whose rows are half gone."""
    for place in range(100):
        aging = Aging()
        ref = completed(aging)
        writes = [0]
        with monkeypatch.context() as patched:
            for owner, name in (
                (aging.jobs, "mark_deleted"),
                (aging.files, "remove"),
                (aging.files, "remove_file"),
                (aging.chunks, "forget"),
                (aging.locks, "release"),
                (aging.ended, "keep"),
                (aging.ended, "forget"),
            ):
                patched.setattr(owner, name, _dying(getattr(owner, name), writes, place))
            try:
                aging.expire(days=94)
            except Died:
                died = True
            else:
                died = False
        left = aging.kinds(ref)
        assert left == OBJECTS | ITEMS or "job" not in left or aging.jobs.get(ref).deleted, "it is whole or marked"
        assert left <= {"job"} or "job" in left, "it goes last, since the next look finds it alone"
        aging.expire(days=94)
        assert (aging.kinds(ref), aging.complaints) == (set(), [])
        if not died:
            assert place > 5
            return
    pytest.fail("a look that is not killed ends")


def _dying(write: Callable[..., Any], writes: list[int], place: int) -> Callable[..., Any]:
    def dying(*args: Any, **more: Any) -> Any:
        writes[0] += 1
        if writes[0] > place:
            raise Died
        return write(*args, **more)

    return dying


def test_a_rollback_that_comes_while_it_looks_wins_or_is_rejected(
    aging: Aging, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job that was read as ended goes on before its removal: nothing of it goes."""
    ref = completed(aging)
    kinds = aging.kinds(ref)

    def begun_first(ref: JobRef, **more: Any) -> Job:
        aging.jobs.transition(ref, Status.ROLLING_BACK)
        return delete_job(ref, **more)

    monkeypatch.setattr(expiry, "delete_job", begun_first)
    aging.expire(days=94)
    assert (aging.kinds(ref), aging.complaints) == (kinds, [])
    monkeypatch.undo()
    other = Aging()
    ref = completed(other)
    delete_job(ref, by="sluice", now=now(), services=other)
    with pytest.raises(Conflict):
        other.roll_back(ref, now=now())


def test_an_error_of_one_job_does_not_delay_the_others(aging: Aging, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = completed(aging), completed_again(aging)

    def delete(ref: JobRef, **more: Any) -> Job:
        if ref == first:
            raise OSError("S3 did not remove 1 objects")
        return delete_job(ref, **more)

    monkeypatch.setattr(expiry, "delete_job", delete)
    aging.expire(days=94)
    assert [what for what, _ in aging.complaints] == [first.id]
    assert (second in aging.jobs.items, first in aging.jobs.items) == (False, True)


def completed_again(aging: Aging) -> JobRef:
    ref = uploaded(aging, force=True)
    assert aging.run(ref).status is Status.COMPLETED
    return ref


def test_a_look_without_time_begins_nothing(aging: Aging) -> None:
    ref = completed(aging)
    assert aging.expire(days=94, before=0) == 0
    assert aging.kinds(ref) == OBJECTS | ITEMS


def test_the_same_file_can_be_imported_again_when_its_job_is_gone(aging: Aging) -> None:
    completed(aging)
    assert aging.locks.owners
    aging.expire(days=94)
    assert aging.locks.owners == {}
    assert aging.run(uploaded(aging)).status is Status.COMPLETED


def test_files_whose_job_is_not_there_go_by_their_age(aging: Aging) -> None:
    """An earlier version left jobs to the table's TTL, and an event of the drop folder may be lost for good."""
    old, young = completed(aging), completed_again(aging)
    made = datetime.now(UTC)
    dropped = "incoming/acme/products/lost.csv"
    aging.files.write(dropped, b"x")
    aging.files.written[dropped] = made
    aging.files.write("incoming/acme/products/new.csv", b"x")
    for ref in (old, young):
        aging.ended.forget(ref)
    aging.expire(days=92)
    assert {"uploads", "journal"} <= aging.kinds(old)
    assert dropped in aging.files.objects
    for key in aging.files.names("incoming/"):
        aging.files.written.setdefault(key, made + timedelta(days=50))
    aging.expire(days=94)
    assert aging.files.names("") == ["incoming/acme/products/new.csv"]


def test_a_dropped_file_of_a_job_that_waits_stays(aging: Aging) -> None:
    key = "incoming/acme/products/a.csv"
    aging.files.write(key, csv_file(products(3)))
    aging.files.written[key] = datetime(2026, 1, 1, tzinfo=UTC)
    job = aging.arrive(key)
    assert job is not None
    assert job.status not in ENDED
    aging.expire(days=1_000)
    assert key in aging.files.objects
    assert aging.run(job.ref).counts.inserted == 3


def test_what_expires_is_found_without_a_look_at_jobs_that_wait(aging: Aging, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand jobs in review cost it nothing."""
    job = aging.jobs.get(in_review(aging))
    for number in range(10_000):
        ref = JobRef("acme", f"01Z{number:023}")
        aging.jobs.items[ref] = replace(job, ref=ref)
    monkeypatch.setattr(aging.jobs, "active", lambda: pytest.fail("it reads all jobs that have not ended"))
    assert aging.expire(days=1) == 0
