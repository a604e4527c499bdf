"""Lookups at an upstream that has bad days: real HTTP on loopback, and turns and tokens in DynamoDB."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.fake_upstreams.commission import Commission
from local.fake_upstreams.server import Served, serving
from local.fake_upstreams.settings import Behaviour
from local.fake_upstreams.voters import category, id_numbers, truth
from sluice.aws.rate_limits import DynamoRates
from sluice.aws.upstreams import DynamoUpstreamTokens, SharedUpstreams
from sluice.catalog.elections.commission import commission
from sluice.model.errors import TryLater, UpstreamRejected
from sluice.upstream.clock import Clock
from sluice.upstream.lookup import LookupBatch, LookupResult
from sluice.upstream.lookup_client import APART, ask
from sluice.upstream.tokens import Upstream
from sluice.usecases.ports import Upstreams
from tests.fakes.upstreams import MemoryUpstreams
from tests.integration.template import create_table

REGION = "us-east-1"
KEYS = id_numbers(300)
WARD = {"ward": "79800001"}
# Pauses before another try are short ones.
HASTY = Clock(sleep=lambda seconds: asyncio.sleep(0.02 if seconds == APART else seconds))
# No test waits for it; it is there so that none waits for ever.
PATIENCE = 60


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, atomic_updates: None) -> Iterator[Callable[[], Any]]:
    """Gives each worker its own way to the jobs table."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        name = create_table("JobsTable")
        yield lambda: boto3.resource("dynamodb", region_name=REGION).Table(name)


def asked_of(
    served: Served[Commission],
    table: Any,
    keys: Sequence[str],
    told: dict[str, LookupResult],
    *,
    rate: float = 400,
    secret: str = "",
) -> LookupBatch:
    """Ask as a worker does."""
    settings = served.stub.settings
    return ask(
        commission,
        keys,
        upstream=Upstream("commission", served.url, settings.client_id, secret or settings.client_secret),
        turns=DynamoRates(table, "commission", rate),
        tokens=DynamoUpstreamTokens(table),
        before=time.time() + PATIENCE,
        told=told.__setitem__,
        clock=HASTY,
    )


@pytest.fixture(params=["memory", "http"])
def upstreams(request: pytest.FixtureRequest) -> Iterator[Upstreams]:
    """The commission, as use cases know it."""
    if request.param == "memory":
        fake = MemoryUpstreams()
        fake.found = {key: LookupResult(truth(key).status, truth(key).ward) for key in KEYS}
        yield fake
        return
    table = request.getfixturevalue("table")()
    with serving(Commission(Behaviour())) as served:
        settings = served.stub.settings
        told = {"url": served.url, "client_id": settings.client_id, "client_secret": settings.client_secret}
        yield SharedUpstreams(table, lambda fresh: {"commission": told})


def test_what_is_told_of_a_key_is_what_the_commission_knows(upstreams: Upstreams) -> None:
    told: dict[str, LookupResult] = {}
    asked = upstreams.ask(commission, [*KEYS[:20], KEYS[0]], before=time.time() + PATIENCE, told=told.__setitem__)
    assert (asked.failed, asked.down) == ([], False)
    assert {key: commission.category_of(found, WARD) for key, found in told.items()} == {
        key: category(key) for key in KEYS[:20]
    }


def test_an_upstream_that_the_secret_does_not_know_ends_it(table: Callable[[], Any]) -> None:
    with pytest.raises(UpstreamRejected, match=r"no-secret.*'commission'"):
        SharedUpstreams(table(), lambda fresh: {}).ask(
            commission, KEYS, before=time.time() + PATIENCE, told=dict[str, LookupResult]().__setitem__
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
def test_every_key_is_told_or_named_whatever_kind_of_day_it_is(
    table: Callable[[], Any], settings: dict[str, Any]
) -> None:
    told: dict[str, LookupResult] = {}
    left = KEYS[:40]
    with serving(Commission(Behaviour(**settings))) as served:
        deadline = time.monotonic() + PATIENCE
        while left and time.monotonic() < deadline:  # as a worker does whose chunk comes again
            asked = asked_of(served, table(), left, told)
            assert not asked.down
            assert set(asked.failed) == set(left) - set(told)
            left = asked.failed
        assert set(told) == set(KEYS[:40])
        assert served.stub.seen()["answered_ids"] == 40


def test_many_workers_together_keep_the_rate(table: Callable[[], Any]) -> None:
    """As the commission counts it, in whatever second, though each worker alone would be faster."""
    rate, workers, each = 40, 4, 30
    told: dict[str, LookupResult] = {}
    with serving(Commission(Behaviour())) as served:

        def work(start: int) -> None:
            asked_of(served, table(), KEYS[start : start + each], told, rate=rate)

        threads = [threading.Thread(target=work, args=(at * each,)) for at in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = served.stub.seen()
    assert len(told) == workers * each
    assert seen["answered_again"] == 0
    assert seen["busiest_second"] <= rate


def test_an_upstream_that_is_away_is_found_down(table: Callable[[], Any]) -> None:
    told: dict[str, LookupResult] = {}
    with serving(Commission(Behaviour())) as served:
        asked_of(served, table(), KEYS[:10], told)
        served.stub.change({"away": True})
        asked = asked_of(served, table(), KEYS[10:], told)
    assert asked.down
    assert set(told) == set(KEYS[:10])
    assert len(asked.failed) <= 10


def test_nobody_at_the_address_is_an_upstream_that_is_down(table: Callable[[], Any]) -> None:
    with serving(Commission(Behaviour())) as served:
        pass
    assert asked_of(served, table(), KEYS, {}).down


def test_credentials_that_are_wrong_end_it_at_once(table: Callable[[], Any]) -> None:
    with serving(Commission(Behaviour())) as served, pytest.raises(UpstreamRejected, match="status 401 for a token"):
        asked_of(served, table(), KEYS, {}, secret="wrong")


def test_who_is_turned_away_for_long_comes_later(table: Callable[[], Any]) -> None:
    told: dict[str, LookupResult] = {}
    with serving(Commission(Behaviour(rate=5, retry_after=120))) as served, pytest.raises(TryLater) as caught:
        asked_of(served, table(), KEYS, told)
    assert 100 < caught.value.seconds <= 120
    assert len(told) >= 1


def test_no_log_has_a_key(table: Callable[[], Any], caplog: pytest.LogCaptureFixture) -> None:
    """Nor the address of a request, or a token; whatever the libraries below have to say."""
    told: dict[str, LookupResult] = {}
    with caplog.at_level(logging.DEBUG), serving(Commission(Behaviour(errors=0.1, broken=0.1))) as served:
        asked = asked_of(served, table(), KEYS[:40], told)
        said = [str(vars(record)) for record in caplog.records if not record.name.startswith(("botocore", "moto"))]
    assert told
    assert not any(key in text for key in KEYS[:40] for text in (*said, repr(asked)))
