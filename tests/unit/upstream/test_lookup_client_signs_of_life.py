"""Failures of the upstream, and failures of one key."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from sluice.model.errors import NotYet
from sluice.upstream import rate_limiter
from tests.unit.upstream.scripted_lookup import KEYS, Roll, fails


@pytest.mark.parametrize(
    "response", [httpx.Response(400), httpx.Response(422), httpx.Response(200, json={"status": "?"})]
)
def test_a_response_that_rejects_a_key_is_a_sign_of_life(response: httpx.Response) -> None:
    """The upstream works, even if many such keys follow each other."""
    odd = KEYS[:15]
    roll = Roll({key: [response] * 3 for key in odd})
    batch = roll.ask(KEYS[:20])
    assert (batch.failed, batch.down, batch.silent) == (list(odd), False, False)
    assert [key for key, _ in roll.results] == list(KEYS[15:20])


@pytest.mark.parametrize("keys", [1, 9])
def test_an_upstream_without_a_sign_of_life_is_silent(keys: int) -> None:
    batch = Roll({key: fails() for key in KEYS}).ask(KEYS[:keys])
    assert (len(batch.failed), batch.down, batch.silent) == (keys, False, True)


def test_an_upstream_that_rejects_each_of_its_tokens_is_down() -> None:
    """Some accept only their newest token, so one rejection may only mean that another worker has a newer one."""
    batch = Roll({key: [httpx.Response(401)] * 3 for key in KEYS}).ask(KEYS)
    assert (batch.down, batch.silent) == (True, True)


def test_an_attempt_with_results_that_runs_out_of_time_is_not_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its results are kept, so a slow upstream gets through in the end."""

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "GET" and str(request.url).endswith(KEYS[1]):
                await asyncio.Event().wait()
            return roll._answer(request)

    monkeypatch.setattr(rate_limiter, "_RESPONSE_SECONDS", 0.0)
    roll = Roll()
    with pytest.raises(NotYet):
        roll.ask(KEYS[:2], at_once=2, seconds=0.5, transport=Slow())
    assert [key for key, _ in roll.results] == [KEYS[0]]
