"""A destination in memory, with the same journal as the real one."""

from __future__ import annotations

import json
from typing import Any

from sluice.destinations.journal import Journal, settle
from sluice.model import paths
from sluice.model.chunk import JobRef
from sluice.rows.staged import Applied, Batch
from tests.fakes.stores import MemoryFiles


class MemoryDestination:
    """The `Destination` port: datasets in dictionaries, ``{(tenant, dataset): {key: record}}``."""

    def __init__(self, files: MemoryFiles) -> None:
        self.files = files
        self.datasets: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
        self.writes = 0

    def apply(self, batch: Batch) -> Applied:
        there = self.datasets.setdefault((batch.tenant, batch.dataset), {})
        before = {row.key: there.get(row.key) for row in batch.rows}
        changed = {row.key for row in batch.rows if (image := before[row.key]) is None or image["hash"] != row.hash}
        fresh = Journal({key: before[key] for key in before if key in changed}, len(before) - len(changed))
        journal = settle(self.files, paths.journal(JobRef(batch.tenant, batch.job_id), batch.index), fresh)
        for row in batch.rows:
            if row.key in journal.before:
                self.writes += 1
                there[row.key] = {"job": batch.job_id, "hash": row.hash, "data": row.values.decode()}
        inserted = sum(1 for image in journal.before.values() if image is None)
        return Applied(inserted, len(journal.before) - inserted, journal.unchanged)

    def values(self, tenant: str, dataset: str) -> dict[str, Any]:
        """What is in a dataset, by key."""
        return {key: json.loads(record["data"]) for key, record in self.datasets.get((tenant, dataset), {}).items()}
