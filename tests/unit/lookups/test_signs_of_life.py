"""Asking: whether it is the upstream that is not well, or a key, or we."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from sluice.model.errors import NotYet
from sluice.upstream import rate_limiter as turns
from tests.unit.lookups.scripted import KEYS, Roll, fails


@pytest.mark.parametrize("said", [httpx.Response(400), httpx.Response(422), httpx.Response(200, json={"status": "?"})])
def test_what_the_upstream_stumbles_over_costs_that_key_alone(said: httpx.Response) -> None:
    """However many there are one after the other: somebody is there who says so."""
    odd = KEYS[:15]
    roll = Roll({key: [said] * 3 for key in odd})
    asked = roll.ask(KEYS[:20])
    assert (asked.failed, asked.down, asked.silent) == (list(odd), False, False)
    assert [key for key, _ in roll.told] == list(KEYS[15:20])


@pytest.mark.parametrize("keys", [1, 9])
def test_an_upstream_that_says_nothing_at_all_is_silent(keys: int) -> None:
    asked = Roll({key: fails() for key in KEYS}).ask(KEYS[:keys])
    assert (len(asked.failed), asked.down, asked.silent) == (keys, False, True)


def test_an_upstream_that_takes_none_of_its_tokens_is_away() -> None:
    """Some take no other token than the one that they gave last; so it may only be that others fetched one."""
    asked = Roll({key: [httpx.Response(401)] * 3 for key in KEYS}).ask(KEYS)
    assert (asked.down, asked.silent) == (True, True)


def test_an_upstream_that_is_slow_gets_through_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was answered is kept, so an attempt that ran out of time was none in vain."""

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "GET" and str(request.url).endswith(KEYS[1]):
                await asyncio.Event().wait()
            return roll._answer(request)

    monkeypatch.setattr(turns, "_FOR_AN_ANSWER", 0.0)
    roll = Roll()
    with pytest.raises(NotYet):
        roll.ask(KEYS[:2], at_once=2, seconds=0.5, transport=Slow())
    assert [key for key, _ in roll.told] == [KEYS[0]]
