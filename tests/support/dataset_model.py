"""What a dataset must hold after jobs of any mode and their rollbacks: the rules, without stores, chunks or failures.

A destination is compared with it, see ``tests/integration/destinations``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from sluice.model.options import LoadOptions
from sluice.schema.importer import Importer
from sluice.schema.said import Merge, Values


@dataclass
class Kept:
    """A record: its values, the job that wrote it last, and whether that job marked it as deleted, or removed it."""

    values: Values
    job: str
    marked: bool = False
    removed: bool = False

    @property
    def there(self) -> bool:
        """Whether it is a record, not deleted."""
        return not self.marked and not self.removed


@dataclass
class Wrote:
    """What a job did to a record: the record before, and the values that it wrote; none if it deleted the record."""

    before: Kept | None
    after: Values | None


@dataclass
class DatasetModel:
    """One dataset of one tenant.

    Attributes
    ----------
    records
        By key; those marked as deleted among them, and what is left of removed ones.
    """

    importer: Importer
    records: dict[str, Kept] = field(default_factory=dict)
    wrote: dict[str, dict[str, Wrote]] = field(default_factory=dict)

    def visible(self) -> dict[str, Values]:
        """Return the values of the records that are not deleted."""
        return {key: kept.values for key, kept in self.records.items() if kept.there}

    def apply(
        self,
        job: str,
        options: LoadOptions,
        rows: Iterable[tuple[str, Values]],
        matched: frozenset[str] = frozenset(),
    ) -> tuple[Counter[str], dict[str, str]]:
        """Apply rows ``(key, what they say)``; return counts by effect, and the code of each rejected key.

        A job that applies a row again does so in a later hold of the lock: what it wrote then is not news. ``matched``
        are the fields that the file has a column of.
        """
        counts, rejected = Counter[str](), dict[str, str]()
        for key, said in rows:
            effect = self._apply(job, options, key, said)
            counts["rejected" if "-" in effect else effect] += 1
            if "-" in effect:
                rejected[key] = effect
            elif effect in {"updated", "unchanged"}:
                kept = self.records[key].values
                counts["kept_blank"] += sum(1 for name in matched - said.keys() if kept.get(name) is not None)
        return counts, rejected

    def _apply(self, job: str, options: LoadOptions, key: str, said: Values) -> str:
        before = self._without(job, key)
        there = before is not None and before.there
        if options.mode == "insert" and there:
            return "key-exists"
        if not options.inserts and not there:
            return "key-unknown"
        if options.mode == "delete":
            self._delete(job, options, key, before)
            return "deleted"
        merge = Merge(self.importer)
        try:
            says = merge.updated(said, before.values) if before and there else merge.inserted(said)
        except ValidationError:
            return "rule-broken"
        if before and there and not merge.differing(says, before.values):
            self.wrote.get(job, {}).pop(key, None)
            return "unchanged"
        now = self.records.get(key)
        self._remember(job, key, Wrote(deepcopy(before), says))
        if now is None or not now.there:
            self.records[key] = Kept(says, job)
        elif merge.differing(says, now.values):
            self.records[key] = Kept({**now.values, **says}, job)
        return "updated" if there else "inserted"

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
        return Kept(values, before.job if now.job == job else now.job)

    def _delete(self, job: str, options: LoadOptions, key: str, before: Kept | None) -> None:
        assert before is not None
        self._remember(job, key, Wrote(deepcopy(before), None))
        now = self.records[key]
        if options.how_to_delete == "mark":
            self.records[key] = Kept(now.values, job, marked=True)
        else:
            self.records[key] = Kept({}, job, removed=True)

    def _remember(self, job: str, key: str, wrote: Wrote) -> None:
        self.wrote.setdefault(job, {})[key] = wrote

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
        if wrote.after is None:
            return self._undo_deletion(job, key, wrote)
        if before is None or not before.there:
            return self._undo_insertion(key, wrote)
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
            now.job = before.job
        return conflicts or None

    def _undo_insertion(self, key: str, wrote: Wrote) -> set[str] | None:
        """Take a record back that the job inserted or revived, if nothing in it has changed since."""
        now, before = self.records.get(key), wrote.before
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
