"""Lookups that fail: an upstream that is down, jobs that wait, and jobs that are deleted meanwhile."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, BinaryIO

import pytest

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
from tests.support.factories_files import written_by_openpyxl
from tests.support.harness import LEASE, NOW, Harness
from tests.support.spreadsheets import as_xlsx, table_of
from tests.unit.usecases.test_lookup import NAME, book, summary, upload

KEYS = [key for key in id_numbers(500) if is_id_number(key)]


@pytest.fixture
def harness() -> Harness:
    """Return a harness whose commission has a result for every key."""
    made = Harness()
    made.upstreams.found = {key: LookupResult(truth(key).status, truth(key).ward) for key in id_numbers(5_000)}
    return made


def resume_automatically(harness: Harness, ref: JobRef) -> None:
    auto_resume(ref, harness.jobs.get(ref).run, now=NOW, services=harness)


def delete(harness: Harness, ref: JobRef, *, now: int = NOW) -> None:
    delete_job(ref, by="ben", now=now, services=harness)


def to_lookup(harness: Harness, rows: int) -> tuple[JobRef, ChunkRef]:
    """Return a job of one chunk before its lookups, and its message."""
    ref = upload(harness, book(rows))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    return ref, harness.queue.messages.pop(0)


def test_an_upstream_that_is_down_suspends_a_job_with_a_small_file_too(harness: Harness) -> None:
    """It has fewer keys than the limit of failures in a row, and no key had a sign of life."""
    ref, message = to_lookup(harness, 5)
    harness.upstreams.failing = dict.fromkeys(harness.upstreams.found, 3)
    harness.work(message)
    assert harness.finish(ref).status is Status.PAUSED
    harness.upstreams.failing = {}
    resume_automatically(harness, ref)
    assert harness.run(ref).status is Status.COMPLETED


def test_one_key_without_a_response_does_not_suspend_its_job(harness: Harness) -> None:
    """An attempt that ran out of slots has results for all the others."""
    ref, message = to_lookup(harness, 5)
    *known, stubborn = [str(row[0]) for row in voter_rows(5)]
    for key in known:
        found = harness.upstreams.found[key]
        harness.lookup_cache.keep("acme", lookup_named("commission"), key, found, until=NOW + 3600)
    del harness.upstreams.found[stubborn]
    for _ in range(2):
        with pytest.raises(TryLater):
            harness.work(message)
    harness.work(message)
    assert (harness.finish(ref).status, summary(harness, ref)["lookup-failed"]) == (Status.COMPLETED, 1)


def test_keys_without_any_response_do_not_hold_a_job_for_ever(harness: Harness) -> None:
    """Once only these keys are left, the upstream looks down; the job ends all the same, and other jobs do not wait."""
    ref, message = to_lookup(harness, 100)
    stubborn = [str(row[0]) for row in voter_rows(100) if is_id_number(str(row[0]))][:12]
    harness.upstreams.failing = dict.fromkeys(stubborn, 1)
    with pytest.raises(TryLater):
        harness.work(message)
    harness.upstreams.down = True
    harness.work(message)
    resumes = 0
    while (job := harness.finish(ref)).status is Status.PAUSED and resumes < 40:
        resumes += 1
        resume_automatically(harness, ref)
        harness.dispatch(ref, PhaseName.LOAD)
        harness.deliver()
    assert (job.status, summary(harness, ref)["lookup-failed"]) == (Status.COMPLETED, 12)
    assert 10 < resumes < 30


def test_the_delays_between_automatic_resumes_grow() -> None:
    waits = [auto_resume_after(replace(make_job(), run=run)) for run in (1, 2, 10, 20, 500)]
    assert waits == [30, 60, 300, 600, 600]


def test_a_job_is_resumed_once_even_if_the_first_caller_died_before_starting_it(harness: Harness) -> None:
    ref = upload(harness, book(10))
    harness.upstreams.down = True
    suspended = harness.run(ref)
    harness.jobs.transition(ref, Status.LOADING, new_run=True)
    for _ in range(2):
        auto_resume(ref, suspended.run, now=NOW, services=harness)
    assert harness.machine.started == [(ref, 1), (ref, 2)]


def test_a_suspended_job_that_a_caller_pauses_is_not_resumed_automatically(harness: Harness) -> None:
    ref = upload(harness, book(10))
    harness.upstreams.down = True
    harness.run(ref)
    assert (harness.pause(ref).status, harness.pause(ref).suspended) == (Status.PAUSED, None)
    resume_automatically(harness, ref)
    harness.sweep(after=timedelta(minutes=20))
    assert harness.jobs.get(ref).status is Status.PAUSED
    assert [entry.by for entry in harness.jobs.entries(ref) if "by hand" in entry.note] == ["ben"]


def test_a_waiting_job_that_is_paused_does_not_overtake_the_others_when_it_resumes(harness: Harness) -> None:
    first, second = upload(harness, book(10)), upload(harness, book(10, first=100))
    harness.pause(second)
    assert harness.machine.started == [(first, 1), (second, 1)], "so that its execution records that it has stopped"
    assert harness.plan(second) == "over"
    assert harness.finish(second).status is Status.PAUSED
    with pytest.raises(Conflict) as rejected:
        harness.resume(second)
    assert rejected.value.problem.type == "importer-busy"
    harness.run(first)
    harness.resume(second)
    assert harness.run(second).status is Status.COMPLETED


def test_the_lock_of_a_deleted_job_is_transferred_to_the_next(harness: Harness) -> None:
    """The job was paused until its retention was over."""
    first, second = upload(harness, book(10)), upload(harness, book(10, first=100))
    del harness.jobs.items[first]
    harness.sweep(after=timedelta(minutes=20))
    assert [ref for ref, _ in harness.machine.started] == [first, second]


def test_a_job_whose_execution_failed_before_its_first_step_releases_the_lock(harness: Harness) -> None:
    first, second = upload(harness, book(10)), upload(harness, book(10, first=100))
    harness.machine.over.add((first, 1))
    assert harness.sweep(after=timedelta(minutes=20)) > 0, "it is counted among the stuck jobs"
    assert harness.jobs.get(first).status is Status.FAILED
    assert [ref for ref, _ in harness.machine.started] == [first, second]


def test_a_file_with_lookups_may_be_imported_again(harness: Harness) -> None:
    """The ward may be another, or results may have changed; cached results are not requested again."""
    digest = "ab" * 32
    for ward in (WARD, "79800002"):
        ref = upload(harness, book(50), name=f"{ward}.xlsx", sha256=digest)
        assert harness.run(ref).status is Status.COMPLETED
    assert len(harness.upstreams.sought) == len(set(harness.upstreams.sought))


def test_a_lookup_has_no_review(harness: Harness) -> None:
    ref = upload(harness, book(10), review=True)
    assert harness.run(ref).status is Status.COMPLETED


def test_invalid_id_numbers_are_not_duplicates(harness: Harness) -> None:
    """A list in which half of the rows have none is not rejected because of that."""
    rows: list[list[str | None]] = [["ID Number"], ["N/A"], ["N/A"], ["N/A"], [KEYS[0]], [KEYS[0]], [None, "Thandiwe"]]
    ref = upload(harness, written_by_openpyxl(rows))
    job = harness.run(ref)
    found = json.loads(harness.make_file(ref, "summary.json"))
    counts = {each["slug"]: each["count"] for each in found["categories"] if each["count"]}
    assert counts.pop("invalid-id") == 3
    assert sum(counts.values()) == 1
    assert (job.counts.total, job.counts.rejected) == (6, 2)
    assert (found["facts"]["Rows in the file"], found["facts"]["Rejected, see errors.xlsx"]) == ("6", "2")


def test_a_result_lists_what_it_does_not_contain_of_the_file(harness: Harness) -> None:
    ref = upload(harness, book(450))
    harness.upstreams.down, harness.upstreams.after = True, 0
    harness.lookup_cache.items.clear()
    suspended = harness.run(ref)
    assert suspended.status is Status.PAUSED
    facts = json.loads(harness.make_file(ref, "summary.json"))["facts"]
    assert facts["Not looked up"] == "450"
    assert "Ended" not in facts


def test_a_file_that_is_made_while_its_job_is_deleted_is_deleted_too(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = upload(harness, book(10))
    harness.run(ref)

    def late(job: Any, out: BinaryIO, **stores: Any) -> int:
        delete(harness, ref)
        out.write(b"all rows")
        return 10

    monkeypatch.setattr(making, "write_result", late)
    with pytest.raises(NotFound):
        harness.make_file(ref, "result.xlsx")
    with pytest.raises(NotFound):
        harness.make_file(ref, "summary.json")
    assert harness.files.names("") == []


def test_a_job_that_is_being_deleted_is_not_retried(harness: Harness) -> None:
    """The deletion may have recorded no more than its beginning."""
    ref = upload(harness, book(10))
    harness.plan(ref)
    harness.finish(ref, "States.Timeout")
    harness.jobs.mark_deleted(ref, by="ben")
    with pytest.raises(Conflict):
        harness.jobs.transition(ref, Status.PARSING, new_run=True)


def test_a_deletion_waits_for_workers_that_may_still_write(harness: Harness) -> None:
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


def test_every_file_that_was_uploaded_to_a_job_is_deleted_with_it(harness: Harness) -> None:
    """Its form may have been used twice."""
    ref = upload(harness, book(10))
    harness.run(ref)
    harness.files.write(harness.jobs.get(ref).file.key, book(11))
    harness.files.write(upload_key(ref, "other.xlsx"), b"")
    delete(harness, ref)
    assert harness.files.names("") == []


def test_a_deleted_file_cannot_be_corrected(harness: Harness) -> None:
    ref = upload(harness, written_by_openpyxl([["ID Number"], [KEYS[0]], [KEYS[0]]]))
    harness.run(ref)
    delete(harness, ref)
    with pytest.raises(Conflict, match="deleted"):
        upload(harness, book(1), name=NAME, corrects=ref.id)


def test_a_corrected_file_in_the_drop_folder_needs_no_ward_in_its_name(harness: Harness) -> None:
    """It is recognised, and has the ward of the job that it corrects."""
    first = upload(harness, written_by_openpyxl([["ID Number"], [KEYS[0]], [KEYS[0]]]))
    ward = harness.run(first).recipe.constants
    table = table_of(harness.make_file(first, "errors.xlsx"))
    table[1][2] = KEYS[1]
    harness.files.write("incoming/acme/voters/list.xlsx", as_xlsx(table))
    dropped = harness.arrive("incoming/acme/voters/list.xlsx")
    assert dropped is not None
    job = harness.run(dropped.ref)
    assert (job.status, job.corrects, job.recipe.constants) == (Status.COMPLETED, first.id, ward)
    assert (job.counts.loaded, job.counts.rejected) == (1, 0)
