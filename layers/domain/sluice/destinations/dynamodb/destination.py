"""Rows into the records table, whose items `record_items` describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sluice.destinations.base import changed_since, instant
from sluice.destinations.dynamodb import stored as record_items
from sluice.destinations.dynamodb.journal import Journal, Store, journal_key, read_undone, settle, write_undone
from sluice.destinations.dynamodb.stored import Image, Item, image_of, key_of_record, key_of_superseded
from sluice.destinations.dynamodb.table import RecordTable
from sluice.schema.staging import Applied, Batch, Compared, KeptRow, Undone

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoDestination:
    """The `Destination` port on the records table.

    A chunk is applied in steps: read what is there, write the journal once, write what is superseded into the archive
    (of importers that have one), write the rows. A second attempt finds the first one's journal and writes the same
    items again, so the dataset and the answer are the same however often a chunk is applied.
    """

    def __init__(self, client: DynamoDBClient, table: str, store: Store) -> None:
        self._table = RecordTable(client, table)
        self._store = store

    def apply(self, batch: Batch) -> Applied:
        """Deliver a chunk; the same chunk again changes nothing and gives the same answer."""
        rejections = [record_items.too_large(row) for row in batch.rows if not record_items.fits(row)]
        if rejections:
            batch = replace(batch, rows=[row for row in batch.rows if record_items.fits(row)])
        journal = settle(self._store, _journal(batch), self._look(batch), batch.job_id)
        before = journal.before
        if batch.importer.archive:
            self._table.put(
                record_items.superseded(batch, key, image, journal.at) for key, image in before.items() if image
            )
        self._table.put(record_items.new_record(batch, row, journal.at) for row in batch.rows if row.key in before)
        inserted = sum(1 for image in before.values() if image is None)
        return Applied(inserted, len(before) - inserted, journal.unchanged, rejections)

    def compare(self, batch: Batch) -> Compared:
        """Say what `apply` would do now; nothing is written. A row that no record can hold counts as inserted."""
        fitting = replace(batch, rows=[row for row in batch.rows if record_items.fits(row)])
        known = self._hashes(fitting)
        unchanged = sum(1 for row in fitting.rows if known.get(row.key) == row.hash)
        return Compared(len(batch.rows) - len(known), len(known) - unchanged, unchanged)

    def undo(self, batch: Batch) -> Undone:
        """Put the rows that the chunk's journal names back as they were, where they are still this job's.

        A chunk that was not applied yet never will be: it gets an empty journal. One that is being applied at the very
        time must not be undone.
        """
        key = _journal(batch)
        done = read_undone(self._store, key)
        if done is not None:
            return done
        before = settle(self._store, key, Journal({}, 0, instant(datetime.now(UTC)), closed=True), batch.job_id).before
        kept = self._put_back(batch, before)
        if batch.importer.archive:
            stay = {left.key for left in kept}
            self._table.delete(
                key_of_superseded(batch, key) for key, image in before.items() if image and key not in stay
            )
        return write_undone(self._store, key, Undone(len(before) - len(kept), kept))

    def _look(self, batch: Batch) -> Journal:
        """Find the rows that differ; only of those is the whole record read, for most imports change little."""
        at = instant(datetime.now(UTC))
        known = self._hashes(batch)
        differing = [row.key for row in batch.rows if known.get(row.key) != row.hash]
        images = self._images(batch, [key for key in differing if key in known])
        before = {key: images.get(key) for key in differing}
        return Journal(before, len(batch.rows) - len(before), at)

    def _hashes(self, batch: Batch) -> dict[str, str]:
        found = self._read(batch, [row.key for row in batch.rows], ("sk", "hash"))
        return {key: item["hash"]["S"] for key, item in found.items()}

    def _read(self, batch: Batch, keys: list[str], attributes: tuple[str, ...]) -> dict[str, Item]:
        return self._table.read((key_of_record(batch.tenant, batch.dataset, key) for key in keys), attributes)

    def _put_back(self, batch: Batch, before: Mapping[str, Image | None]) -> list[KeptRow]:
        """Put records back where they are still this job's; answers those that are neither that nor as they were."""
        there = self._images(batch, list(before))
        ours = [key for key in before if (image := there[key]) and image["job"] == batch.job_id]
        back = [
            (
                key_of_record(batch.tenant, batch.dataset, key),
                record_items.record_of(batch, key, image) if image else None,
            )
            for key, image in ((key, before[key]) for key in ours)
        ]
        # changed between the look and now
        lost = self._table.replace(back, of_job=batch.job_id)
        there |= {key: before[key] for key in ours} | self._images(batch, lost)
        return [
            changed_since(key, image["job"] if image else None)
            for key, image in there.items()
            if image != before[key]  # an earlier attempt may have put it back
        ]

    def _images(self, batch: Batch, keys: list[str]) -> dict[str, Image | None]:
        found = self._read(batch, keys, ("sk", "job", "hash", "data", "at"))
        return {key: image_of(found.get(key)) for key in keys}


def _journal(batch: Batch) -> str:
    return journal_key(batch.tenant, batch.job_id, batch.index)
