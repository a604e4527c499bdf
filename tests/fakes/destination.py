"""A destination in memory, with the same journal as the real one on the records table."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sluice.destinations.base import (
    changed_since,
    cursor_of,
    instant,
    invalid_cursor,
    no_record,
    place_of,
    record,
    version,
)
from sluice.destinations.dynamodb.journal import Journal, journal_key, read_undone, settle, write_undone
from sluice.model.page import Page
from sluice.schema.staging import Applied, Batch, Compared, Undone
from tests.fakes.files import MemoryFiles

Image = dict[str, str]


class MemoryDestination:
    """The `Destination` port: datasets in dictionaries, ``{(tenant, dataset): {key: record}}``.

    What records were before is in ``archive``, ``{(tenant, dataset, key): {superseding job: (image, until)}}``.
    """

    def __init__(self, files: MemoryFiles) -> None:
        self.files = files
        self.datasets: dict[tuple[str, str], dict[str, Image]] = {}
        self.archive: dict[tuple[str, str, str], dict[str, tuple[Image, str]]] = {}
        self.writes = 0

    def apply(self, batch: Batch) -> Applied:
        there = self._there(batch)
        before = {row.key: there.get(row.key) for row in batch.rows}
        changed = {row.key for row in batch.rows if (image := before[row.key]) is None or image["hash"] != row.hash}
        now = instant(datetime.now(UTC))
        fresh = Journal({key: before[key] for key in before if key in changed}, len(before) - len(changed), now)
        journal = settle(self.files, _journal(batch), fresh, batch.job_id)
        for key, image in journal.before.items():
            if image and batch.importer.archive:
                self._archive(batch, key)[batch.job_id] = (image, journal.at)
        for row in batch.rows:
            if row.key in journal.before:
                self.writes += 1
                data = row.values.decode()
                there[row.key] = {"job": batch.job_id, "hash": row.hash, "data": data, "at": journal.at}
        inserted = sum(1 for image in journal.before.values() if image is None)
        return Applied(inserted, len(journal.before) - inserted, journal.unchanged)

    def compare(self, batch: Batch) -> Compared:
        there = self._there(batch)
        known = [row for row in batch.rows if row.key in there]
        unchanged = sum(1 for row in known if there[row.key]["hash"] == row.hash)
        return Compared(len(batch.rows) - len(known), len(known) - unchanged, unchanged)

    def undo(self, batch: Batch) -> Undone:
        if done := read_undone(self.files, _journal(batch)):
            return done
        there = self._there(batch)
        before = settle(self.files, _journal(batch), Journal({}, 0, "", closed=True), batch.job_id).before
        kept = []
        for key, image in before.items():
            now = there.get(key)
            if now is not None and now["job"] == batch.job_id:
                self.writes += 1
                if image is None:
                    del there[key]
                else:
                    there[key] = image
            elif now != image:
                kept.append(changed_since(key, now["job"] if now else None))
                continue
            self._archive(batch, key).pop(batch.job_id, None)
        return write_undone(self.files, _journal(batch), Undone(len(before) - len(kept), kept))

    def values(self, tenant: str, dataset: str) -> dict[str, Any]:
        """What is in a dataset, by key."""
        return {key: json.loads(record["data"]) for key, record in self.datasets.get((tenant, dataset), {}).items()}

    def _there(self, batch: Batch) -> dict[str, Image]:
        return self.datasets.setdefault((batch.tenant, batch.dataset), {})

    def _archive(self, batch: Batch, key: str) -> dict[str, tuple[Image, str]]:
        return self.archive.setdefault((batch.tenant, batch.dataset, key), {})


class MemoryRecords:
    """The `Records` port on what a `MemoryDestination` holds."""

    def __init__(self, destination: MemoryDestination) -> None:
        self.destination = destination

    def page(self, tenant: str, dataset: str, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
        match [""] if cursor is None else place_of(cursor):
            case [str(after)] if after or cursor is None:
                pass
            case _:
                raise invalid_cursor()
        there = self.destination.datasets.get((tenant, dataset), {})
        keys = [key for key in sorted(there) if key > after]
        items = [self.get(tenant, dataset, key) for key in keys[:limit]]
        return Page(items, cursor_of([keys[limit - 1]]) if len(keys) > limit else None)

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        found = self.destination.datasets.get((tenant, dataset), {}).get(key)
        if found is None:
            raise no_record(key)
        return record(key, found["job"], json.loads(found["data"]))

    def history(self, tenant: str, dataset: str, key: str) -> list[dict[str, Any]]:
        found = self.destination.archive.get((tenant, dataset, key), {}).values()
        versions = [version(key, image["job"], json.loads(image["data"]), image["at"], until) for image, until in found]
        return sorted(versions, key=lambda each: str(each["until"]), reverse=True)


def _journal(batch: Batch) -> str:
    return journal_key(batch.tenant, batch.job_id, batch.index)
