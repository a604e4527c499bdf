"""Rows that a rollback leaves as they are, told alike by every destination."""

from __future__ import annotations

from sluice.rows.staged import Left


def changed_since(key: str, job_id: str | None) -> Left:
    """A row that is no longer as the job left it; ``job_id`` wrote it, ``None`` when it is gone."""
    return Left(key, job_id, "was removed since" if job_id is None else "was changed since by another job")
