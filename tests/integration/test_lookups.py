"""Lookups at a flaky upstream: real HTTP on loopback, slots and tokens in DynamoDB."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
import pytest

from local.fake_upstreams.commission import Commission
from local.fake_upstreams.server import Served, serving
from local.fake_upstreams.settings import Behaviour
from local.fake_upstreams.voters import category, id_numbers, truth
from sluice.aws.upstreams import DynamoRateStore, DynamoTokenStore, SharedUpstreams
from sluice.catalog.elections.commission import commission
from sluice.model.errors import TryLater, UpstreamRejected
from sluice.upstream.clock import Clock
from sluice.upstream.lookup import LookupBatch, LookupResult
from sluice.upstream.lookup_client import RETRY_PAUSE, ask
from sluice.upstream.tokens import Upstream
from sluice.usecases.ports import Upstreams
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.upstreams import MemoryUpstreams

KEYS = id_numbers(300)
WARD = {"ward": "79800001"}
# Pauses between attempts are short.
HASTY = Clock(sleep=lambda seconds: asyncio.sleep(0.02 if seconds == RETRY_PAUSE else seconds))
# A deadline that no test reaches.
PATIENCE = 60


@pytest.fixture
def table(aws: None, atomic_updates: None) -> Callable[[], Any]:
    """Return a function that creates a resource of the jobs table for a worker."""
    name = create_table("JobsTable")
    return lambda: boto3.resource("dynamodb", region_name=REGION).Table(name)


def look_up(
    served: Served[Commission],
    table: Any,
    keys: Sequence[str],
    results: dict[str, LookupResult],
    *,
    rate: float = 400,
    secret: str = "",
) -> LookupBatch:
    """Look keys up as a worker does."""
    settings = served.stub.settings
    return ask(
        commission,
        keys,
        upstream=Upstream("commission", served.url, settings.client_id, secret or settings.client_secret),
        rates=DynamoRateStore(table, "commission", rate),
        tokens=DynamoTokenStore(table),
        before=time.time() + PATIENCE,
        on_result=results.__setitem__,
        clock=HASTY,
    )


@pytest.fixture(params=["memory", "http"])
def upstreams(request: pytest.FixtureRequest) -> Iterator[Upstreams]:
    """Return the register of upstreams with the commission."""
    if request.param == "memory":
        fake = MemoryUpstreams()
        fake.found = {key: LookupResult(truth(key).status, truth(key).ward) for key in KEYS}
        yield fake
        return
    table = request.getfixturevalue("table")()
    with serving(Commission(Behaviour())) as served:
        settings = served.stub.settings
        entry = {"url": served.url, "client_id": settings.client_id, "client_secret": settings.client_secret}
        yield SharedUpstreams(table, lambda fresh: {"commission": entry})


def test_results_equal_the_data_of_the_commission(upstreams: Upstreams) -> None:
    results: dict[str, LookupResult] = {}
    batch = upstreams.ask(
        commission, [*KEYS[:20], KEYS[0]], before=time.time() + PATIENCE, on_result=results.__setitem__
    )
    assert (batch.failed, batch.down) == ([], False)
    assert {key: commission.category_of(found, WARD) for key, found in results.items()} == {
        key: category(key) for key in KEYS[:20]
    }


def test_an_upstream_without_an_entry_in_the_secret_is_rejected(table: Callable[[], Any]) -> None:
    with pytest.raises(UpstreamRejected, match=r"no-secret.*'commission'"):
        SharedUpstreams(table(), lambda fresh: {}).ask(
            commission, KEYS, before=time.time() + PATIENCE, on_result=dict[str, LookupResult]().__setitem__
        )


@pytest.mark.parametrize(
    "settings",
    [
        {"errors": 0.1},
        {"broken": 0.1},
        {"cut": 0.1},
        {"garbled": 0.1},
        {"slow": 0.1, "slow_seconds": 0.3},
        {"token_seconds": 1.0},
        {"rate": 60, "retry_after": 1},
        {"errors": 0.05, "broken": 0.03, "cut": 0.03, "slow": 0.05, "slow_seconds": 0.2, "token_seconds": 2.0},
    ],
    ids="-".join,
)
def test_every_key_has_a_result_or_an_error_whatever_the_upstream_does(
    table: Callable[[], Any], settings: dict[str, Any]
) -> None:
    results: dict[str, LookupResult] = {}
    remaining = KEYS[:40]
    with serving(Commission(Behaviour(**settings))) as served:
        deadline = time.monotonic() + PATIENCE
        while remaining and time.monotonic() < deadline:  # as the worker of a retried chunk does
            batch = look_up(served, table(), remaining, results)
            assert not batch.down
            assert set(batch.failed) == set(remaining) - set(results)
            remaining = batch.failed
        assert set(results) == set(KEYS[:40])
        assert served.stub.seen()["answered_ids"] == 40


def test_many_workers_together_keep_to_the_rate(table: Callable[[], Any]) -> None:
    """The commission counts requests in every second; each worker alone would be faster."""
    rate, workers, each = 40, 4, 30
    results: dict[str, LookupResult] = {}
    with serving(Commission(Behaviour())) as served:

        def work(start: int) -> None:
            look_up(served, table(), KEYS[start : start + each], results, rate=rate)

        threads = [threading.Thread(target=work, args=(at * each,)) for at in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = served.stub.seen()
    assert len(results) == workers * each
    assert seen["answered_again"] == 0
    assert seen["busiest_second"] <= rate


def test_an_upstream_that_does_not_respond_is_down(table: Callable[[], Any]) -> None:
    results: dict[str, LookupResult] = {}
    with serving(Commission(Behaviour())) as served:
        look_up(served, table(), KEYS[:10], results)
        served.stub.change({"away": True})
        batch = look_up(served, table(), KEYS[10:], results)
    assert batch.down
    assert set(results) == set(KEYS[:10])
    assert len(batch.failed) <= 10


def test_an_address_without_a_server_is_an_upstream_that_is_down(table: Callable[[], Any]) -> None:
    with serving(Commission(Behaviour())) as served:
        pass
    assert look_up(served, table(), KEYS, {}).down


def test_wrong_credentials_are_rejected_at_once(table: Callable[[], Any]) -> None:
    with serving(Commission(Behaviour())) as served, pytest.raises(UpstreamRejected, match="status 401 for a token"):
        look_up(served, table(), KEYS, {}, secret="wrong")


def test_a_long_retry_after_ends_the_attempt(table: Callable[[], Any]) -> None:
    results: dict[str, LookupResult] = {}
    with serving(Commission(Behaviour(rate=5, retry_after=120))) as served, pytest.raises(TryLater) as caught:
        look_up(served, table(), KEYS, results)
    assert 100 < caught.value.seconds <= 120
    assert len(results) >= 1


def test_no_log_contains_a_key(table: Callable[[], Any], caplog: pytest.LogCaptureFixture) -> None:
    """No log contains the URL of a request or a token either; this includes the logs of libraries."""
    results: dict[str, LookupResult] = {}
    with caplog.at_level(logging.DEBUG), serving(Commission(Behaviour(errors=0.1, broken=0.1))) as served:
        batch = look_up(served, table(), KEYS[:40], results)
        said = [str(vars(record)) for record in caplog.records if not record.name.startswith(("botocore", "moto"))]
    assert results
    assert not any(key in text for key in KEYS[:40] for text in (*said, repr(batch)))
