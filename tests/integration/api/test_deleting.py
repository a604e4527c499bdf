"""Deleting the files of a job."""

from __future__ import annotations

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import Problem
from sluice.model.job import BROKEN, JobFile
from sluice.model.status import ENDED, INACTIVE, Status
from tests.integration.api.calling import EVERY_SCOPE, SAMPLES, Answer, call, every, get
from tests.integration.api.running import CSV, job_in, post, run, upload
from tests.integration.stack import Stack
from tests.support import issuer
from tests.support.factories import make_job


def delete(job_id: str, *, token: str = "") -> Answer:
    return call("DELETE", f"/v1/jobs/{job_id}", token=token)


def assert_problem(answer: Answer, status: int, type_: str) -> None:
    assert (answer.status, answer.body["type"]) == (status, f"/problems/{type_}"), answer.text


def test_the_files_of_a_job_are_deleted_and_the_job_stays(stack: Stack) -> None:
    """The rows that it loaded stay as well."""
    job_id = upload()
    run(stack, job_id)
    here = get(f"/v1/jobs/{job_id}").body["links"]["self"]
    assert [name for name in stack.files.names("") if job_id in name]
    answer = delete(job_id, token=issuer.token(sub="eve", scope=EVERY_SCOPE))
    assert (answer.status, answer.body["status"], answer.body["deleted"]) == (200, "completed", True)
    assert answer.body["links"] == {"self": here, "log": f"{here}/log"}
    assert delete(job_id, token=issuer.token(sub="ben", scope=EVERY_SCOPE)).body == answer.body
    assert stack.files.names("") == []
    assert list(stack.chunks.of_phase(JobRef("acme", job_id), PhaseName.PARSE)) == []
    assert get(f"/v1/jobs/{job_id}").body == answer.body
    assert [shown["id"] for shown in every("/v1/jobs")] == [job_id]
    assert get(f"/v1/jobs/{job_id}/rejections").body["items"] == []
    assert get(f"/v1/jobs/{job_id}/files").body["items"] == []
    assert [entry["by"] for entry in every(f"/v1/jobs/{job_id}/log") if "deleted" in entry["note"]] == ["eve"]
    assert len(every("/v1/datasets/products/records")) == 2


def test_the_files_of_other_jobs_stay(stack: Stack) -> None:
    first, second = upload(), upload(CSV + b"P-4,Hose,1\n")
    for job_id in (first, second):
        run(stack, job_id)
    kept = [name for name in stack.files.names("") if second in name]
    delete(first)
    assert stack.files.names("") == kept


def test_a_later_file_of_the_same_name_in_the_drop_folder_stays(stack: Stack) -> None:
    """A file whose name only begins alike stays too."""
    key = "incoming/acme/products/prices.csv"
    stack.files.write(key, b"before")
    before = stack.files.stat(key)[1]
    job = job_in(stack, Status.LOADING)
    stack.jobs.transition(job.ref, Status.COMPLETED, file=JobFile("prices.csv", key, 6, etag=before))
    for name in (key, f"{key}.gz"):
        stack.files.write(name, b"since")
    assert delete(job.ref.id).status == 200
    assert stack.files.names("") == [key, f"{key}.gz"]


@pytest.mark.parametrize("status", [status for status in Status if status not in ENDED])
def test_a_job_that_has_not_ended_is_not_deleted(stack: Stack, status: Status) -> None:
    """Its workers need the files; a job that waits has to be cancelled first."""
    job = job_in(stack, status)
    stack.files.write(job.file.key, CSV)
    answer = delete(job.ref.id)
    assert_problem(answer, 409, "illegal-transition")
    assert answer.body["status_now"] == status
    assert stack.files.names("") == [job.file.key]
    assert stack.jobs.get(job.ref) == job
    if status in INACTIVE:
        post(job.ref.id, "cancel")
        assert delete(job.ref.id).status == 200
        assert stack.files.names("") == []


def test_deleting_the_job_of_another_tenant_is_not_found(stack: Stack) -> None:
    theirs = make_job("other", status=Status.COMPLETED)
    stack.jobs.add(theirs)
    stack.files.write(theirs.file.key, CSV)
    found, never = delete(theirs.ref.id), delete(SAMPLES["job_id"])
    assert_problem(found, 404, "not-found")
    assert found.text == never.text.replace(SAMPLES["job_id"], theirs.ref.id)
    assert stack.files.names("") == [theirs.file.key]
    assert not stack.jobs.get(theirs.ref).deleted


def test_deleting_needs_the_write_scope(stack: Stack) -> None:
    job = job_in(stack, Status.COMPLETED)
    stack.files.write(job.file.key, CSV)
    assert_problem(delete(job.ref.id, token=issuer.token(scope="imports:read")), 403, "forbidden")
    assert stack.files.names("") == [job.file.key]


def test_a_deleted_job_is_neither_rolled_back_nor_retried(stack: Stack) -> None:
    """Both need the files."""
    done = upload()
    run(stack, done)
    delete(done)
    assert_problem(post(done, "rollback"), 409, "nothing-to-roll-back")
    failed = job_in(stack, Status.LOADING)
    stack.jobs.transition(
        failed.ref, Status.FAILED, problem=Problem(BROKEN, {"case": "loading", "error": "States.Timeout"})
    )
    delete(failed.ref.id)
    assert_problem(post(failed.ref.id, "retry"), 409, "not-retryable")
    assert_problem(post(failed.ref.id, "rollback"), 409, "nothing-to-roll-back")
    assert len(every("/v1/datasets/products/records")) == 2
