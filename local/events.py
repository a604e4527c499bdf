"""Server-sent events, followed over all the answers that a stream is made of."""

import time
from collections.abc import Callable, Iterator
from typing import Final

import httpx
from httpx_sse import EventSource

from local.errors import Stalled

_PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
_GATEWAY: Final = frozenset({502, 503, 504})
"""What a gateway answers by itself; the API may have done nothing wrong."""


def follow(
    ask: Callable[[str], httpx.Response], *, patience: float = 900.0, sleep: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """Give the data of each event until the stream is over; one that breaks is taken up where it was.

    Parameters
    ----------
    ask
        Makes the request, with the id of the last event in ``Last-Event-ID``.

    Raises
    ------
    Stalled
        When no answer came for `patience` seconds.
    """
    last, failures, heard = "", 0, time.monotonic()
    while True:
        answer = _asked(ask, last)
        if answer is None:
            if time.monotonic() - heard > patience:
                raise Stalled(f"There was no answer for {patience:.0f} s; the job may well have gone on.")
            sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures += 1
            continue
        failures, heard, retry = 0, time.monotonic(), 0.5
        if answer.status_code == httpx.codes.NO_CONTENT:
            return
        for event in EventSource(answer).iter_sse():
            last = event.id or last
            retry = retry if event.retry is None else event.retry / 1000
            if event.data:
                yield event.data
        sleep(retry)


def _asked(ask: Callable[[str], httpx.Response], last: str) -> httpx.Response | None:
    try:
        answer = ask(last)
    except httpx.TransportError:
        return None
    return None if answer.status_code in _GATEWAY else answer
