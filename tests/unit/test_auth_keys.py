"""Keys of the issuer: fetched seldom, kept while the issuer is away, whatever it answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest

from sluice import auth as identity
from sluice.auth import Issuer, identify
from sluice.model.errors import TryLater, Unauthorized
from tests.support import issuer
from tests.support.issuer import AUDIENCE, ISSUER, token
from tests.support.oidc import in_background

TRUSTED = Issuer(ISSUER, AUDIENCE, "tenant", f"{ISSUER}/keys")
MINUTE, DAY = 60, 86_400


class World:
    """An issuer that answers with `answer`, and a clock; `fetches` counts the requests."""

    def __init__(self) -> None:
        self.now, self.fetches = 1_800_000_000.0, 0
        self.answer: Callable[[], Any] = issuer.key_set

    def fetch(self, url: str) -> Any:
        """Answer a request."""
        self.fetches += 1
        return self.answer()

    def goes_away(self) -> None:
        """Let the issuer answer no more."""

        def fail() -> None:
            raise httpx.ConnectError("no route")

        self.answer = fail

    def call(self, **changed: Any) -> str:
        """Return what a call with a valid token gets."""
        lasting = {"exp": int(time.time()) + 10 * DAY}
        try:
            return identify(f"Bearer {token(**(lasting | changed))}", TRUSTED).tenant
        except Unauthorized:
            return "401"
        except TryLater as later:
            return f"503, again in {later.seconds} s"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Yield an issuer whose keys were never fetched."""
    made = World()
    monkeypatch.setattr(identity, "fetch_json", made.fetch)
    monkeypatch.setattr(identity, "time", type("Clock", (), {"time": staticmethod(lambda: made.now)}))
    identity._keys.cache_clear()
    yield made
    identity._keys.cache_clear()


def test_keys_are_fetched_once_for_many_tokens_and_again_after_five_minutes(world: World) -> None:
    """A new key of the issuer is known by then at the latest."""
    assert {world.call() for _ in range(20)} == {"acme"}
    assert world.fetches == 1
    world.now += 6 * MINUTE
    assert {world.call() for _ in range(20)} == {"acme"}
    assert world.fetches == 2


def test_a_flood_of_unknown_keys_causes_a_request_in_half_a_minute(world: World) -> None:
    """So an attacker cannot flood the issuer; valid tokens are accepted all the while."""
    for _ in range(10):
        assert {world.call(kid=f"unknown-{number}") for number in range(20)} == {"401"}
        assert world.call() == "acme"
        world.now += 10
    assert world.fetches <= 4


def test_a_new_key_is_fetched_when_a_token_names_it(world: World) -> None:
    """Issuers rotate their keys."""
    world.call()
    world.now += 31
    rotated = issuer.key_set()
    rotated["keys"][0]["kid"] = "key-2"
    world.answer = lambda: rotated
    assert world.call(kid="key-2") == "acme"
    assert world.call() == "401", "a key that the issuer has withdrawn"


def test_the_last_keys_count_for_a_day_while_the_issuer_is_away(world: World) -> None:
    """Each half minute one call tries again."""
    world.call()
    world.goes_away()
    world.now += 6 * MINUTE
    assert {world.call() for _ in range(50)} == {"acme"}
    assert world.fetches == 2
    world.now += 29
    world.call()
    assert world.fetches == 2
    world.now += 2
    world.call()
    assert world.fetches == 3
    world.now += DAY - 10 * MINUTE
    assert world.call() == "acme"
    world.now += 10 * MINUTE
    assert world.call().startswith("503"), "a withdrawn key must not count for ever"
    world.answer = issuer.key_set
    world.now += MINUTE
    assert world.call() == "acme"


def test_a_key_that_is_not_known_while_the_issuer_is_away_is_not_the_callers_fault(world: World) -> None:
    """It may be a new one, and the same token is valid once the issuer responds."""
    world.call()
    world.goes_away()
    world.now += MINUTE
    assert world.call(kid="key-2") == "503, again in 30 s"
    assert world.call() == "acme"


def test_without_any_key_a_call_tries_again_after_five_seconds(world: World) -> None:
    """Calls in between do not wait for the issuer."""
    world.goes_away()
    assert {world.call() for _ in range(5)} == {"503, again in 5 s"}
    assert world.fetches == 1
    world.now += 5
    world.answer = issuer.key_set
    assert world.call() == "acme"


def _answering(status: int, content: bytes, headers: dict[str, str] | None = None) -> type[BaseHTTPRequestHandler]:
    class Odd(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer every address alike."""
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            """Log nothing."""

    return Odd


KEYS = json.dumps(issuer.key_set()).encode()
ODD = {
    "a page": (200, b"<!doctype html><title>Maintenance</title>"),
    "nothing": (200, b""),
    "an error": (500, KEYS),
    "a redirect": (302, KEYS, {"Location": "/elsewhere"}),
    "null": (200, b"null"),
    "a list": (200, b"[]"),
    "a text": (200, b'"keys"'),
    "no keys": (200, b'{"keys": []}'),
    "keys of another kind": (200, b'{"keys": 5}'),
    "odd keys": (200, b'{"keys": [null, 1, {}, {"kty": "RSA"}, {"kty": "RSA", "kid": "key-1", "n": 1, "e": []}]}'),
    "deep": (200, b'{"keys": ' + b"[" * 100_000),
    "digits": (200, b'{"keys": ' + b"9" * 5000 + b"}"),
    "no UTF-8": (200, b"\xff\xfe\x00"),
    "large": (200, KEYS + b" " * 300_000),
    "gzip that is none": (200, KEYS, {"Content-Encoding": "gzip"}),
    "a discovery without keys": (200, b'{"jwks_uri": {"a": 1}}'),
    "a discovery to a file": (200, b'{"jwks_uri": "file:///etc/passwd"}'),
    "a discovery to no host": (200, b'{"jwks_uri": "http://[::"}'),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
@pytest.mark.parametrize("discovers", [False, True], ids=["keys", "discovery"])
def test_an_odd_answer_of_the_issuer_is_an_issuer_that_is_away(odd: Any, discovers: bool) -> None:
    """It is neither the caller's fault nor an error of the API."""
    identity._keys.cache_clear()
    with in_background(_answering(*odd)) as url:
        trusted = Issuer(url, AUDIENCE, "tenant", "" if discovers else f"{url}/keys")
        with pytest.raises(TryLater):
            identify(f"Bearer {token(iss=url)}", trusted)
        with pytest.raises(TryLater):
            identify(f"Bearer {token(kid='unknown')}", trusted)


def test_an_issuer_that_answers_drop_by_drop_is_away_after_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its bytes comes in time, and the answer never does."""
    ends = time.monotonic() + 10

    class Dripping(_answering(200, b"")):  # type: ignore[misc]  # a class made by a function
        def do_GET(self) -> None:  # noqa: N802 - named by http.server
            """Send a header that does not end until the caller has left."""
            try:
                while time.monotonic() < ends:
                    self.wfile.write(b"H")
                    self.wfile.flush()
                    time.sleep(0.01)
            except OSError:
                return

    monkeypatch.setattr(identity, "_TIMEOUT", 0.3)
    with in_background(Dripping) as url:
        with pytest.raises(TryLater):
            identify(f"Bearer {token()}", Issuer(url, AUDIENCE, "tenant", f"{url}/keys"))
        ends = 0
