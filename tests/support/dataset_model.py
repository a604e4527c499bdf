"""What a dataset must hold after jobs of any mode and their rollbacks: the rules, without stores, chunks or failures.

A destination is compared with it, see ``tests/integration/destinations``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from sluice.model.options import LoadOptions
from sluice.schema.importer import Importer
from sluice.schema.said import Merge, Values


@dataclass
class Kept:
    """A record: its values, the job that wrote it last and when, and whether that job marked or removed it.

    A rollback restores all of it.
    """

    values: Values
    job: str
    at: int
    marked: bool = False
    removed: bool = False

    @property
    def there(self) -> bool:
        """Whether it is a record, not deleted."""
        return not self.marked and not self.removed


@dataclass
class Wrote:
    """What a job did to a record: the record before, and the values that it wrote; none if it deleted the record.

    What it inserted is ``lost`` once a later hold has found that another job wrote it.
    """

    before: Kept | None
    after: Values | None
    lost: bool = False


@dataclass
class DatasetModel:
    """One dataset of one tenant.

    Attributes
    ----------
    records
        By key; those marked as deleted among them, and what is left of removed ones.
    wrote
        By job and key.
    clock
        Rises with each write.
    matched, kept_blank
        Of the job that is applied: fields that its file has a column of, and blank cells whose column kept a value.
    """

    importer: Importer
    records: dict[str, Kept] = field(default_factory=dict)
    wrote: dict[str, dict[str, Wrote]] = field(default_factory=dict)
    matched: frozenset[str] = frozenset()
    kept_blank: int = 0
    clock: int = 0

    def visible(self) -> dict[str, Values]:
        """Return the values of the records that are not deleted."""
        return {key: kept.values for key, kept in self.records.items() if kept.there}

    def apply(
        self,
        job: str,
        options: LoadOptions,
        rows: Iterable[tuple[str, Values]],
        matched: frozenset[str] = frozenset(),
        written: Container[str] | None = None,
    ) -> tuple[Counter[str], dict[str, str]]:
        """Apply rows ``(key, what they say)``; return counts by effect, and the code of each rejected key.

        A job that applies a row again does so in a later hold of the lock: what it wrote then is not news. ``matched``
        are the fields that the file has a column of, ``written`` the keys that the worker came to write before it died.
        """
        counts, rejected = Counter[str](), dict[str, str]()
        self.matched, self.kept_blank = matched, 0
        for key, said in rows:
            effect = self._apply(job, options, key, said, dies=written is not None and key not in written)
            if effect not in {"inserted", "updated", "deleted"}:
                self._leave(job, key)
            counts["rejected" if "-" in effect else effect] += 1
            if "-" in effect:
                rejected[key] = effect
        counts["kept_blank"] = self.kept_blank
        return counts, rejected

    def _apply(self, job: str, options: LoadOptions, key: str, said: Values, *, dies: bool) -> str:
        before = self._without(job, key)
        there = before is not None and before.there
        if options.mode == "insert" and there:
            return "key-exists"
        if not options.inserts and not there:
            return "key-unknown"
        if options.mode == "delete":
            assert before is not None
            self._remember(job, key, Wrote(deepcopy(before), None))
            if not dies:
                self._delete(job, options, key)
            return "deleted"
        merge = Merge(self.importer)
        try:
            says = merge.updated(said, before.values) if before and there else merge.inserted(said)
        except ValidationError:
            return "rule-broken"
        if before and there:
            kept = self.matched - says.keys()
            self.kept_blank += sum(1 for name in kept if before.values.get(name) is not None)
        if before and there and not merge.differing(says, before.values):
            if not self._has_inserted(job, key):
                self.wrote.get(job, {}).pop(key, None)
            return "unchanged"
        self._remember(job, key, Wrote(deepcopy(before), says))
        if not dies:
            self._write(job, key, says)
        return "updated" if there else "inserted"

    def _write(self, job: str, key: str, says: Values) -> None:
        now = self.records.get(key)
        if now is None or not now.there:
            self.records[key] = Kept(dict(says), job, self._tick())
        elif Merge(self.importer).differing(says, now.values):
            self.records[key] = Kept({**now.values, **says}, job, self._tick())

    def _without(self, job: str, key: str) -> Kept | None:
        """Return the record as it would be if this job had not written it yet.

        A column that holds what it wrote has its earlier value. What it inserted or deleted as a whole is as it was
        before, unless another job has written the record since.
        """
        now, wrote = self.records.get(key), self.wrote.get(job, {}).get(key)
        if wrote is None or now is None:
            return now
        before = wrote.before
        if wrote.after is None or before is None or not before.there or not now.there:
            return before if now.job == job else now
        same = Merge(self.importer).same
        held = {name for name, value in wrote.after.items() if same(name, now.values.get(name), value)}
        values = now.values | {name: before.values.get(name) for name in held}
        writer = before if now.job == job else now
        return Kept(values, writer.job, writer.at)

    def _delete(self, job: str, options: LoadOptions, key: str) -> None:
        now = self.records[key]
        if not now.there:
            return
        if options.how_to_delete == "mark":
            self.records[key] = Kept(now.values, job, self._tick(), marked=True)
        else:
            self.records[key] = Kept({}, job, self._tick(), removed=True)

    def _tick(self) -> int:
        self.clock += 1
        return self.clock

    def _remember(self, job: str, key: str, wrote: Wrote) -> None:
        self.wrote.setdefault(job, {})[key] = wrote

    def _has_inserted(self, job: str, key: str) -> bool:
        wrote = self.wrote.get(job, {}).get(key)
        return bool(wrote and wrote.after is not None and not (wrote.before and wrote.before.there))

    def _leave(self, job: str, key: str) -> None:
        if self._has_inserted(job, key):
            self.wrote[job][key].lost = True

    def undo(self, job: str) -> tuple[int, dict[str, set[str]]]:
        """Roll a job back; return how many records are reversed, and by key the columns that stay (none: all)."""
        conflicts: dict[str, set[str]] = {}
        written = self.wrote.pop(job, {})
        for key, wrote in written.items():
            left = self._undo(job, key, wrote)
            if left is not None:
                conflicts[key] = left
        return len(written) - len(conflicts), conflicts

    def _undo(self, job: str, key: str, wrote: Wrote) -> set[str] | None:
        now, before = self.records.get(key), wrote.before
        if now == before:
            return None
        if wrote.after is None:
            return self._undo_deletion(job, key, wrote)
        if before is None or not before.there:
            return self._undo_insertion(job, key, wrote)
        if now is None or not now.there:
            return set()
        same = Merge(self.importer).same
        conflicts = set()
        for name, value in wrote.after.items():
            if same(name, value, before.values.get(name)):
                continue
            if same(name, now.values.get(name), value):
                now.values[name] = before.values.get(name)
            elif not same(name, now.values.get(name), before.values.get(name)):
                conflicts.add(name)
        if now.job == job and not conflicts:
            now.job, now.at = before.job, before.at
        return conflicts or None

    def _undo_insertion(self, job: str, key: str, wrote: Wrote) -> set[str] | None:
        """Take a record back that the job inserted or revived, if nothing in it has changed since."""
        now, before = self.records.get(key), wrote.before
        if wrote.lost and (now is None or now.job != job):
            return set()
        if now is None or now.removed:
            return None if before is None or before.removed else set()
        if now.marked:
            return set()
        if changed := set(Merge(self.importer).differing(wrote.after or {}, now.values)):
            return changed
        if before is None:
            del self.records[key]
        else:
            self.records[key] = before
        return None

    def _undo_deletion(self, job: str, key: str, wrote: Wrote) -> set[str] | None:
        """Bring a deleted record back, if its key is still absent and no other job has written it since."""
        now = self.records.get(key)
        if now is not None and (now.there or now.job != job):
            return set()
        assert wrote.before is not None
        self.records[key] = wrote.before
        return None


def is_like(importer: Importer, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two datasets hold equal values, by the types of the columns."""
    differing = Merge(importer).differing
    return one.keys() == other.keys() and not any(differing(other[key], one[key]) for key in one)
