"""Actions on a job: the response in each status, and the scopes they need."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.model.chunk import JobRef, PhaseName
from sluice.model.errors import Problem
from sluice.model.job import BROKEN, HALF_UNDONE
from sluice.model.status import Status
from tests.integration.api.calling import SAMPLES, Answer, call, get
from tests.integration.api.running import CSV, DOUBT, job_in, post, run, upload
from tests.integration.stack import Stack
from tests.support import issuer
from tests.support.factories import make_job

ACTIONS = ["commit", "cancel", "pause", "resume", "retry", "rollback"]


def problem(type_: str) -> Problem:
    return Problem(type_, {"case": "loading", "error": "States.Timeout"})


def assert_in_status(answer: Answer, status: int, state: str) -> None:
    """Expect the job in its new status; with its address while it is not inactive."""
    assert (answer.status, answer.body["status"]) == (status, state), answer.text
    assert answer.headers["etag"] == f'"{answer.body["version"]}"'
    if status == 202:
        assert answer.headers["location"] == answer.body["links"]["self"]
        assert int(answer.headers["retry-after"]) > 0
    else:
        assert "retry-after" not in answer.headers


def assert_problem(answer: Answer, status: int, type_: str) -> None:
    assert (answer.status, answer.body["type"]) == (status, f"/problems/{type_}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", [None, {}, {"dates": {}}])
def test_a_job_in_review_is_committed(stack: Stack, body: Any) -> None:
    """A body is optional; the commit starts the second run."""
    job_id = upload(review="true")
    assert run(stack, job_id).status is Status.IN_REVIEW
    answer = post(job_id, "commit", json_body=body)
    assert_in_status(answer, 202, "loading")
    assert stack.executions() == [f"{job_id}-2"]
    assert run(stack, job_id).counts.inserted == 2
    assert_problem(post(job_id, "commit"), 409, "illegal-transition")


def test_a_commit_gives_the_date_order_of_ambiguous_columns(stack: Stack) -> None:
    """Orders are given by column; anything else is rejected, and the job stays in review."""
    job_id = upload(DOUBT)
    run(stack, job_id)
    shown = get(f"/v1/jobs/{job_id}").body
    assert (shown["status"], shown["ambiguous_dates"]) == ("in_review", ["updated"])
    rejected = post(job_id, "commit")
    assert_problem(rejected, 400, "ambiguous-dates")
    assert rejected.body["columns"] == ["Updated"]
    assert_problem(post(job_id, "commit", json_body={"dates": {"Sold": "dmy"}}), 400, "unknown-column")
    bad: list[Any] = [{"dates": {"Updated": "ymd"}}, {"dates": ["Updated"]}, {"date": {}}, [], "x", 3]
    for body in bad:
        assert_problem(post(job_id, "commit", json_body=body), 422, "invalid-request")
    answer = post(job_id, "commit", json_body={"dates": {"Updated": "mdy"}})
    assert_in_status(answer, 202, "loading")
    assert answer.body["ambiguous_dates"] == []
    run(stack, job_id)
    assert get("/v1/datasets/products/records/P-1").body["values"]["updated"] == "2025-03-04"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"nonsense"])
def test_a_commit_with_invalid_json_is_rejected(stack: Stack, body: bytes) -> None:
    job = job_in(stack, Status.IN_REVIEW)
    answer = post(job.ref.id, "commit", body=body, headers={"Content-Type": "application/json"})
    assert_problem(answer, 422, "invalid-request")
    assert stack.jobs.get(job.ref).status is Status.IN_REVIEW
    unauthorized = post(job.ref.id, "commit", body=body, headers={"Content-Type": "application/json"}, token=None)
    assert_problem(unauthorized, 401, "unauthorized")


def test_a_job_in_review_is_cancelled_at_once(stack: Stack) -> None:
    job = job_in(stack, Status.IN_REVIEW)
    for _ in range(2):
        assert_in_status(post(job.ref.id, "cancel"), 200, "cancelled")


@pytest.mark.parametrize(
    ("call", "way", "end"), [("cancel", "cancelling", "cancelled"), ("pause", "pausing", "paused")]
)
def test_a_running_job_stops_when_its_execution_ends(stack: Stack, call: str, way: str, end: str) -> None:
    """The job has the status of the transition until its execution ends."""
    job_id = upload()
    run(stack, job_id, upto=PhaseName.PARSE)
    for _ in range(2):
        assert_in_status(post(job_id, call), 202, way)
    assert run(stack, job_id).status == end
    answer = post(job_id, call)
    assert_in_status(answer, 202 if end == "paused" else 200, end)


def test_a_paused_job_is_resumed(stack: Stack) -> None:
    job_id = upload()
    run(stack, job_id, upto=PhaseName.LOAD)
    post(job_id, "pause")
    run(stack, job_id)
    assert_in_status(post(job_id, "resume"), 202, "loading")
    assert stack.executions() == [f"{job_id}-2"]
    assert_in_status(post(job_id, "resume"), 202, "loading")
    assert stack.executions() == [f"{job_id}-2"], "a repeated call changes nothing"
    assert run(stack, job_id).counts.inserted == 2


def test_a_failed_job_is_retried(stack: Stack) -> None:
    job_id = upload()
    run(stack, job_id, upto=PhaseName.LOAD)
    stack.jobs.transition(JobRef("acme", job_id), Status.FAILED, problem=problem(BROKEN))
    answer = post(job_id, "retry")
    assert_in_status(answer, 202, "loading")
    assert answer.body["problem"] is None
    assert run(stack, job_id).counts.inserted == 2


def test_a_job_whose_file_was_rejected_is_neither_retried_nor_rolled_back(stack: Stack) -> None:
    job_id = upload(b"%PDF-1.7")
    run(stack, job_id)
    assert_problem(post(job_id, "retry"), 409, "not-retryable")
    assert_problem(post(job_id, "rollback"), 409, "nothing-to-roll-back")


def test_a_job_is_rolled_back(stack: Stack) -> None:
    """The job then has the counts of its rollback."""
    job_id = upload()
    assert run(stack, job_id).status is Status.COMPLETED
    answer = post(job_id, "rollback")
    assert_in_status(answer, 202, "rolling_back")
    assert answer.body["rollback"] == {"reversed": 0, "conflicts": 0, "failed": 0}
    assert stack.executions() == [f"{job_id}-2"]
    run(stack, job_id)
    answer = post(job_id, "rollback")
    assert_in_status(answer, 200, "rolled_back")
    assert answer.body["rollback"] == {"reversed": 2, "conflicts": 0, "failed": 0}
    assert answer.body["counts"]["inserted"] == 2
    assert get("/v1/datasets/products/records").body["items"] == []


@pytest.mark.parametrize("call", ACTIONS)
def test_an_action_that_the_status_does_not_allow_is_rejected_with_the_status(stack: Stack, call: str) -> None:
    job = job_in(stack, Status.ROLLING_BACK if call != "rollback" else Status.LOADING)
    answer = post(job.ref.id, call)
    assert_problem(answer, 409, "illegal-transition")
    assert answer.body["status_now"] == job.status
    assert stack.jobs.get(job.ref) == job


@pytest.mark.parametrize("call", ACTIONS)
def test_an_action_on_the_job_of_another_tenant_is_not_found(stack: Stack, call: str) -> None:
    theirs = make_job("other", status=Status.IN_REVIEW)
    stack.jobs.add(theirs)
    found = post(theirs.ref.id, call)
    assert_problem(found, 404, "not-found")
    never = post(SAMPLES["job_id"], call)
    assert found.text == never.text.replace(SAMPLES["job_id"], theirs.ref.id)
    assert stack.jobs.get(theirs.ref) == theirs


@pytest.mark.parametrize("call", ACTIONS)
def test_an_action_needs_the_write_scope(stack: Stack, call: str) -> None:
    job = job_in(stack, Status.IN_REVIEW)
    answer = post(job.ref.id, call, token=issuer.token(scope="imports:read"))
    assert_problem(answer, 403, "forbidden")
    assert answer.body["scope"] == "imports:write"
    assert stack.jobs.get(job.ref) == job


@pytest.mark.parametrize("call", ACTIONS)
def test_an_action_needs_the_method_post(stack: Stack, call: str) -> None:
    """Following a link must not change a job."""
    job = job_in(stack, Status.IN_REVIEW)
    assert get(f"/v1/jobs/{job.ref.id}/{call}").status == 404
    assert stack.jobs.get(job.ref) == job


def test_the_log_names_the_caller(stack: Stack) -> None:
    job = job_in(stack, Status.IN_REVIEW)
    post(job.ref.id, "cancel", token=issuer.token(sub="eve"))
    assert stack.jobs.entries(job.ref)[-1].by == "eve"


STATES: list[tuple[Status, dict[str, Any], set[str]]] = [
    (Status.WAITING_FOR_FILE, {}, {"cancel"}),
    (Status.QUEUED, {}, {"cancel", "pause"}),
    (Status.PARSING, {}, {"cancel", "pause"}),
    (Status.LOADING, {}, {"cancel", "pause"}),
    (Status.PAUSING, {}, {"cancel"}),
    (Status.PAUSED, {}, {"resume", "cancel"}),
    (Status.IN_REVIEW, {}, {"commit", "cancel"}),
    (Status.CANCELLING, {}, set()),
    (Status.ROLLING_BACK, {}, set()),
    (Status.ROLLED_BACK, {}, set()),
    (Status.COMPLETED, {}, set()),
    (Status.FAILED, {"problem": problem("empty-file")}, set()),
    (Status.FAILED, {"problem": problem(BROKEN)}, {"retry"}),
    (Status.FAILED, {"problem": problem(HALF_UNDONE)}, {"rollback"}),
]


@pytest.mark.parametrize(("status", "more", "allowed"), STATES)
def test_a_job_links_to_exactly_the_actions_that_its_status_allows(
    stack: Stack, status: Status, more: dict[str, Any], allowed: set[str]
) -> None:
    job = make_job(status=Status.LOADING if "problem" in more else status)
    stack.jobs.add(job)
    if "problem" in more:
        stack.jobs.transition(job.ref, status, **more)
    links = get(f"/v1/jobs/{job.ref.id}").body["links"]
    assert set(links) & set(ACTIONS) == allowed
    assert {"self", "log"} <= set(links)
    assert all(links[name].endswith(f"/v1/jobs/{job.ref.id}/{name}") for name in links if name != "self")


def test_a_job_that_changed_rows_links_to_its_rollback(stack: Stack) -> None:
    """A job that changed no rows does not."""
    job_id = upload()
    run(stack, job_id)
    assert "rollback" in get(f"/v1/jobs/{job_id}").body["links"]
    again = upload(CSV + b"\n", force="true")
    assert run(stack, again).counts.unchanged == 2
    assert "rollback" not in get(f"/v1/jobs/{again}").body["links"]


@pytest.mark.parametrize("status", [status for status, more, allowed in STATES if allowed and not more])
def test_every_link_of_a_job_works(stack: Stack, status: Status) -> None:
    """This covers every link of every status."""
    for number, action in enumerate(ACTIONS):
        job = replace(make_job(status=status, number=number))
        stack.jobs.add(job)
        if action in get(f"/v1/jobs/{job.ref.id}").body["links"]:
            assert post(job.ref.id, action).status in {200, 202}, action


def test_a_commit_of_a_job_that_a_guard_keeps_from_loading_says_so(stack: Stack) -> None:
    """The problem of the job and of the call have the same members; only cancelling is left."""
    job_id = upload(review="true", guards='{"max_rejected": 0.3}')
    assert run(stack, job_id).status is Status.IN_REVIEW
    shown, answer = get(f"/v1/jobs/{job_id}").body, post(job_id, "commit")
    assert_problem(answer, 409, "guard")
    assert shown["problem"] == {name: value for name, value in answer.body.items() if name != "status"}
    members = ("guard", "limit", "found", "total")
    assert [answer.body[name] for name in members] == ["max_rejected", 0.3, 1, 3]
    assert answer.body["examples"] == [{"row": 4, "column": "Price", "reason": "must be 0 or more"}]
    assert "commit" not in shown["links"]
    assert_in_status(post(job_id, "cancel"), 200, "cancelled")


def test_a_job_that_loads_all_rows_or_none_takes_no_action_and_no_correction(stack: Stack) -> None:
    job_id = upload(on_rejections="stop")
    assert run(stack, job_id).status is Status.FAILED
    shown = get(f"/v1/jobs/{job_id}").body
    assert (shown["problem"]["type"], shown["problem"]["found"]) == ("/problems/rejections", 1)
    assert not set(ACTIONS) & shown["links"].keys()
    for action, type_ in (("retry", "not-retryable"), ("rollback", "nothing-to-roll-back")):
        assert_problem(post(job_id, action), 409, type_)
    query = {"importer": "products", "filename": "again.csv", "corrects": job_id}
    answer = call("POST", "/v1/imports/upload", body=CSV, query=query, headers={"Content-Type": "text/csv"})
    assert_problem(answer, 409, "cannot-correct")
    assert "import it whole" in answer.body["detail"]
    assert get(f"/v1/jobs/{job_id}/files").body["items"][0]["title"] == (
        "Rejected rows, to correct in the file, which is imported whole"
    )
