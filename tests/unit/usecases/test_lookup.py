"""Voters: rows that are looked up, one file at a time, and sorted into categories."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from openpyxl import load_workbook

from local.fake_upstreams.voter_files import voter_rows, write_workbook
from local.fake_upstreams.voters import WARD, category, id_numbers, is_id_number, truth
from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import Conflict, FileRejected, NotFound, RequestRejected, TryLater
from sluice.model.job import allowed_actions
from sluice.model.status import Status
from sluice.upstream.lookup import LookupResult
from sluice.usecases.control import auto_resume, delete_job
from sluice.wording import word_detail
from tests.support.harness import NOW, Harness

ROWS = 450
NAME = f"Ward {WARD}.xlsx"


def book(rows: int = ROWS, *, first: int = 0) -> bytes:
    """Return a file of voters with some invalid ID numbers."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "voters.xlsx"
        write_workbook(path, voter_rows(rows, first=first))
        return path.read_bytes()


@pytest.fixture
def harness() -> Harness:
    """Return a harness whose commission has a result for every key."""
    made = Harness()
    made.upstreams.found = {key: LookupResult(truth(key).status, truth(key).ward) for key in id_numbers(5_000)}
    return made


def upload(harness: Harness, body: bytes, *, name: str = NAME, **more: Any) -> JobRef:
    return harness.upload(body, importer="voters", filename=name, **more)


def expected(rows: int = ROWS) -> Counter[str]:
    keys = [str(row[0]) for row in voter_rows(rows)]
    return Counter(category(key, WARD) if is_id_number(key) else "invalid-id" for key in keys)


def summary(harness: Harness, ref: JobRef) -> dict[str, int]:
    counts = json.loads(harness.make_file(ref, "summary.json"))
    return {each["slug"]: each["count"] for each in counts["categories"] if each["count"]}


def test_each_row_is_in_the_category_of_the_commissions_response(harness: Harness) -> None:
    ref = upload(harness, book())
    job = harness.run(ref)
    assert (job.status, job.counts.total, job.counts.loaded, job.counts.unprocessed) == (
        Status.COMPLETED,
        ROWS,
        ROWS,
        0,
    )
    assert job.recipe.constants == {"ward": WARD}
    assert summary(harness, ref) == expected()
    workbook = load_workbook(io.BytesIO(harness.make_file(ref, "result.xlsx")))
    assert workbook.sheetnames[0] == "Summary"
    assert workbook["Registered in this ward"].max_row - 1 == expected()["registered-here"]
    assert harness.destination.datasets == {}, "nothing is loaded"


def test_each_valid_id_number_is_looked_up_once_and_no_invalid_one(harness: Harness) -> None:
    harness.run(upload(harness, book()))
    harness.run(upload(harness, book(), force=True))
    asked = Counter(harness.upstreams.sought)
    assert set(asked.values()) == {1}
    assert all(is_id_number(key) for key in asked)


def test_a_key_that_fails_is_looked_up_again_with_its_chunk(harness: Harness) -> None:
    stubborn = [str(row[0]) for row in voter_rows(100) if is_id_number(str(row[0]))][:2]
    harness.upstreams.failing = {stubborn[0]: 2, stubborn[1]: 99}
    ref = upload(harness, book(100))
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.dispatch(ref, PhaseName.LOAD)
    message = harness.queue.messages.pop(0)
    for _ in range(2):
        with pytest.raises(TryLater) as failed:
            harness.work(message)
        assert not any(key in str(failed.value) for key in stubborn)
    harness.work(message)
    job = harness.finish(ref)
    assert (job.status, summary(harness, ref)["lookup-failed"]) == (Status.COMPLETED, 1)
    asked = Counter(harness.upstreams.sought)
    assert (asked[stubborn[0]], asked[stubborn[1]]) == (3, 3)
    assert max(count for key, count in asked.items() if key not in stubborn) == 1


def test_a_job_whose_upstream_is_down_is_suspended_and_resumes_automatically(harness: Harness) -> None:
    ref = upload(harness, book())
    harness.plan(ref)
    harness.phase(ref, PhaseName.PARSE)
    harness.upstreams.down, harness.upstreams.after = True, 50
    token = harness.dispatch(ref, PhaseName.LOAD)
    harness.deliver()
    assert harness.machine.answers[token] == {"outcome": "stopped"}
    suspended = harness.finish(ref)
    assert (suspended.status, suspended.suspended is not None) == (Status.PAUSED, True)
    assert suspended.suspended
    assert "does not answer" in word_detail(suspended.suspended)
    resumed = auto_resume(ref, suspended.run, now=NOW, services=harness)
    assert (resumed.status, resumed.suspended) == (Status.LOADING, None)
    harness.upstreams.down = False
    job = harness.run(ref)
    assert (job.status, summary(harness, ref)) == (Status.COMPLETED, dict(expected()))
    assert set(Counter(harness.upstreams.sought).values()) == {1}


def test_a_suspended_job_that_has_changed_state_is_not_resumed(harness: Harness) -> None:
    ref = upload(harness, book())
    harness.upstreams.down = True
    suspended = harness.run(ref)
    harness.cancel(ref)
    assert auto_resume(ref, suspended.run, now=NOW, services=harness).status is Status.CANCELLED


def test_files_are_processed_one_after_the_other_and_urgent_ones_first(harness: Harness) -> None:
    first = upload(harness, book(10))
    second = upload(harness, book(10, first=100))
    third = upload(harness, book(10, first=200), urgent=True)
    assert [ref for ref, _ in harness.machine.started] == [first]
    harness.run(first)
    assert [ref for ref, _ in harness.machine.started] == [first, third]
    harness.cancel(third)
    harness.run(third)
    assert [ref for ref, _ in harness.machine.started] == [first, third, second]
    harness.run(second)
    fourth = upload(harness, book(10, first=300))
    assert [ref for ref, _ in harness.machine.started] == [first, third, second, fourth]


def test_a_retry_of_a_failed_job_is_rejected_while_another_job_has_the_lock(harness: Harness) -> None:
    first, second = upload(harness, book(10)), upload(harness, book(10, first=100))
    harness.plan(first)
    harness.finish(first, "States.Timeout")
    assert [ref for ref, _ in harness.machine.started] == [first, second]
    with pytest.raises(Conflict) as rejected:
        harness.retry(first)
    assert rejected.value.problem.type == "importer-busy"
    harness.run(second)
    harness.retry(first)
    assert harness.run(first).status is Status.COMPLETED


def test_the_sweeper_repairs_a_lock_that_was_not_transferred(harness: Harness) -> None:
    """The call that ended the first job died before it started the next one."""

    first, second = upload(harness, book(10)), upload(harness, book(10, first=100))
    harness.jobs.transition(first, Status.FAILED)
    harness.sweep(after=timedelta(minutes=20))
    assert [ref for ref, _ in harness.machine.started] == [first, second]


def test_a_file_whose_name_has_no_ward_is_rejected_and_the_error_says_how_to_name_it(harness: Harness) -> None:
    harness.files.write("incoming/acme/voters/list.xlsx", book(10))
    job = harness.arrive("incoming/acme/voters/list.xlsx")
    assert job is not None
    assert harness.plan(job.ref) == "over"
    ended = harness.finish(job.ref)
    assert ended.problem is not None
    assert (ended.status, ended.problem.type) == (Status.FAILED, "missing-parameter")
    assert "Ward 79800001.xlsx" in word_detail(ended.problem)


def test_the_ward_can_be_given_in_the_request(harness: Harness) -> None:
    ref = upload(harness, book(10), name="list.xlsx", recipe={"constants": {"ward": WARD}})
    assert harness.run(ref).status is Status.COMPLETED
    for wrong in ({"ward": "7"}, {"town": WARD}):
        with pytest.raises(RequestRejected):
            upload(harness, book(10), recipe={"constants": wrong})


def test_only_workbooks_are_accepted(harness: Harness) -> None:
    with pytest.raises(FileRejected) as rejected:
        upload(harness, b"ID Number\n", name=f"{WARD}.csv")
    assert rejected.value.problem.type == "wrong-file-type"
    job = harness.run(upload(harness, b"ID Number\n8001015009087\n"))
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, "wrong-file-type"), "its name makes no difference"
    harness.files.write(f"incoming/acme/voters/{WARD}.csv", b"ID Number\n8001015009087\n")
    dropped = harness.arrive(f"incoming/acme/voters/{WARD}.csv")
    assert dropped is not None
    job = harness.run(dropped.ref)
    assert job.problem is not None
    assert (job.status, job.problem.type) == (Status.FAILED, "wrong-file-type")


def test_a_lookup_has_nothing_to_roll_back(harness: Harness) -> None:
    ref = upload(harness, book(10))
    assert "rollback" not in allowed_actions(harness.run(ref))
    with pytest.raises(Conflict) as rejected:
        harness.roll_back(ref)
    assert rejected.value.problem.type == "nothing-to-roll-back"


def test_the_files_and_chunks_of_a_job_can_be_deleted(harness: Harness) -> None:
    ref = upload(harness, book(10))
    with pytest.raises(Conflict):
        delete_job(ref, by="ben", now=0, services=harness)
    harness.run(ref)
    harness.make_file(ref, "result.xlsx")
    for _ in range(2):
        assert delete_job(ref, by="ben", now=0, services=harness).deleted
    assert harness.files.names("") == []
    assert list(harness.chunks.of_phase(ref, PhaseName.PARSE)) == []
    entries = harness.jobs.entries(ref)
    assert [entry.by for entry in entries if "deleted" in entry.note] == ["ben"]
    with pytest.raises(NotFound):
        harness.files.read(harness.jobs.get(ref).file.key)


def test_a_suspension_does_not_count_as_an_attempt(harness: Harness) -> None:
    ref = upload(harness, book(100))
    harness.upstreams.down = True
    for _ in range(4):
        suspended = harness.run(ref)
        assert suspended.status is Status.PAUSED
        auto_resume(ref, suspended.run, now=NOW, services=harness)
    assert {chunk.attempts for chunk in harness.chunks.of_phase(ref, PhaseName.LOOKUP)} == {0}


def test_the_sweeper_resumes_a_suspended_job_whose_resume_was_lost(harness: Harness) -> None:
    ref = upload(harness, book(10))
    harness.upstreams.down = True
    harness.run(ref)
    harness.upstreams.down = False
    assert harness.sweep(after=timedelta(minutes=20)) == 0
    assert harness.jobs.get(ref).status is Status.LOADING


def test_a_job_that_waits_for_the_lock_is_not_stuck(harness: Harness) -> None:
    first, second = upload(harness, book(10)), upload(harness, book(10, first=100))
    harness.plan(first)
    assert harness.sweep(after=timedelta(minutes=20)) == 1, "the first job alone is stuck"
    assert [ref for ref, _ in harness.machine.started] == [first]
    harness.run(first)
    assert harness.run(second).status is Status.COMPLETED
