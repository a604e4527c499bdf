"""Meaning of a response."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from sluice.upstream.responses import RequestFailure, UpstreamResponse, interpret, retry_after

NOW = 1_800_000_000.0


def read(body: Any) -> Any:
    """Accept any JSON."""
    return body


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 7 ", 7),
        ("86400", 900),
        (formatdate(NOW + 12, usegmt=True), 12),
        (formatdate(NOW - 12, usegmt=True), 0),
        (formatdate(NOW + 10**6, usegmt=True), 900),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 900),
        ("Fri, 15 Jan 2027 08:00:09", 9),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_quarter_of_an_hour(
    value: str | None, seconds: float | None
) -> None:
    assert retry_after(value, NOW) == seconds


def test_only_429_and_503_ask_all_workers_for_a_pause() -> None:
    for status, pause in ((429, 9), (503, 9), (500, None), (408, None)):
        got = interpret(UpstreamResponse(status, {"retry-after": "9"}, b""), read, now=NOW)
        assert isinstance(got, RequestFailure)
        assert (got.pause, got.throttled, got.final) == (pause, status == 429, False)


def test_nan_and_infinity_are_read_as_text() -> None:
    """They make one row invalid, not its page."""
    assert interpret(UpstreamResponse(200, {}, b"[NaN, -Infinity, 1]"), read, now=NOW) == ["NaN", "-Infinity", 1]
