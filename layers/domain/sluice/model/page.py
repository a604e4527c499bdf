"""Pages of a list, and the cursors that lead from one to the next."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sluice.model.errors import RequestRejected
from sluice.model.job import JOB_ID

T = TypeVar("T")

# A position is a key of 1,024 bytes at most, which JSON and base64 write in up to ten times as many.
_LONGEST = 12_000


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items, and the opaque cursor that asks for the next ones (``None`` at the end)."""

    items: list[T]
    next: str | None


def encode_cursor(*position: str | int) -> str:
    """Encode the position of a page's last item, from which the next page goes on."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def decode_cursor(cursor: str) -> list[str | int]:
    """Decode the position in a cursor.

    A cursor comes from a caller, so the elements can be any texts and whole numbers: match them before use.

    Raises
    ------
    RequestRejected
        ``invalid-cursor``, if `encode_cursor` did not write it.
    """
    if len(cursor) > _LONGEST:
        raise invalid_cursor()
    try:
        position = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise invalid_cursor() from None
    # a boolean is an integer in Python, and a list or an object is no part of a position
    if not isinstance(position, list) or not all(type(each) in {str, int} for each in position):
        raise invalid_cursor()
    if _has_lone_surrogate(position):
        raise invalid_cursor()
    return position


def job_position(cursor: str) -> str:
    """Decode the cursor of a list of jobs: the id of the last job on the page before.

    Raises
    ------
    RequestRejected
        ``invalid-cursor``.
    """
    match decode_cursor(cursor):
        case [str(job_id)] if JOB_ID.fullmatch(job_id):
            return job_id
        case _:
            raise invalid_cursor()


def _has_lone_surrogate(position: list[Any]) -> bool:
    """Tell whether a text of the position cannot be encoded, and so be no key of a store."""
    try:
        json.dumps(position, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def invalid_cursor() -> RequestRejected:
    """Build the error for a cursor that no page of this list contains."""
    return RequestRejected("invalid-cursor")
