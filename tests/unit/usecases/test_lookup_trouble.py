"""Lookups that do not go well: who is away, who waits, and what is deleted in the middle."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, BinaryIO

import pytest
from openpyxl import Workbook

from local.fake_upstreams.voter_files import voter_rows
from local.fake_upstreams.voters import WARD, id_numbers, is_id_number, truth
from sluice.catalog.registry import lookup_named
from sluice.model.chunk import ChunkRef, JobRef, PhaseName
from sluice.model.errors import Conflict, NotFound, TryLater
from sluice.model.status import Status
from sluice.upstream.lookup import LookupResult
from sluice.usecases import downloads as making
from sluice.usecases.artifacts import upload_key
from sluice.usecases.control import auto_resume, auto_resume_after, delete_job
from tests.factories import make_job
from tests.fakes.course import LEASE, NOW, Course
from tests.unit.usecases.test_lookup import NAME, book, summary, upload

KEYS = [key for key in id_numbers(500) if is_id_number(key)]


@pytest.fixture
def course() -> Course:
    """A commission that knows everybody."""
    made = Course()
    made.upstreams.found = {key: LookupResult(truth(key).status, truth(key).ward) for key in id_numbers(5_000)}
    return made


def workbook(*rows: list[str | None]) -> bytes:
    """A file of these rows, the headers first."""
    made, out = Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)  # type: ignore[union-attr]  # a new workbook has a sheet
    made.save(out)
    return out.getvalue()


def wake_up(course: Course, ref: JobRef) -> None:
    auto_resume(ref, course.jobs.get(ref).run, services=course)


def delete(course: Course, ref: JobRef, *, now: int = NOW) -> None:
    delete_job(ref, by="ben", now=now, services=course)


def to_lookup(course: Course, rows: int) -> tuple[JobRef, ChunkRef]:
    """A job of one chunk that is about to be looked up, and its message."""
    ref = upload(course, book(rows))
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    course.dispatch(ref, PhaseName.LOAD)
    return ref, course.queue.messages.pop(0)


def test_an_upstream_that_is_away_for_a_small_file_parks_it_as_well(course: Course) -> None:
    """Fewer keys than are counted in a row; not one of them brought a sign of life."""
    ref, message = to_lookup(course, 5)
    course.upstreams.failing = dict.fromkeys(course.upstreams.found, 3)
    course.work(message)
    assert course.finish(ref).status is Status.PAUSED
    course.upstreams.failing = {}
    wake_up(course, ref)
    assert course.run(ref).status is Status.COMPLETED


def test_one_key_that_is_left_alone_unanswered_does_not_park_its_job(course: Course) -> None:
    """An attempt that was none, for want of turns, has answered all the others."""
    ref, message = to_lookup(course, 5)
    *answered, stubborn = [str(row[0]) for row in voter_rows(5)]
    for key in answered:
        found = course.upstreams.found[key]
        course.lookup_cache.keep("acme", lookup_named("commission"), key, found, until=NOW + 3600)
    del course.upstreams.found[stubborn]
    for _ in range(2):
        with pytest.raises(TryLater):
            course.work(message)
    course.work(message)
    assert (course.finish(ref).status, summary(course, ref)["lookup-failed"]) == (Status.COMPLETED, 1)


def test_keys_that_nobody_ever_answers_do_not_hold_a_job_for_ever(course: Course) -> None:
    """They look like an upstream that is away once they alone are left; but not for ever, and not for the others."""
    ref, message = to_lookup(course, 100)
    stubborn = [str(row[0]) for row in voter_rows(100) if is_id_number(str(row[0]))][:12]
    course.upstreams.failing = dict.fromkeys(stubborn, 1)
    with pytest.raises(TryLater):
        course.work(message)
    course.upstreams.down = True
    course.work(message)
    woken = 0
    while (job := course.finish(ref)).status is Status.PAUSED and woken < 40:
        woken += 1
        wake_up(course, ref)
        course.dispatch(ref, PhaseName.LOAD)
        course.deliver()
    assert (job.status, summary(course, ref)["lookup-failed"]) == (Status.COMPLETED, 12)
    assert 10 < woken < 30


def test_a_parked_job_is_woken_soon_and_then_less_and_less_often() -> None:
    waits = [auto_resume_after(replace(make_job(), run=run)) for run in (1, 2, 10, 20, 500)]
    assert waits == [30, 60, 300, 600, 600]


def test_a_job_is_woken_once_even_if_whoever_woke_it_died_before_starting_it(course: Course) -> None:
    ref = upload(course, book(10))
    course.upstreams.down = True
    suspended = course.run(ref)
    course.jobs.transition(ref, Status.LOADING, new_run=True)
    for _ in range(2):
        auto_resume(ref, suspended.run, services=course)
    assert course.machine.started == [(ref, 1), (ref, 2)]


def test_a_parked_job_that_somebody_pauses_waits_for_somebody(course: Course) -> None:
    ref = upload(course, book(10))
    course.upstreams.down = True
    course.run(ref)
    assert (course.pause(ref).status, course.pause(ref).suspended) == (Status.PAUSED, None)
    wake_up(course, ref)
    course.sweep(after=timedelta(minutes=20))
    assert course.jobs.get(ref).status is Status.PAUSED
    assert [entry.by for entry in course.jobs.entries(ref) if "by hand" in entry.note] == ["ben"]


def test_a_job_that_is_paused_while_it_waits_does_not_pass_the_others_when_it_goes_on(course: Course) -> None:
    first, second = upload(course, book(10)), upload(course, book(10, first=100))
    course.pause(second)
    assert course.machine.started == [(first, 1), (second, 1)], "so that its course says that it has stopped"
    assert course.plan(second) == "over"
    assert course.finish(second).status is Status.PAUSED
    with pytest.raises(Conflict) as rejected:
        course.resume(second)
    assert rejected.value.problem.type == "importer-busy"
    course.run(first)
    course.resume(second)
    assert course.run(second).status is Status.COMPLETED


def test_the_turn_of_a_job_that_is_gone_is_given_to_the_next(course: Course) -> None:
    """It was paused until its retention was over."""
    first, second = upload(course, book(10)), upload(course, book(10, first=100))
    del course.jobs.items[first]
    course.sweep(after=timedelta(minutes=20))
    assert [ref for ref, _ in course.machine.started] == [first, second]


def test_a_job_whose_course_broke_before_its_first_step_does_not_keep_the_turn(course: Course) -> None:
    first, second = upload(course, book(10)), upload(course, book(10, first=100))
    course.machine.over.add((first, 1))
    assert course.sweep(after=timedelta(minutes=20)) > 0, "it is counted among those that are stuck"
    assert course.jobs.get(first).status is Status.FAILED
    assert [ref for ref, _ in course.machine.started] == [first, second]


def test_the_same_file_may_come_again(course: Course) -> None:
    """For another ward, or to hear what is so by now; those who were answered are not asked for again."""
    digest = "ab" * 32
    for ward in (WARD, "79800002"):
        ref = upload(course, book(50), name=f"{ward}.xlsx", sha256=digest)
        assert course.run(ref).status is Status.COMPLETED
    assert len(course.upstreams.sought) == len(set(course.upstreams.sought))


def test_a_look_up_has_nothing_to_review(course: Course) -> None:
    ref = upload(course, book(10), review=True)
    assert course.run(ref).status is Status.COMPLETED


def test_what_is_no_id_number_repeats_none(course: Course) -> None:
    """A list in which half of the people gave none is not rejected for that."""
    rows: list[list[str | None]] = [["ID Number"], ["N/A"], ["N/A"], ["N/A"], [KEYS[0]], [KEYS[0]], [None, "Thandiwe"]]
    ref = upload(course, workbook(*rows))
    job = course.run(ref)
    found = json.loads(course.make_file(ref, "summary.json"))
    counts = {each["slug"]: each["count"] for each in found["categories"] if each["count"]}
    assert counts.pop("invalid-id") == 3
    assert sum(counts.values()) == 1
    assert (job.counts.total, job.counts.rejected) == (6, 2)
    assert (found["facts"]["Rows in the file"], found["facts"]["Rejected, see errors.xlsx"]) == ("6", "2")


def test_a_result_says_what_of_the_file_is_not_in_it(course: Course) -> None:
    ref = upload(course, book(450))
    course.upstreams.down, course.upstreams.after = True, 0
    course.lookup_cache.items.clear()
    suspended = course.run(ref)
    assert suspended.status is Status.PAUSED
    facts = json.loads(course.make_file(ref, "summary.json"))["facts"]
    assert facts["Not looked up"] == "450"
    assert "Ended" not in facts


def test_a_file_that_is_made_while_its_job_is_deleted_goes_too(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = upload(course, book(10))
    course.run(ref)

    def late(job: Any, out: BinaryIO, **stores: Any) -> int:
        delete(course, ref)
        out.write(b"everybody")
        return 10

    monkeypatch.setattr(making, "write_result", late)
    with pytest.raises(NotFound):
        course.make_file(ref, "result.xlsx")
    with pytest.raises(NotFound):
        course.make_file(ref, "summary.json")
    assert course.files.names("") == []


def test_a_job_that_is_being_deleted_is_not_retried(course: Course) -> None:
    """Whoever deletes it may have got no further than to say so."""
    ref = upload(course, book(10))
    course.plan(ref)
    course.finish(ref, "States.Timeout")
    course.jobs.mark_deleted(ref, by="ben")
    with pytest.raises(Conflict):
        course.jobs.transition(ref, Status.PARSING, new_run=True)


def test_what_a_worker_may_still_write_is_waited_for(course: Course) -> None:
    ref = upload(course, book(10))
    course.plan(ref)
    course.phase(ref, PhaseName.PARSE)
    course.dispatch(ref, PhaseName.LOAD)
    course.chunks.lease(course.queue.messages.pop(0), now=NOW, until=NOW + LEASE)
    course.finish(ref, "States.Timeout")
    with pytest.raises(TryLater) as busy:
        delete(course, ref)
    assert busy.value.seconds == LEASE
    delete(course, ref, now=NOW + LEASE)
    assert course.files.names("") == []


def test_everything_that_was_uploaded_for_a_job_goes_with_it(course: Course) -> None:
    """Its form may have been used twice."""
    ref = upload(course, book(10))
    course.run(ref)
    course.files.write(course.jobs.get(ref).file.key, book(11))
    course.files.write(upload_key(ref, "other.xlsx"), b"")
    delete(course, ref)
    assert course.files.names("") == []


def test_a_file_is_not_corrected_when_it_was_deleted(course: Course) -> None:
    ref = upload(course, workbook(["ID Number"], [KEYS[0]], [KEYS[0]]))
    course.run(ref)
    delete(course, ref)
    with pytest.raises(Conflict, match="deleted"):
        upload(course, book(1), name=NAME, corrects=ref.id)
