"""Options of an import: review, force, corrections, parameters, mode; announced or uploaded in the body."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.model.chunk import JobRef
from sluice.model.status import Status
from tests.integration.api.calling import Answer, call, get
from tests.integration.api.running import CSV, job_in, run
from tests.integration.stack import Stack
from tests.support import issuer

SHA = hashlib.sha256(CSV).hexdigest()


def announced(**asked: Any) -> Answer:
    """Announce a file."""
    body = {"importer": "products", "filename": "prices.csv", "bytes": len(CSV)} | asked
    return call("POST", "/v1/imports", json_body=body)


def sent(body: bytes = CSV, **asked: Any) -> Answer:
    """Upload a file in the body, with the same options in the query."""
    words = {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}
    query = {"importer": "products", "filename": "prices.csv"} | words
    return call("POST", "/v1/imports/upload", body=body, query=query, headers={"Content-Type": "text/csv"})


def job_of(answer: Answer) -> dict[str, Any]:
    """Return the job in either response."""
    shown: dict[str, Any] = answer.body.get("job", answer.body)
    return shown


def assert_problem(answer: Answer, status: int, type_: str) -> None:
    assert (answer.status, answer.body["type"]) == (status, f"/problems/{type_}"), answer.text


WAYS = pytest.mark.parametrize("ask", [announced, sent], ids=["announced", "sent"])


@WAYS
@pytest.mark.parametrize("review", [None, True, False])
def test_an_import_may_ask_for_a_review(stack: Stack, ask: Any, review: bool | None) -> None:
    """Without the option the importer decides."""
    shown = job_of(ask() if review is None else ask(review=review))
    assert shown["review"] is bool(review)
    assert stack.jobs.get(JobRef("acme", shown["id"])).review is bool(review)


@WAYS
def test_an_urgent_job_shows_its_priority(stack: Stack, ask: Any) -> None:
    assert job_of(ask(priority="urgent"))["priority"] == "urgent"


def test_a_file_that_was_imported_before_is_rejected_before_the_upload(stack: Stack) -> None:
    """The problem names the earlier job, for an announced file and an uploaded one."""
    first = sent().body["id"]
    run(stack, first)
    for answer in (announced(sha256=SHA), announced(sha256=SHA.upper()), sent()):
        assert_problem(answer, 409, "same-file")
        assert answer.body["job"] == first
        assert answer.body["link"].endswith(f"/live/v1/jobs/{first}")
    assert [job["id"] for job in get("/v1/jobs").body["items"]] == [first]


def test_an_imported_file_that_is_announced_without_its_digest_fails_when_it_is_read(stack: Stack) -> None:
    run(stack, sent().body["id"])
    job_id = announced().body["job"]["id"]
    stack.files.write(f"uploads/acme/{job_id}/prices.csv", CSV)
    assert run(stack, job_id).status is Status.FAILED
    assert get(f"/v1/jobs/{job_id}").body["problem"]["type"] == "/problems/same-file"


@WAYS
def test_force_imports_a_file_again(stack: Stack, ask: Any) -> None:
    run(stack, sent().body["id"])
    answer = ask(force=True)
    assert answer.status in {201, 202}
    job_id = job_of(answer)["id"]
    stack.files.write(f"uploads/acme/{job_id}/prices.csv", CSV)
    assert run(stack, job_id).status is Status.COMPLETED


def test_another_tenant_may_import_the_same_file(stack: Stack) -> None:
    run(stack, sent().body["id"])
    body = {"importer": "products", "filename": "prices.csv", "bytes": len(CSV), "sha256": SHA}
    assert call("POST", "/v1/imports", json_body=body, token=issuer.token(tenant="other")).status == 201


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64, SHA + "0"])
def test_an_invalid_digest_is_rejected(stack: Stack, sha256: str) -> None:
    assert_problem(announced(sha256=sha256), 422, "invalid-request")


@WAYS
def test_rejected_rows_are_imported_again_as_a_correction(stack: Stack, ask: Any) -> None:
    """The correction names the job that rejected the rows; the logs of both jobs have an entry."""
    first = sent().body["id"]
    run(stack, first)
    errors = b"Original row,Part Number,Description,Price\n4,P-3,Pump,1\n2,P-1,Sneaked,1\n"
    answer = sent(errors, corrects=first) if ask is sent else announced(corrects=first)
    assert answer.status in {201, 202}, answer.text
    shown = job_of(answer)
    assert shown["corrects"] == first
    stack.files.write(stack.jobs.get(JobRef("acme", shown["id"])).file.key, errors)
    done = run(stack, shown["id"])
    assert (done.counts.inserted, done.counts.rejected) == (1, 1)
    assert (
        get("/v1/datasets/products/records", query={"key": "P-1"}).body["items"][0]["values"]["description"] == "Filter"
    )
    assert get(f"/v1/jobs/{first}/log").body["items"][-1]["note"] == f"corrected by job {shown['id']}"


@WAYS
def test_a_correction_of_a_job_without_rejections_is_rejected(stack: Stack, ask: Any) -> None:
    """No job is created."""
    going, clean = job_in(stack, Status.PARSING), job_in(stack, Status.COMPLETED, created_at=datetime.now(UTC))
    for job in (going, clean):
        assert_problem(ask(corrects=job.ref.id), 409, "cannot-correct")
    assert_problem(ask(corrects="01UNKNOWN"), 404, "not-found")
    assert_problem(ask(corrects="x" * 65), 422, "invalid-request")
    assert len(get("/v1/jobs").body["items"]) == 2


def test_a_file_of_another_type_than_the_importers_is_rejected(stack: Stack) -> None:
    assert_problem(announced(importer="voters", filename="79800001.csv"), 422, "wrong-file-type")
    assert_problem(sent(importer="voters", filename="79800001.csv"), 422, "wrong-file-type")
    assert get("/v1/jobs").body["items"] == []


@pytest.mark.parametrize("name", ["review", "force"])
@pytest.mark.parametrize("value", ["maybe", "2", ""])
def test_a_flag_that_is_neither_yes_nor_no_is_rejected(stack: Stack, name: str, value: str) -> None:
    asked: dict[str, Any] = {name: value}
    assert_problem(sent(**asked), 422, "invalid-request")


def test_an_import_needs_the_write_scope(stack: Stack) -> None:
    body = {"importer": "products", "filename": "prices.csv", "bytes": 1, "force": True}
    answer = call("POST", "/v1/imports", json_body=body, token=issuer.token(scope="imports:read"))
    assert_problem(answer, 403, "forbidden")


def options(**changed: Any) -> dict[str, Any]:
    """Return the options of a job of products as the API shows them."""
    guards: dict[str, Any] = {"max_rejected": None, "max_deleted": None, "max_change": {}}
    return {
        "mode": "upsert",
        "blanks": "keep",
        "deletes": None,
        "on_rejections": "continue",
        "guards": guards,
    } | changed


@WAYS
@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, {}),
        ({"mode": "update", "blanks": "clear"}, {"mode": "update", "blanks": "clear"}),
        ({"mode": "delete"}, {"mode": "delete", "deletes": "remove"}),
        ({"mode": "delete", "deletes": "mark"}, {"mode": "delete", "deletes": "mark"}),
        ({"on_rejections": "continue"}, {}),
    ],
)
def test_options_replace_those_of_the_importer(stack: Stack, ask: Any, asked: Any, shown: Any) -> None:
    """The job shows those that hold; what is not given is the importer's."""
    job = job_of(ask(**asked))
    assert job["options"] == options(**shown)
    assert get(f"/v1/jobs/{job['id']}").body["options"] == job["options"]
    assert stack.jobs.get(JobRef("acme", job["id"])).given.as_dict() == asked


@WAYS
def test_who_gives_the_mode_alone_keeps_the_blank_cells_of_the_importer(stack: Stack, ask: Any) -> None:
    job = job_of(ask(importer="hsi", mode="update"))
    assert job["options"] == options(mode="update", blanks="clear")


@WAYS
def test_the_same_file_in_another_mode_is_another_import(stack: Stack, ask: Any) -> None:
    """The second one of each mode is rejected with the first one of that mode."""
    plain, update = sent().body["id"], sent(mode="update").body["id"]
    for job_id in (plain, update):
        assert run(stack, job_id).problem is None
    digest = {} if ask is sent else {"sha256": SHA}
    for earlier, asked in ((plain, {}), (update, {"mode": "update"})):
        answer = ask(**asked, **digest)
        assert_problem(answer, 409, "same-file")
        assert answer.body["job"] == earlier
    assert ask(mode="insert", **digest).status in {201, 202}


@WAYS
@pytest.mark.parametrize(
    ("name", "value", "choices"),
    [
        ("mode", "replace", "'upsert', 'insert', 'update', 'mirror' or 'delete'"),
        ("blanks", "drop", "'keep' or 'clear'"),
        ("deletes", "", "'mark' or 'remove'"),
        ("on_rejections", "Stop", "'continue' or 'stop'"),
    ],
)
def test_an_unknown_word_is_rejected_with_the_choices(
    stack: Stack, ask: Any, name: str, value: str, choices: str
) -> None:
    answer = ask(**{name: value})
    assert_problem(answer, 422, "invalid-request")
    assert choices in answer.body["errors"][0]["reason"]


GUARDS = [
    {"max_rejected": 1.5},
    {"max_rejected": -0.1},
    {"max_rejected": "0.5"},
    {"max_deleted": 1.5},
    {"max_deleted": -1},
    {"max_deleted": True},
    {"max_change": {"price": -0.5}},
    {"max_change": [0.5]},
    {"max_change": {"": 0.5}},
    {"most": 0.5},
    0.5,
]


@pytest.mark.parametrize("guards", GUARDS, ids=str)
def test_a_guard_of_another_form_is_rejected(stack: Stack, guards: Any) -> None:
    """A share is from 0 to 1, but for changes; of what `mirror` may delete, a whole number is one of records."""
    assert_problem(announced(guards=guards), 422, "invalid-request")
    assert_problem(sent(guards=json.dumps(guards)), 422, "invalid-request")
    assert get("/v1/jobs").body["items"] == []


@WAYS
@pytest.mark.parametrize(
    ("asked", "option"),
    [
        ({"importer": "voters", "filename": "79800001.xlsx", "mode": "upsert"}, "mode"),
        ({"deletes": "mark"}, "deletes"),
        ({"mode": "update", "deletes": "remove"}, "deletes"),
    ],
)
def test_an_option_without_an_effect_is_rejected(stack: Stack, ask: Any, asked: Any, option: str) -> None:
    answer = ask(**asked)
    assert_problem(answer, 422, "invalid-option")
    assert answer.body["option"] == option
    assert get("/v1/jobs").body["items"] == []


def test_an_importer_says_what_its_jobs_do_unless_a_caller_says_otherwise(stack: Stack) -> None:
    found = {each["name"]: each for each in get("/v1/importers").body["items"]}
    assert found["products"]["options"] == options()
    assert found["hsi"]["options"] == options(blanks="clear")
    assert (found["voters"]["options"], found["voters"]["choices"]) == (None, {})
    choices = found["products"]["choices"]
    assert {"upsert", "insert", "update", "delete"} <= set(choices["mode"])
    assert (choices["blanks"], choices["deletes"]) == (["keep", "clear"], ["mark", "remove"])
