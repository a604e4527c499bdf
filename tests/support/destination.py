"""A destination in memory, with the journal and the decisions of the real one on the records table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from zlib import crc32

from sluice.destinations.base import current_instant, no_record, record, version
from sluice.destinations.dynamodb.journal import (
    Rows,
    applied,
    close_journal,
    delivered,
    left_row,
    read_journals,
    read_undone,
    write_journal,
    write_undone,
)
from sluice.destinations.dynamodb.stored import Image, fingerprint, is_record
from sluice.model.page import Page, decode_cursor, encode_cursor, invalid_cursor
from sluice.schema.importer import Importer
from sluice.schema.staging import Applied, Batch, Compared, Delivered, Undone
from tests.support.files import MemoryFiles

_KEEP = timedelta(days=90)


class MemoryDestination:
    """The `Destination` port: datasets in dictionaries, ``{(tenant, dataset): {key: record}}``.

    Records that are marked as deleted and tombstones are among the records. Earlier versions of records are in
    ``archive``, ``{(tenant, dataset, key): {superseding job: (image, until)}}``.
    """

    def __init__(self, files: MemoryFiles) -> None:
        self.files = files
        self.datasets: dict[tuple[str, str], dict[str, Image]] = {}
        self.archive: dict[tuple[str, str, str], dict[str, tuple[Image, str]]] = {}
        self.writes = 0

    def apply(self, batch: Batch) -> Applied:
        there, rows = self._there(batch), Rows(batch, _KEEP)
        seen = {row.key: there.get(row.key) for row in batch.rows}
        at = current_instant()
        journal, _ = write_journal(self.files, batch, lambda earlier: rows.decide(seen, earlier, at))
        for key, entry in journal.entries.items():
            now = there.get(key)
            after = rows.after(entry, now, journal.at)
            if after is None or after == now:
                continue
            if batch.importer.archive and is_record(now) and now.job_id != batch.job_id:
                self._archive(batch, key)[batch.job_id] = (now, journal.at)
            self.writes += 1
            there[key] = after
        return applied(journal)

    def delivered(self, batch: Batch) -> Delivered | None:
        journals = read_journals(self.files, batch)
        if not journals or journals[-1].closed or journals[-1].hold != batch.hold:
            return None
        there = self._there(batch)
        now = {key: there.get(key) for key in journals[-1].entries}
        return delivered(batch, Rows(batch, _KEEP), journals[-1], now)

    def compare(self, batch: Batch) -> Compared:
        there = self._there(batch)
        return Rows(batch, _KEEP).compare({row.key: there.get(row.key) for row in batch.rows})

    def undo(self, batch: Batch) -> Undone:
        if done := read_undone(self.files, batch):
            return done
        there, rows = self._there(batch), Rows(batch, _KEEP)
        entries = close_journal(self.files, batch)
        left = []
        for key, entry in entries.items():
            now = there.get(key)
            restored = rows.restored(entry, now)
            if restored.record != now:
                self.writes += 1
                if restored.record is None:
                    del there[key]
                else:
                    there[key] = restored.record
            if restored.conflicts is None:
                self._archive(batch, key).pop(batch.job_id, None)
            else:
                left.append(left_row(key, now, restored.conflicts))
        return write_undone(self.files, batch, Undone(len(entries) - len(left), left))

    def key_ranges(self, tenant: str, importer: Importer) -> list[str]:
        """Split by the last bit of the keys' checksums."""
        return ["0", "1"]

    def equal_keys(self, importer: Importer, candidates: Callable[[], Iterable[str]]) -> dict[str, str]:
        """Find none, as keys are texts here."""
        return {}

    def keys_in(self, tenant: str, importer: Importer, key_range: str) -> list[tuple[str, str]]:
        there = self.datasets.get((tenant, importer.dataset), {})
        return [
            (key, fingerprint(image))
            for key, image in there.items()
            if is_record(image) and crc32(key.encode()) % 2 == int(key_range)
        ]

    def values(self, tenant: str, dataset: str) -> dict[str, Any]:
        """Return the values of a dataset by key, without records that were deleted."""
        found = self.datasets.get((tenant, dataset), {}).items()
        return {key: json.loads(image.data) for key, image in found if is_record(image)}

    def _there(self, batch: Batch) -> dict[str, Image]:
        return self.datasets.setdefault((batch.tenant, batch.dataset), {})

    def _archive(self, batch: Batch, key: str) -> dict[str, tuple[Image, str]]:
        return self.archive.setdefault((batch.tenant, batch.dataset, key), {})


class MemoryRecords:
    """The `Records` port on the datasets of a `MemoryDestination`."""

    def __init__(self, destination: MemoryDestination) -> None:
        self.destination = destination

    def page(
        self, tenant: str, dataset: str, *, limit: int, cursor: str | None, deleted: bool = False
    ) -> Page[dict[str, Any]]:
        after = "" if cursor is None else _position(cursor)
        there = self.destination.datasets.get((tenant, dataset), {})
        shown = (key for key, image in there.items() if is_record(image) or (deleted and image.expires_at is None))
        keys = [key for key in sorted(shown) if key > after]
        items = [self.get(tenant, dataset, key) for key in keys[:limit]]
        return Page(items, encode_cursor(keys[limit - 1]) if len(keys) > limit else None)

    def get(self, tenant: str, dataset: str, key: str) -> dict[str, Any]:
        found = self.destination.datasets.get((tenant, dataset), {}).get(key)
        if found is None or found.expires_at is not None:
            raise no_record(key)
        return record(key, found.job_id, json.loads(found.data), found.deleted_at)

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
