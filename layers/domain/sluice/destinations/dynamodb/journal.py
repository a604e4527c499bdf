"""The journal of a chunk: what its rows do to their records, decided once in each hold of the dataset's lock.

It is written before the records are, so that later attempts and a rollback find what was decided, and the records as
they were. What is written is always the record as it is now, overlaid with what the row says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from pydantic_core import from_json

from sluice.destinations.base import Decider, Decision, changed_since, compared, current_instant, written_since
from sluice.destinations.dynamodb import stored
from sluice.destinations.dynamodb.stored import Entry, Image, Journal, is_gone, is_record
from sluice.destinations.stored import dump_undone, load_undone
from sluice.model.errors import ImagesGone, NotFound
from sluice.model.rejection import Rejection
from sluice.schema.said import Values
from sluice.schema.staging import Applied, Batch, Compared, Delivered, KeptRow, Undone
from sluice.schema.validation import GoodRow

Seen = Mapping[str, Image | None]
"""Records as they are now, by key. Rows whose key is not among them are known to change nothing."""


class ObjectStore(Protocol):
    """Where journals are kept."""

    def read(self, key: str) -> bytes:
        """Read an object; raises `NotFound`."""

    def write_once(self, key: str, body: bytes) -> bool:
        """Store an object unless there is one; says whether this call did it."""


class Decided(NamedTuple):
    """The decisions of a hold, and the records that they make of those that were seen."""

    journal: Journal
    after: dict[str, Image | None]


class _Step(NamedTuple):
    """A row, the record without the job, what the row does to it, and the record that follows."""

    row: GoodRow
    before: Image | None
    decision: Decision
    after: Image | None = None


class Restored(NamedTuple):
    """What a rollback makes of a record: the record that is there then, and what stays as others changed it.

    Parameters
    ----------
    record
        ``None`` if none is there.
    conflicts
        ``None`` if the row is reversed; else the columns that others changed, none if the row stays as a whole.
    """

    record: Image | None
    conflicts: tuple[str, ...] | None = None


class Rows:
    """The rows of a chunk: decides what they do, and computes the records before and after.

    Parameters
    ----------
    batch
        The chunk.
    keep
        How long tombstones of removed records live.
    """

    def __init__(self, batch: Batch, keep: timedelta) -> None:
        self._batch = batch
        self._keep = keep
        self._decider = Decider(batch)
        self._merge = self._decider.merge

    def decide(self, seen: Seen, earlier: Mapping[str, Entry], at: str) -> Decided:
        """Decide about every row.

        Parameters
        ----------
        seen
            Records as they are now.
        earlier
            What the job's earlier holds did.
        at
            The instant from which the new records are valid.
        """
        entries: dict[str, Entry] = {}
        rejected: dict[str, list[Rejection]] = {}
        after: dict[str, Image | None] = {}
        kept_blank = 0
        for row, before, decision, record in self._steps(seen, earlier, at):
            kept_blank += decision.kept_blank
            if decision.effect == "rejected":
                rejected[row.key] = decision.rejections
            elif decision.effect != "unchanged":
                entries[row.key] = _entry(before, decision)
                after[row.key] = record
        unchanged = len(self._batch.rows) - len(entries) - len(rejected)
        return Decided(Journal(entries, unchanged, at, self._batch.hold, rejected, kept_blank), after)

    def compare(self, seen: Seen) -> Compared:
        """Count what the rows would do, and collect what would change."""
        steps = self._steps(seen, {}, current_instant())
        decided = ((step.row, _values(step.before), step.decision) for step in steps)
        limits = self._batch.options.guards.max_change
        return compared(self._merge, decided, len(self._batch.rows) - len(seen), limits)

    def is_in(self, row: GoodRow, hash_: str) -> bool:
        """Whether a record whose values have this digest is known to stay as it is, and no blank cell to keep a value.

        It holds just what the row says, and the default of every other column.
        """
        if row.hash == hash_:
            return True
        said = from_json(row.values)
        defaults, blank = self._merge.defaults, self._batch.matched - said.keys()
        if self._merge.has_rules or self._merge.is_whole(said) or any(defaults.get(name) is not None for name in blank):
            return False
        return stored.image("", self._merge.inserted(said), None).hash == hash_

    def after(self, entry: Entry, now: Image | None, at: str) -> Image | None:
        """Compute the record to write: the one that is there now, overlaid with what the row says, or deleted.

        ``now`` itself, if nothing is left to write.
        """
        if entry.wrote is None:
            return self._deleted(now, at)
        if not is_record(now):
            if is_record(entry.before):
                raise RuntimeError("a record was removed while the job held the lock of its dataset")
            return stored.image(self._batch.job_id, entry.wrote, at)
        values = now.values
        return self._overlaid(values, entry.wrote, at) if self._merge.differing(entry.wrote, values) else now

    def is_written(self, entry: Entry, now: Image | None, at: str) -> bool:
        """Whether a record is as `after` makes it."""
        if entry.wrote is not None and is_record(entry.before) and not is_record(now):
            return False
        return self.after(entry, now, at) == now

    def restored(self, entry: Entry, now: Image | None) -> Restored:
        """Compute what a rollback makes of a record."""
        if now == entry.before:  # it was not written, or an earlier attempt has put it back
            return Restored(now)
        if entry.unknown:
            ours = now is not None and now.job_id == self._batch.job_id
            return Restored(entry.before) if ours else Restored(now, ())
        if entry.wrote is None:
            return self._undeleted(entry, now)
        if not is_record(entry.before):
            return self._uninserted(entry.wrote, entry.before, now)
        return self._columns_restored(entry.wrote, entry.before, now) if is_record(now) else Restored(now, ())

    def _steps(self, seen: Seen, earlier: Mapping[str, Entry], at: str) -> Iterator[_Step]:
        for row in self._batch.rows:
            if row.key not in seen:
                continue
            before = self._without_job(seen[row.key], earlier.get(row.key))
            if self._batch.if_as_seen and is_record(before) and stored.fingerprint(before) != row.hash:
                yield _Step(row, before, Decision("rejected", rejections=[written_since(row, before.job_id)]))
                continue
            decision = self._decider.decide(row, _values(before))
            if decision.effect in {"unchanged", "rejected"}:
                yield _Step(row, before, decision)
                continue
            if decision.effect == "updated" and is_record(before) and before is seen[row.key]:
                after: Image | None = self._overlaid(before.values, decision.says, at)
            else:
                after = self.after(_entry(before, decision), seen[row.key], at)
            if after is not None and not stored.fits_merged(after):
                yield _Step(row, before, Decision("rejected", rejections=[stored.too_large(row)]))
            else:
                yield _Step(row, before, decision, after)

    def _overlaid(self, values: Values, says: Values, at: str) -> Image:
        return stored.image(self._batch.job_id, self._decider.ordered(values | says), at)

    def _without_job(self, now: Image | None, earlier: Entry | None) -> Image | None:
        """Compute the record as it would be now if earlier holds of this job had not written it.

        A column that holds what they wrote has the value that it had before. A whole record that they inserted or
        deleted counts as theirs only as long as no other job has written it.
        """
        if now is None or earlier is None:
            return now
        ours = now.job_id == self._batch.job_id
        before = earlier.before
        if earlier.wrote is not None and is_record(before) and is_record(now):
            values, first, same = now.values, before.values, self._merge.same
            held = [name for name, value in earlier.wrote.items() if same(name, values.get(name), value)]
            return self._mixed(now, before, _with(values, held, first), ours=ours)
        return before if ours else now

    def _mixed(self, now: Image, before: Image, values: Values, *, ours: bool) -> Image:
        """Build the record of values some of which are restored; byte for byte an earlier one if they all are its."""
        if ours and values == before.values:
            return before
        if values == now.values and not ours:
            return now
        writer = before if ours else now
        return stored.image(writer.job_id, self._decider.ordered(values), writer.valid_from)

    def _deleted(self, now: Image | None, at: str) -> Image | None:
        if not is_record(now):
            return now
        job_id = self._batch.job_id
        if self._batch.options.how_to_delete == "mark":
            return now._replace(job_id=job_id, valid_from=at, deleted_at=at)
        return Image(job_id, "", "", None, at, int((datetime.fromisoformat(at) + self._keep).timestamp()))

    def _undeleted(self, entry: Entry, now: Image | None) -> Restored:
        ours = now is None or (now.deleted_at is not None and now.job_id == self._batch.job_id)
        return Restored(entry.before) if ours else Restored(now, ())

    def _uninserted(self, wrote: Values, before: Image | None, now: Image | None) -> Restored:
        if not is_record(now):
            return Restored(now, None if is_gone(now) and is_gone(before) else ())
        changed = self._merge.differing(wrote, now.values)
        return Restored(now, tuple(changed)) if changed else Restored(before)

    def _columns_restored(self, wrote: Values, before: Image, now: Image) -> Restored:
        values, first, same = now.values, before.values, self._merge.same
        restored, conflicts = [], []
        for name, value in wrote.items():
            if same(name, values.get(name), value):
                restored.append(name)  # also 12.50 as the 12.5 that it was
            elif not same(name, value, first.get(name)) and not same(name, values.get(name), first.get(name)):
                conflicts.append(name)
        ours = now.job_id == self._batch.job_id and not conflicts
        record = self._mixed(now, before, _with(values, restored, first), ours=ours)
        if not stored.fits_merged(record):  # what others wrote since leaves no room
            return Restored(now, tuple(restored + conflicts))
        return Restored(record, tuple(conflicts) or None)


def applied(journal: Journal) -> Applied:
    """Count the decisions of a journal."""
    entries = journal.entries.values()
    deleted = sum(1 for entry in entries if entry.wrote is None and not entry.unknown)
    updated = sum(1 for entry in entries if entry.wrote is not None and is_record(entry.before))
    rejections = [rejection for several in journal.rejected.values() for rejection in several]
    inserted = len(entries) - deleted - updated
    return Applied(inserted, updated, journal.unchanged, rejections, deleted, journal.kept_blank)


def delivered(batch: Batch, rows: Rows, journal: Journal, now: Seen) -> Delivered:
    """Count those decisions of the last journal of this hold that the records show, or that wrote nothing."""
    entries = journal.entries
    left = {key for key, entry in entries.items() if not rows.is_written(entry, now[key], journal.at)}
    done = applied(replace(journal, entries={key: entry for key, entry in entries.items() if key not in left}))
    return Delivered(done, frozenset(row.number for row in batch.rows if row.key in left))


def left_row(key: str, now: Image | None, columns: tuple[str, ...]) -> KeptRow:
    """Build a row that a rollback leaves, in these columns or as a whole, as others made it."""
    return changed_since(key, None if now is None or is_gone(now) else now.job_id, columns)


def write_journal(
    store: ObjectStore, batch: Batch, decide: Callable[[Mapping[str, Entry]], Decided]
) -> tuple[Journal, dict[str, Image | None] | None]:
    """Write the journal of a chunk in this hold, or read the one that an earlier attempt in the same hold wrote.

    Parameters
    ----------
    decide
        Decides about the rows, given what earlier holds did.

    Returns
    -------
    tuple
        The journal that holds, and the records that `decide` made; ``None`` if its decisions do not hold.

    Raises
    ------
    RuntimeError
        If a later hold has decided already; the worker's lease is over then.
    """
    known: list[Journal] = []
    while True:
        decided = decide(_written(joined(known), batch))
        if store.write_once(stored.journal_key(batch, len(known) + 1), stored.dump_journal(decided.journal)):
            return decided
        known = read_journals(store, batch)
        last = known[-1]
        if last.closed or last.hold == batch.hold:
            return last, None
        if last.hold > batch.hold:
            raise RuntimeError("a later hold of the lock of the dataset has decided about this chunk")


def close_journal(store: ObjectStore, batch: Batch) -> dict[str, Entry]:
    """Return what the job did to each record; a chunk that was not applied is closed, and is not applied any more.

    Raises `ImagesGone` if it was applied, and its first journal has expired.
    """
    if batch.was_applied and not read_journals(store, batch):
        raise ImagesGone
    closed = Journal({}, 0, current_instant(), batch.hold, closed=True)
    if store.write_once(stored.journal_key(batch), stored.dump_journal(closed)):
        return {}
    return _written(joined(read_journals(store, batch)), batch)


def _written(entries: dict[str, Entry], batch: Batch) -> dict[str, Entry]:
    """Leave out what was decided and not written: such a record is as others have made it."""
    return {key: entry for key, entry in entries.items() if key not in batch.unwritten} if batch.unwritten else entries


def read_journals(store: ObjectStore, batch: Batch) -> list[Journal]:
    """Read the journals of a chunk, one of each hold, oldest first."""
    found: list[Journal] = []
    while True:
        try:
            found.append(stored.load_journal(store.read(stored.journal_key(batch, len(found) + 1))))
        except NotFound:
            return found


def joined(journals: list[Journal]) -> dict[str, Entry]:
    """Join what a job did to each record in all holds: the last decision holds.

    A row that a later hold rejected changes nothing in that hold; one that it found unchanged has nothing of this job.
    """
    whole: dict[str, Entry] = {}
    for journal in journals:
        if not journal.adds_to_earlier:
            whole = {key: _left(entry) for key, entry in whole.items() if key in journal.rejected or _inserts(entry)}
        whole |= journal.entries
    return whole


def _inserts(entry: Entry) -> bool:
    return entry.wrote is not None and not is_record(entry.before)


def _left(entry: Entry) -> Entry:
    """Return the entry of a row that a later hold has left.

    What the job inserted, if it came to write it, is another job's record then, so a rollback names it and leaves it.
    """
    return replace(entry, unknown=True) if _inserts(entry) else entry


def write_undone(store: ObjectStore, batch: Batch, undone: Undone) -> Undone:
    """Write the result of undoing a chunk; returns the one that another attempt wrote before, if there is one."""
    if store.write_once(stored.undone_key(batch), json.dumps(dump_undone(undone)).encode()):
        return undone
    return read_undone(store, batch) or undone


def read_undone(store: ObjectStore, batch: Batch) -> Undone | None:
    """Read the result of undoing a chunk; ``None`` as long as it is not undone to the end."""
    try:
        body = store.read(stored.undone_key(batch))
    except NotFound:
        return None
    return load_undone(json.loads(body))


def _values(image: Image | None) -> Values | None:
    return image.values if is_record(image) else None


def _entry(before: Image | None, decision: Decision) -> Entry:
    return Entry(before, None if decision.effect == "deleted" else decision.says)


def _with(values: Values, names: list[str], first: Values) -> Values:
    """Return values with those of some columns as they were first; a column that was not there is not there again."""
    changed = {name: value for name, value in values.items() if name not in names}
    return changed | {name: first[name] for name in names if name in first}
