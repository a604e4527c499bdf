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
from tests.support.factories import make_job
from tests.support.harness import LEASE, NOW, Harness
from tests.unit.usecases.test_lookup import NAME, book, summary, upload

KEYS = [key for key in id_numbers(500) if is_id_number(key)]


@pytest.fixture
def harness() -> Harness:
    """A commission that knows everybody."""
    made = Harness()
    made.upstreams.found = {key: LookupResult(truth(key).status, truth(key).ward) for key in id_numbers(5_000)}
    return made


def workbook(*rows: list[str | None]) -> bytes:
    """A file of these rows, the headers first."""
    made, out = Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)  # type: ignore[union-attr]  # a new workbook has a sheet
    made.save(out)
    return out.getvalue()


def wake_up(harness: Harness, ref: JobRef) -> None:
    auto_resume(ref, harness.jobs.get(ref).run, services=harness)


def delete(harness: Harness, ref: JobRef, *, now: int = NOW) -> None:
    delete_job(ref, by="ben", now=now, services=harness)


def to_lookup(harness: Harness, rows: int) -> tuple[JobRef, ChunkRef]:
    """A job of one chunk that is about to be looked up, and its message."""
    ref = upload(harness, book(rows))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    return ref, harness.queue.messages.pop(0)


def test_an_upstream_that_is_away_for_a_small_file_parks_it_as_well(harness: Harness) -> None:
    """Fewer keys than are counted in a row; not one of them brought a sign of life."""
    ref, message = to_lookup(harness, 5)
    harness.upstreams.failing = dict.fromkeys(harness.upstreams.found, 3)
    harness.work(message)
    assert harness.finish(ref).status is Status.PAUSED
    harness.upstreams.failing = {}
    wake_up(harness, ref)
    assert harness.run(ref).status is Status.COMPLETED


def test_one_key_that_is_left_alone_unanswered_does_not_park_its_job(harness: Harness) -> None:
    """An attempt that was none, for want of turns, has answered all the others."""
    ref, message = to_lookup(harness, 5)
    *answered, stubborn = [str(row[0]) for row in voter_rows(5)]
    for key in answered:
        found = harness.upstreams.found[key]
        harness.lookup_cache.keep("acme", lookup_named("commission"), key, found, until=NOW + 3600)
    del harness.upstreams.found[stubborn]
    for _ in range(2):
        with pytest.raises(TryLater):
            harness.work(message)
    harness.work(message)
    assert (harness.finish(ref).status, summary(harness, ref)["lookup-failed"]) == (Status.COMPLETED, 1)


def test_keys_that_nobody_ever_answers_do_not_hold_a_job_for_ever(harness: Harness) -> None:
    """They look like an upstream that is away once they alone are left; but not for ever, and not for the others."""
    ref, message = to_lookup(harness, 100)
    stubborn = [str(row[0]) for row in voter_rows(100) if is_id_number(str(row[0]))][:12]
    harness.upstreams.failing = dict.fromkeys(stubborn, 1)
    with pytest.raises(TryLater):
        harness.work(message)
    harness.upstreams.down = True
    harness.work(message)
    woken = 0
    while (job := harness.finish(ref)).status is Status.PAUSED and woken < 40:
        woken += 1
        wake_up(harness, ref)
        harness.dispatch(ref, PhaseName.LOAD)
        harness.deliver()
    assert (job.status, summary(harness, ref)["lookup-failed"]) == (Status.COMPLETED, 12)
    assert 10 < woken < 30


def test_a_parked_job_is_woken_soon_and_then_less_and_less_often() -> None:
    waits = [auto_resume_after(replace(make_job(), run=run)) for run in (1, 2, 10, 20, 500)]
    assert waits == [30, 60, 300, 600, 600]


def test_a_job_is_woken_once_even_if_whoever_woke_it_died_before_starting_it(harness: Harness) -> None:
    ref = upload(harness, book(10))
    harness.upstreams.down = True
    suspended = harness.run(ref)
    harness.jobs.transition(ref, Status.LOADING, new_run=True)
    for _ in range(2):
        auto_resume(ref, suspended.run, services=harness)
    assert harness.machine.started == [(ref, 1), (ref, 2)]


def test_a_parked_job_that_somebody_pauses_waits_for_somebody(harness: Harness) -> None:
    ref = upload(harness, book(10))
    harness.upstreams.down = True
    harness.run(ref)
    assert (harness.pause(ref).status, harness.pause(ref).suspended) == (Status.PAUSED, None)
    wake_up(harness, ref)
    harness.sweep(after=timedelta(minutes=20))
    assert harness.jobs.get(ref).status is Status.PAUSED
    assert [entry.by for entry in harness.jobs.entries(ref) if "by hand" in entry.note] == ["ben"]


def test_a_job_that_is_paused_while_it_waits_does_not_pass_the_others_when_it_goes_on(harness: Harness) -> None:
    first, second = upload(harness, book(10)), upload(harness, book(10, first=100))
    harness.pause(second)
    assert harness.machine.started == [(first, 1), (second, 1)], "so that its harness says that it has stopped"
    assert harness.plan(second) == "over"
    assert harness.finish(second).status is Status.PAUSED
    with pytest.raises(Conflict) as rejected:
        harness.resume(second)
    assert rejected.value.problem.type == "importer-busy"
    harness.run(first)
    harness.resume(second)
    assert harness.run(second).status is Status.COMPLETED


def test_the_turn_of_a_job_that_is_gone_is_given_to_the_next(harness: Harness) -> None:
    """It was paused until its retention was over."""
    first, second = upload(harness, book(10)), upload(harness, book(10, first=100))
    del harness.jobs.items[first]
    harness.sweep(after=timedelta(minutes=20))
    assert [ref for ref, _ in harness.machine.started] == [first, second]


def test_a_job_whose_course_broke_before_its_first_step_does_not_keep_the_turn(harness: Harness) -> None:
    first, second = upload(harness, book(10)), upload(harness, book(10, first=100))
    harness.machine.over.add((first, 1))
    assert harness.sweep(after=timedelta(minutes=20)) > 0, "it is counted among those that are stuck"
    assert harness.jobs.get(first).status is Status.FAILED
    assert [ref for ref, _ in harness.machine.started] == [first, second]


def test_the_same_file_may_come_again(harness: Harness) -> None:
    """For another ward, or to hear what is so by now; those who were answered are not asked for again."""
    digest = "ab" * 32
    for ward in (WARD, "79800002"):
        ref = upload(harness, book(50), name=f"{ward}.xlsx", sha256=digest)
        assert harness.run(ref).status is Status.COMPLETED
    assert len(harness.upstreams.sought) == len(set(harness.upstreams.sought))


def test_a_look_up_has_nothing_to_review(harness: Harness) -> None:
    ref = upload(harness, book(10), review=True)
    assert harness.run(ref).status is Status.COMPLETED


def test_what_is_no_id_number_repeats_none(harness: Harness) -> None:
    """A list in which half of the people gave none is not rejected for that."""
    rows: list[list[str | None]] = [["ID Number"], ["N/A"], ["N/A"], ["N/A"], [KEYS[0]], [KEYS[0]], [None, "Thandiwe"]]
    ref = upload(harness, workbook(*rows))
    job = harness.run(ref)
    found = json.loads(harness.make_file(ref, "summary.json"))
    counts = {each["slug"]: each["count"] for each in found["categories"] if each["count"]}
    assert counts.pop("invalid-id") == 3
    assert sum(counts.values()) == 1
    assert (job.counts.total, job.counts.rejected) == (6, 2)
    assert (found["facts"]["Rows in the file"], found["facts"]["Rejected, see errors.xlsx"]) == ("6", "2")


def test_a_result_says_what_of_the_file_is_not_in_it(harness: Harness) -> None:
    ref = upload(harness, book(450))
    harness.upstreams.down, harness.upstreams.after = True, 0
    harness.lookup_cache.items.clear()
    suspended = harness.run(ref)
    assert suspended.status is Status.PAUSED
    facts = json.loads(harness.make_file(ref, "summary.json"))["facts"]
    assert facts["Not looked up"] == "450"
    assert "Ended" not in facts


def test_a_file_that_is_made_while_its_job_is_deleted_goes_too(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = upload(harness, book(10))
    harness.run(ref)

    def late(job: Any, out: BinaryIO, **stores: Any) -> int:
        delete(harness, ref)
        out.write(b"everybody")
        return 10

    monkeypatch.setattr(making, "write_result", late)
    with pytest.raises(NotFound):
        harness.make_file(ref, "result.xlsx")
    with pytest.raises(NotFound):
        harness.make_file(ref, "summary.json")
    assert harness.files.names("") == []


def test_a_job_that_is_being_deleted_is_not_retried(harness: Harness) -> None:
    """Whoever deletes it may have got no further than to say so."""
    ref = upload(harness, book(10))
    harness.plan(ref)
    harness.finish(ref, "States.Timeout")
    harness.jobs.mark_deleted(ref, by="ben")
    with pytest.raises(Conflict):
        harness.jobs.transition(ref, Status.PARSING, new_run=True)


def test_what_a_worker_may_still_write_is_waited_for(harness: Harness) -> None:
    ref = upload(harness, book(10))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    harness.chunks.lease(harness.queue.messages.pop(0), now=NOW, until=NOW + LEASE)
    harness.finish(ref, "States.Timeout")
    with pytest.raises(TryLater) as busy:
        delete(harness, ref)
    assert busy.value.seconds == LEASE
    delete(harness, ref, now=NOW + LEASE)
    assert harness.files.names("") == []


def test_everything_that_was_uploaded_for_a_job_goes_with_it(harness: Harness) -> None:
    """Its form may have been used twice."""
    ref = upload(harness, book(10))
    harness.run(ref)
    harness.files.write(harness.jobs.get(ref).file.key, book(11))
    harness.files.write(upload_key(ref, "other.xlsx"), b"")
    delete(harness, ref)
    assert harness.files.names("") == []


def test_a_file_is_not_corrected_when_it_was_deleted(harness: Harness) -> None:
    ref = upload(harness, workbook(["ID Number"], [KEYS[0]], [KEYS[0]]))
    harness.run(ref)
    delete(harness, ref)
    with pytest.raises(Conflict, match="deleted"):
        upload(harness, book(1), name=NAME, corrects=ref.id)
