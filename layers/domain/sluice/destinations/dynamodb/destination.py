"""The records table as a destination."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sluice.destinations.base import changed_since, instant
from sluice.destinations.dynamodb import stored
from sluice.destinations.dynamodb.journal import ObjectStore, read_undone, write_journal, write_undone
from sluice.destinations.dynamodb.stored import Image, Item, Journal
from sluice.destinations.dynamodb.table import RecordTable
from sluice.schema.staging import Applied, Batch, Compared, KeptRow, Undone

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoDestination:
    """The `Destination` port on the records table.

    A chunk is applied in steps: read the records, write the journal once, write superseded versions into the archive
    (of importers that have one), write the records. A second attempt finds the first one's journal and writes the same
    items again, so the dataset and the result are the same however often a chunk is applied.

    Parameters
    ----------
    client
        Of DynamoDB.
    table
        The table's name.
    store
        Where journals are kept.
    """

    def __init__(self, client: DynamoDBClient, table: str, store: ObjectStore) -> None:
        self._table = RecordTable(client, table)
        self._store = store

    def apply(self, batch: Batch) -> Applied:
        """Deliver a chunk; the same chunk again changes nothing and gives the same result."""
        rejections = [stored.too_large(row) for row in batch.rows if not stored.fits(row)]
        if rejections:
            batch = replace(batch, rows=[row for row in batch.rows if stored.fits(row)])
        journal = write_journal(self._store, batch, self._look(batch))
        before = journal.before
        if batch.importer.archive:
            self._table.put(stored.superseded(batch, key, image, journal.at) for key, image in before.items() if image)
        self._table.put(stored.new_record(batch, row, journal.at) for row in batch.rows if row.key in before)
        inserted = sum(1 for image in before.values() if image is None)
        return Applied(inserted, len(before) - inserted, journal.unchanged, rejections)

    def compare(self, batch: Batch) -> Compared:
        """Say what `apply` would do now; nothing is written. A row that no record can hold counts as inserted."""
        fitting = replace(batch, rows=[row for row in batch.rows if stored.fits(row)])
        known = self._hashes(fitting)
        unchanged = sum(1 for row in fitting.rows if known.get(row.key) == row.hash)
        return Compared(len(batch.rows) - len(known), len(known) - unchanged, unchanged)

    def undo(self, batch: Batch) -> Undone:
        """Put the records that the chunk's journal names back as they were, where they are still as the job left them.

        A chunk that was not applied yet gets a closed journal, so that it is not applied later. A chunk that a worker
        is applying at the same time must not be undone.
        """
        done = read_undone(self._store, batch)
        if done is not None:
            return done
        closed = Journal({}, 0, instant(datetime.now(UTC)), closed=True)
        before = write_journal(self._store, batch, closed).before
        kept = self._put_back(batch, before)
        if batch.importer.archive:
            kept_keys = {row.key for row in kept}
            self._table.delete(
                stored.key_of_superseded(batch, key) for key, image in before.items() if image and key not in kept_keys
            )
        return write_undone(self._store, batch, Undone(len(before) - len(kept), kept))

    def _look(self, batch: Batch) -> Journal:
        """Find the rows that differ from their records.

        Only of those the whole record is read, because most imports change little.
        """
        at = instant(datetime.now(UTC))
        known = self._hashes(batch)
        differing = [row.key for row in batch.rows if known.get(row.key) != row.hash]
        images = self._images(batch, [key for key in differing if key in known])
        before = {key: images.get(key) for key in differing}
        return Journal(before, len(batch.rows) - len(before), at)

    def _put_back(self, batch: Batch, before: Mapping[str, Image | None]) -> list[KeptRow]:
        """Put records back where the job wrote them last; returns the rows whose records others changed since."""
        there = self._images(batch, before)
        ours = [key for key in before if (image := there[key]) and image.job_id == batch.job_id]
        restored = [
            (
                stored.key_of_record(batch.tenant, batch.dataset, key),
                None if (image := before[key]) is None else stored.record_of(batch, key, image),
            )
            for key in ours
        ]
        lost = self._table.replace(restored, of_job=batch.job_id)  # another job has written these since they were read
        there |= {key: before[key] for key in ours} | self._images(batch, lost)
        return [
            changed_since(key, image.job_id if image else None)
            for key, image in there.items()
            if image != before[key]  # an earlier attempt may have put it back
        ]

    def _hashes(self, batch: Batch) -> dict[str, str]:
        found = self._read(batch, [row.key for row in batch.rows], (stored.SORT_KEY, stored.HASH))
        return {key: item[stored.HASH]["S"] for key, item in found.items()}

    def _images(self, batch: Batch, keys: Collection[str]) -> dict[str, Image | None]:
        wanted = (stored.SORT_KEY, stored.JOB, stored.HASH, stored.DATA, stored.AT)
        found = self._read(batch, keys, wanted)
        return {key: stored.image_of(found[key]) if key in found else None for key in keys}

    def _read(self, batch: Batch, keys: Collection[str], attributes: tuple[str, ...]) -> dict[str, Item]:
        return self._table.read((stored.key_of_record(batch.tenant, batch.dataset, key) for key in keys), attributes)
