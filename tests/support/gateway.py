"""API Gateway in front of a function: its limits, and that it passes on a response only as a whole.

Limits of REST APIs and of Lambda (Amazon API Gateway Developer Guide, "Quotas for configuring and running a REST API";
AWS Lambda Developer Guide, "Lambda quotas"): a request has 10 MB at most, event and response of a function 6 MB each,
and the function 29 s. The gateway answers in the function's place where one of them is exceeded, in words of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

REQUEST_BYTES = 10 * 1024**2
PAYLOAD_BYTES = 6 * 1024**2
SECONDS = 29.0


@dataclass(frozen=True)
class Passed:
    """What the caller gets."""

    status: int
    body: str


class Gateway:
    """Passes events to a handler.

    Parameters
    ----------
    handler
        The function; called with an event, returns its response.
    clock
        Time in seconds, by which the function's time is measured.
    """

    def __init__(self, handler: Callable[[dict[str, Any]], dict[str, Any]], clock: Callable[[], float]) -> None:
        self._handler, self._clock = handler, clock

    def call(self, event: dict[str, Any]) -> Passed:
        """Return the response, or the gateway's own if there is none that it can pass on."""
        if len(event.get("body") or "") > REQUEST_BYTES:
            return _own(413, "Request Too Long")
        if len(json.dumps(event)) > PAYLOAD_BYTES:
            return _own(413, "Request Entity Too Large")
        began = self._clock()
        try:
            response = self._handler(event)
        except Exception:  # noqa: BLE001 - as Lambda reports it
            return _own(502, "Internal server error")
        if self._clock() - began > SECONDS:
            return _own(504, "Endpoint request timed out")
        if len(json.dumps(response)) > PAYLOAD_BYTES:
            return _own(502, "Internal server error")
        return Passed(response["statusCode"], response["body"])


def _own(status: int, message: str) -> Passed:
    return Passed(status, json.dumps({"message": message}))
