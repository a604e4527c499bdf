"""Actions on a job: the response in each status, and the scopes they need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
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


@pytest.mark.parametrize("body", [None, {}])
def test_a_job_in_review_is_committed(stack: Stack, body: Any) -> None:
    """A body is optional; the commit starts the second run."""
    job_id = upload(review="true")
    assert run(stack, job_id).status is Status.IN_REVIEW
    answer = post(job_id, "commit", json_body=body)
    assert_in_status(answer, 202, "loading")
    assert stack.executions() == [f"{job_id}-2"]
    assert run(stack, job_id).counts.inserted == 2
    assert_problem(post(job_id, "commit"), 409, "illegal-transition")


def answered(job_id: str, version: int, **answers: Any) -> Answer:
    return post(job_id, "answers", json_body={"version": version, "answers": answers})


def test_a_job_asks_and_goes_on_when_it_is_answered(stack: Stack) -> None:
    """It has no review, so the last answer loads it; a value that is read in another way is read again."""
    job_id = upload(DOUBT)
    run(stack, job_id)
    shown = get(f"/v1/jobs/{job_id}").body
    assert (shown["status"], shown["waiting_for"]) == ("in_review", "answers")
    assert shown["links"]["answers"].endswith(f"/v1/jobs/{job_id}/answers")
    (question,) = shown["questions"]
    assert (question["key"], question["kind"]) == ("date_order.updated", "date_order")
    assert question["text"] == "In which order does the column 'Updated' write day, month and year?"
    assert [choice["value"] for choice in question["choices"]] == ["dmy", "mdy"]
    assert question["evidence"]["counts"] == {"either": 1}
    assert question["evidence"]["rows"] == [{"sheet": "", "row": 2, "cell": "03/04/2025", "shows": "either"}]
    rejected = post(job_id, "commit")
    assert_problem(rejected, 409, "questions-open")
    assert rejected.body["keys"] == ["date_order.updated"]
    answer = answered(job_id, shown["recipe"]["version"], date_order={"Updated": "mdy"})
    assert_in_status(answer, 202, "parsing")
    assert (answer.body["questions"], answer.body["waiting_for"]) == ([], None)
    decision = answer.body["recipe"]["decisions"]["date_order.updated"]
    assert (decision["value"], decision["how"]) == ("mdy", "answered")
    assert run(stack, job_id).status is Status.COMPLETED
    assert (
        get("/v1/datasets/products/records", query={"key": "P-1"}).body["items"][0]["values"]["updated"] == "2025-03-04"
    )


def test_a_job_with_a_review_waits_for_a_commit_after_its_answers(stack: Stack) -> None:
    job_id = upload(DOUBT, review="true")
    version = run(stack, job_id).recipe.version
    answered(job_id, version, **{"date_order.updated": "mdy"})
    run(stack, job_id)
    shown = get(f"/v1/jobs/{job_id}").body
    assert (shown["status"], shown["waiting_for"]) == ("in_review", "commit")
    assert_in_status(post(job_id, "commit"), 202, "loading")


def test_of_two_answers_to_one_version_the_second_is_rejected_unless_it_is_what_holds(stack: Stack) -> None:
    job_id = upload(DOUBT, review="true")
    version = run(stack, job_id).recipe.version
    assert answered(job_id, version, **{"date_order.updated": "mdy"}).status == 202
    run(stack, job_id)
    assert answered(job_id, version, **{"date_order.Updated": "mdy"}).status in {200, 202}
    late = answered(job_id, version, **{"date_order.updated": "dmy"})
    assert_problem(late, 409, "answered-otherwise")
    assert late.body["holds"] == {"date_order.updated": "mdy"}
    assert answered(job_id, late.body["version"], **{"date_order.updated": "dmy"}).status == 202


def test_an_answer_that_cannot_be_is_rejected_and_the_job_stays_in_review(stack: Stack) -> None:
    """So is any other body; the old name of answers says what to write."""
    job_id = upload(DOUBT)
    version = run(stack, job_id).recipe.version
    assert_problem(answered(job_id, version, **{"date_order.Sold": "dmy"}), 422, "invalid-decision")
    assert_problem(answered(job_id, version, **{"date_order.updated": "ydm"}), 422, "invalid-decision")
    bad: list[Any] = [{}, {"version": version}, {"version": 0, "answers": {"header": 1}}, {"version": 1, "answers": {}}]
    for body in [*bad, [], "x", 3]:
        assert_problem(post(job_id, "answers", json_body=body), 422, "invalid-request")
    said = post(job_id, "commit", json_body={"dates": {"Updated": "mdy"}})
    assert_problem(said, 422, "invalid-request")
    assert "`dates` are answers now: POST /v1/jobs/{id}/answers" in said.body["detail"]
    for body in [{"date": {}}, [], "x", 3]:
        assert_problem(post(job_id, "commit", json_body=body), 422, "invalid-request")
    assert get(f"/v1/jobs/{job_id}").body["waiting_for"] == "answers"


def test_a_job_that_does_not_ask_fails_with_the_answer_that_would_have_helped(stack: Stack) -> None:
    """The recipe in its problem lets the same file through."""
    job_id = upload(DOUBT, questions="fail")
    run(stack, job_id)
    shown = get(f"/v1/jobs/{job_id}").body
    assert (shown["status"], shown["problem"]["type"]) == ("failed", "/problems/question")
    assert shown["problem"]["key"] == "date_order.updated"
    assert '{"date_order": {"updated": "dmy"}}' in shown["problem"]["detail"]
    again = upload(DOUBT, questions="fail", recipe='{"date_order": {"updated": "dmy"}}')
    assert run(stack, again).status is Status.COMPLETED


def test_only_a_job_in_review_is_answered(stack: Stack) -> None:
    for status in (Status.PARSING, Status.COMPLETED, Status.CANCELLED):
        job = job_in(stack, status)
        assert_problem(answered(job.ref.id, 1, header=1), 409, "illegal-transition")
    assert_problem(answered("01UNKNOWN", 1, header=1), 404, "not-found")


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
    job = replace(make_job(status=Status.LOADING if "problem" in more else status), created_at=datetime.now(UTC))
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


@pytest.mark.parametrize(("answer", "state"), [("exceed", "loading"), ("cancel", "cancelled")])
def test_a_guard_that_trips_asks_whether_to_load_all_the_same(stack: Stack, answer: str, state: str) -> None:
    """The question has what the guard has counted."""
    job_id = upload(guards='{"max_rejected": 0.3}')
    assert run(stack, job_id).status is Status.IN_REVIEW
    shown = get(f"/v1/jobs/{job_id}").body
    (question,) = shown["questions"]
    assert (question["key"], question["kind"], shown["problem"]) == ("guard.max_rejected", "guard", None)
    assert question["text"].startswith("1 of 3 rows are rejected, and the guard 'max_rejected' allows less")
    assert [choice["value"] for choice in question["choices"]] == ["exceed", "cancel"]
    members = ("guard", "limit", "found", "total")
    assert [question["params"][name] for name in members] == ["max_rejected", 0.3, 1, 3]
    assert question["params"]["examples"] == [{"row": 4, "column": "Price", "reason": "must be 0 or more"}]
    assert_problem(post(job_id, "commit"), 409, "questions-open")
    moved = answered(job_id, shown["recipe"]["version"], guard={"max_rejected": answer})
    assert_in_status(moved, 200 if answer == "cancel" else 202, state)


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
