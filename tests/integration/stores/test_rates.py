"""What readers of upstreams share, in memory and in DynamoDB: turns at the rate, and tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import boto3
import pytest

from sluice.aws.rate_limits import DynamoRates
from sluice.aws.upstreams import DynamoUpstreamTokens
from sluice.upstream.rate_limiter import RateStore, spacing
from sluice.upstream.tokens import AccessToken, TokenStore
from tests.fakes.upstreams import MemoryRates, MemoryUpstreamTokens
from tests.integration.stores.conftest import REGION
from tests.integration.template import create_table

NOW = 1_800_000_000.0
LATER = NOW + 3600
RATE = 20.0
APART = spacing(RATE)


def jobs_table() -> Any:
    """The jobs table on moto."""
    return boto3.resource("dynamodb", region_name=REGION).Table(create_table("JobsTable"))


@pytest.fixture(params=["memory", "dynamodb"])
def turns(request: pytest.FixtureRequest) -> RateStore:
    """RateStore of an upstream."""
    if request.param == "memory":
        return MemoryRates(RATE)
    request.getfixturevalue("aws")
    return DynamoRates(jobs_table(), "siasn", RATE)


@pytest.fixture(params=["memory", "dynamodb"])
def tokens(request: pytest.FixtureRequest) -> TokenStore:
    """Where tokens are kept."""
    if request.param == "memory":
        return MemoryUpstreamTokens()
    request.getfixturevalue("aws")
    return DynamoUpstreamTokens(jobs_table())


def test_the_first_turn_is_free_at_once(turns: RateStore) -> None:
    assert turns.take(earliest=NOW, before=LATER) == NOW


def test_turns_are_given_one_after_the_other(turns: RateStore) -> None:
    taken = [turns.take(earliest=NOW, before=LATER) for _ in range(40)]
    assert taken == pytest.approx([NOW + at * APART for at in range(40)], abs=1e-4)


def test_turns_that_nobody_wanted_are_not_saved_up(turns: RateStore) -> None:
    turns.take(earliest=NOW, before=LATER)
    taken = [turns.take(earliest=NOW + 60, before=LATER) for _ in range(3)]
    assert taken == pytest.approx([NOW + 60 + at * APART for at in range(3)], abs=1e-4)


def test_a_turn_that_would_come_too_late_is_not_taken(turns: RateStore) -> None:
    turns.take(earliest=NOW, before=LATER)
    assert turns.take(earliest=NOW, before=NOW + APART / 2) is None
    assert turns.take(earliest=NOW, before=NOW) is None
    assert turns.take(earliest=NOW, before=LATER) == pytest.approx(NOW + APART, abs=1e-4)


def test_who_asks_with_a_clock_that_is_behind_gets_a_turn_after_all_others(turns: RateStore) -> None:
    turns.take(earliest=NOW + 1, before=LATER)
    assert turns.take(earliest=NOW, before=LATER) == pytest.approx(NOW + 1 + APART, abs=1e-4)


def test_a_pause_moves_the_next_turn_for_everybody(turns: RateStore) -> None:
    turns.take(earliest=NOW, before=LATER)
    turns.hold(NOW + 30)
    assert turns.held_until() == NOW + 30
    assert turns.take(earliest=NOW, before=NOW + 30) is None
    assert turns.take(earliest=NOW, before=LATER) == pytest.approx(NOW + 30, abs=1e-4)
    assert turns.take(earliest=NOW, before=LATER) == pytest.approx(NOW + 30 + APART, abs=1e-4)


def test_a_pause_is_never_made_shorter(turns: RateStore) -> None:
    turns.hold(NOW + 30)
    turns.hold(NOW + 10)
    assert turns.held_until() == NOW + 30
    assert turns.take(earliest=NOW, before=LATER) == NOW + 30


def test_a_pause_does_not_bring_back_turns_that_are_taken(turns: RateStore) -> None:
    for _ in range(20):
        turns.take(earliest=NOW, before=LATER)
    turns.hold(NOW + APART)
    assert turns.held_until() == pytest.approx(NOW + APART, abs=1e-4)
    assert turns.take(earliest=NOW, before=LATER) == pytest.approx(NOW + 20 * APART, abs=1e-4)


def test_nobody_was_told_to_pause_at_first(turns: RateStore) -> None:
    assert turns.held_until() == 0


def test_no_turn_is_given_twice(turns: RateStore, atomic_updates: None) -> None:
    """Many workers at once, with clocks that are not quite in step."""
    taken: list[float | None] = []

    def work(skew: float) -> None:
        for _ in range(10):
            taken.append(turns.take(earliest=NOW + skew, before=LATER))

    workers = [threading.Thread(target=work, args=(at * APART / 3,)) for at in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    times = sorted(turn for turn in taken if turn is not None)
    assert len(times) == 60
    assert all(after - before > APART - 1e-4 for before, after in pairwise(times))


def test_each_upstream_has_turns_of_its_own(aws: None) -> None:
    table = jobs_table()
    first, second = DynamoRates(table, "siasn", RATE), DynamoRates(table, "another", RATE)
    first.hold(NOW + 30)
    assert second.held_until() == 0
    assert second.take(earliest=NOW, before=LATER) == NOW


def test_somebody_who_is_faster_costs_no_turn(aws: None) -> None:
    """Between finding the upstream idle and taking its first turn, another worker takes it."""
    table = jobs_table()
    slow, fast = DynamoRates(table, "siasn", RATE), DynamoRates(table, "siasn", RATE)
    look: Callable[[int, int], int | None] = slow._next

    def look_and_be_late(first: int, end: int) -> int | None:
        found = look(first, end)
        if found is None:
            assert fast.take(earliest=NOW, before=LATER) == NOW
        return found

    slow._next = look_and_be_late  # type: ignore[method-assign]  # a fault on purpose
    assert slow.take(earliest=NOW, before=LATER) == pytest.approx(NOW + APART, abs=1e-4)


def test_a_token_is_found_by_all(tokens: TokenStore) -> None:
    assert tokens.get("siasn") is None
    tokens.keep("siasn", AccessToken("one", NOW + 1.8))
    assert tokens.get("siasn") == AccessToken("one", NOW + 1.8)
    assert tokens.get("another") is None


def test_the_token_that_was_kept_last_counts(tokens: TokenStore) -> None:
    tokens.keep("siasn", AccessToken("one", NOW + 60))
    tokens.keep("siasn", AccessToken("two", NOW + 30))
    assert tokens.get("siasn") == AccessToken("two", NOW + 30)


def test_turns_and_tokens_belong_to_no_tenant_and_tokens_leave_by_themselves(aws: None) -> None:
    table = jobs_table()
    DynamoRates(table, "siasn", RATE).take(earliest=NOW, before=LATER)
    DynamoUpstreamTokens(table).keep("siasn", AccessToken("one", NOW + 1.8))
    items = {item["sk"]: item for item in table.scan()["Items"]}
    assert {item["pk"] for item in items.values()} == {"upstreams"}
    assert items["token#siasn"]["expires_at"] == NOW + 2
    assert "expires_at" not in items["rate#siasn"]
