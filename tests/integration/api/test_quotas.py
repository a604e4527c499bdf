"""Limits of a tenant at the API, in the drop folder, and of schedules: clear, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sluice import bootstrap
from sluice.bootstrap import AwsServices
from sluice.catalog.registry import SOURCES
from sluice.config import ApiSettings, load_settings
from sluice.model.status import Status
from sluice.usecases.control import retry
from sluice.usecases.start_import import Arrival, start_job
from sluice.usecases.sync import sync_on_schedule
from tests.integration.api.calling import Answer, call, get, post
from tests.integration.stack import Stack, forget_settings
from tests.support import issuer

NOW = datetime.now(UTC)


@pytest.fixture
def limits(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a tenant have two jobs and a gigabyte under way, and one sync."""
    for name, most in {"JOBS": 2, "GIGABYTES": 1, "SYNCS": 1}.items():
        monkeypatch.setenv(f"TENANT_{name}", str(most))
    forget_settings()


def services() -> AwsServices:
    """Return the services of the API function, with the limits of its environment."""
    return bootstrap.services(load_settings(ApiSettings))


def announce(size: int = 10, tenant: str = "acme") -> Answer:
    body = {"importer": "products", "filename": "a.csv", "bytes": size}
    return post("/v1/imports", json_body=body, token=issuer.token(tenant=tenant))


def expect_quota(answer: Answer, limit: int) -> None:
    """Expect a 429 that says what to do, and when."""
    assert (answer.status, answer.body["type"]) == (429, "/problems/quota"), answer.text
    assert answer.headers["retry-after"] == "60"
    assert answer.body["limit"] == limit
    assert "Try again when" in answer.body["detail"]


@pytest.mark.usefixtures("limits")
def test_a_tenant_has_a_limit_of_jobs_and_gets_its_share_back() -> None:
    """Another tenant does not notice; nothing is stored of a rejected call."""
    first, second = announce(), announce()
    expect_quota(announce(), 2)
    expect_quota(call("POST", "/v1/imports/upload", body=b"SKU\n1", query={"importer": "products"}), 2)
    assert announce(tenant="other").status == 201
    assert len(get("/v1/jobs").body["items"]) == 2
    assert post(f"/v1/jobs/{first.body['job']['id']}/cancel").status == 200
    assert announce().status == 201
    expect_quota(announce(), 2)
    assert second.status == 201


@pytest.mark.usefixtures("limits")
def test_a_tenant_has_a_limit_of_bytes_and_of_syncs() -> None:
    """Files count as they are announced, and the bucket takes no other size."""
    assert announce(1024**3 - 5).status == 201
    expect_quota(announce(6), 1024**3)
    one = SOURCES[0].name
    assert post(f"/v1/syncs/{one}").status == 202
    assert post(f"/v1/syncs/{one}").status == 200, "the current job is found, and none is made"


@pytest.mark.usefixtures("limits")
def test_a_sync_beyond_the_limit_is_rejected_and_a_scheduled_one_fails_clearly() -> None:
    """The source keeps its current job; the next scheduled run pulls it."""
    one, other = (source.name for source in SOURCES[:2])
    begun = post(f"/v1/syncs/{one}")
    expect_quota(post(f"/v1/syncs/{other}"), 1)
    skipped = sync_on_schedule("acme", other, now=NOW, services=services())
    assert skipped is not None
    shown = get(f"/v1/jobs/{skipped.ref.id}").body
    assert (shown["status"], shown["problem"]["type"]) == ("failed", "/problems/quota")
    assert "retry" not in shown["links"]
    assert post(f"/v1/jobs/{begun.body['job']['id']}/cancel").status in {200, 202}
    later = sync_on_schedule("acme", other, now=NOW, services=services())
    assert later is not None
    assert later.status is not Status.FAILED


@pytest.mark.usefixtures("limits")
def test_a_dropped_file_beyond_the_limit_fails_clearly_and_a_retry_imports_it(stack: Stack) -> None:
    """The file stays; a second delivery of its event makes no second job."""
    first, _ = announce(), announce()
    arrival = Arrival("incoming/acme/products/a.csv", 10, "etag", NOW)
    dropped, again = start_job(arrival, services()), start_job(arrival, services())
    assert dropped is not None
    assert again is not None
    assert (dropped.ref, dropped.status) == (again.ref, again.status)
    assert (dropped.status, dropped.problem and dropped.problem.type) == (Status.FAILED, "quota")
    path = f"/v1/jobs/{dropped.ref.id}"
    assert get(path).body["links"]["retry"]
    expect_quota(post(f"{path}/retry"), 2)
    assert stack.executions() == []
    post(f"/v1/jobs/{first.body['job']['id']}/cancel")
    begun = retry(dropped.ref, by="ann", now=int(NOW.timestamp()), services=services())
    assert begun.status is Status.PARSING
    assert stack.executions() == [f"{dropped.ref.id}-2"]
    expect_quota(announce(), 2)


def test_many_streams_of_a_tenant_do_not_hold_all_functions(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """One beyond the limit is answered at once and comes back later; that of another tenant waits."""
    monkeypatch.setenv("TENANT_WAITS", "2")
    forget_settings()
    path = f"/v1/jobs/{announce().body['job']['id']}/events"
    other = f"/v1/jobs/{announce(tenant='other').body['job']['id']}/events"
    seen = {"Last-Event-ID": "9-waiting_for_file-"}
    assert "retry: 500\n" in get(path, headers=seen).text
    waits = bootstrap.waits("JobsTable", 2)
    slots = [waits.begin("acme", 20) for _ in range(3)]
    assert [slot is not None for slot in slots] == [True, True, False]
    assert "retry: 5000\n" in get(path, headers=seen).text
    assert "retry: 500\n" in get(other, headers=seen, token=issuer.token(tenant="other")).text
    waits.end("acme", str(slots[0]))
    assert "retry: 500\n" in get(path, headers=seen).text


def test_a_wait_whose_function_died_ends_with_its_time(stack: Stack) -> None:
    """It is no longer counted then, however late its item is removed."""
    waits = bootstrap.waits("JobsTable", 1)
    assert waits.begin("acme", -1)
    assert waits.begin("acme", 20)
    assert waits.begin("acme", 20) is None
