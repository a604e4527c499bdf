"""Reading pages of a flaky upstream: real HTTP on loopback, slots and tokens in DynamoDB."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from local.fake_upstreams.server import Served, serving
from local.fake_upstreams.settings import Settings
from local.fake_upstreams.siasn import Register
from sluice.aws.upstreams import DynamoRateStore, DynamoTokenStore
from sluice.catalog.registry import source_named
from sluice.model.errors import TryLater, UpstreamRejected
from sluice.upstream.clock import Clock
from sluice.upstream.paging import read_pages
from sluice.upstream.rate_limiter import RateStore
from sluice.upstream.source import Source, SourcePage
from sluice.upstream.tokens import TokenStore, Upstream
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.sources import check_pages

PANGKAT = source_named("pangkat")
# Pauses between attempts are short.
HASTY = Clock(chance=lambda: 0.02)
# A deadline that no test reaches.
PATIENCE = 60


@pytest.fixture
def shared(aws: None, atomic_updates: None) -> Callable[[float], tuple[RateStore, TokenStore]]:
    """Return a function that gives each reader the shared slots and tokens, at a rate."""
    name = create_table("JobsTable")

    def share(rate: float) -> tuple[RateStore, TokenStore]:
        table = boto3.resource("dynamodb", region_name=REGION).Table(name)
        return DynamoRateStore(table, "siasn", rate), DynamoTokenStore(table)

    return share


def read(
    upstream: Served[Register],
    shared: tuple[RateStore, TokenStore],
    offsets: range,
    source: Source = PANGKAT,
    patience: float = PATIENCE,
    **options: Any,
) -> list[SourcePage]:
    """Read pages as a worker does."""
    settings = upstream.stub.settings
    at = Upstream("siasn", upstream.url, settings.client_id, settings.client_secret)
    rates, tokens = shared
    before = time.time() + patience
    return read_pages(source, offsets, upstream=at, rates=rates, tokens=tokens, before=before, clock=HASTY, **options)


def read_with_retries(
    upstream: Served[Register], shared: tuple[RateStore, TokenStore], offsets: range
) -> list[SourcePage]:
    """Read pages as the worker of a retried chunk does."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return read(upstream, shared, offsets)
        except TryLater:
            if time.monotonic() > deadline:
                raise


def keys(pages: list[SourcePage]) -> list[object]:
    """Return the rows of pages by their keys."""
    return [row["nip"] for page in pages for row in page.rows]


@pytest.fixture
def quick(shared: Callable[[float], tuple[RateStore, TokenStore]]) -> tuple[RateStore, TokenStore]:
    """Return shared slots and tokens, at a rate without delays."""
    return shared(400)


def test_every_row_arrives_in_its_order(quick: tuple[RateStore, TokenStore]) -> None:
    with serving(Register(Settings(rows=1_050, wrong_every=100))) as upstream:
        pages = read(upstream, quick, range(0, 1_050, 100))
        assert [page.offset for page in pages] == list(range(0, 1_050, 100))
        assert len(set(keys(pages))) == 1_050
        seen = upstream.stub.seen()
        assert set(seen["pages"]["pangkat"].values()) == {1}, "no page was requested twice"
        assert seen["tokens"] == 1
    checked = check_pages(PANGKAT, pages)
    assert (checked.seen, len(checked.good)) == (1_050, 1_039)
    assert [rejection.row for rejection in checked.rejections] == list(range(1, 1_050, 100))


@pytest.mark.parametrize(
    "settings",
    [
        {"errors": 0.1},
        {"broken": 0.1},
        {"cut": 0.1},
        {"garbled": 0.1},
        {"slow": 0.2, "slow_seconds": 0.3},
        {"token_seconds": 0.4},
        {"most_rows": 40},
        {"rate": 8, "retry_after": 1},
        {"rate": 8, "retry_after": 1, "retry_as_date": True},
        {"errors": 0.05, "broken": 0.03, "cut": 0.03, "slow": 0.05, "slow_seconds": 0.2, "token_seconds": 0.5},
    ],
    ids="-".join,
)
def test_every_row_arrives_whatever_the_upstream_does(
    quick: tuple[RateStore, TokenStore], settings: dict[str, Any]
) -> None:
    with serving(Register(Settings(rows=1_500, **settings))) as upstream:
        pages = read_with_retries(upstream, quick, range(0, 1_500, 100))
        assert len(set(keys(pages))) == len(keys(pages)) == 1_500


def test_expired_tokens_are_replaced_and_shared(shared: Callable[[float], tuple[RateStore, TokenStore]]) -> None:
    """Thirty pages at 15 a second outlast a token of 1.2 s, and pages share tokens."""
    with serving(Register(Settings(rows=3_000, token_seconds=1.2))) as upstream:
        first, second = shared(20), shared(20)
        pages = read_with_retries(upstream, first, range(0, 1_500, 100))
        pages += read_with_retries(upstream, second, range(1_500, 3_000, 100))
        assert len(set(keys(pages))) == 3_000
        assert 2 <= upstream.stub.seen()["tokens"] < 30


def test_workers_share_a_token(shared: Callable[[float], tuple[RateStore, TokenStore]]) -> None:
    with serving(Register(Settings())) as upstream:
        for _ in range(3):
            read(upstream, shared(400), range(0, 200, 100))
        assert upstream.stub.seen()["tokens"] == 1


def test_many_workers_together_keep_to_the_rate(shared: Callable[[float], tuple[RateStore, TokenStore]]) -> None:
    """The upstream counts requests in every second; each worker alone would be faster."""
    rate, workers, each = 30, 5, 1_200
    found: list[list[SourcePage]] = []
    with serving(Register(Settings(rows=workers * each))) as upstream:

        def work(start: int) -> None:
            found.append(read(upstream, shared(rate), range(start, start + each, 100)))

        threads = [threading.Thread(target=work, args=(at * each,)) for at in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = upstream.stub.seen()
    assert len({key for pages in found for key in keys(pages)}) == workers * each
    assert seen["requests"] == workers * each // 100
    assert seen["busiest_second"] <= rate


def test_a_retry_after_blocks_all_workers(
    shared: Callable[[float], tuple[RateStore, TokenStore]],
) -> None:
    with serving(Register(Settings(rate=1, retry_after=30))) as upstream:
        with pytest.raises(TryLater) as caught:
            read(upstream, shared(100), range(0, 400, 100), patience=20)
        assert 10 < caught.value.seconds <= 30
        asked = upstream.stub.seen()["requests"]
        with pytest.raises(TryLater):
            read(upstream, shared(100), range(0, 400, 100), patience=20)
        assert upstream.stub.seen()["requests"] == asked, "the second worker sent nothing"


def test_rows_that_move_during_the_reading_show_in_the_totals(quick: tuple[RateStore, TokenStore]) -> None:
    with serving(Register(Settings(rows=1_000, moves_every=3, moves_by=4))) as upstream:
        pages = read(upstream, quick, range(0, 1_000, 100), at_once=1)
        assert [page.total for page in pages] == [1_000 + at // 3 * 4 for at in range(10)]
        assert len(set(keys(pages))) < len(keys(pages)), "rows that moved are read twice"


@pytest.mark.parametrize(("rows", "sizes"), [(250, [100, 100, 50]), (200, [100, 100, 0])])
def test_the_end_is_found_without_a_total(quick: tuple[RateStore, TokenStore], rows: int, sizes: list[int]) -> None:
    source = replace(PANGKAT, has_total=False)
    with serving(Register(Settings(rows=rows, without_total=True))) as upstream:
        pages = read(upstream, quick, range(0, 1_000, 100), source)
        assert [len(page.rows) for page in pages] == sizes


def test_wrong_credentials_are_rejected_at_once(quick: tuple[RateStore, TokenStore]) -> None:
    with serving(Register(Settings())) as upstream:
        at = Upstream("siasn", upstream.url, "sluice", "wrong")
        rates, tokens = quick
        with pytest.raises(UpstreamRejected, match="status 401 for a token"):
            read_pages(PANGKAT, [0], upstream=at, rates=rates, tokens=tokens, before=time.time() + PATIENCE)
        assert upstream.stub.seen()["requests"] == 0


def test_a_path_that_does_not_exist_is_rejected_at_once(quick: tuple[RateStore, TokenStore]) -> None:
    with serving(Register(Settings())) as upstream, pytest.raises(UpstreamRejected, match="status 404"):
        read(upstream, quick, range(0, 100, 100), replace(PANGKAT, path="nothing"))


def test_a_response_after_the_deadline_ends_the_attempt(quick: tuple[RateStore, TokenStore]) -> None:
    with serving(Register(Settings(slow=1.0, slow_seconds=8.0))) as upstream, pytest.raises(TryLater):
        read(upstream, quick, range(0, 100, 100), patience=5)


def test_an_upstream_that_is_down_ends_the_attempt(quick: tuple[RateStore, TokenStore]) -> None:
    with serving(Register(Settings())) as upstream:
        pass
    with pytest.raises(TryLater, match=r"a broken connection \(ConnectError\)"):
        read(upstream, quick, range(0, 100, 100))
