"""What an upstream's answer means: a value, or a stumble, after which to ask again or not at all."""

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
_TOO_MANY: Final = 429
# RFC 9110: what was asked for is not to the upstream's liking, which says nothing of the next thing.
_DISLIKED: Final = frozenset({400, 422})
# RFC 9110 (408, 5xx) and RFC 6585 (429): the same request may do at another time.
_PASSING: Final = frozenset({408, _TOO_MANY})
_SERVER_ERRORS: Final = range(500, 600)
# Those that ask for a pause of everybody: too many requests, and out of service.
_PAUSING: Final = frozenset({_TOO_MANY, 503})
# Half of the 30 minutes that a sync may take. Who asks for more is asked again then: a mistake must not stop all
# syncs for years.
_LONGEST_PAUSE: Final = 900.0


@dataclass(frozen=True)
class UpstreamResponse:
    """An answer as it came; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class RequestFailure:
    """Why a request gave nothing.

    Parameters
    ----------
    what
        What came in place of it, without anything of the answer's content.
    pause
        Seconds for which the upstream wants no requests at all; ``None`` when it did not say.
    throttled
        Whether there were too many requests.
    unauthorized
        Whether it was the token.
    final
        Whether the same request would give nothing at any other time either.
    for_token
        Whether it came in place of a token.
    alive
        Whether the upstream is well for all that: it understood what was asked for, and it was that which it stumbled
        over.
    """

    what: str
    pause: float | None = None
    throttled: bool = False
    unauthorized: bool = False
    final: bool = False
    for_token: bool = False
    alive: bool = False


def understand(answer: UpstreamResponse, read: Callable[[Any], T], *, now: float) -> T | RequestFailure:
    """Make of an answer what ``read`` makes of its JSON.

    Parameters
    ----------
    answer
        As it came.
    read
        Raises `ValueError` when the JSON is not of the expected form, with words such as "a list".
    now
        Epoch seconds, for a `Retry-After` that is a date.
    """
    if answer.status == _OK:
        try:
            body = _json(answer.body)
        except (ValueError, RecursionError):
            return RequestFailure(_no_json(answer))
        try:
            return read(body)
        except ValueError as error:
            return RequestFailure(str(error), alive=True)
    what = f"status {answer.status}"
    if answer.status == _UNAUTHORIZED:
        return RequestFailure(what, unauthorized=True)
    if answer.status in _PASSING or answer.status in _SERVER_ERRORS:
        pause = retry_after(answer.headers.get("retry-after"), now) if answer.status in _PAUSING else None
        return RequestFailure(what, pause, throttled=answer.status == _TOO_MANY)
    return RequestFailure(what, final=True, alive=answer.status in _DISLIKED)


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds from now that a `Retry-After` asks for (RFC 9110, section 10.2.3); ``None`` if it says nothing.

    It is a number of seconds or a date, and no more than a quarter of an hour is waited for.
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
    # NaN and Infinity are no JSON; as text they cost the row that has them, and not the page
    return json.loads(body, parse_constant=str)


def _no_json(answer: UpstreamResponse) -> str:
    """The form of an answer, in words that show nothing of its content."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    known = kind if kind in {"application/json", "text/html", "text/plain", "application/xml"} else "unknown type"
    return f"{len(answer.body):,} bytes that are no JSON ({known})"
