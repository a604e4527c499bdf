"""Files with the same content are imported once, unless the caller forces another import."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import Conflict
from sluice.model.job import Job
from sluice.model.lock import Lock, LockKind, file_lock
from sluice.model.options import GivenOptions
from sluice.model.status import Status
from sluice.usecases.create import ImportRequest, accept_file
from sluice.wording import word_detail
from tests.support.factories import csv_file, products
from tests.support.harness import Harness

BODY = csv_file(products(12))
SHA = hashlib.sha256(BODY).hexdigest()


def imported(harness: Harness, body: bytes = BODY, **more: Any) -> Job:
    """Upload a file without its digest, and run its job to the end."""
    return harness.run(harness.upload(body, **more))


def assert_rejected(job: Job, earlier: JobRef) -> None:
    """Assert that the job failed because of the earlier one, before its file was split."""
    assert job.problem is not None
    assert (job.status, job.problem.type, job.counts.total) == (Status.FAILED, "same-file", 0)
    assert job.problem.params["job"] == earlier.id


def test_the_same_file_is_rejected_when_it_has_been_read(harness: Harness) -> None:
    first = imported(harness)
    assert_rejected(imported(harness, filename="another-name.csv"), first.ref)
    assert harness.destination.writes == 12


def test_a_file_that_is_announced_with_its_digest_is_rejected_before_the_upload(harness: Harness) -> None:
    """The rejection names the earlier job, and no second job is created."""
    first = imported(harness)
    for sha256 in (SHA, SHA.upper()):
        with pytest.raises(Conflict) as rejected:
            harness.upload(BODY, sha256=sha256)
        problem = rejected.value.problem
        assert (problem.type, problem.params["job"]) == ("same-file", first.ref.id)
        assert "force=true" in word_detail(problem)
    assert list(harness.jobs.items) == [first.ref]


def test_a_file_in_the_body_of_the_request_is_rejected_in_the_response(harness: Harness) -> None:
    first = imported(harness)
    request = ImportRequest("acme", "ann", "products", "a.csv", len(BODY))
    with pytest.raises(Conflict):
        accept_file(request, BODY, now=datetime.now(UTC), services=harness)
    assert list(harness.jobs.items) == [first.ref]
    assert harness.files.names("uploads/") == [first.file.key]


def test_a_false_digest_does_not_get_a_file_through(harness: Harness) -> None:
    """The plan computes the digest itself."""
    first = imported(harness)
    assert_rejected(imported(harness, sha256="0" * 64), first.ref)


@pytest.mark.parametrize("sha256", [None, SHA])
def test_force_imports_the_file_again(harness: Harness, sha256: str | None) -> None:
    first = imported(harness)
    again = imported(harness, force=True, sha256=sha256)
    assert (again.status, again.counts.unchanged) == (Status.COMPLETED, 12)
    assert_rejected(imported(harness), first.ref)


def test_a_forced_job_that_is_rolled_back_leaves_the_earlier_one_known(harness: Harness) -> None:
    first = imported(harness)
    again = imported(harness, force=True)
    harness.roll_back(again.ref)
    harness.run(again.ref)
    assert_rejected(imported(harness), first.ref)


def test_a_file_with_another_importer_tenant_or_content_is_not_the_same(harness: Harness) -> None:
    imported(harness)
    assert imported(harness, tenant="other").status is Status.COMPLETED
    assert imported(harness, body=BODY + b"\n").status is Status.COMPLETED
    dealers = imported(harness, importer="dealers")
    assert dealers.problem is not None
    assert dealers.problem.type != "same-file"


def test_a_file_may_be_imported_again_after_its_job_failed(harness: Harness) -> None:
    ref = harness.upload(BODY)
    harness.plan(ref)
    harness.finish(ref, error="States.Timeout")
    assert imported(harness, sha256=SHA).status is Status.COMPLETED


def test_a_file_may_be_imported_again_after_it_was_rejected(harness: Harness) -> None:
    """The second import may have a recipe, for example."""
    body = csv_file(products(3), titles=("Teil", "Description", "Price", "Stock"))
    assert imported(harness, body, questions="fail").status is Status.FAILED
    assert imported(harness, body, recipe={"columns": {"Teil": "Part Number"}}).status is Status.COMPLETED


def test_a_file_may_be_imported_again_after_its_job_was_cancelled(harness: Harness) -> None:
    ref = harness.upload(BODY, review=True)
    harness.run(ref)
    harness.cancel(ref)
    assert imported(harness, sha256=SHA).status is Status.COMPLETED


def test_a_file_may_be_imported_again_after_its_job_was_rolled_back(harness: Harness) -> None:
    ref = imported(harness).ref
    harness.roll_back(ref)
    harness.run(ref)
    again = imported(harness, sha256=SHA)
    assert (again.status, again.counts.inserted) == (Status.COMPLETED, 12)


@pytest.mark.parametrize("review", [False, True])
def test_a_file_whose_job_is_in_progress_is_not_imported_again(harness: Harness, review: bool) -> None:
    """A job that waits for its review is in progress too."""
    ref = harness.upload(BODY, review=review)
    harness.plan(ref)
    if review:
        harness.run(ref)
    assert_rejected(imported(harness), ref)
    with pytest.raises(Conflict):
        harness.upload(BODY, sha256=SHA)


def test_of_two_simultaneous_jobs_of_a_file_one_is_rejected(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both find the lock free, and one acquires it first."""
    first, second = harness.upload(BODY), harness.upload(BODY)
    acquire = harness.locks.acquire

    def slower(lock: Lock, ref: JobRef, *, instead_of: JobRef | None = None) -> bool:
        monkeypatch.setattr(harness.locks, "acquire", acquire)
        harness.plan(first)
        return acquire(lock, ref, instead_of=instead_of)

    monkeypatch.setattr(harness.locks, "acquire", slower)
    assert harness.plan(second) == "over"
    assert_rejected(harness.jobs.get(second), first)
    assert harness.run(first).status is Status.COMPLETED


def test_of_two_simultaneous_jobs_after_a_failed_one_one_is_rejected(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = harness.upload(BODY)
    harness.plan(failed)
    harness.finish(failed, error="States.Timeout")
    first, second = harness.upload(BODY), harness.upload(BODY)
    acquire = harness.locks.acquire

    def slower(lock: Lock, ref: JobRef, *, instead_of: JobRef | None = None) -> bool:
        monkeypatch.setattr(harness.locks, "acquire", acquire)
        harness.plan(first)
        return acquire(lock, ref, instead_of=instead_of)

    monkeypatch.setattr(harness.locks, "acquire", slower)
    harness.plan(second)
    assert_rejected(harness.jobs.get(second), first)


def test_a_plan_that_runs_twice_does_not_reject_its_own_file(harness: Harness) -> None:
    ref = harness.upload(BODY)
    harness.locks.acquire(file_lock("acme", "products", SHA), ref)
    assert harness.run(ref).status is Status.COMPLETED


def test_a_job_whose_retention_is_over_does_not_lock_its_file(harness: Harness) -> None:
    ref = imported(harness).ref
    del harness.jobs.items[ref]
    assert imported(harness, sha256=SHA).status is Status.COMPLETED


def test_a_drop_folder_rejects_the_same_file_too(harness: Harness) -> None:
    """An event that is delivered twice starts one job; a file that is uploaded twice starts two."""
    first = imported(harness)
    key = "incoming/acme/products/again.csv"
    harness.files.write(key, BODY)
    dropped = harness.arrive(key)
    assert dropped is not None
    assert_rejected(harness.run(dropped.ref), first.ref)
    assert list(harness.chunks.of_phase(dropped.ref, PhaseName.PARSE)) == []


def test_the_same_file_with_other_options_is_another_import(harness: Harness) -> None:
    """Each of them is imported once, whether its digest is announced or found when the file is read."""
    whole = imported(harness)
    update = imported(harness, given=GivenOptions(mode="update"), sha256=SHA)
    assert (whole.status, update.status) == (Status.COMPLETED, Status.COMPLETED)
    assert_rejected(imported(harness, given=GivenOptions(mode="update")), update.ref)
    assert_rejected(imported(harness), whole.ref)
    with pytest.raises(Conflict, match=update.ref.id):
        harness.upload(BODY, sha256=SHA, given=GivenOptions(mode="update"))


def test_guards_make_no_other_import_of_a_file(harness: Harness) -> None:
    """They change no row, so the same rows would be loaded twice."""
    first = imported(harness)
    assert_rejected(imported(harness, given=GivenOptions(guards={"max_rejected": 0.5})), first.ref)


def test_a_claim_of_an_earlier_version_holds(harness: Harness) -> None:
    """Its lock knows no options."""
    first = imported(harness)
    assert harness.locks.owner(Lock("acme", LockKind.FILE, f"products#{SHA}")) == first.ref


def test_an_answer_makes_no_other_import_and_the_rejection_names_the_question(harness: Harness) -> None:
    """The claim is made of what the caller gave, not of what was decided later."""
    body = b"Part Number,Description,Price,Updated\nP-1,Filter,1,03/04/2025\n"
    first = harness.run(harness.upload(body))
    assert first.status is Status.IN_REVIEW
    digest = hashlib.sha256(body).hexdigest()
    with pytest.raises(Conflict) as rejected:
        harness.upload(body, sha256=digest)
    assert "It waits for an answer: POST /v1/jobs" in word_detail(rejected.value.problem)
    harness.answer(first.ref, {"date_order.updated": "mdy"})
    harness.run(first.ref)
    assert_rejected(imported(harness, body), first.ref)
    again = imported(harness, body, recipe={"date_order": {"updated": "mdy"}})
    assert (again.status, again.counts.unchanged) == (Status.COMPLETED, 1)
