"""The contracts of `RateStore` and `TokenStore`, in memory and in DynamoDB."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import boto3
import pytest

from sluice.aws.upstreams import DynamoRateStore, DynamoTokenStore
from sluice.upstream.rate_limiter import RateStore, spacing
from sluice.upstream.tokens import AccessToken, TokenStore
from tests.integration.conftest import REGION
from tests.integration.template import create_table
from tests.support.upstreams import MemoryRateStore, MemoryTokenStore

NOW = 1_800_000_000.0
LATER = NOW + 3600
RATE = 20.0
SPACING = spacing(RATE)


def jobs_table() -> Any:
    """Create the jobs table on moto."""
    return boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))


@pytest.fixture(params=["memory", "dynamodb"])
def rates(request: pytest.FixtureRequest) -> RateStore:
    """Return the slots of an upstream."""
    if request.param == "memory":
        return MemoryRateStore(RATE)
    request.getfixturevalue("aws")
    return DynamoRateStore(jobs_table(), "siasn", RATE)


@pytest.fixture(params=["memory", "dynamodb"])
def tokens(request: pytest.FixtureRequest) -> TokenStore:
    """Return the tokens of upstreams."""
    if request.param == "memory":
        return MemoryTokenStore()
    request.getfixturevalue("aws")
    return DynamoTokenStore(jobs_table())


def test_the_first_slot_is_free_at_once(rates: RateStore) -> None:
    assert rates.acquire(earliest=NOW, before=LATER) == NOW


def test_slots_follow_each_other_at_the_spacing_of_the_rate(rates: RateStore) -> None:
    taken = [rates.acquire(earliest=NOW, before=LATER) for _ in range(40)]
    assert taken == pytest.approx([NOW + at * SPACING for at in range(40)], abs=1e-4)


def test_unused_slots_are_not_saved_up(rates: RateStore) -> None:
    rates.acquire(earliest=NOW, before=LATER)
    taken = [rates.acquire(earliest=NOW + 60, before=LATER) for _ in range(3)]
    assert taken == pytest.approx([NOW + 60 + at * SPACING for at in range(3)], abs=1e-4)


def test_a_slot_after_the_deadline_is_not_taken(rates: RateStore) -> None:
    rates.acquire(earliest=NOW, before=LATER)
    assert rates.acquire(earliest=NOW, before=NOW + SPACING / 2) is None
    assert rates.acquire(earliest=NOW, before=NOW) is None
    assert rates.acquire(earliest=NOW, before=LATER) == pytest.approx(NOW + SPACING, abs=1e-4)


def test_a_worker_whose_clock_is_behind_gets_a_slot_after_all_others(rates: RateStore) -> None:
    rates.acquire(earliest=NOW + 1, before=LATER)
    assert rates.acquire(earliest=NOW, before=LATER) == pytest.approx(NOW + 1 + SPACING, abs=1e-4)


def test_backing_off_blocks_the_slots_of_all_workers(rates: RateStore) -> None:
    rates.acquire(earliest=NOW, before=LATER)
    rates.back_off_until(NOW + 30)
    assert rates.blocked_until() == NOW + 30
    assert rates.acquire(earliest=NOW, before=NOW + 30) is None
    assert rates.acquire(earliest=NOW, before=LATER) == pytest.approx(NOW + 30, abs=1e-4)
    assert rates.acquire(earliest=NOW, before=LATER) == pytest.approx(NOW + 30 + SPACING, abs=1e-4)


def test_backing_off_is_never_made_shorter(rates: RateStore) -> None:
    rates.back_off_until(NOW + 30)
    rates.back_off_until(NOW + 10)
    assert rates.blocked_until() == NOW + 30
    assert rates.acquire(earliest=NOW, before=LATER) == NOW + 30


def test_backing_off_does_not_free_slots_that_are_taken(rates: RateStore) -> None:
    for _ in range(20):
        rates.acquire(earliest=NOW, before=LATER)
    rates.back_off_until(NOW + SPACING)
    assert rates.blocked_until() == pytest.approx(NOW + SPACING, abs=1e-4)
    assert rates.acquire(earliest=NOW, before=LATER) == pytest.approx(NOW + 20 * SPACING, abs=1e-4)


def test_slots_are_not_blocked_at_first(rates: RateStore) -> None:
    assert rates.blocked_until() == 0


def test_no_slot_is_given_twice(rates: RateStore, atomic_updates: None) -> None:
    """Many workers acquire slots at once, with clocks that differ slightly."""
    taken: list[float | None] = []

    def work(skew: float) -> None:
        for _ in range(10):
            taken.append(rates.acquire(earliest=NOW + skew, before=LATER))

    workers = [threading.Thread(target=work, args=(at * SPACING / 3,)) for at in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    times = sorted(slot for slot in taken if slot is not None)
    assert len(times) == 60
    assert all(after - before > SPACING - 1e-4 for before, after in pairwise(times))


def test_each_upstream_has_slots_of_its_own(aws: None) -> None:
    table = jobs_table()
    first, second = DynamoRateStore(table, "siasn", RATE), DynamoRateStore(table, "another", RATE)
    first.back_off_until(NOW + 30)
    assert second.blocked_until() == 0
    assert second.acquire(earliest=NOW, before=LATER) == NOW


def test_a_worker_that_was_overtaken_still_gets_a_slot(aws: None) -> None:
    """Another worker takes the first slot after this one found the upstream idle."""
    table = jobs_table()
    slow, fast = DynamoRateStore(table, "siasn", RATE), DynamoRateStore(table, "siasn", RATE)
    take_next: Callable[[int, int], int | None] = slow._take_next

    def take_late(first: int, end: int) -> int | None:
        found = take_next(first, end)
        if found is None:
            assert fast.acquire(earliest=NOW, before=LATER) == NOW
        return found

    slow._take_next = take_late  # type: ignore[method-assign]  # a fault on purpose
    assert slow.acquire(earliest=NOW, before=LATER) == pytest.approx(NOW + SPACING, abs=1e-4)


def test_a_token_is_shared(tokens: TokenStore) -> None:
    assert tokens.get("siasn") is None
    tokens.keep("siasn", AccessToken("one", NOW + 1.8))
    assert tokens.get("siasn") == AccessToken("one", NOW + 1.8)
    assert tokens.get("another") is None


def test_a_token_replaces_the_earlier_one(tokens: TokenStore) -> None:
    tokens.keep("siasn", AccessToken("one", NOW + 60))
    tokens.keep("siasn", AccessToken("two", NOW + 30))
    assert tokens.get("siasn") == AccessToken("two", NOW + 30)


def test_items_belong_to_no_tenant_and_tokens_expire(aws: None) -> None:
    table = jobs_table()
    DynamoRateStore(table, "siasn", RATE).acquire(earliest=NOW, before=LATER)
    DynamoTokenStore(table).keep("siasn", AccessToken("one", NOW + 1.8))
    items = {item["sk"]: item for item in table.scan()["Items"]}
    assert {item["pk"] for item in items.values()} == {"upstreams"}
    assert items["token#siasn"]["expires_at"] == NOW + 2
    assert "expires_at" not in items["rate#siasn"]
