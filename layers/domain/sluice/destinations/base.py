"""What all destinations share: records as callers see them, and rows that a rollback leaves as they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sluice.model.errors import NotFound
from sluice.schema.staging import KeptRow

# Earlier versions of a record that a history shows, the latest ones: the response has to fit Lambda's 6 MB.
LONGEST_HISTORY = 1000
# Characters of an unknown key that the error repeats.
_SHOWN_KEY = 200


def record(key: str, job: str, values: dict[str, Any]) -> dict[str, Any]:
    """Build a record as it is now: ``{key, job, values}``."""
    return {"key": key, "job": job, "values": values}


def version(key: str, job: str, values: dict[str, Any], since: str | None, until: str) -> dict[str, Any]:
    """Build an earlier version of a record; ``since`` is ``None`` if it was not recorded."""
    return {"key": key, "job": job, "values": values, "from": since, "until": until}


def no_record(key: str) -> NotFound:
    """Build the error for a key that no record has."""
    return NotFound("record", key[:_SHOWN_KEY])


def instant(at: datetime) -> str:
    """Format an instant as RFC 3339, in UTC, always of the same length."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def changed_since(key: str, job_id: str | None, columns: Iterable[str] = ()) -> KeptRow:
    """Build a row that is no longer as the job left it; ``job_id`` wrote it, ``None`` if it was removed.

    ``columns`` are those that were changed since, none for the row as a whole.
    """
    return KeptRow(key, job_id, "removed-since" if job_id is None else "changed-since", columns=tuple(columns))
