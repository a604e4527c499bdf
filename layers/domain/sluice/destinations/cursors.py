"""Where a page of records ended, as callers send it back."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from sluice.model.errors import RequestRefused


def cursor_of(place: list[Any]) -> str:
    """Write a place as an opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def place_of(cursor: str) -> Any:
    """Read a cursor; what comes from a caller can be any JSON, and ``None`` when it is not even that."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, ValueError):
        return None


def bad_cursor() -> RequestRefused:
    """The problem of a cursor that no list gave."""
    return RequestRefused("bad-cursor", "The cursor does not hold", "Ask for the list again from its beginning.")
