"""A deployment in memory whose expiry runs at later times."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from sluice.model.chunk import JobRef
from sluice.usecases.expiry import Expiry
from tests.support.expiry import MemoryEndedJobs
from tests.support.harness import Harness
from tests.support.tables import KEEP

#: Kinds of what a job leaves: objects by their folder, and items.
OBJECTS = {"slices", "staged", "evidence", "rejections", "rejected", "journal", "results", "uploads"}
ITEMS = {"job", "log", "chunks"}


class Aging(Harness):
    """A deployment whose expiry runs at later times."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ended = MemoryEndedJobs(self.jobs, self.chunks)
        self.complaints: list[tuple[str, Exception]] = []

    def expire(self, *, days: float, keep: timedelta = KEEP, before: float = math.inf) -> int:
        """Remove what has expired after so many days."""
        look = Expiry(self.ended, self.files, self, datetime.now(UTC) + timedelta(days=days), keep)
        return look.run(before=before, complain=lambda what, error: self.complaints.append((what, error)))

    def kinds(self, ref: JobRef) -> set[str]:
        """Return the kinds of what is there of a job."""
        names = [name for name in self.files.objects if ref.id in name and not name.endswith("layout.json")]
        kinds = {part for name in names for part in name.split("/") if part in OBJECTS}
        items = {"job": ref in self.jobs.items, "log": ref in self.jobs.logs}
        items["chunks"] = any(chunk.job == ref for chunk in self.chunks.items)
        return kinds | {name for name, there in items.items() if there}
