"""The same file again: it is imported once, unless somebody insists."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.lock import Lock, file_lock
from sluice.model.status import Status
from sluice.usecases.create import ImportRequest, accept_file
from sluice.wording import word_detail
from tests.factories import csv_file, products
from tests.fakes.course import Course

BODY = csv_file(products(12))
SHA = hashlib.sha256(BODY).hexdigest()


def imported(course: Course, body: bytes = BODY, **more: Any) -> Job:
    """Announce a file without saying which, and take its job to its end."""
    return course.run(course.upload(body, **more))


def assert_rejected(job: Job, earlier: JobRef) -> None:
    """The job failed for the file of the earlier one, before a row was cut."""
    assert job.problem is not None
    assert (job.status, job.problem.type, job.counts.total) == (Status.FAILED, "same-file", 0)
    assert job.problem.params["job"] == earlier.id


def test_the_same_file_is_rejected_when_it_has_been_read(course: Course) -> None:
    first = imported(course)
    assert_rejected(imported(course, filename="another-name.csv"), first.ref)
    assert course.destination.writes == 12


def test_a_file_that_is_announced_by_its_digest_is_rejected_before_it_is_sent(course: Course) -> None:
    """With the earlier job; there is none of the second."""
    first = imported(course)
    for sha256 in (SHA, SHA.upper()):
        with pytest.raises(Conflict) as rejected:
            course.upload(BODY, sha256=sha256)
        problem = rejected.value.problem
        assert (problem.type, problem.params["job"]) == ("same-file", first.ref.id)
        assert "force=true" in word_detail(problem)
    assert list(course.jobs.items) == [first.ref]


def test_a_file_that_comes_with_the_request_is_rejected_with_the_request(course: Course) -> None:
    first = imported(course)
    request = ImportRequest("acme", "ann", "products", "a.csv", len(BODY))
    with pytest.raises(Conflict):
        accept_file(request, BODY, now=datetime.now(UTC), services=course)
    assert list(course.jobs.items) == [first.ref]
    assert course.files.names("uploads/") == [first.file.key]


def test_a_false_digest_does_not_get_a_file_through(course: Course) -> None:
    """The plan looks for itself."""
    first = imported(course)
    assert_rejected(imported(course, sha256="0" * 64), first.ref)


@pytest.mark.parametrize("sha256", [None, SHA])
def test_who_insists_imports_the_file_again(course: Course, sha256: str | None) -> None:
    first = imported(course)
    again = imported(course, force=True, sha256=sha256)
    assert (again.status, again.counts.unchanged) == (Status.COMPLETED, 12)
    assert_rejected(imported(course), first.ref)


def test_a_forced_job_that_is_taken_back_leaves_the_earlier_one_known(course: Course) -> None:
    first = imported(course)
    again = imported(course, force=True)
    course.roll_back(again.ref)
    course.run(again.ref)
    assert_rejected(imported(course), first.ref)


def test_another_importer_tenant_or_file_is_not_the_same(course: Course) -> None:
    imported(course)
    assert imported(course, tenant="other").status is Status.COMPLETED
    assert imported(course, body=BODY + b"\n").status is Status.COMPLETED
    dealers = imported(course, importer="dealers")
    assert dealers.problem is not None
    assert dealers.problem.type != "same-file"


def test_a_file_may_come_again_after_its_job_failed(course: Course) -> None:
    ref = course.upload(BODY)
    course.plan(ref)
    course.finish(ref, error="States.Timeout")
    assert imported(course, sha256=SHA).status is Status.COMPLETED


def test_a_file_may_come_again_after_it_was_rejected(course: Course) -> None:
    """With a mapping this time, say."""
    body = csv_file(products(3), titles=("Teil", "Description", "Price", "Stock"))
    assert imported(course, body).status is Status.FAILED
    assert imported(course, body, mapping={"Teil": "Part Number"}).status is Status.COMPLETED


def test_a_file_may_come_again_after_its_job_was_cancelled(course: Course) -> None:
    ref = course.upload(BODY, review=True)
    course.run(ref)
    course.cancel(ref)
    assert imported(course, sha256=SHA).status is Status.COMPLETED


def test_a_file_may_come_again_after_its_job_was_rolled_back(course: Course) -> None:
    ref = imported(course).ref
    course.roll_back(ref)
    course.run(ref)
    again = imported(course, sha256=SHA)
    assert (again.status, again.counts.inserted) == (Status.COMPLETED, 12)


@pytest.mark.parametrize("review", [False, True])
def test_a_file_whose_job_is_under_way_is_not_begun_again(course: Course, review: bool) -> None:
    """Nor one that waits for somebody to look."""
    ref = course.upload(BODY, review=review)
    course.plan(ref)
    if review:
        course.run(ref)
    assert_rejected(imported(course), ref)
    with pytest.raises(Conflict):
        course.upload(BODY, sha256=SHA)


def test_of_two_that_come_at_once_one_is_rejected(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both saw that nobody had the file, and one was faster."""
    first, second = course.upload(BODY), course.upload(BODY)
    acquire = course.locks.acquire

    def slower(lock: Lock, ref: JobRef, *, instead_of: JobRef | None = None) -> bool:
        monkeypatch.setattr(course.locks, "acquire", acquire)
        course.plan(first)
        return acquire(lock, ref, instead_of=instead_of)

    monkeypatch.setattr(course.locks, "acquire", slower)
    assert course.plan(second) == "over"
    assert_rejected(course.jobs.get(second), first)
    assert course.run(first).status is Status.COMPLETED


def test_of_two_that_come_after_a_failed_one_one_is_rejected(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = course.upload(BODY)
    course.plan(failed)
    course.finish(failed, error="States.Timeout")
    first, second = course.upload(BODY), course.upload(BODY)
    acquire = course.locks.acquire

    def slower(lock: Lock, ref: JobRef, *, instead_of: JobRef | None = None) -> bool:
        monkeypatch.setattr(course.locks, "acquire", acquire)
        course.plan(first)
        return acquire(lock, ref, instead_of=instead_of)

    monkeypatch.setattr(course.locks, "acquire", slower)
    course.plan(second)
    assert_rejected(course.jobs.get(second), first)


def test_a_plan_that_is_made_twice_does_not_meet_itself(course: Course) -> None:
    ref = course.upload(BODY)
    course.locks.acquire(file_lock("acme", "products", SHA), ref)
    assert course.run(ref).status is Status.COMPLETED


def test_a_job_whose_retention_is_over_keeps_no_file(course: Course) -> None:
    ref = imported(course).ref
    del course.jobs.items[ref]
    assert imported(course, sha256=SHA).status is Status.COMPLETED


def test_a_drop_folder_rejects_the_same_file_too(course: Course) -> None:
    """The event that comes twice starts one job; the file that is put there twice starts two."""
    first = imported(course)
    key = "incoming/acme/products/again.csv"
    course.files.write(key, BODY)
    dropped = course.arrive(key)
    assert dropped is not None
    assert_rejected(course.run(dropped.ref), first.ref)
    assert list(course.chunks.of_phase(dropped.ref, PhaseName.PARSE)) == []
