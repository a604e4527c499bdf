"""Looking keys up: every key has a result or is named, whatever the upstream does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.catalog.elections.commission import commission
from sluice.model.errors import NotYet, TryLater, UpstreamRejected
from sluice.upstream.lookup import LookupResult
from sluice.upstream.rate_limiter import spacing
from sluice.upstream.tokens import AccessToken
from tests.support.upstreams import MemoryRateStore
from tests.unit.upstream.scripted import START, Scripted
from tests.unit.upstream.scripted_lookup import HERE, KEYS, Roll, fails, voter

FAILURES: list[Scripted] = [
    httpx.Response(500),
    httpx.Response(503),
    httpx.Response(408),
    httpx.ReadTimeout("slow"),
    httpx.ConnectError("unreachable"),
    httpx.Response(200, text="<html>Maintenance</html>"),
    httpx.Response(200, json={"id_number": KEYS[0], "status": "unheard of"}),
    httpx.Response(200, json=[KEYS[0]]),
]


def test_each_key_is_looked_up_once_with_a_token() -> None:
    roll = Roll()
    batch = roll.ask([*KEYS[:3], KEYS[0]])
    assert {str(request.url) for request in roll.requests} == {
        f"https://upstream.example/api/voters/{key}" for key in KEYS[:3]
    }
    assert roll.bearers == ["token-1"] * 3
    assert dict(roll.results) == dict.fromkeys(KEYS[:3], HERE)
    assert (batch.failed, batch.down) == ([], False)


def test_without_keys_there_are_no_requests() -> None:
    roll = Roll()
    assert roll.ask([]).failed == []
    assert roll.requests == roll.token_requests == []


@pytest.mark.parametrize("key", ["a/b", "../admin", "a?b=c", "a#b", "%2e", "é 1"])
def test_a_key_stays_within_its_place_in_the_path(key: str) -> None:
    roll = Roll()
    roll.ask([key], lookup=replace(commission, echo=None))
    (request,) = roll.requests
    assert request.url.raw_path.startswith(b"/api/voters/")
    assert request.url.raw_path.count(b"/") == b"/api/voters/".count(b"/")
    assert (request.url.query, request.url.fragment) == (b"", "")


def test_at_most_at_once_requests_are_under_way() -> None:
    roll = Roll()
    under_way, most, all_there = [0], [0], asyncio.Barrier(10)

    class Crowded(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
                await all_there.wait()
                under_way[0] -= 1
            return await roll.transport.handle_async_request(request)

    roll.ask(KEYS[:30], at_once=10, transport=Crowded())
    assert most == [10]
    assert len(roll.results) == 30


def test_each_request_has_its_slot() -> None:
    roll = Roll()
    roll.ask(KEYS, at_once=10)
    assert len(roll.rates.taken) >= len(KEYS) + 1, "the request for a token took one too"
    assert all(later - sooner > spacing(500) - 1e-6 for sooner, later in pairwise(roll.rates.taken))


def test_requests_are_sent_at_their_slots() -> None:
    roll, times = Roll(), list[float]()
    roll.meanwhile = lambda: times.append(roll.time.passed)
    roll.ask(KEYS)
    assert times == pytest.approx([at * spacing(20) for at in range(1, len(KEYS) + 1)])


def test_a_result_is_delivered_before_the_next_request() -> None:
    roll = Roll()
    events: list[str] = []
    roll.meanwhile = lambda: events.append(f"request {roll.sought[-1]}")
    roll.ask(KEYS[:3], on_result=lambda key, _: events.append(f"result {key}"))
    assert events == [f"{what} {key}" for key in KEYS[:3] for what in ("request", "result")]


def test_results_are_delivered_in_the_callers_thread_and_never_during_a_call_of_a_store() -> None:
    roll = Roll()
    at_the_store, delivered_meanwhile = threading.Event(), threading.Event()
    threads: set[threading.Thread] = set()

    class Slow(MemoryRateStore):
        def acquire(self, *, earliest: float, before: float) -> float | None:
            if len(self.taken) == 20:  # other responses are under way by now
                at_the_store.set()
                delivered_meanwhile.wait(0.2)
                at_the_store.clear()
            return super().acquire(earliest=earliest, before=before)

    def on_result(key: str, result: LookupResult) -> None:
        threads.add(threading.current_thread())
        if at_the_store.is_set():
            delivered_meanwhile.set()

    roll.shared = Slow(500)
    roll.ask(KEYS, at_once=10, on_result=on_result)
    assert threads == {threading.current_thread()}
    assert not delivered_meanwhile.is_set()


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_a_key_has_three_tries_two_seconds_apart(failure: Scripted) -> None:
    roll = Roll({KEYS[0]: [failure] * 3})
    batch = roll.ask(KEYS[:2])
    assert (batch.failed, batch.down) == ([KEYS[0]], False)
    assert roll.sought == [KEYS[0]] * 3 + [KEYS[1]]
    if not (isinstance(failure, httpx.Response) and "retry-after" in failure.headers):
        assert [seconds for seconds in roll.time.slept if seconds > 1] == [2, 2]


@pytest.mark.parametrize("times", [1, 2])
def test_a_key_with_a_result_at_a_later_try_has_not_failed(times: int) -> None:
    roll = Roll({KEYS[0]: fails(times)})
    assert roll.ask(KEYS[:1]).failed == []
    assert roll.results == [(KEYS[0], HERE)]


def test_a_response_about_another_key_is_a_failure() -> None:
    """A cache in between may confuse them."""
    roll = Roll({KEYS[0]: [voter(KEYS[1])] * 3})
    assert roll.ask(KEYS[:1]).failed == [KEYS[0]]
    assert roll.results == []


def test_ten_failed_keys_in_a_row_mean_that_the_upstream_is_down() -> None:
    roll = Roll({None: fails(1000)})
    batch = roll.ask(KEYS)
    assert (batch.failed, batch.down) == (list(KEYS[:10]), True)
    assert set(roll.sought) == set(KEYS[:10]), "no further key is tried"


def test_with_several_requests_at_once_no_further_key_is_tried_either() -> None:
    roll = Roll({None: fails(1000)})
    batch = roll.ask(KEYS, at_once=10)
    assert (len(batch.failed), batch.down) == (10, True)
    assert len(set(roll.sought)) < 20


def test_one_result_in_between_means_that_it_is_not_down() -> None:
    roll = Roll({key: fails() for key in KEYS if key != KEYS[9]})
    batch = roll.ask(KEYS[:19])
    assert (len(batch.failed), batch.down) == (18, False)
    assert roll.results == [(KEYS[9], HERE)]


def test_an_upstream_that_gives_no_token_is_down() -> None:
    roll = Roll(tokens=fails(1000))
    batch = roll.ask(KEYS, at_once=10)
    assert (batch.failed, batch.down) == ([], True), "no key was tried, so none has failed"
    assert (roll.requests, roll.results) == ([], [])
    assert len(roll.token_requests) <= 30, "the first of ten that has tried three times cancels the others"


def test_an_upstream_that_gives_no_new_token_is_down_too() -> None:
    roll = Roll({KEYS[1]: [httpx.Response(401)]}, tokens=[httpx.ConnectError("unreachable")] * 100)
    roll.tokens.keep("siasn", AccessToken("theirs", START + 600))
    batch = roll.ask(KEYS)
    assert (batch.failed, batch.down) == ([], True)
    assert roll.results == [(KEYS[0], HERE)]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_rejected_credentials_are_an_error(status: int) -> None:
    with pytest.raises(UpstreamRejected, match=f"status {status} for a token"):
        Roll(tokens=[httpx.Response(status)] * 10).ask(KEYS)


def test_a_rejected_token_is_replaced_at_once() -> None:
    roll = Roll({KEYS[1]: [httpx.Response(401)]})
    roll.tokens.keep("siasn", AccessToken("revoked", START + 600))
    assert roll.ask(KEYS[:3]).failed == []
    assert roll.bearers == ["revoked", "revoked", "token-1", "token-1"]
    assert roll.time.passed < 1


def test_a_token_is_replaced_before_it_expires() -> None:
    roll = Roll()
    roll.tokens.keep("siasn", AccessToken("short", START + spacing(20) * 1.5))
    roll.ask(KEYS[:3])
    assert roll.bearers == ["short", "short", "token-1"]


def test_a_retry_after_blocks_all_workers_for_that_long() -> None:
    roll = Roll({KEYS[4]: [httpx.Response(429, headers={"retry-after": "17"})]})
    assert roll.ask(KEYS[:12]).failed == []
    assert roll.rates.blocked_until() >= START + 17
    assert len(roll.results) == 12


@pytest.mark.parametrize("headers", [{}, {"retry-after": "1"}], ids=["unsaid", "said"])
def test_too_many_requests_cost_the_key_no_try(headers: dict[str, str]) -> None:
    roll = Roll({KEYS[0]: [httpx.Response(429, headers=headers)] * 12})
    assert roll.ask(KEYS[:1]).failed == []
    assert roll.results == [(KEYS[0], HERE)]


def test_too_many_requests_without_end_end_the_attempt() -> None:
    roll = Roll({None: [httpx.Response(429)] * 1000})
    with pytest.raises(TryLater):
        roll.ask(KEYS, seconds=60)
    assert roll.time.passed < 90


def test_results_before_the_deadline_are_delivered() -> None:
    roll = Roll({KEYS[5]: [httpx.Response(429, headers={"retry-after": "300"})]})
    with pytest.raises(TryLater) as caught:
        roll.ask(KEYS, seconds=60)
    assert 290 < caught.value.seconds <= 300
    assert [key for key, _ in roll.results] == list(KEYS[:5])


def test_slots_that_a_worker_has_are_used_when_there_is_no_further_one() -> None:
    """No other worker could take them, and at a low rate each worker would waste all but one of its slots."""

    class Few(MemoryRateStore):
        is_over = False

        def acquire(self, *, earliest: float, before: float) -> float | None:
            if len(self.taken) < 6:
                return super().acquire(earliest=earliest, before=before)
            self.is_over = True
            return None

    class Waiting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            while not few.is_over and request.url.path.rpartition("/")[2] not in KEYS[:3]:
                await asyncio.sleep(0.001)
            return roll._answer(request)

    roll, few = Roll(), Few(500)
    roll.shared = few
    roll.tokens.keep("siasn", AccessToken("token", time.time() + 3600))
    with pytest.raises(NotYet):
        roll.ask(KEYS, at_once=4, transport=Waiting())
    assert (len(roll.shared.taken), len(roll.results)) == (6, 6)


def test_a_deadline_that_has_passed_ends_the_attempt() -> None:
    with pytest.raises(TryLater):
        Roll().ask(KEYS, seconds=0)


@pytest.mark.parametrize("status", [301, 403, 404])
def test_a_final_failure_is_an_error(status: int) -> None:
    roll = Roll({KEYS[2]: [httpx.Response(status, headers={"location": "https://elsewhere.example"})]})
    with pytest.raises(UpstreamRejected, match=f"voters/….*status {status}"):
        roll.ask(KEYS)
    assert [key for key, _ in roll.results] == list(KEYS[:2])


def test_an_error_of_the_caller_is_raised() -> None:
    """No further key is tried, because its result could not be kept either."""
    roll = Roll()

    def on_result(key: str, result: LookupResult) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        roll.ask(KEYS, at_once=10, on_result=on_result)
    assert len(roll.sought) < len(KEYS)


@settings(max_examples=25, deadline=None)
@given(failing=st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4]), max_size=25), at_once=st.integers(1, 12))
def test_every_key_has_a_result_or_has_failed_or_was_not_tried_to_the_end(failing: Sequence[int], at_once: int) -> None:
    keys = KEYS[: len(failing)]
    roll = Roll({key: fails(times) for key, times in zip(keys, failing, strict=True)})
    batch = roll.ask(keys, at_once=at_once)
    delivered = [key for key, _ in roll.results]
    assert len(set(delivered + batch.failed)) == len(delivered + batch.failed)
    assert set(batch.failed) <= {key for key, times in zip(keys, failing, strict=True) if times >= 3}
    if not batch.down:
        assert sorted(delivered + batch.failed) == sorted(keys)


@settings(max_examples=25, deadline=None)
@given(seconds=st.floats(0.1, 30), failing=st.lists(st.booleans(), min_size=40, max_size=40))
def test_whenever_the_time_is_up_all_results_are_delivered_in_order(seconds: float, failing: Sequence[bool]) -> None:
    roll = Roll({key: fails(1) for key, once in zip(KEYS, failing, strict=True) if once})
    try:
        batch = roll.ask(KEYS, seconds=seconds)
    except TryLater:
        batch = None
    delivered = [key for key, _ in roll.results]
    assert delivered == list(KEYS[: len(delivered)])
    assert batch is None or len(delivered) == len(KEYS)
