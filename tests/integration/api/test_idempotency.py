"""A POST with an ``Idempotency-Key`` is executed once, and gets the same response however often it is sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from sluice import bootstrap
from sluice.config import Settings
from sluice.model.chunk import JobRef
from sluice.model.errors import Conflict, FileRejected, TryLater
from sluice.model.status import Status
from tests.integration.api.calling import Answer, call
from tests.integration.api.keyed_calls import announce, assert_problem, jobs, stored_items, upload
from tests.integration.stack import Stack
from tests.support.deaths import Killed
from tests.support.lambda_context import FakeContext
from tests.support.metrics import counted

# Takes the errors that the next calls raise, one each, before calls work again.
Failing = Callable[..., None]


@pytest.fixture
def failing(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Make calls fail when they access the services."""
    real = bootstrap.services

    def fail(*errors: BaseException) -> None:
        waiting = list(errors)

        def services(settings: Settings) -> bootstrap.AwsServices:
            if waiting:
                raise waiting.pop(0)
            return real(settings)

        monkeypatch.setattr(bootstrap, "services", services)

    return fail


@pytest.mark.usefixtures("stack")
def test_the_same_call_again_gets_the_same_answer() -> None:
    """Status, headers and body are equal to the byte, and there is one job."""
    first, second, third = announce(), announce(), announce()
    assert first.status == 201
    assert first == second == third
    assert jobs() == 1


@pytest.mark.usefixtures("stack")
def test_an_answer_with_a_key_is_like_one_without() -> None:
    """The order of its fields and its headers are the same."""
    with_key, without = announce(), announce(None)
    assert list(with_key.body["job"]) == list(without.body["job"])
    assert with_key.headers.keys() == without.headers.keys()
    own = {"location"}  # each has a job of its own
    assert {name: with_key.headers[name] for name in with_key.headers.keys() - own} == {
        name: without.headers[name] for name in without.headers.keys() - own
    }


@pytest.mark.usefixtures("stack")
def test_a_form_that_is_built_again_is_the_same_call() -> None:
    """Its boundary differs each time; another file under the same key is another call."""

    def send(boundary: str, content: bytes) -> Answer:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'.encode()
        body = head + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": "form"}
        return call("POST", "/v1/imports/upload", body=body, query={"importer": "products"}, headers=headers)

    first = send("one", b"Part Number\nP-1\n")
    assert first.status == 202
    assert send("two", b"Part Number\nP-1\n") == first
    assert send("two", b"Part Number\nP-2\n").body["type"] == "/problems/idempotency-key-reused"


def test_a_repeated_call_gets_the_first_response_even_if_the_job_has_changed(stack: Stack) -> None:
    """A caller that needs the current job follows its link."""
    first = upload()
    assert first.status == 202
    assert {"location", "etag", "retry-after"} <= set(first.headers)
    stack.jobs.transition(JobRef("acme", first.body["id"]), Status.QUEUED)
    assert upload() == first
    assert jobs() == 1


@pytest.mark.usefixtures("stack")
def test_without_a_key_each_call_is_a_new_one() -> None:
    """Nothing is stored of either."""
    assert announce(None).body["job"]["id"] != announce(None).body["job"]["id"]
    assert stored_items() == []


@pytest.mark.usefixtures("stack")
def test_another_key_is_another_call() -> None:
    """Keys are case-sensitive."""
    assert len({announce(key).body["job"]["id"] for key in ("one", "One", "two")}) == 3


@pytest.mark.parametrize("changed", [{"filename": "others.xlsx"}, {"bytes": 1001}, {"priority": "urgent"}])
@pytest.mark.usefixtures("stack")
def test_a_key_with_another_body_is_rejected(changed: dict[str, Any]) -> None:
    """The stored response belongs to the first body, and stays."""
    first = announce()
    assert_problem(announce(**changed), 422, "idempotency-key-reused")
    assert announce() == first
    assert jobs() == 1


@pytest.mark.usefixtures("stack")
def test_a_key_with_another_query_or_path_is_rejected() -> None:
    """They are part of the request as much as the body is."""
    assert upload().status == 202
    assert_problem(upload(filename="others.csv"), 422, "idempotency-key-reused")
    assert_problem(upload(priority="urgent"), 422, "idempotency-key-reused")
    assert_problem(announce(), 422, "idempotency-key-reused")
    assert jobs() == 1


def test_a_call_that_is_still_running_is_not_executed_again(failing: Failing) -> None:
    """The response has ``Retry-After``; the same call with another key is executed."""
    failing(Killed())
    with pytest.raises(Killed):
        announce()
    again = announce()
    assert_problem(again, 409, "request-in-progress")
    assert int(again.headers["retry-after"]) > 0
    assert_problem(announce(bytes=1), 422, "idempotency-key-reused")
    assert jobs() == 0


def test_a_key_whose_call_was_killed_is_free_after_the_functions_timeout(
    failing: Failing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function that held the key cannot run any more."""
    monkeypatch.setattr(FakeContext, "get_remaining_time_in_millis", lambda _: 1)
    failing(Killed())
    with pytest.raises(Killed):
        announce()
    monkeypatch.undo()
    deadline = time.monotonic() + 5
    while (answer := announce()).status == 409:
        assert time.monotonic() < deadline
    assert answer.status == 201
    assert jobs() == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Conflict("cannot-correct", case="deleted", id="01X"), 409),
        (FileRejected("wrong-file-type", importer="Products", types=[".csv"]), 422),
        (TryLater("chunk-leased", 3), 503),
        (RuntimeError("boom"), 500),
    ],
)
def test_only_the_response_of_a_successful_call_is_stored(failing: Failing, error: Exception, status: int) -> None:
    """A rejected call may succeed once its reason no longer applies."""
    failing(error, error)
    assert [announce().status, announce().status] == [status, status]
    assert stored_items() == []
    assert announce().status == 201
    assert announce().status == 201
    assert jobs() == 1


def test_the_key_of_a_rejected_call_is_free_for_another(failing: Failing) -> None:
    """The first call had no effect."""
    failing(Conflict("cannot-correct", case="deleted", id="01X"))
    assert announce().status == 409
    assert announce(bytes=1).status == 201


@pytest.mark.usefixtures("stack")
def test_an_unknown_address_stores_no_response() -> None:
    """An invalid request leaves nothing behind either."""
    for path in ("/v1/nothing", "/v1/health"):
        assert_problem(call("POST", path, headers={"Idempotency-Key": "one"}), 404, "not-found")
    assert_problem(announce(bytes=-1), 422, "invalid-request")
    assert stored_items() == []


@pytest.mark.usefixtures("stack")
def test_a_call_whose_key_cannot_be_stored_is_not_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its caller would otherwise repeat it."""
    elsewhere = DynamoDBPersistenceLayer("nowhere", boto3_client=boto3.client("dynamodb"))
    monkeypatch.setattr(bootstrap, "idempotency_store", lambda _: elsewhere)
    assert_problem(announce(), 500, "internal-error")
    assert jobs() == 0


@pytest.mark.usefixtures("stack")
def test_a_call_whose_response_cannot_be_stored_still_returns_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The call was executed, and a caller that gets an error would repeat it. The error is counted."""

    def fail(*_: object, **__: object) -> None:
        raise OSError("the table is unavailable")

    monkeypatch.setattr(DynamoDBPersistenceLayer, "_update_record", fail)
    assert announce().status == 201
    assert jobs() == 1
    assert counted(capsys.readouterr().out) == {"CaughtErrors": 1}
