"""A destination in memory, with the same journal as the real one on the records table."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from sluice.destinations.base import changed_since, no_record, record, version
from sluice.destinations.dynamodb.journal import read_undone, write_journal, write_undone
from sluice.destinations.dynamodb.stored import Image, Journal
from sluice.model.page import Page, decode_cursor, encode_cursor, invalid_cursor
from sluice.schema.importer import Importer
from sluice.schema.staging import Applied, Batch, Compared, Undone
from tests.support.files import MemoryFiles


class MemoryDestination:
    """The `Destination` port: datasets in dictionaries, ``{(tenant, dataset): {key: record}}``.

    Earlier versions of records are in ``archive``, ``{(tenant, dataset, key): {superseding job: (image, until)}}``.
    """

    def __init__(self, files: MemoryFiles) -> None:
        self.files = files
        self.datasets: dict[tuple[str, str], dict[str, Image]] = {}
        self.archive: dict[tuple[str, str, str], dict[str, tuple[Image, str]]] = {}
        self.writes = 0

    def apply(self, batch: Batch) -> Applied:
        there = self._there(batch)
        before = {row.key: there.get(row.key) for row in batch.rows}
        changed = {row.key for row in batch.rows if (image := before[row.key]) is None or image.hash != row.hash}
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        fresh = Journal({key: before[key] for key in before if key in changed}, len(before) - len(changed), now)
        journal = write_journal(self.files, batch, fresh)
        for key, image in journal.before.items():
            if image and batch.importer.archive:
                self._archive(batch, key)[batch.job_id] = (image, journal.at)
        for row in batch.rows:
            if row.key in journal.before:
                self.writes += 1
                there[row.key] = Image(batch.job_id, row.hash, row.values.decode(), journal.at)
        inserted = sum(1 for image in journal.before.values() if image is None)
        return Applied(inserted, len(journal.before) - inserted, journal.unchanged)

    def compare(self, batch: Batch) -> Compared:
        there = self._there(batch)
        known = [row for row in batch.rows if row.key in there]
        unchanged = sum(1 for row in known if there[row.key].hash == row.hash)
        return Compared(len(batch.rows) - len(known), len(known) - unchanged, unchanged)

    def undo(self, batch: Batch) -> Undone:
        if done := read_undone(self.files, batch):
            return done
        there = self._there(batch)
        before = write_journal(self.files, batch, Journal({}, 0, "", closed=True)).before
        conflicts = []
        for key, image in before.items():
            now = there.get(key)
            if now is not None and now.job_id == batch.job_id:
                self.writes += 1
                if image is None:
                    del there[key]
                else:
                    there[key] = image
            elif now != image:
                conflicts.append(changed_since(key, now.job_id if now else None))
                continue
            self._archive(batch, key).pop(batch.job_id, None)
        return write_undone(self.files, batch, Undone(len(before) - len(conflicts), conflicts))

    def key_ranges(self, tenant: str, importer: Importer) -> list[str]:
        """Split by the last bit of the keys' checksums."""
        return ["0", "1"]

    def keys_in(self, tenant: str, importer: Importer, key_range: str) -> list[tuple[str, str]]:
        there = self.datasets.get((tenant, importer.dataset), {})
        return [
            (key, image.job_id + image.data)
            for key, image in there.items()
            if crc32(key.encode()) % 2 == int(key_range)
        ]

    def values(self, tenant: str, dataset: str) -> dict[str, Any]:
        """Return the values of a dataset by key."""
        return {key: json.loads(image.data) for key, image in self.datasets.get((tenant, dataset), {}).items()}

    def _there(self, batch: Batch) -> dict[str, Image]:
        return self.datasets.setdefault((batch.tenant, batch.dataset), {})

    def _archive(self, batch: Batch, key: str) -> dict[str, tuple[Image, str]]:
        return self.archive.setdefault((batch.tenant, batch.dataset, key), {})


class MemoryRecords:
    """The `Records` port on the datasets of a `MemoryDestination`."""

    def __init__(self, destination: MemoryDestination) -> None:
        self.destination = destination

    def page(self, tenant: str, dataset: str, *, limit: int, cursor: str | None) -> Page[dict[str, Any]]:
        after = "" if cursor is None else _position(cursor)
        there = self.destination.datasets.get((tenant, dataset), {})
        keys = [key for key in sorted(there) if key > after]
        items = [self.get(tenant, dataset, key) for key in keys[:limit]]
        return Page(items, encode_cursor(keys[limit - 1]) if len(keys) > limit else None)

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        found = self.destination.datasets.get((tenant, dataset), {}).get(key)
        if found is None:
            raise no_record(key)
        return record(key, found.job_id, json.loads(found.data))

    def history(self, tenant: str, dataset: str, key: str) -> list[dict[str, Any]]:
        found = self.destination.archive.get((tenant, dataset, key), {}).values()
        versions = [
            version(key, image.job_id, json.loads(image.data), image.valid_from, until) for image, until in found
        ]
        return sorted(versions, key=lambda each: str(each["until"]), reverse=True)


def _position(cursor: str) -> str:
    match decode_cursor(cursor):
        case [str(key)] if key:
            return key
        case _:
            raise invalid_cursor()
