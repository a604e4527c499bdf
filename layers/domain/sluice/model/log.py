"""The log of a job: who did what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sluice.model.status import Status

#: Who does what nobody asked for: the course of the job, and tidying up.
SYSTEM = "sluice"


@dataclass(frozen=True)
class LogEntry:
    """Something that was done to a job.

    Parameters
    ----------
    at
        When, UTC.
    by
        Subject of the caller's token, or `SYSTEM`.
    status
        What the job was after it.
    note
        More of it, in words; empty when the status says all.
    """

    at: datetime
    by: str
    status: Status
    note: str = ""
