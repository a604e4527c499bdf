"""Asking: every key is answered or named, whatever kind of day the upstream has."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.catalog.elections.commission import commission
from sluice.model.errors import TryLater, UpstreamRejected
from sluice.upstream.lookup import LookupResult
from sluice.upstream.rate_limiter import spacing
from sluice.upstream.tokens import AccessToken
from tests.fakes.upstreams import MemoryRates
from tests.unit.lookups.scripted import HERE, KEYS, Roll, fails, voter
from tests.unit.upstream.scripted import START, Said

FAILURES: list[Said] = [
    httpx.Response(500),
    httpx.Response(503),
    httpx.Response(408),
    httpx.ReadTimeout("slow"),
    httpx.ConnectError("gone"),
    httpx.Response(200, text="<html>Maintenance</html>"),
    httpx.Response(200, json={"id_number": KEYS[0], "status": "unheard of"}),
    httpx.Response(200, json=[KEYS[0]]),
]


def test_each_key_is_asked_for_once_with_a_token() -> None:
    roll = Roll()
    asked = roll.ask([*KEYS[:3], KEYS[0]])
    assert {str(request.url) for request in roll.asked} == {
        f"https://upstream.example/api/voters/{key}" for key in KEYS[:3]
    }
    assert roll.bearers == ["token-1"] * 3
    assert dict(roll.told) == dict.fromkeys(KEYS[:3], HERE)
    assert (asked.failed, asked.down) == ([], False)


def test_no_keys_are_no_requests() -> None:
    roll = Roll()
    assert roll.ask([]).failed == []
    assert roll.asked == roll.fetched == []


@pytest.mark.parametrize("key", ["a/b", "../admin", "a?b=c", "a#b", "%2e", "é 1"])
def test_a_key_stays_within_its_place_in_the_path(key: str) -> None:
    roll = Roll()
    roll.ask([key], lookup=replace(commission, echo=None))
    (request,) = roll.asked
    assert request.url.raw_path.startswith(b"/api/voters/")
    assert request.url.raw_path.count(b"/") == b"/api/voters/".count(b"/")
    assert (request.url.query, request.url.fragment) == (b"", "")


def test_so_many_keys_are_asked_for_at_once_and_no_more() -> None:
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
    assert len(roll.told) == 30


def test_each_request_has_its_turn() -> None:
    roll = Roll()
    roll.ask(KEYS, at_once=10)
    assert len(roll.rates.taken) >= len(KEYS) + 1, "fetching the token took one too"
    assert all(later - sooner > spacing(500) - 1e-6 for sooner, later in pairwise(roll.rates.taken))


def test_the_requests_are_as_far_apart_as_the_turns() -> None:
    roll, times = Roll(), list[float]()
    roll.meanwhile = lambda: times.append(roll.time.passed)
    roll.ask(KEYS)
    assert times == pytest.approx([at * spacing(20) for at in range(1, len(KEYS) + 1)])


def test_an_answer_is_told_before_the_next_key_is_asked_for() -> None:
    roll = Roll()
    course: list[str] = []
    roll.meanwhile = lambda: course.append(f"asked {roll.sought[-1]}")
    roll.ask(KEYS[:3], told=lambda key, _: course.append(f"told {key}"))
    assert course == [f"{what} {key}" for key in KEYS[:3] for what in ("asked", "told")]


def test_answers_are_told_in_the_callers_thread_and_never_beside_another_call_of_a_store() -> None:
    roll = Roll()
    at_the_store, told_meanwhile = threading.Event(), threading.Event()
    threads: set[threading.Thread] = set()

    class Slow(MemoryRates):
        def take(self, *, earliest: float, before: float) -> float | None:
            if len(self.taken) == 20:  # by now other answers are on their way
                at_the_store.set()
                told_meanwhile.wait(0.2)
                at_the_store.clear()
            return super().take(earliest=earliest, before=before)

    def told(key: str, found: LookupResult) -> None:
        threads.add(threading.current_thread())
        if at_the_store.is_set():
            told_meanwhile.set()

    roll.shared = Slow(500)
    roll.ask(KEYS, at_once=10, told=told)
    assert threads == {threading.current_thread()}
    assert not told_meanwhile.is_set()


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_a_key_has_three_tries_two_seconds_apart(failure: Said) -> None:
    roll = Roll({KEYS[0]: [failure] * 3})
    asked = roll.ask(KEYS[:2])
    assert (asked.failed, asked.down) == ([KEYS[0]], False)
    assert roll.sought == [KEYS[0]] * 3 + [KEYS[1]]
    if not (isinstance(failure, httpx.Response) and "retry-after" in failure.headers):
        assert [seconds for seconds in roll.time.slept if seconds > 1] == [2, 2]


@pytest.mark.parametrize("times", [1, 2])
def test_a_key_that_is_answered_after_all_has_not_failed(times: int) -> None:
    roll = Roll({KEYS[0]: fails(times)})
    assert roll.ask(KEYS[:1]).failed == []
    assert roll.told == [(KEYS[0], HERE)]


def test_an_answer_about_somebody_else_is_none() -> None:
    """A cache in between may mix them up."""
    roll = Roll({KEYS[0]: [voter(KEYS[1])] * 3})
    assert roll.ask(KEYS[:1]).failed == [KEYS[0]]
    assert roll.told == []


def test_ten_keys_in_a_row_that_fail_mean_that_the_upstream_is_down() -> None:
    roll = Roll({None: fails(1000)})
    asked = roll.ask(KEYS)
    assert (asked.failed, asked.down) == (list(KEYS[:10]), True)
    assert set(roll.sought) == set(KEYS[:10]), "nothing more is asked"


def test_side_by_side_too_nothing_more_is_asked_once_it_is_down() -> None:
    roll = Roll({None: fails(1000)})
    asked = roll.ask(KEYS, at_once=10)
    assert (len(asked.failed), asked.down) == (10, True)
    assert len(set(roll.sought)) < 20


def test_one_answer_in_between_means_that_it_is_not_down() -> None:
    roll = Roll({key: fails() for key in KEYS if key != KEYS[9]})
    asked = roll.ask(KEYS[:19])
    assert (len(asked.failed), asked.down) == (18, False)
    assert roll.told == [(KEYS[9], HERE)]


def test_an_upstream_that_gives_no_token_is_down() -> None:
    roll = Roll(tokens=fails(1000))
    asked = roll.ask(KEYS, at_once=10)
    assert (asked.failed, asked.down) == ([], True), "no key was asked for, so none has failed"
    assert (roll.asked, roll.told) == ([], [])
    assert len(roll.fetched) <= 30, "of ten that want one, the first that has tried three times ends it"


def test_an_upstream_that_gives_no_new_token_is_down_too() -> None:
    roll = Roll({KEYS[1]: [httpx.Response(401)]}, tokens=[httpx.ConnectError("gone")] * 100)
    roll.tokens.keep("siasn", AccessToken("theirs", START + 600))
    asked = roll.ask(KEYS)
    assert (asked.failed, asked.down) == ([], True)
    assert roll.told == [(KEYS[0], HERE)]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_credentials_that_give_no_token_end_it(status: int) -> None:
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


def test_all_workers_pause_for_as_long_as_the_upstream_says() -> None:
    roll = Roll({KEYS[4]: [httpx.Response(429, headers={"retry-after": "17"})]})
    assert roll.ask(KEYS[:12]).failed == []
    assert roll.rates.held_until() >= START + 17
    assert len(roll.told) == 12


@pytest.mark.parametrize("headers", [{}, {"retry-after": "1"}], ids=["unsaid", "said"])
def test_too_many_requests_are_no_fault_of_the_key(headers: dict[str, str]) -> None:
    roll = Roll({KEYS[0]: [httpx.Response(429, headers=headers)] * 12})
    assert roll.ask(KEYS[:1]).failed == []
    assert roll.told == [(KEYS[0], HERE)]


def test_an_upstream_that_never_has_enough_is_for_later() -> None:
    roll = Roll({None: [httpx.Response(429)] * 1000})
    with pytest.raises(TryLater):
        roll.ask(KEYS, seconds=60)
    assert roll.time.passed < 90


def test_when_the_time_is_up_what_was_told_stays_told() -> None:
    roll = Roll({KEYS[5]: [httpx.Response(429, headers={"retry-after": "300"})]})
    with pytest.raises(TryLater) as caught:
        roll.ask(KEYS, seconds=60)
    assert 290 < caught.value.seconds <= 300
    assert [key for key, _ in roll.told] == list(KEYS[:5])


def test_a_caller_who_has_no_time_at_all_is_told_so() -> None:
    with pytest.raises(TryLater):
        Roll().ask(KEYS, seconds=0)


@pytest.mark.parametrize("status", [301, 403, 404])
def test_what_would_never_do_ends_it(status: int) -> None:
    roll = Roll({KEYS[2]: [httpx.Response(status, headers={"location": "https://elsewhere.example"})]})
    with pytest.raises(UpstreamRejected, match=f"voters/….*status {status}"):
        roll.ask(KEYS)
    assert [key for key, _ in roll.told] == list(KEYS[:2])


def test_who_cannot_keep_an_answer_is_heard() -> None:
    """Nothing more is asked, for it could not be kept either."""
    roll = Roll()

    def told(key: str, found: LookupResult) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        roll.ask(KEYS, at_once=10, told=told)
    assert len(roll.sought) < len(KEYS)


@settings(max_examples=25, deadline=None)
@given(failing=st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4]), max_size=25), at_once=st.integers(1, 12))
def test_every_key_is_answered_or_has_failed_or_was_not_asked_for_to_the_end(
    failing: Sequence[int], at_once: int
) -> None:
    keys = KEYS[: len(failing)]
    roll = Roll({key: fails(times) for key, times in zip(keys, failing, strict=True)})
    asked = roll.ask(keys, at_once=at_once)
    told = [key for key, _ in roll.told]
    assert len(set(told + asked.failed)) == len(told + asked.failed)
    assert set(asked.failed) <= {key for key, times in zip(keys, failing, strict=True) if times >= 3}
    if not asked.down:
        assert sorted(told + asked.failed) == sorted(keys)


@settings(max_examples=25, deadline=None)
@given(seconds=st.floats(0.1, 30), failing=st.lists(st.booleans(), min_size=40, max_size=40))
def test_however_soon_the_time_is_up_all_answers_were_told_in_order(seconds: float, failing: Sequence[bool]) -> None:
    roll = Roll({key: fails(1) for key, once in zip(KEYS, failing, strict=True) if once})
    try:
        asked = roll.ask(KEYS, seconds=seconds)
    except TryLater:
        asked = None
    told = [key for key, _ in roll.told]
    assert told == list(KEYS[: len(told)])
    assert asked is None or len(told) == len(KEYS)
