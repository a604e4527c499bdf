"""What a response of an upstream means: a value, or a failure that says whether and when to try again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

T = TypeVar("T")

_OK: Final = 200
_UNAUTHORIZED: Final = 401
_TOO_MANY_REQUESTS: Final = 429
# RFC 9110: the upstream rejects this request; it may accept the next one.
_REQUEST_REJECTED: Final = frozenset({400, 422})
# RFC 9110 (408, 5xx) and RFC 6585 (429): the same request may succeed later.
_TRANSIENT: Final = frozenset({408, _TOO_MANY_REQUESTS})
_SERVER_ERRORS: Final = range(500, 600)
# With these, `Retry-After` asks all workers for a pause: too many requests, and service unavailable.
_PAUSING: Final = frozenset({_TOO_MANY_REQUESTS, 503})
# Half of the 30 minutes that a sync may take. After it the upstream may ask for another pause; without a limit, one
# mistaken header would stop all syncs for years.
_LONGEST_PAUSE: Final = 900.0
_KNOWN_TYPES: Final = frozenset({"application/json", "text/html", "text/plain", "application/xml"})


@dataclass(frozen=True)
class UpstreamResponse:
    """A response as it came; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class RequestFailure:
    """Why a request gave no value.

    Parameters
    ----------
    reason
        What the request got instead, without anything of the response's content.
    pause
        Seconds for which the upstream wants no requests from any worker; ``None`` if it did not say.
    throttled
        Whether the reason is too many requests.
    unauthorized
        Whether the reason is the token.
    final
        Whether the same request would fail at any other time too.
    for_token
        Whether it was the request for a token that failed.
    alive
        Whether it is a sign of life: the upstream works, and only this request fails.
    """

    reason: str
    pause: float | None = None
    throttled: bool = False
    unauthorized: bool = False
    final: bool = False
    for_token: bool = False
    alive: bool = False


def interpret(response: UpstreamResponse, read: Callable[[Any], T], *, now: float) -> T | RequestFailure:
    """Return what ``read`` makes of a response's JSON, or why there is no value.

    Parameters
    ----------
    response
        As it came.
    read
        Makes a value of the JSON; raises `ValueError` if the JSON has another form, with words such as "a list".
    now
        Epoch seconds, to which a `Retry-After` with a date is relative.
    """
    if response.status == _OK:
        try:
            body = _json(response.body)
        except (ValueError, RecursionError):
            return RequestFailure(_describe_body(response))
        try:
            return read(body)
        except ValueError as error:
            return RequestFailure(str(error), alive=True)
    reason = f"status {response.status}"
    if response.status == _UNAUTHORIZED:
        return RequestFailure(reason, unauthorized=True)
    if response.status in _TRANSIENT or response.status in _SERVER_ERRORS:
        pause = retry_after(response.headers.get("retry-after"), now) if response.status in _PAUSING else None
        return RequestFailure(reason, pause, throttled=response.status == _TOO_MANY_REQUESTS)
    return RequestFailure(reason, final=True, alive=response.status in _REQUEST_REJECTED)


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` asks for (RFC 9110, section 10.2.3), 900 at most.

    Returns
    -------
    float or None
        ``None`` if the value is neither a number of seconds nor a date.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_PAUSE)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    return min(max(seconds, 0.0), _LONGEST_PAUSE)


def _json(body: bytes) -> Any:
    # NaN and Infinity are not JSON. As text they make one row invalid, and not the whole page.
    return json.loads(body, parse_constant=str)


def _describe_body(response: UpstreamResponse) -> str:
    """Describe a body that is not JSON, without showing its content."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return f"{len(response.body):,} bytes that are not JSON ({kind if kind in _KNOWN_TYPES else 'unknown type'})"
