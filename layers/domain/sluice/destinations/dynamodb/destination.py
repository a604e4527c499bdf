"""The records table as a destination."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sluice.destinations.base import current_instant
from sluice.destinations.dynamodb import stored
from sluice.destinations.dynamodb.journal import (
    Decided,
    ObjectStore,
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
from sluice.destinations.dynamodb.stored import Entry, Image, Item, is_record
from sluice.destinations.dynamodb.table import RecordTable, Replacement
from sluice.model.rejection import Rejection
from sluice.schema.importer import Importer
from sluice.schema.staging import Applied, Batch, Compared, Delivered, KeptRow, Undone

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoDestination:
    """The `Destination` port on the records table.

    A chunk is applied in steps: read the records, decide what each row does and write the journal once in each hold of
    the dataset's lock, write superseded versions into the archive (of importers that have one), write the records. A
    later attempt in the same hold finds the journal, and lays what it says over the records as they are then; so the
    dataset and the result are the same however often a chunk is applied.

    Parameters
    ----------
    client
        Of DynamoDB.
    table
        The table's name.
    store
        Where journals are kept.
    keep_days
        Days that journals are kept, and tombstones of removed records.
    """

    def __init__(self, client: DynamoDBClient, table: str, store: ObjectStore, keep_days: int) -> None:
        self._client = client
        self._name = table
        self._store = store
        self._keep = timedelta(days=keep_days)

    def apply(self, batch: Batch) -> Applied:
        """Deliver a chunk; the same chunk again changes nothing and gives the same result."""
        batch, too_large = _fitting(batch)
        rows, at = Rows(batch, self._keep), current_instant()
        seen: dict[str, Image | None] = {}

        def decide(earlier: Mapping[str, Entry]) -> Decided:
            seen.clear()
            seen.update(self._look(batch, rows, earlier))
            return rows.decide(seen, earlier, at)

        journal, after = write_journal(self._store, batch, decide)
        if after is None:  # an earlier attempt has decided
            seen = self._images(batch, journal.entries)
            after = {key: rows.after(entry, seen[key], journal.at) for key, entry in journal.entries.items()}
        self._write(batch, seen, after, journal.at)
        done = applied(journal)
        return replace(done, rejections=too_large + done.rejections)

    def delivered(self, batch: Batch) -> Delivered | None:
        """Say what the records show of a chunk's journal in this hold, ``None`` if it has none."""
        batch, too_large = _fitting(batch)
        journals = read_journals(self._store, batch)
        if not journals or journals[-1].closed or journals[-1].hold != batch.hold:
            return None
        found = delivered(batch, Rows(batch, self._keep), journals[-1], self._images(batch, journals[-1].entries))
        done = replace(found.applied, rejections=too_large + found.applied.rejections)
        return replace(found, applied=done)

    def compare(self, batch: Batch) -> Compared:
        """Say what `apply` would do now; nothing is written."""
        batch, too_large = _fitting(batch)
        rows = Rows(batch, self._keep)
        found = rows.compare(self._look(batch, rows, {}))
        return replace(found, rejections=too_large + found.rejections)

    def key_ranges(self, tenant: str, importer: Importer) -> list[str]:  # noqa: ARG002 - the same for every dataset
        """Split the keys of a dataset into its shards."""
        return [str(shard) for shard in range(stored.SHARDS)]

    def equal_keys(
        self,
        importer: Importer,  # noqa: ARG002 - as in `key_ranges`
        candidates: Callable[[], Iterable[str]],  # noqa: ARG002
    ) -> dict[str, str]:
        """Find none: keys are equal exactly if their texts are."""
        return {}

    def keys_in(self, tenant: str, importer: Importer, key_range: str) -> Iterator[tuple[str, str]]:
        """Yield key and fingerprint of each record of a shard that is not marked as deleted."""
        partition = stored.partition(tenant, importer.dataset, int(key_range))
        for item in map(stored.with_mark, RecordTable(self._client, self._name).items_of(partition, stored.IMAGE)):
            if stored.is_shown(item, deleted=False):
                yield item[stored.SORT_KEY]["S"], stored.fingerprint(stored.image_of(item))

    def undo(self, batch: Batch) -> Undone:
        """Restore the columns that the chunk wrote, where they still hold what it wrote, as its journals say.

        A chunk that was not applied yet gets a closed journal, so that it is not applied later. A chunk that a worker
        is applying at the same time must not be undone.
        """
        done = read_undone(self._store, batch)
        if done is not None:
            return done
        entries = close_journal(self._store, batch)
        left = self._restore(batch, entries)
        if batch.importer.archive:
            kept = {row.key for row in left}
            self._table(batch).delete(
                stored.key_of_superseded(batch, key)
                for key, entry in entries.items()
                if is_record(entry.before) and key not in kept
            )
        return write_undone(self._store, batch, Undone(len(entries) - len(left), left))

    def _look(self, batch: Batch, rows: Rows, earlier: Collection[str]) -> dict[str, Image | None]:
        """Read the records of all rows but those that are known to change nothing.

        Only of rows that differ by their hash the whole record is read, because most imports change little.
        """
        found = self._read(batch, [row.key for row in batch.rows], (stored.SORT_KEY, stored.HASH, stored.DELETED_AT))
        may_be_same = batch.options.mode in {"upsert", "update", "mirror"}
        same = {
            row.key
            for row in batch.rows
            if may_be_same
            and row.key not in earlier
            and row.key in found
            and (hash_ := stored.digest_of(found[row.key])) is not None
            and rows.is_in(row, hash_)
        }
        images = self._images(batch, [row.key for row in batch.rows if row.key in found and row.key not in same])
        return {row.key: images.get(row.key) for row in batch.rows if row.key not in same}

    def _write(
        self, batch: Batch, seen: Mapping[str, Image | None], after: Mapping[str, Image | None], at: str
    ) -> None:
        """Write the records that differ from those that are there, and what they supersede into the archive."""
        new = {key: image for key, image in after.items() if image is not None and image != seen[key]}
        if batch.importer.archive:
            self._table(batch).put(
                stored.superseded(batch, key, image, at)
                for key in new
                if is_record(image := seen[key]) and image.job_id != batch.job_id
            )
        self._table(batch).put(stored.item_of(batch, key, image) for key, image in new.items())

    def _restore(self, batch: Batch, entries: Mapping[str, Entry]) -> list[KeptRow]:
        """Write the records as a rollback makes them; returns the rows that it leaves."""
        rows = Rows(batch, self._keep)
        left: dict[str, KeptRow] = {}
        pending = list(entries)
        while pending:
            there = self._images(batch, pending, as_stored=True)
            restored = {key: rows.restored(entries[key], there[key]) for key in pending}
            left |= {
                key: left_row(key, there[key], one.conflicts)
                for key, one in restored.items()
                if one.conflicts is not None
            }
            changed = [(key, there[key], one.record) for key, one in restored.items() if one.record != there[key]]
            # others have written these since they were read
            pending = self._table(batch).replace(_replacement(batch, *each) for each in changed)
            for key in pending:
                left.pop(key, None)
        return [left[key] for key in entries if key in left]

    def _images(self, batch: Batch, keys: Collection[str], *, as_stored: bool = False) -> dict[str, Image | None]:
        found = self._read(batch, keys, stored.IMAGE)
        images = {key: stored.image_of(item if as_stored else stored.with_mark(item)) for key, item in found.items()}
        return {key: images.get(key) for key in keys}

    def _read(self, batch: Batch, keys: Collection[str], attributes: tuple[str, ...]) -> dict[str, Item]:
        return self._table(batch).read(
            (stored.key_of_record(batch.tenant, batch.dataset, key) for key in keys), attributes
        )

    def _table(self, batch: Batch) -> RecordTable:
        """Return the table for the time that is left to the worker of a chunk."""
        return RecordTable(self._client, self._name, batch.until)


def _fitting(batch: Batch) -> tuple[Batch, list[Rejection]]:
    """Return a chunk without the rows that no record can hold, and their rejections."""
    rejections = [stored.too_large(row) for row in batch.rows if not stored.fits(row)]
    return replace(batch, rows=[row for row in batch.rows if stored.fits(row)]) if rejections else batch, rejections


def _replacement(batch: Batch, key: str, seen: Image | None, record: Image | None) -> Replacement:
    items = [image and stored.item_of(batch, key, image) for image in (seen, record)]
    return Replacement(stored.key_of_record(batch.tenant, batch.dataset, key), *items)
