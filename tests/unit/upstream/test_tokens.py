"""Responses of the token endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.upstream.tokens import AccessToken, read_token


@pytest.mark.parametrize(
    ("expires_in", "good_for"),
    [(3600, 3570), (100, 90), (2, 1.8), (0.5, 0.45), (None, 54), (0, 54), (-1, 54), ("60", 54)],
)
def test_a_token_is_used_until_shortly_before_it_expires(expires_in: Any, good_for: float) -> None:
    token = read_token({"access_token": "x", "expires_in": expires_in}, now=1000)
    assert token == AccessToken("x", pytest.approx(1000 + good_for))  # type: ignore[arg-type]  # compares as a float


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"access_token": None}, {"access_token": ""}, {"access_token": "a\r\nHost: b"}]
)
def test_a_response_without_a_usable_token_is_an_error(body: Any) -> None:
    with pytest.raises(ValueError, match="a response without a token"):
        read_token(body, now=0)
