"""Rows into the records table, whose items `record_items` describes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sluice.destinations import record_items
from sluice.destinations.journal import Journal, Store, read_undone, settle, write_undone
from sluice.destinations.left import changed_since
from sluice.destinations.record_items import Image, Item, image_of, key_of_record, key_of_superseded
from sluice.destinations.record_table import RecordTable, at_once
from sluice.destinations.shown import instant
from sluice.model import paths
from sluice.model.chunk import JobRef
from sluice.rows.staged import Applied, Batch, Compared, Left, Undone

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
        refusals = [record_items.too_large(row) for row in batch.rows if not record_items.fits(row)]
        if refusals:
            batch = replace(batch, rows=[row for row in batch.rows if record_items.fits(row)])
        journal = settle(self._store, _journal(batch), self._look(batch))
        before = journal.before
        if batch.importer.archive:
            self._table.put(
                record_items.superseded(batch, key, image, journal.at) for key, image in before.items() if image
            )
        self._table.put(record_items.new_record(batch, row, journal.at) for row in batch.rows if row.key in before)
        inserted = sum(1 for image in before.values() if image is None)
        return Applied(inserted, len(before) - inserted, journal.unchanged, refusals)

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
        before = settle(self._store, key, Journal({}, 0, instant(datetime.now(UTC)))).before
        kept = [left for left in at_once(lambda each: self._put_back(batch, *each), list(before.items())) if left]
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
        images = self._read(batch, [key for key in differing if key in known], ("sk", "job", "hash", "data", "at"))
        before = {key: image_of(images.get(key)) for key in differing}
        return Journal(before, len(batch.rows) - len(before), at)

    def _hashes(self, batch: Batch) -> dict[str, str]:
        found = self._read(batch, [row.key for row in batch.rows], ("sk", "hash"))
        return {key: item["hash"]["S"] for key, item in found.items()}

    def _read(self, batch: Batch, keys: list[str], attributes: tuple[str, ...]) -> dict[str, Item]:
        return self._table.read((key_of_record(batch.tenant, batch.dataset, key) for key in keys), attributes)

    def _put_back(self, batch: Batch, key: str, image: Image | None) -> Left | None:
        """Put one record back; ``None`` when it is as it was, whoever saw to that: this attempt or an earlier one."""
        item = record_items.record_of(batch, key, image) if image else None
        there = self._table.replace(key_of_record(batch.tenant, batch.dataset, key), item, of_job=batch.job_id)
        return None if there == image else changed_since(key, there["job"] if there else None)


def _journal(batch: Batch) -> str:
    return paths.journal(JobRef(batch.tenant, batch.job_id), batch.index)
