"""What the token endpoint answers."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.upstream.tokens import AccessToken, read_token


@pytest.mark.parametrize(
    ("told", "good_for"), [(3600, 3570), (100, 90), (2, 1.8), (0.5, 0.45), (None, 54), (0, 54), (-1, 54), ("60", 54)]
)
def test_a_token_is_used_until_shortly_before_it_expires(told: Any, good_for: float) -> None:
    token = read_token({"access_token": "x", "expires_in": told}, now=1000)
    assert token == AccessToken("x", pytest.approx(1000 + good_for))  # type: ignore[arg-type]  # compares as a float


@pytest.mark.parametrize(
    "answer", [None, [], "x", {}, {"access_token": None}, {"access_token": ""}, {"access_token": "a\r\nHost: b"}]
)
def test_an_answer_without_a_usable_token_is_none(answer: Any) -> None:
    with pytest.raises(ValueError, match="an answer without a token"):
        read_token(answer, now=0)
