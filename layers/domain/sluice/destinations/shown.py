"""Records as every destination shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sluice.model.errors import NotFound

# So many earlier versions of a record are shown, the latest of them: an answer has to fit Lambda's 6 MB.
LONGEST_HISTORY = 1000
# Of a key that no record has, what an answer repeats.
_SHOWN = 200


def record(key: str, job: str, values: dict[str, Any]) -> dict[str, Any]:
    """A record as it is: ``{key, job, values}``."""
    return {"key": key, "job": job, "values": values}


def version(key: str, job: str, values: dict[str, Any], since: str | None, until: str) -> dict[str, Any]:
    """A record as it was from one instant until another; ``since`` is ``None`` where nobody took it down."""
    return {"key": key, "job": job, "values": values, "from": since, "until": until}


def no_record(key: str) -> NotFound:
    """The error for a key that no record has."""
    return NotFound("record", key[:_SHOWN])


def instant(at: datetime) -> str:
    """An instant as RFC 3339 has it, in UTC, always of the same length."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
